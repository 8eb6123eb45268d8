"""Writes cnnasp.safetensors beside this file: what CNNASP answers in PyTorch, in float64, for weights and inputs that the tests
make again by the same formula (`sampled`). Run with torch, numpy and safetensors installed: python3 cnnasp.py."""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from torch import nn

from sampled import by_name as sampled
from sampled_models import fill, kept


class Block(nn.Module):
    def __init__(self, inputs, outputs, pool):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm = nn.BatchNorm2d(outputs)
        self.pool = pool

    def forward(self, x):
        return self.pool(torch.relu(self.norm(self.conv(x))))


class StatisticsPooling(nn.Module):
    def __init__(self, features, attention):
        super().__init__()
        self.hidden = nn.Linear(features, attention)
        self.score = nn.Linear(attention, 1, bias=False)

    def forward(self, x):
        weights = torch.softmax(self.score(torch.tanh(self.hidden(x))), 1)
        mean = (weights * x).sum(1)
        variance = (weights * x**2).sum(1) - mean**2
        return torch.cat([mean, variance.clamp(min=1e-4).sqrt()], 1)


class CNNASP(nn.Module):
    def __init__(self):
        super().__init__()
        pools = [nn.MaxPool2d(2), nn.AvgPool2d(2), nn.AvgPool2d(2), nn.AvgPool2d((2, 1))]
        widths = [1, 16, 32, 48, 64]
        self.blocks = nn.Sequential(*[Block(widths[i], widths[i + 1], pools[i]) for i in range(4)])
        self.features = nn.Linear(8 * 64, 96)
        self.pooling = StatisticsPooling(96, 32)
        self.head = nn.Linear(192, 7)

    def forward(self, mel):
        x = (mel - 0.5 * mel.mean((2, 3), keepdim=True) - 0.5 * mel.mean(3, keepdim=True)) / 20
        x = self.blocks(x)
        x = torch.relu(self.features(x.flatten(1, 2).transpose(1, 2)))
        return self.head(self.pooling(x))


found = {}
for batch, frames in (1, 16), (3, 31), (2, 101), (1, 313):
    model = fill(CNNASP()).double().eval()
    case = f"cnnasp {batch} {frames}"
    x = torch.tensor(sampled(case, [batch, 1, 128, frames]) * 20).double().requires_grad_()
    logits = model(x)
    found[f"{case}/logits"] = logits.detach().numpy().astype(np.float32)
    saliency, = torch.autograd.grad(logits[:, 2].sum(), x)
    found[f"{case}/saliency"] = kept(saliency.abs(), 600)
for mode in "inference", "training":
    model = fill(CNNASP()).double().train(mode == "training")
    x = torch.tensor(sampled(f"cnnasp {mode}", [3, 1, 128, 61]) * 20).double().requires_grad_()
    loss = F.cross_entropy(model(x), torch.tensor([2, 0, 5]))
    loss.backward()
    found[f"cnnasp {mode}/loss"] = np.array([loss.item()], np.float32)
    found[f"cnnasp {mode}/input"] = kept(x.grad, 600)
    for key, value in model.named_parameters():
        if mode == "training" and key.endswith("conv.bias"):
            continue  # zero, since the norm subtracts it: PyTorch has rounding noise
        found[f"cnnasp {mode}/{key}"] = kept(value.grad, 48)

save_file(found, pathlib.Path(__file__).parent / "cnnasp.safetensors")
