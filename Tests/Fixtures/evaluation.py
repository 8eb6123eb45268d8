"""What scikit-learn, SciPy and NumPy make of sampled predictions, of counts for McNemar's test, and of measures for Cohen's d:
evaluation.json. The tests make the same predictions (Tests/TrainingTests/ScoresTests.swift).

    python evaluation.py     (NumPy, SciPy, scikit-learn)
"""

import json
import pathlib

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from scipy.stats import binomtest
from sklearn import metrics
from sampled import by_seed

CLIPS, CLASSES = 240, 5


def predictions(seed, noise):
    """Probabilities, float32, that are too sure of themselves, and labels that follow them with much noise."""
    scores = by_seed([CLIPS, CLASSES], seed) + 1
    fourth = (scores * scores) * (scores * scores)
    sharp = fourth * fourth
    total = np.zeros(CLIPS)
    for column in range(CLASSES):  # one after the other, as the test adds them
        total = total + sharp[:, column]
    probabilities = (sharp / total[:, None]).astype(np.float32)
    # The last class has no clips, but is predicted.
    return probabilities, (scores + noise * by_seed([CLIPS, CLASSES], seed + 1))[:, :-1].argmax(1)


def area(confidence, wrong):
    order = np.argsort(-confidence, kind="stable")
    risks = np.cumsum(wrong[order]) / np.arange(1, len(order) + 1)
    return risks.mean(), 1 - risks[int(np.ceil(0.8 * len(order))) - 1], risks


found, labels = predictions(11, 0.75)
p = found.astype(np.float64)
p /= p.sum(1, keepdims=True)  # scikit-learn's losses ask for sums of 1
predicted, confidence = found.argmax(1), found.max(1)
assert p[np.arange(CLIPS), labels].min() > 1e-15  # below, log_loss counts others
every = dict(labels=range(CLASSES))
aurc, accuracy_at_80, risks = area(confidence, predicted != labels)

logits = np.log(found.astype(np.float64))
fit = minimize_scalar(
    lambda log_t: -log_softmax(logits / np.exp(log_t), axis=1)[np.arange(CLIPS), labels].mean(), bounds=(-3, 3),
    method="bounded", options=dict(xatol=1e-10))
temperature = float(np.exp(fit.x))
scaled = softmax(logits / temperature, axis=1)

# The k most probable classes weighed by their probabilities.
soft = []
for k in range(1, CLASSES + 1):
    weights = np.where(np.argsort(np.argsort(-p, axis=1), axis=1) < k, p, 0)
    weights /= weights.sum(1, keepdims=True)
    truth = np.eye(CLASSES)[labels]
    soft.append([
        float(metrics.top_k_accuracy_score(labels, p, k=k, **every)) if k < CLASSES else 1.0,
        float(weights[np.arange(CLIPS), labels].mean()), float(((weights - truth) ** 2).sum(1).mean())])

second, _ = predictions(21, 0.75)
rights = (predicted == labels, second.argmax(1) == labels)
recalls = [metrics.balanced_accuracy_score(labels, c.argmax(1)) for c in (found, second)]

values, groups = by_seed([60], 31), np.arange(60) % 3
effects = []
for group in range(3):
    own, others = values[groups == group], values[groups != group]
    pooled = ((len(own) - 1) * own.var(ddof=1) + (len(others) - 1) * others.var(ddof=1)) / (len(values) - 2)
    effects.append(float((own.mean() - others.mean()) / np.sqrt(pooled)))

counts = [(10, 3), (3, 10), (0, 1), (0, 6), (7, 7), (25, 40), (600, 512), (2500, 2700)]
numbers = dict(
    accuracy=metrics.accuracy_score(labels, predicted),
    averageRecall=metrics.balanced_accuracy_score(labels, predicted),
    macroF1=metrics.f1_score(labels, predicted, average="macro", zero_division=0),
    weightedF1=metrics.f1_score(labels, predicted, average="weighted", zero_division=0),
    logLoss=metrics.log_loss(labels, p, **every),
    brier=metrics.brier_score_loss(labels, p, scale_by_half=False, **every),
    area=float(aurc), accuracyAt80=float(accuracy_at_80), half=float(risks[CLIPS // 2 - 1]),
    temperature=temperature, scaledLogLoss=metrics.log_loss(labels, scaled, **every), scaledFirst=scaled[0].tolist(),
    soft=soft, recalls=[float(r) for r in recalls],
    rights=[int((rights[0] & ~rights[1]).sum()), int((~rights[0] & rights[1]).sum())],
    mcnemar=[[a, b, float(binomtest(min(a, b), a + b).pvalue)] for a, b in counts],
    effects=effects, deviation=float(values[groups == 0].std(ddof=1)))
(pathlib.Path(__file__).parent / "evaluation.json").write_text(json.dumps(numbers, separators=(",", ":")) + "\n")
