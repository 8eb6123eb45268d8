"""Writes attacks.json beside this file: the clips that torchattacks' FGSM, PGD, PGDL2, APGD, DeepFool and CW make of sampled
ones, in float64, with a small network whose weights the tests make again by the same formula (`sampled`).

    python3 attacks.py     (NumPy, torch, torchattacks)
"""

import json
import pathlib
from unittest import mock

import numpy as np
import torch
import torchattacks

from sampled import by_name as sampled
from sampled_models import fill

SAMPLES, HIDDEN, CLASSES, CLIPS = 64, 24, 4, 5
# Of a waveform in −1…1. torchattacks takes images in 0…1, where everything is half as large.
LARGEST, RADIUS, STEP, STEPS = 0.02, 0.12, 0.2, 8


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(SAMPLES, HIDDEN)
        self.second = torch.nn.Linear(HIDDEN, CLASSES)

    def forward(self, images):
        waveform = 2 * images.flatten(1) - 1
        # torchattacks' CW takes the largest other logit for 0 where it is negative.
        return self.second(torch.tanh(self.first(waveform))) + 5


def main():
    torch.set_grad_enabled(False)
    network = fill(Network()).double().eval()
    torch.set_grad_enabled(True)
    waveforms = np.stack([sampled(f"attacked clip {i}", [SAMPLES]) * np.float32(0.5) for i in range(CLIPS)])
    images = ((torch.tensor(waveforms).double() + 1) / 2)[:, None, None]
    with torch.no_grad():
        logits = network(images)
    labels = logits.argmax(1)
    targets = logits.argmin(1)

    def kept(adversarial):
        return [[float(f"{v:.7g}") for v in row] for row in (2 * adversarial.detach().flatten(1) - 1).tolist()]

    sizes = dict(eps=LARGEST / 2, alpha=LARGEST / 2 * STEP, steps=STEPS, random_start=False)
    found = {"logits": logits.tolist(), "labels": labels.tolist(), "targets": targets.tolist()}
    found["fgsm"] = kept(torchattacks.FGSM(network, eps=LARGEST / 2)(images, labels))
    found["pgd"] = kept(torchattacks.PGD(network, **sizes)(images, labels))
    found["pgd2"] = kept(
        torchattacks.PGDL2(network, eps=RADIUS / 2, alpha=RADIUS / 2 * STEP, steps=STEPS, random_start=False)(images, labels))
    targeted = torchattacks.PGD(network, **sizes)
    targeted.set_mode_targeted_by_label(quiet=True)
    found["pgd-targeted"] = kept(targeted(images, targets))
    found["deepfool"] = kept(torchattacks.DeepFool(network, steps=10, overshoot=0.02)(images, labels))
    # One clip at a time: it ends where the sum of all clips' costs has not fallen.
    # A distance is a quarter in images, so that 4 c weighs as much on the waveform.
    found["cw"] = sum(
        (kept(torchattacks.CW(network, c=0.5, steps=60, lr=0.01)(images[i : i + 1], labels[i : i + 1])) for i in range(CLIPS)),
        [])
    apgd = torchattacks.APGD(network, norm="Linf", eps=LARGEST / 2, steps=30)
    apgd.steps = 30
    start = torch.tensor(np.stack([sampled(f"attack start {i}", [SAMPLES]) for i in range(CLIPS)])).double()
    with mock.patch("torch.rand", lambda shape: ((start + 1) / 2).reshape(shape)):
        best, _, losses, _ = apgd.attack_single_run(images, labels)
    found["apgd"], found["apgd-losses"] = kept(best), losses.tolist()
    (pathlib.Path(__file__).parent / "attacks.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
    for name in ("fgsm", "pgd", "pgd2", "pgd-targeted", "deepfool", "cw", "apgd"):
        adversarial = torch.tensor(found[name]).double()
        change = adversarial - torch.tensor(waveforms).double()
        with torch.no_grad():
            said = network((adversarial + 1) / 2).argmax(1)
        print(name, said.tolist(), change.norm(dim=1).numpy().round(4), change.abs().amax(1).numpy().round(4))
    print(labels.tolist(), targets.tolist(), logits.numpy().round(2))


if __name__ == "__main__":
    main()
