"""Writes localisation.json beside this file: what Quantus says of an attribution and of the cells of a cue, which the tests make
again by the same formula (`sampled`): AUC, relevance rank accuracy and top-k intersection.
Run with quantus and torch installed: python3 localisation.py
"""

import json
import pathlib

import numpy as np
import quantus
import torch

from sampled import by_name as sampled

ROWS, FRAMES, BOX = 24, 30, (slice(5, 11), slice(8, 27))


def numbers(name, quiet):
    sizes = np.abs(sampled(f"localisation {name}", [ROWS, FRAMES])).astype(np.float64)
    if name == "pointed":
        sizes[BOX] += 0.3
    if name == "tied":
        sizes = np.round(sizes * 4) / 4
    mask = np.zeros((ROWS, FRAMES))
    mask[BOX] = 1
    batch = {
        "model": torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(ROWS * FRAMES, 2)),
        "x_batch": np.zeros((1, 1, ROWS, FRAMES), dtype=np.float32), "y_batch": np.array([0]),
        "a_batch": sizes[None, None], "s_batch": mask[None, None].astype(bool), "device": "cpu",
    }
    options = {"abs": False, "normalise": False, **quiet}
    return {
        "auc": float(quantus.AUC(**options)(**batch)[0]),
        "rank accuracy": float(quantus.RelevanceRankAccuracy(**options)(**batch)[0]),
        "top 100": float(quantus.TopKIntersection(k=100, concept_influence=False, **options)(**batch)[0]),
    }


if __name__ == "__main__":
    quiet = {"disable_warnings": True, "display_progressbar": False}
    found = {name: numbers(name, quiet) for name in ["random", "pointed", "tied"]}
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text(json.dumps(found, indent=2) + "\n")
    print(path.name, found)
