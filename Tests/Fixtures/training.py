"""Writes training.json and training.safetensors beside this file: what PyTorch and scikit-learn make of inputs that the
tests of Training make again by the same formula (`sampled`). Run with torch, numpy, scikit-learn and safetensors:

python3 training.py [FOLDER]     (FOLDER holds the reference models, models.py; by default peer beside this file)
"""

import json
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import save_file
from sklearn import metrics

from sampled import by_seed

sys.path.insert(0, sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).parent / "peer"))
import models  # noqa: E402

torch.set_default_dtype(torch.float64)
here = pathlib.Path(__file__).parent
numbers, arrays = {}, {}


def sampled(shape, seed):
    return torch.tensor(by_seed(shape, seed))


def some(value):
    """At most 40 elements, evenly spaced by an odd step, which meets all places of a kernel."""
    flat = value.detach().numpy().reshape(-1).astype(np.float32)
    return flat[:: -(-flat.size // 40) | 1].copy()


# One step's loss and gradients and three steps of AdamW, in training mode without dropout.
LABELS = [0, 3, 6, 2]
for name, build, shape, decayed in (
    ("cnnlstm", models.CNNLSTM, [4, 1, 128, 313], ""),
    ("fcmfcc", models.FCMFCC, [4, 1, 40, 313], "blocks."),
    ("cnnatt", models.CNNATT, [4, 1, 40, 50], ""),
):
    model = build()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
        if isinstance(module, torch.nn.LSTM):
            module.dropout = 0.0
    parameters = dict(sorted(model.named_parameters()))
    with torch.no_grad():
        for seed, (key, p) in enumerate(parameters.items()):
            values = sampled(list(p.shape), seed)
            if p.ndim > 1:
                fan_in = p.shape[-1] if p.ndim == 3 else p[0].numel()
                p.copy_(values * (3 / fan_in) ** 0.5)
            else:
                p.copy_(0.2 * values + (1 if key.endswith("norm.weight") else 0))
    # A bias before batch norm has no influence; its gradient is rounding noise, which Adam would blow up.
    before_norm = [key for key in parameters if key.endswith("conv.bias")]
    for key in before_norm:
        parameters.pop(key).requires_grad_(False)
    own = [p for key, p in parameters.items() if key.startswith(decayed)]
    rest = [p for key, p in parameters.items() if not key.startswith(decayed)]
    groups = [{"params": own, "weight_decay": 0.1}] + ([{"params": rest, "weight_decay": 0.0}] if rest else [])
    optimizer = torch.optim.AdamW(groups, lr=1e-3)
    x = 3 * sampled(shape, 1000)
    losses = []
    before = {key: p.detach().clone() for key, p in parameters.items()}
    model.train()
    for step in range(3):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), torch.tensor(LABELS))
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            for key, p in parameters.items():
                arrays[f"{name}/gradient/{key}"] = some(p.grad)
                numbers.setdefault(f"{name}/gradient_norm", {})[key] = p.grad.norm().item()
        optimizer.step()
    for key, p in parameters.items():
        arrays[f"{name}/change/{key}"] = some(p - before[key])
    for key, value in model.named_buffers():
        if key.endswith(("running_mean", "running_var")):
            arrays[f"{name}/statistic/{key}"] = some(value)
    numbers[f"{name}/losses"] = losses

# Twenty steps of each optimiser on five weights, the gradients sampled.
for name, build in (("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)):
    w = torch.nn.Parameter(sampled([5], 1).clone())
    optimizer = build([w], lr=0.05, weight_decay=0.3)
    for step in range(20):
        w.grad = sampled([5], 100 + step)
        optimizer.step()
    numbers[name] = w.tolist()

# Rates after each epoch's validation loss.
plateau = []
for rate, factor, patience, losses in (
    (1e-3, 0.1, 2, [1.0, 0.9, 0.9, 0.89995, 0.8999, 0.8, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.7, 0.71, 0.72, 0.73, 0.74]),
    (0.8, 0.5, 0, [2.0, 1.9999, 1.9997, 1.5, 1.6, 1.7, 1.4]),
    (5e-8, 0.1, 0, [1.0] * 8),
):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=factor, patience=patience)
    rates = []
    for loss in losses:
        schedule.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    plateau.append(dict(rate=rate, factor=factor, patience=patience, losses=losses, rates=rates))
numbers["plateau"] = plateau

# Rates after each epoch with milestones.
milestones = []
for rate, factor, epochs, count in ((1e-5, 0.1, [15, 25], 30), (0.8, 0.5, [1, 2, 3, 9], 6), (1e-3, 0.1, [], 3)):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, epochs, gamma=factor)
    rates = []
    for _ in range(count):
        optimizer.step()
        schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    milestones.append(dict(rate=rate, factor=factor, milestones=epochs, rates=rates))
