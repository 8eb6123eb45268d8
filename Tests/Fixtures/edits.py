"""Writes edits.safetensors beside this file: what librosa, SciPy and NumPy make of a sound that the tests of AudioFeatures make
again by the same formula. Run with librosa, scipy, numpy and safetensors installed: python3 edits.py"""

import pathlib

import librosa
import numpy as np
import scipy.signal
from safetensors.numpy import save_file

from sampled import by_seed

RATE, WINDOW, HOP, COUNT = 16_000, 1024, 256, 6_000

# A voice-like sum of harmonics that glides, with noise.
time = np.arange(COUNT) / RATE
phase = 2 * np.pi * (140 * time + 60 * time**2)
sound = sum(np.sin((k + 1) * phase) / (k + 1) for k in range(12)) * 0.15 + 0.02 * by_seed([COUNT], 3)
stored = {}


def some(values):
    """Every seventh sample."""
    return np.asarray(values, np.float32)[::7].copy()


for rate in (0.8, 1.0 / 1.1, 1.25, 2.0):
    spectrum = librosa.stft(sound, n_fft=WINDOW, hop_length=HOP, pad_mode="reflect")
    samples = int(np.round(COUNT / rate))
    stretched = librosa.phase_vocoder(spectrum, rate=rate, hop_length=HOP)
    # As many frames as the result has; beyond the last is silence.
    frames = 1 + samples // HOP
    stretched = np.pad(stretched, ((0, 0), (0, max(0, frames - stretched.shape[1]))))[:, :frames]
    # Windowed again, added where the frames lie and folded back at the reflected ends, over the squared windows.
    window = scipy.signal.get_window("hann", WINDOW)
    pieces = np.fft.irfft(stretched.T, WINDOW) * window
    total, squares = np.zeros(samples), np.zeros(samples)
    for frame in range(frames):
        for i in range(WINDOW):
            place = frame * HOP + i - WINDOW // 2
            period = 2 * (samples - 1)
            place %= period
            place = place if place < samples else period - place
            total[place] += pieces[frame, i]
            squares[place] += window[i] ** 2
    stored[f"tempo {rate:.4f}"] = some(total / squares)

for hertz in (300, 2000, 5000):
    for kind in ("low", "high"):
        sections = scipy.signal.butter(4, hertz, kind, fs=RATE, output="sos")
        stored[f"{kind} {hertz}"] = some(scipy.signal.sosfilt(sections, sound))

save_file(stored, pathlib.Path(__file__).parent / "edits.safetensors")
