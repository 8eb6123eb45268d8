"""Writes smoothing.json beside this file: SciPy's quantiles of the normal distribution, lower bounds of probabilities (Clopper
and Pearson 1934), and the radii that CERTIFY of Cohen, Rosenfeld and Kolter 2019 has from them; null where it abstains.

    python3 smoothing.py     (SciPy)
"""

import json
import pathlib

from scipy import stats

DEVIATION = 0.25


def bound(count, draws, confidence):
    # As a quantile of the beta distribution, which the Swift code does not use.
    return 0.0 if count == 0 else float(stats.beta.ppf(1 - confidence, count, draws - count + 1))


def main():
    quantiles = [[p, float(stats.norm.ppf(p))] for p in (1e-12, 1e-4, 0.025, 0.3, 0.5, 0.6, 0.9, 0.975, 0.999, 1 - 1e-9)]
    counts = {1: (0, 1), 10: (0, 1, 5, 9, 10), 100: (0, 1, 50, 63, 64, 99, 100), 1000: (1, 400, 549, 700, 999, 1000),
              100_000: (1, 50_400, 99_000, 99_999, 100_000)}
    bounds = [
        {"count": count, "draws": draws, "confidence": confidence, "bound": bound(count, draws, confidence)}
        for draws, several in counts.items() for count in several for confidence in (0.5, 0.95, 0.999)]
    radii = []
    for case in bounds:
        p = case["bound"]
        radius = DEVIATION * float(stats.norm.ppf(p)) if p > 0.5 else None
        radii.append({**case, "radius": radius})
    found = {"deviation": DEVIATION, "quantiles": quantiles, "radii": radii}
    (pathlib.Path(__file__).parent / "smoothing.json").write_text(json.dumps(found, separators=(",", ":")) + "\n")
    print(len(radii), sum(case["radius"] is None for case in radii))


if __name__ == "__main__":
    main()
