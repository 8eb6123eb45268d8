"""PyTorch models with the parameters that the tests make again by the same formula (see sampled.py), and what is stored of their
answers. A module of the scripts beside it."""

import numpy as np
import torch

from sampled import by_name as sampled


def parameter(name, shape):
    """Weights that keep the size of what passes through; statistics and norms off their first values."""
    values = sampled(name, shape)
    if len(shape) >= 2:
        return values * np.sqrt(np.float32(6) / np.float32(np.prod(shape[1:])))
    if name.endswith(("running_var", "norm.weight")):
        return np.float32(1) + values * np.float32(0.5)
    return values * np.float32(0.25)


def kept(value, limit):
    """Every n-th element, n the smallest odd number that leaves at most `limit`, and then the 2-norm of the whole."""
    flat = value.detach().numpy().reshape(-1)
    step = -(-len(flat) // limit)
    step += (step + 1) % 2
    return np.append(flat[::step], np.linalg.norm(flat)).astype(np.float32)


def fill(model, prefix=""):
    """The parameters by `parameter`; the counters stay 0."""
    for name, value in model.state_dict().items():
        if value.dtype.is_floating_point:
            value.copy_(torch.tensor(parameter(prefix + name, list(value.shape))))
    return model
