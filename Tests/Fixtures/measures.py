"""Writes measures.json beside this file: what Captum's infidelity and sensitivity_max say, in float64, of PyTorch's models
of a folder (models.py with the classes CNNLSTM, FCMFCC and CNNATT, frontend.py) with weights, a clip and draws that the
tests make again by the same formula (`sampled`); and what SciPy and NumPy say of sparseness, complexity and ranks.
Run with torch, captum, librosa and scipy installed: python3 measures.py [FOLDER], by default peer beside this file.
"""

import json
import pathlib
import sys

import numpy as np
import scipy.fft
import scipy.stats
import torch
from captum.attr import InputXGradient, Saliency
from captum.metrics import infidelity, sensitivity_max

from sampled import by_name as sampled
from sampled_models import fill

sys.path.insert(0, sys.argv[1] if len(sys.argv) > 1 else str(pathlib.Path(__file__).parent / "peer"))
import frontend
import models

TARGET, PARTS, OFFSETS = 2, 24, 6


def inputs(name):
    """The clip as a model sees it, and its silence."""
    y = sampled("measures clip", [20_000]) * np.float32(0.25)
    y *= np.linspace(1, 0.01, len(y)).astype(np.float32)
    mel = frontend.log_mel((y if name == "cnnatt" else frontend.fix(y)).astype(np.float64))
    silence = np.full_like(mel, max(-100, mel.max() - 80))
    if name != "cnnlstm":
        mel, silence = (scipy.fft.dct(x, axis=0, type=2, norm="ortho")[:40] for x in (mel, silence))
    return torch.tensor(mel)[None, None], torch.tensor(silence)[None, None]


def captum(name, build):
    model = fill(build()).double().eval()
    x, silence = inputs(name)
    shape = list(x.shape[1:])
    masks = torch.tensor(np.stack([sampled(f"{name} part {i}", shape) > 0.5 for i in range(PARTS)]))

    def removed(expanded):
        return masks.double(), torch.where(masks, silence, expanded)

    bound = 0.02 * float(x.max() - x.min())
    offsets = torch.tensor(np.stack([sampled(f"{name} offset {i}", shape) for i in range(OFFSETS)])).double() * bound
    found = {"logits": model(x).tolist()[0]}
    for label, method in {"saliency": Saliency(model), "input-x-gradient": InputXGradient(model)}.items():
        attribution = method.attribute(x.clone().requires_grad_(), target=TARGET).detach()
        found[label] = {
            key: float(infidelity(model, removed, x, attribution, target=TARGET, n_perturb_samples=PARTS, normalize=scaled))
            for key, scaled in {"infidelity": False, "scaled infidelity": True}.items()
        }

        def explain(moved, target):
            # Captum gives the input as a tuple, wants one back then, and gives the perturbed inputs as they are.
            is_tuple = isinstance(moved, tuple)
            moved = (moved[0] if is_tuple else moved).detach().clone().requires_grad_()
            with torch.enable_grad():
                answer = method.attribute(moved, target=target).detach()
            return (answer,) if is_tuple else answer

        found[label]["sensitivity"] = float(
            sensitivity_max(explain, x, lambda expanded: expanded + offsets, n_perturb_samples=OFFSETS, target=TARGET))
    return found


def numbers():
    """Of values with ties among them, and zeros."""
    a, b = (np.round(sampled(f"measures {n}", [500]).astype(np.float64) * 20) / 20 for n in "ab")
    b += a / 2
    sizes = np.abs(a)
    return {
        "gini": float(np.abs(sizes[:, None] - sizes).sum() / (2 * len(sizes) ** 2 * sizes.mean())),
        "entropy": float(scipy.stats.entropy(sizes)),
        "spearman": float(scipy.stats.spearmanr(a, b).statistic),
    }


if __name__ == "__main__":
    found = {"numbers": numbers()}
    for name, build in {"cnnlstm": models.CNNLSTM, "fcmfcc": models.FCMFCC, "cnnatt": models.CNNATT}.items():
        found[name] = captum(name, build)
    text = json.dumps(found, indent=1)
    (pathlib.Path(__file__).parent / "measures.json").write_text(text + "\n")
    print(text)
