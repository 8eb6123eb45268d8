"""Writes attributions.safetensors beside this file: what Captum and zennit make, in float64, of PyTorch's models of a folder
(models.py with the classes CNNLSTM, FCMFCC and CNNATT, frontend.py) for the weights and the clip of measures.py. Where a
model has what zennit has no rule for (LSTM, attention, layer norm), the rules' definitions stand below as gradients of
partly detached products. Run with torch, captum, zennit, librosa, scipy and safetensors installed:
python3 attributions.py [FOLDER], by default peer beside this file.
"""

import pathlib
import sys
import types
from unittest import mock

import numpy as np
import torch
import torch.nn.functional as F
from captum.attr import (
    Deconvolution, DeepLift, GradientShap, GuidedBackprop, GuidedGradCam, InputXGradient, IntegratedGradients,
    LayerConductance, LayerGradCam, NeuronConductance, Occlusion, Saliency)
from safetensors.numpy import save_file
from torch import nn

# zennit imports torchvision's networks for canonizers that are not needed here.
for name in ["torchvision", "torchvision.models", "torchvision.models.resnet", "torchvision.models.vgg"]:
    sys.modules[name] = mock.MagicMock()
sys.modules["torchvision.models.resnet"].Bottleneck = type("Bottleneck", (nn.Module,), {})
sys.modules["torchvision.models.resnet"].BasicBlock = type("BasicBlock", (nn.Module,), {})
from zennit.composites import LayerMapComposite
from zennit.rules import Epsilon, Gamma, Norm, Pass, ZPlus

from measures import TARGET, inputs, models, parameter, sampled

DRAWS, STEPS, KEPT = 10, 50, 300
stored = {}


