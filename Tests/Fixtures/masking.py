"""Writes masking.json beside this file: the masking threshold of two tones in noise that fades, by Qin et al.'s formulas
(2019, arXiv:1903.10346, appendix A) in float64, written anew from the paper.

    python3 masking.py     (NumPy)
"""

import json
import pathlib

import numpy as np

from sampled import by_name as sampled

LENGTH, HOP, RATE, SAMPLES = 2048, 512, 16_000, 6000
FREQUENCIES = np.arange(LENGTH // 2 + 1) * RATE / LENGTH
BARKS = 13 * np.arctan(0.00076 * FREQUENCIES) + 3.5 * np.arctan((FREQUENCIES / 7500) ** 2)


def signal():
    time = np.arange(SAMPLES) / RATE
    tones = 0.3 * np.sin(2 * np.pi * 440 * time) + 0.02 * np.sin(2 * np.pi * 3100 * time)
    noise = sampled("masking noise", [SAMPLES]).astype(np.float64) * 0.05 * (1 - time * RATE / SAMPLES)
    return (tones + noise).astype(np.float32)


def absolute():
    """Of hearing, in dB."""
    kilohertz = np.maximum(FREQUENCIES, 20) / 1000
    return (3.64 * kilohertz**-0.8 - 6.5 * np.exp(-0.6 * (kilohertz - 3.3) ** 2) + 1e-3 * kilohertz**4) - 12


def levels(x):
    """[frames, bins] in dB, the loudest at 96; and what was added."""
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(LENGTH) / LENGTH)
    padded = np.pad(x.astype(np.float64), LENGTH // 2, mode="reflect")
    frames = np.stack([np.fft.rfft(padded[t * HOP : t * HOP + LENGTH] * window) for t in range(1 + len(x) // HOP)])
    power = 10 * np.log10(8 / 3 * np.abs(frames / LENGTH) ** 2 + 1e-20)
    return power + 96 - power.max(), 96 - power.max()


def threshold(level):
    """Of one frame."""
    maskers = []
    for k in range(1, len(level) - 1):
        if level[k] > level[k - 1] and level[k] > level[k + 1]:
            power = 10 * np.log10(np.sum(10 ** (level[k - 1 : k + 2] / 10)))
            if power > absolute()[k]:
                maskers.append((k, power))
    total = 10 ** (absolute() / 10)
    for k, power in maskers:
        if any(abs(BARKS[j] - BARKS[k]) < 0.5 and other > power for j, other in maskers):
            continue
        distance = BARKS - BARKS[k]
        spread = np.where(distance <= 0, 27 * distance, (-27 + 0.37 * max(power - 40, 0)) * distance)
        total = total + 10 ** ((power - 6.025 - 0.275 * BARKS[k] + spread) / 10)
    return 10 * np.log10(total)


if __name__ == "__main__":
    level, shift = levels(signal())
    rows = [[round(float(v), 4) for v in threshold(row)[::11]] for row in level[::3]]
    (pathlib.Path(__file__).parent / "masking.json").write_text(
        json.dumps({"shift": float(shift), "rows": rows}, separators=(",", ":")) + "\n")
