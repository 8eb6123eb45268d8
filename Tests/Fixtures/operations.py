"""Writes operations.safetensors beside this file: what PyTorch, in float64, makes of inputs that the tests of Tensors
make again by the same formula (`sampled`). Run with torch, numpy and safetensors installed: python3 operations.py"""

import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file

from sampled import by_seed

stored = {}


def sampled(shape, seed):
    return torch.tensor(by_seed(shape, seed), requires_grad=True)


def store(name, value):
    value = value.detach().numpy().astype(np.float32)
    stored[name] = np.array(value.reshape(-1)[::97] if value.size > 1500 else value, order="C")


def record(name, output, **inputs):
    """The output, and at each input the gradient of Σ output · w, w sampled with seed 99."""
    store(f"{name}/y", output)
    weight = sampled(output.shape, 99).detach()
    for key, gradient in zip(inputs, torch.autograd.grad(output, list(inputs.values()), weight, retain_graph=True)):
        store(f"{name}/d{key}", gradient)


# Elementwise; log and square root of x + 1.5.
for name, f in {
    "exponential": torch.exp, "logarithm": lambda x: torch.log(x + 1.5), "squareRoot": lambda x: torch.sqrt(x + 1.5),
    "hyperbolicTangent": torch.tanh, "sigmoid": torch.sigmoid, "relu": torch.relu, "absolute": torch.abs,
    "squared": torch.square, "reciprocal": torch.reciprocal,
}.items():
    x = sampled([3, 37], 1)
    record(name, f(x), x=x)

for name, f in {"sum": torch.add, "difference": torch.sub, "product": torch.mul, "quotient": torch.div,
                "maximum": torch.maximum}.items():
    a, b = sampled([4, 1, 5], 1), sampled([3, 1], 2)
    record(f"broadcast.{name}", f(a, b), a=a, b=b)

x = sampled([4, 7, 5], 1)
record("sum", x.sum((0, 2), keepdim=True), x=x)
record("mean", x.mean((0, 2), keepdim=True), x=x)
record("maximum", x.amax(1, keepdim=True), x=x)

# Products.
for name, shape_a, shape_b in [
    ("broadcast", [2, 1, 5, 7], [3, 7, 6]), ("rows", [4, 9, 13], [13, 11]), ("attention", [3, 130, 48], [3, 48, 131]),
    ("linear", [70, 299], [299, 257]),
]:
    a, b = sampled(shape_a, 1), sampled(shape_b, 2)
    record(f"matrixProduct.{name}", a @ b, a=a, b=b)

x = sampled([5, 598], 1)
record("softmax", torch.softmax(8 * x, 1), x=x)
x = sampled([9, 7], 1)
record("crossEntropy", F.cross_entropy(8 * x, torch.arange(9) * 3 % 7), x=x)
x = sampled([6, 131], 1)
record("standardized.1", F.layer_norm(x, [131], eps=1e-5), x=x)
x = sampled([2, 59, 144], 1)
record("standardized.2", F.layer_norm(x, [59, 144], eps=1e-5), x=x)


# Convolutions. Padding is top, left, bottom, right.
def convolved(x, weight, bias, padding):
    top, left, bottom, right = padding
    return F.conv2d(F.pad(x, (left, right, top, bottom)), weight, bias)


def same(rows, columns):
    top, left = (rows - 1) // 2, (columns - 1) // 2
    return top, left, rows - 1 - top, columns - 1 - left


for name, shape, filters, kernel, padding in [
    ("small", [2, 5, 9, 11], 7, (3, 3), same(3, 3)), ("even", [3, 18, 7, 8], 17, (4, 2), same(4, 2)),
    ("uneven", [1, 3, 8, 9], 2, (3, 5), (2, 0, 1, 3)), ("point", [7, 16, 5, 3], 32, (1, 1), same(1, 1)),
    ("fcmfcc", [2, 96, 20, 31], 64, (3, 3), same(3, 3)), ("one", [3, 1, 40, 61], 32, (3, 3), same(3, 3)),
    ("oneUneven", [2, 1, 9, 30], 5, (4, 3), (1, 0, 3, 2)),
]:
    x, weight, bias = sampled(shape, 1), sampled([filters, shape[1], *kernel], 2), sampled([filters], 3)
    record(f"convolved.{name}", convolved(x, weight, bias, padding), x=x, weight=weight, bias=bias)

paths = {"cnnatt": ([(11, 3), (3, 9)], 8), "fcmfcc": ([(3, 3), (9, 1), (1, 11)], 32), "odd": ([(4, 2), (5, 5)], 5)}
for name, (kernels, filters) in paths.items():
    for batch in (1, 3, 7):
        x = sampled([batch, 1, 13, 29], 1)
        weights = [sampled([filters, 1, *kernel], 2 + k) for k, kernel in enumerate(kernels)]
        y = torch.cat([convolved(x, w, None, same(*w.shape[2:])) for w in weights], 1)
        record(f"paths.{name}.{batch}", y, x=x, **{f"weight{k}": w for k, w in enumerate(weights)})