def store(name, value):
    """Every n-th element, n the smallest odd number that leaves at most KEPT, and then the 2-norm of the whole."""
    flat = value.detach().numpy().reshape(-1)
    step = -(-len(flat) // KEPT)
    step += (step + 1) % 2
    stored[name] = np.append(flat[::step], np.linalg.norm(flat)).astype(np.float32)


def deeplift(blocks, x, baseline):
    """The rescale rule by its definition, for a weighted sum of what blocks with maxima make: Captum's contributions sum
    to 211 there where the score changes by -98."""
    steps = []
    for part in [part for block in blocks for part in (block.conv, block.norm, block.act, block.pool)]:
        steps.append((part, x, baseline))
        x, baseline = part(x).detach(), part(baseline).detach()
    m = torch.tensor(sampled("trunk", x.shape[1:])).double()[None]
    for part, a, b in reversed(steps):
        if isinstance(part, nn.ReLU):
            m = m * torch.where(a == b, 0, (a.relu() - b.relu()) / (a - b))
        elif isinstance(part, nn.MaxPool2d):
            (top, at), (other, there) = (F.max_pool2d(t, part.kernel_size, return_indices=True) for t in (a, b))
            place = torch.where(top >= other, at, there).flatten(2)
            change = (a - b).flatten(2)
            quotient = (top - other).flatten(2) / change.gather(2, place)
            m = torch.zeros_like(change).scatter_(2, place, (m.flatten(2) * quotient.nan_to_num(1))).view_as(a)
        else:
            start = a.clone().requires_grad_()
            m, = torch.autograd.grad(part(start), start, m)
    return m * (steps[0][1] - steps[0][2])


def block(self, x):
    return self.pool(self.act(self.norm(self.conv(x))))


def build(name):
    """With ReLUs that are modules, which Captum's and zennit's hooks need: functional ones they pass over."""
    model = getattr(models, name.upper())()
    for key, value in model.state_dict().items():
        if value.dtype.is_floating_point:
            value.copy_(torch.tensor(parameter(key, list(value.shape))))
    for part in model.modules():
        if isinstance(part, models.ConvBlock):
            part.act = nn.ReLU()
            part.forward = types.MethodType(block, part)
    return model.double().eval()


def captum(name):
    model = build(name)
    x, silence = inputs(name)
    x.requires_grad_()

    def keep(method, value):
        store(f"{name} {method}", value)

    keep("logits", model(x))
    keep("saliency", Saliency(model).attribute(x, target=TARGET))
    keep("gradient", Saliency(model).attribute(x, target=TARGET, abs=False))
    keep("input-x-gradient", InputXGradient(model).attribute(x, target=TARGET))
    integrated = IntegratedGradients(model).attribute(
        x, silence, target=TARGET, n_steps=STEPS, method="gausslegendre", internal_batch_size=10)
    keep("integrated-gradients", integrated)
    # Points on the way may lie near a corner of a ReLU or a maximum, where rounding decides.
    single = IntegratedGradients(build(name).float()).attribute(
        x.detach().float(), silence.float(), target=TARGET, n_steps=STEPS, method="gausslegendre", internal_batch_size=10)
    stored[f"{name} integrated-gradients in float32"] = np.array(
        [float((single.double() - integrated).norm() / integrated.norm())], np.float32)

    places = (sampled("places", [DRAWS]).astype(np.float64) + 1) / 2
    chosen = np.arange(DRAWS) % 2
    baselines = torch.cat([silence, x.detach() / 2])
    with mock.patch("numpy.random.uniform", lambda *_: places), mock.patch("numpy.random.choice", lambda *_: chosen):
        shap = GradientShap(model).attribute(x, baselines=baselines, n_samples=DRAWS, stdevs=0.0, target=TARGET)
    keep("expected-gradients", shap)

    # Captum takes an LSTM and a functional softmax for linear, so that only FCMFCC's is DeepLIFT throughout.
    contributions, gap = DeepLift(model).attribute(x, silence, target=TARGET, return_convergence_delta=True)
    keep("deeplift", contributions)
    difference = model(x)[0, TARGET] - model(silence)[0, TARGET]
    print(f"{name}: Captum's DeepLIFT misses {float(gap):.3g} of {float(difference):.3g}")

    if name == "cnnlstm":
        keep("deeplift of the blocks", deeplift(model.blocks, x.detach(), silence))

    keep("guided-backpropagation", GuidedBackprop(model).attribute(x, target=TARGET))
    keep("deconvnet", Deconvolution(model).attribute(x, target=TARGET))
    map = LayerGradCam(model, model.blocks[2]).attribute(x, target=TARGET, relu_attributions=True)
    keep("grad-cam", F.interpolate(map, x.shape[2:], mode="bilinear"))
    keep("guided-grad-cam", GuidedGradCam(model, model.blocks[2]).attribute(
        x, target=TARGET, interpolate_mode="bilinear"))
    keep("occlusion", Occlusion(model).attribute(
        x, (1, 10, 40), strides=(1, 10, 40), baselines=silence, target=TARGET, perturbations_per_eval=16))
    # By trapezoids as ours, of which Captum takes one side: many steps bring them together.
    layer = LayerConductance(model, model.blocks[2]).attribute(
        x, silence, target=TARGET, n_steps=1000, method="riemann_trapezoid", internal_batch_size=50)
    keep("layer-conductance", layer)
    neuron = tuple(int(i) for i in np.unravel_index(layer.abs().argmax().item(), layer.shape)[1:])
    stored[f"{name} neuron"] = np.array(neuron, np.float32)
    keep("neuron-conductance", NeuronConductance(model, model.blocks[2]).attribute(
        x, neuron, silence, target=TARGET, n_steps=STEPS, method="gausslegendre", internal_batch_size=10))


def trunk_input(model, x):
    """What the blocks get."""
    return torch.cat([path(x) for path in model.paths], 1) if hasattr(model, "paths") else x


def folded(model):
    for part in model.modules():
        if isinstance(part, models.ConvBlock):
            factor = part.norm.weight / torch.sqrt(part.norm.running_var + part.norm.eps)
            part.conv.weight.data = part.conv.weight * factor[:, None, None, None]
            part.conv.bias.data = (part.conv.bias - part.norm.running_mean) * factor + part.norm.bias
            part.norm = nn.Identity()
    return model


def shared(z):
    """ε's share of a sum."""
    return z * (z / (z + torch.where(z < 0, -1e-6, 1e-6))).detach()


def halved(product, a, b):
    return (product(a, b.detach()) + product(a.detach(), b)) / 2


def limit(quotient):
    """tanh(0)/0 is 1."""
    return quotient.detach().nan_to_num(1)


def head_lstm(model, features):
    """Gates are constants and signals get all; tanh hands on what it gets."""
    x = features.flatten(1, 2).transpose(1, 2)
    for layer in range(model.lstm.num_layers):
        weights = [getattr(model.lstm, f"{part}_l{layer}") for part in ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]]
        state = cell = torch.zeros(x.shape[0], model.lstm.hidden_size, dtype=x.dtype)
        states = []
        for t in range(x.shape[1]):
            sums = shared(x[:, t] @ weights[0].T + state @ weights[1].T + weights[2] + weights[3])
            i, f, g, o = sums.chunk(4, 1)
            i, f, o = (torch.sigmoid(gate).detach() for gate in (i, f, o))
            cell = f * cell + i * (g * limit(torch.tanh(g) / g))
            state = o * (cell * limit(torch.tanh(cell) / cell))
            states.append(state)
        x = torch.stack(states, 1)
    return shared(model.head(x[:, -1]))


