"""Writes features.safetensors beside this file: what librosa and SciPy, in float64, make of signals that the tests of
AudioFeatures make again by the same formula (`signals`). Run with librosa, scipy and safetensors installed:
python3 features.py
"""

import pathlib
import warnings

import librosa
import numpy as np
import scipy.fft
from safetensors.numpy import save_file

from sampled import by_seed

RATE, LENGTH, HOP, MELS, COEFFICIENTS = 16000, 1024, 256, 128, 40
stored = {}


def noise(count, seed):
    return by_seed([count], seed).astype(np.float32)


def chirp(count):
    """0.5 sin(2π (50 t + 700 t²)): from 50 Hz up by 1.4 kHz a second."""
    t = np.arange(count) / RATE
    return (0.5 * np.sin(2 * np.pi * (50 * t + 700 * t * t))).astype(np.float32)


def click(count):
    y = np.zeros(count, np.float32)
    y[count // 2] = 1
    return y


signals = {
    "noise": noise(80_000, 1) * np.float32(0.25),
    "chirp": chirp(80_000),
    "click": click(20_000),
    "quiet": noise(5_000, 2) * np.float32(1e-6),  # about the least power that counts
    "silence": np.zeros(5_000, np.float32),
    "padded": np.append(noise(9_000, 3), np.zeros(11_000, np.float32)),
    "1 sample": np.array([0.5], np.float32),
    "2 samples": np.array([0.5, -0.25], np.float32),
    "300 samples": noise(300, 4),
    "512 samples": noise(512, 5),
    "513 samples": noise(513, 6),
    "700 samples": noise(700, 7),
    "1025 samples": chirp(1025),
}


def kept(value):
    """Every n-th element, n the smallest odd number that leaves at most 1500."""
    flat = value.reshape(-1)
    step = -(-len(flat) // 1500)
    step += (step + 1) % 2
    return flat[::step].astype(np.float32)


def computed(y, rate, length, hop, mels, coefficients):
    """The log-mel in dB and the MFCC."""
    power = librosa.feature.melspectrogram(
        y=y.astype(np.float64), sr=rate, n_fft=length, hop_length=hop, n_mels=mels, htk=True, norm=None, center=True,
        pad_mode="reflect", power=2.0, fmin=0.0, fmax=rate / 2)
    mel = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=80.0)
    assert mel.shape == (mels, 1 + len(y) // hop)
    return mel, scipy.fft.dct(mel, axis=0, type=2, norm="ortho")[:coefficients]


warnings.filterwarnings("ignore", message="n_fft=.* is too large")
for name, y in signals.items():
    mel, mfcc = computed(y, RATE, LENGTH, HOP, MELS, COEFFICIENTS)
    bands = mel.reshape(32, 4, -1).mean(axis=1)
    high = np.percentile(bands, 95, axis=1)
    level = 10 * np.log10(max(np.mean(y.astype(np.float64) ** 2), 1e-12))
    stored[f"{name}/statistics"] = np.concatenate([
        np.percentile(bands, 5, axis=1), high, np.diff(bands, axis=1).std(axis=1) if bands.shape[1] > 1 else np.zeros(32),
        [level, np.flatnonzero(high > high.max() - 60).max()]]).astype(np.float32)
    stored[f"{name}/mel"], stored[f"{name}/mfcc"] = kept(mel), kept(mfcc)

# Other settings, with Δ and ΔΔ below the coefficients; the rate only names the frequencies.
for name in ("noise", "chirp"):
    for rate, length, hop, mels, coefficients in ((16000, 400, 160, 64, 20), (8000, 512, 128, 40, 13)):
        mel, mfcc = computed(signals[name], rate, length, hop, mels, coefficients)
        rows = np.concatenate([mfcc] + [librosa.feature.delta(mfcc, width=9, order=order) for order in (1, 2)])
        stored[f"{name} {rate} {length} {hop}/mel"], stored[f"{name} {rate} {length} {hop}/mfcc"] = kept(mel), kept(rows)

for frames in (9, 10, 31, 313):
    x = noise(3 * frames, frames).reshape(3, frames).astype(np.float64)
    for order in (1, 2):
        stored[f"delta {order} {frames}"] = librosa.feature.delta(x, width=9, order=order).astype(np.float32)

filters = librosa.filters.mel(sr=RATE, n_fft=LENGTH, n_mels=MELS, fmin=0.0, fmax=RATE / 2, htk=True, norm=None)
places = np.flatnonzero(filters)
stored["filters/places"] = places.astype(np.int64)
stored["filters/values"] = filters.reshape(-1)[places].astype(np.float32)

path = pathlib.Path(__file__).with_name("features.safetensors")
save_file(stored, path)
print(len(stored), "arrays,", path.stat().st_size, "bytes")
