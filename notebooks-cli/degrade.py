"""Writes the clips of a manifest as they sound through worse equipment, each kind with a manifest of its own.

python3 degrade.py MANIFEST FOLDER   (numpy, scipy, soundfile; clips of 16 kHz)
"""

import csv
import pathlib
import sys

import numpy as np
import soundfile
from scipy.signal import butter, sosfilt, sosfiltfilt

RATE = 16_000


def low_pass(y, hertz):
    return sosfiltfilt(butter(6, hertz, fs=RATE, output="sos"), y)


def telephone(y):
    """300 to 3400 Hz, and eight bits of the μ-law."""
    y = sosfilt(butter(4, [300, 3400], "bandpass", fs=RATE, output="sos"), y)
    steps = np.round(np.log1p(255 * np.minimum(abs(y), 1)) / np.log(256) * 127) / 127
    return np.sign(y) * np.expm1(steps * np.log(256)) / 255


def noise(y):
    """White, 15 dB below the clip."""
    return y + np.random.default_rng(0).normal(size=len(y)) * np.sqrt((y**2).mean()) * 10 ** (-15 / 20)


KINDS = {
    "quiet": lambda y: y * 10 ** (-30 / 20),
    "low-pass-4000": lambda y: low_pass(y, 4000),
    "low-pass-3000": lambda y: low_pass(y, 3000),
    "telephone": telephone,
    "noise-15": noise,
}

source, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rows = list(csv.DictReader(source.open(newline="")))
for kind, change in KINDS.items():
    for row in rows:
        y, rate = soundfile.read(source.parent / row["path"])  # one channel
        assert rate == RATE, f"{row['path']}: {rate} Hz; corpus prepare --audio writes {RATE}"
        place = folder / kind / pathlib.Path(row["path"]).with_suffix(".wav")
        place.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(place, change(y), RATE, subtype="FLOAT")
    with (folder / kind / "manifest.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        table.writeheader()
        table.writerows({**row, "path": str(pathlib.Path(row["path"]).with_suffix(".wav"))} for row in rows)