numbers["milestones"] = milestones

# Rates of each epoch along a cosine after a warm-up.
cosine = []
for rate, warmup, count in ((1e-3, 0, 7), (0.8, 3, 10), (1e-4, 1, 2)):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=count - warmup)
    schedule = falling
    if warmup:
        rising = torch.optim.lr_scheduler.LinearLR(optimizer, 1 / (warmup + 1), 1, total_iters=warmup)
        schedule = torch.optim.lr_scheduler.SequentialLR(optimizer, [rising, falling], [warmup])
    rates = []
    for _ in range(count):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    cosine.append(dict(rate=rate, warmup=warmup, rates=rates))
numbers["cosine"] = cosine

# Losses and gradients with smoothed labels, class weights and mixed labels.
logits, labels = (3 * sampled([9, 7], 11)).requires_grad_(), torch.tensor([i * 3 % 5 for i in range(9)])
weights = torch.tensor([0.5, 1.0, 2.0, 1.5, 0.25, 1.0, 1.0])
shares = torch.linspace(0.1, 0.9, 9)[:, None]
mixed = shares * F.one_hot(labels, 7) + (1 - shares) * F.one_hot(labels.flip(0), 7)
soft = []
for name, loss in (
    ("smoothed", F.cross_entropy(logits, labels, label_smoothing=0.1)),
    ("weighted", F.cross_entropy(logits, F.one_hot(labels, 7).double(), weight=weights)),
    ("mixed", F.cross_entropy(logits, mixed)),
    ("all", F.cross_entropy(logits, mixed, weight=weights, label_smoothing=0.2)),
):
    gradient = torch.autograd.grad(loss, logits, retain_graph=True)[0]
    soft.append(dict(name=name, loss=loss.item(), gradient=gradient.reshape(-1).tolist()))
numbers["soft"] = dict(
    weights=weights.tolist(), labels=labels.tolist(), shares=shares.reshape(-1).tolist(), losses=soft)

# Gradients of three parameters, their common norm limited.
clipped = []
for limit in (0.5, 2.0, 100.0):
    parameters = [torch.nn.Parameter(torch.zeros(shape)) for shape in ([3, 4], [5], [2, 2])]
    for seed, parameter in enumerate(parameters):
        parameter.grad = sampled(list(parameter.shape), 200 + seed)
    torch.nn.utils.clip_grad_norm_(parameters, limit)
    clipped.append(dict(limit=limit, gradients=[p.grad.reshape(-1).tolist() for p in parameters]))
numbers["clip"] = clipped

# Sixty clips of seven classes, of which class 6 is never true and class 1 never predicted; and a set where both lack 5.
scores = sampled([60, 7], 7).numpy()
scores[:, 1] = -2
for name, labels in (
    ("seven", [i * i % 11 % 6 for i in range(60)]),
    ("five", [i % 5 for i in range(60)]),
):
    if name == "five":
        scores[:, 5:] = -2
    predicted = scores.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(7), zero_division=0)
    numbers[f"metrics/{name}"] = dict(
        labels=labels, accuracy=metrics.accuracy_score(labels, predicted),
        macroF1=metrics.f1_score(labels, predicted, average="macro", zero_division=0),
        precision=precision.tolist(), recall=recall.tolist(), f1=f1.tolist(), support=support.tolist(),
        confusion=metrics.confusion_matrix(labels, predicted, labels=range(7)).tolist(),
        top3=metrics.top_k_accuracy_score(labels, scores, k=3, labels=range(7)),
        loss=F.cross_entropy(torch.tensor(scores), torch.tensor(labels)).item())

(here / "training.json").write_text(json.dumps(numbers, indent=1, sort_keys=True) + "\n")
save_file(arrays, here / "training.safetensors")