# Blocks: norm, ReLU and pooling; and folded with a convolution before them.
poolings = {
    "none": lambda x: x, "maximum2x2": lambda x: F.max_pool2d(x, 2), "average2x2": lambda x: F.avg_pool2d(x, 2),
    "maximum4x3": lambda x: F.max_pool2d(x, (4, 3)), "average4x3": lambda x: F.avg_pool2d(x, (4, 3)),
}
for channels in (5, 20):
    for name, pool in poolings.items():
        x, scale, shift = sampled([3, channels, 9, 14], 1), sampled([channels], 2), sampled([channels], 3)
        y = pool(torch.relu(F.batch_norm(x, None, None, scale, shift, training=True, eps=1e-5)))
        record(f"block.{name}.{channels}", y, x=x, scale=scale, shift=shift)
        store(f"block.mean.{channels}", x.mean((0, 2, 3)))
        store(f"block.variance.{channels}", x.var((0, 2, 3), unbiased=False))
for name, pool in poolings.items():
    x, bias = sampled([2, 6, 9, 14], 1), sampled([20], 3)
    y = pool(torch.relu(convolved(x, sampled([20, 6, 3, 3], 2), bias, same(3, 3))))
    record(f"folded.dense.{name}", y, x=x)
    x = sampled([2, 1, 9, 14], 1)
    y = torch.cat([convolved(x, sampled([10, 1, 3, 5], 2), None, same(3, 5)),
                   convolved(x, sampled([10, 1, 7, 2], 4), None, same(7, 2))], 1)
    record(f"folded.paths.{name}", pool(torch.relu(y + bias[:, None, None])), x=x)

x = sampled([2, 3, 13, 17], 1)
record("pooled.maximum", F.max_pool2d(x, (2, 3)), x=x)
record("pooled.average", F.avg_pool2d(x, (2, 3)), x=x)
for rows, columns in [(5, 7), (1, 1), (13, 17), (15, 4)]:
    record(f"pooled.adaptive.maximum.{rows}", F.adaptive_max_pool2d(x, (rows, columns)), x=x)
    record(f"pooled.adaptive.average.{rows}", F.adaptive_avg_pool2d(x, (rows, columns)), x=x)

# Recurrence. PyTorch reverses by a second direction, whose output is the second half of the features.
for name, batch, steps, features, hidden in [("small", 3, 5, 6, 4), ("one", 2, 1, 5, 3), ("mfcc", 2, 61, 40, 70)]:
    for reverse in (False, True):
        x, bias = sampled([batch, steps, features], 1), sampled([4 * hidden], 4)
        weight, recurrent = sampled([4 * hidden, features], 2), sampled([4 * hidden, hidden], 3)
        layer = torch.nn.LSTM(features, hidden, batch_first=True, bidirectional=reverse).double()
        end = "l0_reverse" if reverse else "l0"
        parameters = {key: value.detach() for key, value in layer.named_parameters()}
        scale = hidden ** -0.5
        parameters |= {f"weight_ih_{end}": weight * scale, f"weight_hh_{end}": recurrent * scale,
                       f"bias_ih_{end}": bias, f"bias_hh_{end}": torch.zeros(4 * hidden).double()}
        y, _ = torch.func.functional_call(layer, parameters, (x,))
        record(f"lstm.{name}.{'reversed' if reverse else 'forward'}", y[..., -hidden:], x=x, inputWeight=weight,
               hiddenWeight=recurrent, bias=bias)

# Spectra: reflection by NumPy, which goes on for signals shorter than it.
for samples, length, hop in [(1000, 64, 16), (1001, 64, 24), (40, 64, 16), (33, 64, 16), (7, 16, 5), (2, 8, 3),
                             (1, 8, 2), (5000, 1024, 256)]:
    x = sampled([2, samples], 1)
    window = torch.hann_window(length, periodic=True, dtype=torch.float64)
    places = torch.tensor(np.pad(np.arange(samples), length // 2, mode="reflect"))
    frames = x[:, places].unfold(1, length, hop) * window
    spectrum = torch.view_as_real(torch.fft.rfft(frames))
    if samples > length // 2:  # where PyTorch's own can do it
        own = torch.stft(x, length, hop, window=window, center=True, pad_mode="reflect", return_complex=True)
        assert torch.allclose(own.transpose(1, 2), torch.view_as_complex(spectrum.contiguous()))
    record(f"stft.{samples}", spectrum, x=x)
    record(f"power.{samples}", spectrum.square().sum(-1), x=x)

# Three steps of Adam and AdamW.
for name, kind in {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}.items():
    x = sampled([101], 1).detach().requires_grad_()
    optimiser = kind([x], lr=0.01, weight_decay=0.1)
    for step in range(3):
        x.grad = sampled([101], 2 + step).detach()
        optimiser.step()
    store(name, x)

path = pathlib.Path(__file__).with_name("operations.safetensors")
save_file(stored, path)
print(len(stored), "arrays", path.stat().st_size, "bytes")
