"""Writes models.safetensors and models-parameters.txt beside this file: what the PyTorch models of a folder (models.py
with the classes CNNLSTM, FCMFCC and CNNATT) answer, in float64, for weights and inputs that the tests make again by the
same formula (`sampled`). Run with torch, numpy and safetensors installed: python3 models.py [FOLDER], by default peer
beside this file.

Of a large array every so-many-th element is kept, and the norm of the whole as one element more: see `kept`.
"""

import importlib.util
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from sampled import bits, by_name as sampled, mixed
from sampled_models import fill, kept

folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "peer"
specification = importlib.util.spec_from_file_location("peer", folder / "models.py")
peer = importlib.util.module_from_spec(specification)
specification.loader.exec_module(peer)
stored = {}

# Of some inputs tried, ones in which no maximum or ReLU is so near its corner that rounding decides: there any two
# engines differ.
DRAW = {"inference": 3, "training": 13}


class Dropout:
    """Undertone's dropout of one training pass: what it draws depends on the pass's seed only."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, x, probability):
        self.state = (self.state + 0x9E3779B97F4A7C15) % 2**64
        seed = mixed(np.array([self.state], dtype=np.uint64))[0]
        keep = bits(seed, x.numel()) >> np.uint64(32) >= int(probability * 4294967295.0)
        return x * torch.tensor(keep.reshape(x.shape)) / (1 - probability)


def trained(name, model, x, drop):
    """The model in training, with the given dropout in place of PyTorch's."""
    if name == "cnnatt":
        return model(x)
    if name == "fcmfcc":
        x = torch.cat([path(x) for path in model.paths], 1)
        return model.head(drop(model.blocks(x).flatten(1), 0.3))
    x = model.blocks(x).flatten(1, 2).transpose(1, 2)
    for layer in range(2):
        own = torch.nn.LSTM(256, 256, batch_first=True).to(x.dtype)
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        x = drop(x, 0.5) if layer > 0 else x
        weights = {f"{n}_l0": getattr(model.lstm, f"{n}_l{layer}") for n in names}
        x = torch.func.functional_call(own, weights, (x,))[0]
    return model.head(drop(x[:, -1], 0.5))


def answers(name, build, kind):
    """All that is stored of one model, computed in one type of number."""
    found = {}
    cnnatt, rows = name == "cnnatt", 128 if name == "cnnlstm" else 40
    model = fill(build()).to(kind).eval()
    for batch in (1, 3, 7):
        for frames in (4, 31, 101, 313) if cnnatt else (313,):
            shape = [batch, 1, rows, frames]
            case = f"{name} {batch} {frames}"
            x = torch.tensor(sampled(case, shape)).to(kind).requires_grad_()
            logits = model(x)
            found[f"{case}/logits"] = logits.detach().numpy().astype(np.float32)
            saliency, = torch.autograd.grad(logits[:, 2].sum(), x)
            found[f"{case}/saliency"] = kept(saliency.abs(), 600)
    frames = 101 if cnnatt else 313
    for mode in ("inference", "training"):
        model = fill(build()).to(kind).train(mode == "training")
        x = torch.tensor(sampled(f"{name} {mode} {DRAW[mode]}", [3, 1, rows, frames])).to(kind).requires_grad_()
        logits = trained(name, model, x, Dropout(5)) if mode == "training" else model(x)
        loss = F.cross_entropy(logits, torch.tensor([2, 0, 5]))
        loss.backward()
        found[f"{name} {mode}/loss"] = np.array([loss.item()], np.float32)
        found[f"{name} {mode}/input"] = kept(x.grad, 600)
        for key, value in model.named_parameters():
            if mode == "training" and key.endswith("conv.bias"):
                continue  # zero, since the norm subtracts it: PyTorch has rounding noise
            found[f"{name} {mode}/{key}"] = kept(value.grad, 48)
        if mode == "training":
            for key, value in model.state_dict().items():
                if "running" in key:
                    found[f"{name} training/{key}"] = kept(value, 48)
    return found


def distance(a, b):
    return np.linalg.norm(a - b) / np.linalg.norm(b)


lines = []
for name, build in {"cnnlstm": peer.CNNLSTM, "fcmfcc": peer.FCMFCC, "cnnatt": peer.CNNATT}.items():
    lines += [" ".join([name, key, *map(str, value.shape)]) for key, value in build().state_dict().items()]
    exact, single = answers(name, build, torch.float64), answers(name, build, torch.float32)
    worst = max(exact, key=lambda key: distance(single[key], exact[key]))
    print(name, "in float32 differs most at", worst, distance(single[worst], exact[worst]))
    stored |= exact

for name, arguments in {"both": dict(bidirectional=True), "one": {}}.items():
    model = fill(torch.nn.LSTM(40, 20, num_layers=2, batch_first=True, **arguments), f"lstm {name} ").double()
    x = torch.tensor(sampled(f"lstm {name}", [3, 17, 40])).double().requires_grad_()
    y = model(x)[0]
    stored[f"lstm {name}/y"] = kept(y, 600)
    y.backward(torch.tensor(sampled(f"lstm {name} weight", list(y.shape))).double())
    stored[f"lstm {name}/input"] = kept(x.grad, 600)
    for key, value in model.named_parameters():
        stored[f"lstm {name}/{key}"] = kept(value.grad, 48)

folder = pathlib.Path(__file__).parent
(folder / "models-parameters.txt").write_text("\n".join(lines) + "\n")
save_file(stored, folder / "models.safetensors")
print(len(stored), "arrays,", (folder / "models.safetensors").stat().st_size, "bytes")