def head_attention(model, features):
    """Products of two signals are halved, softmax has its gradient, a norm's deviation is a constant."""
    part = model.attention
    x = features.flatten(2).unsqueeze(1)
    q, k, v = part.query @ x, part.key @ x, part.value @ x
    scores = halved(lambda a, b: a @ b.transpose(-1, -2), k, q) * part.scale
    y = halved(torch.matmul, torch.softmax(scores, -1), v).mean(1).mean(-1)
    deviation = torch.sqrt(y.var(-1, unbiased=False, keepdim=True) + model.norm.eps).detach()
    y = (y - y.mean(-1, keepdim=True)) / deviation * model.norm.weight + model.norm.bias
    return shared(model.head(y))


def relevance(name, rule, convolutions, dense):
    model = folded(build(name))
    x, _ = inputs(name)
    x.requires_grad_()
    composite = LayerMapComposite([
        (nn.ReLU, Pass()), (nn.Conv2d, convolutions), (nn.Linear, dense), (nn.AvgPool2d, Norm()),
        (nn.AdaptiveAvgPool2d, Norm())])
    if name == "fcmfcc":
        with composite.context(model):
            score = model(x)
            start = torch.zeros_like(score)
            start[0, TARGET] = score[0, TARGET].detach()
            found, = torch.autograd.grad(score, x, start)
    else:
        head = head_lstm if name == "cnnlstm" else head_attention
        features = model.blocks(trunk_input(model, x)).detach().requires_grad_()
        c, = torch.autograd.grad(head(model, features)[0, TARGET], features)
        with composite.context(model):
            found, = torch.autograd.grad(model.blocks(trunk_input(model, x)), x, (features * c).detach())
    store(f"{name} lrp {rule}", found)


RULES = {
    "composite": (Gamma(0.25), Epsilon()), "epsilon": (Epsilon(), Epsilon()), "gamma": (Gamma(0.25), Gamma(0.25)),
    "z-plus": (ZPlus(), ZPlus())}
for name in ["cnnlstm", "fcmfcc", "cnnatt"]:
    captum(name)
    for rule, (convolutions, dense) in RULES.items():
        # zennit has no γ and z⁺ of an LSTM or of attention's products.
        if name == "fcmfcc" or rule in ["composite", "epsilon"]:
            relevance(name, rule, convolutions, dense)
save_file(stored, pathlib.Path(__file__).parent / "attributions.safetensors")
