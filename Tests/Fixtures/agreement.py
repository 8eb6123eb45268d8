"""How far two maps agree, by SciPy and scikit-image: agreement.json.

    python agreement.py     (NumPy, SciPy, scikit-image)
"""
import json
import pathlib

import numpy as np
from scipy.stats import spearmanr
from skimage.metrics import structural_similarity


def relative(values):
    sizes = np.sort(np.abs(values).ravel())
    limit = sizes[int(0.995 * (sizes.size - 1))]
    return np.clip(values / limit, -1, 1)


def measures(first, second, signed):
    if not signed:
        first, second = np.abs(first), np.abs(second)
    count = int(0.1 * first.size)
    top = [set(np.argsort(np.abs(x).ravel(), kind="stable")[-count:]) for x in (first, second)]
    return {
        "spearman": float(spearmanr(first.ravel(), second.ravel()).statistic),
        "cosine": float((first * second).sum() / np.linalg.norm(first) / np.linalg.norm(second)),
        "overlap": len(top[0] & top[1]) / count,
        "similarity": float(
            structural_similarity(relative(first), relative(second), data_range=2 if signed else 1)
        ),
    }


generator = np.random.default_rng(3)
rows, columns = 12, 15
first = generator.normal(size=(rows, columns)).astype(np.float32).round(3)
second = (0.6 * first + generator.normal(size=(rows, columns))).astype(np.float32).round(3)
first[2, 3:6] = first[2, 2]  # equal ranks
path = pathlib.Path(__file__).with_name("agreement.json")
path.write_text(
    json.dumps(
        {
            "rows": rows,
            "columns": columns,
            "first": [round(float(x), 3) for x in first.ravel()],
            "second": [round(float(x), 3) for x in second.ravel()],
            "signed": measures(first.astype(float), second.astype(float), True),
            "unsigned": measures(first.astype(float), second.astype(float), False),
        }
    )
    + "\n"
)
