"""Writes relevance.safetensors beside this file: for encoders of the folder encoders, the relevance of each sample of their
first clip for the first logit, and what biases keep of it, in float64. By the ε rule with ε = 0 relevance is input × gradient
of a network in which the deviations of norms, the weights of attention and GELU(x)/x are constants (Ali et al. 2022, §4;
Bach et al. 2015), so that PyTorch's own gradient finds it. Run with transformers 5.15.0, torch, numpy and safetensors
installed: python3 relevance.py
"""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from safetensors.torch import load_file
from torch import nn

softmax, gelu = F.softmax, F.gelu
F.softmax = lambda *arguments, **options: softmax(*arguments, **options).detach()
F.gelu = lambda x, *_, **__: x * (gelu(x) / x).detach()
nn.functional.softmax, nn.functional.gelu = F.softmax, F.gelu


def standardized(x, axes, epsilon):
    return (x - x.mean(axes, keepdim=True)) / torch.sqrt(x.var(axes, unbiased=False, keepdim=True) + epsilon).detach()


def layer_norm(self, x):
    y = standardized(x, -1, self.eps)
    return y if self.weight is None else y * self.weight + self.bias


def group_norm(self, x):  # a group a channel
    return standardized(x, -1, self.eps) * self.weight[:, None] + self.bias[:, None]


nn.LayerNorm.forward, nn.GroupNorm.forward = layer_norm, group_norm

from transformers import AutoModelForAudioClassification  # after GELU is replaced: it keeps the function

here = pathlib.Path(__file__).parent
stored = {}
for case, normalizes in [("hubert-base-er", False), ("hubert-large-er", True), ("data2vec-er", True)]:
    folder = here / "encoders" / case
    model = AutoModelForAudioClassification.from_pretrained(folder, attn_implementation="eager").double().eval()
    expected = load_file(folder / "expected.safetensors")
    x = expected["waveform"][:1, : int(expected["lengths"][0])].double().requires_grad_()
    score = model(standardized(x, -1, 1e-7) if normalizes else x).logits[0, 0]
    assert abs(float(score.detach()) - float(expected["logits"][0, 0])) < 1e-4, case
    found = (x * torch.autograd.grad(score, x)[0])[0].detach()
    stored[case] = found.numpy().astype(np.float32)
    stored[f"{case} score, biases"] = np.array([float(score.detach()), float(score.detach() - found.sum())], np.float32)
    print(case, stored[f"{case} score, biases"], float(found.sum()))
save_file(stored, here / "relevance.safetensors")
