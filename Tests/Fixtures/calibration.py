"""Writes calibration.json beside this file: what numpy, scikit-learn and scipy make of the probabilities of 80 clips of
four classes. Run with numpy, scipy and scikit-learn: python3 calibration.py
"""

import json
import pathlib

import numpy as np
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

random = np.random.default_rng(3)
logits = 2.5 * random.standard_normal((80, 4))
probabilities = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
# An edge of two bins, certainty, and one clip of its class alone in the lowest bin that four classes can reach.
probabilities[0] = [0.5, 0.25, 0.25, 0]
probabilities[1] = [0, 0, 1, 0]
probabilities[2] = [0.28, 0.24, 0.24, 0.24]
probabilities = probabilities.astype(np.float32).astype(np.float64)
labels = np.where(random.random(80) < 0.6, probabilities.argmax(1), random.integers(0, 4, 80))

predicted, confidence = probabilities.argmax(1), probabilities.max(1)
right = predicted == labels
# Bins without clips are left out, and an edge belongs to the bin below it, as in Guo et al.
accuracies, confidences = calibration_curve(right, confidence, n_bins=10, strategy="uniform")
edges = np.linspace(0, 1, 11)
places = np.searchsorted(edges[1:-1], confidence)
bins = []
for place, accuracy, mean in zip(np.unique(places), accuracies, confidences, strict=True):
    own = right[places == place]
    interval = binomtest(int(own.sum()), len(own)).proportion_ci(0.95, method="wilson")
    bins.append(dict(lower=edges[place], upper=edges[place + 1], clips=len(own), confidence=mean, accuracy=accuracy,
                     low=interval.low, high=interval.high))
error = sum(b["clips"] / 80 * abs(b["accuracy"] - b["confidence"]) for b in bins)
numbers = dict(
    probabilities=probabilities.tolist(), labels=labels.tolist(), bins=bins, expectedCalibrationError=error,
    brierScore=brier_score_loss(labels, probabilities, labels=range(4), scale_by_half=False))
(pathlib.Path(__file__).parent / "calibration.json").write_text(json.dumps(numbers, separators=(",", ":")) + "\n")
