"""Writes a folder for `make reference`: what librosa, PyTorch and Captum answer on a recording of yours.

    python3 reference.py CLIP FOLDER [--seed 0]

FOLDER gets waveform.npy [samples], mel.npy and mfcc.npy [rows, frames] of five seconds, and for each network a folder
with config.json, model.safetensors (random weights and statistics), logits.npy [1, classes] and METHOD.INPUT.npy
[1, 1, rows, frames]: the attribution of the highest logit at the network's own input. Baselines are zero.
"""

import argparse
import json
import pathlib

import numpy as np
import torch
from captum.attr import InputXGradient, IntegratedGradients, Occlusion, Saliency
from safetensors.torch import save_file

import frontend
import models


def with_statistics(network):
    """Running statistics as training might leave them: those of a new network would make batch norm the identity."""
    for part in network.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.running_mean.normal_()
            part.running_var.uniform_(0.5, 2)
    return network.eval()


def attributions(network, x, target):
    tile = (1, 8, 8)
    return {
        "saliency": Saliency(network).attribute(x, target=target),
        "input-x-gradient": InputXGradient(network).attribute(x, target=target),
        "integrated-gradients": IntegratedGradients(network).attribute(x, target=target, n_steps=50),
        "occlusion": Occlusion(network).attribute(x, tile, strides=tile, target=target),
    }


def main():
    options = argparse.ArgumentParser()
    options.add_argument("clip")
    options.add_argument("folder", type=pathlib.Path)
    options.add_argument("--seed", type=int, default=0)
    options = options.parse_args()

    samples = frontend.fix(frontend.load(options.clip))
    arrays = {"waveform": samples, "mel": frontend.log_mel(samples), "mfcc": frontend.mfcc(samples)}
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, values in arrays.items():
        np.save(options.folder / f"{name}.npy", values.astype(np.float32))

    for name, build in models.NETWORKS.items():
        torch.manual_seed(options.seed)
        network = with_statistics(build())
        space = "mel" if name == "cnnlstm" else "mfcc"
        x = torch.tensor(arrays[space], dtype=torch.float32)[None, None].requires_grad_()
        logits = network(x).detach()
        folder = options.folder / name
        folder.mkdir(exist_ok=True)
        (folder / "config.json").write_text(json.dumps({"architecture": name, "classes": models.CLASSES}) + "\n")
        save_file(network.state_dict(), folder / "model.safetensors")
        np.save(folder / "logits.npy", logits.numpy())
        for method, values in attributions(network, x, int(logits.argmax())).items():
            np.save(folder / f"{method}.{space}.npy", values.detach().numpy())


if __name__ == "__main__":
    main()
