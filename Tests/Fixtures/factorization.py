"""scikit-learn's factors of a sampled matrix from sampled factors, by multiplicative updates: factorization.json.

    python factorization.py     (NumPy, scikit-learn)
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn.decomposition import NMF
from sampled import by_seed

warnings.simplefilter("ignore")  # of steps that are too few to converge
ROWS, COLUMNS, COMPONENTS, STEPS = 12, 9, 3, 25
# Positive: Itakura's and Saito's divergence from 0 is infinite.
matrix = by_seed([ROWS, COLUMNS], 41) + 1.0625
first, second = by_seed([ROWS, COMPONENTS], 42) + 1.0625, by_seed([COMPONENTS, COLUMNS], 43) + 1.0625
numbers = {}
for name, loss in (("euclidean", "frobenius"), ("kullback-leibler", "kullback-leibler"), ("itakura-saito", "itakura-saito")):
    model = NMF(COMPONENTS, solver="mu", beta_loss=loss, init="custom", tol=0, max_iter=STEPS)
    components = model.fit_transform(matrix, W=first.copy(), H=second.copy())
    numbers[name] = dict(
        components=components.ravel().tolist(), activations=model.components_.ravel().tolist(),
        objective=float(model.reconstruction_err_**2 / 2))  # the error is the root of twice the divergence
(pathlib.Path(__file__).parent / "factorization.json").write_text(json.dumps(numbers, separators=(",", ":")) + "\n")
