"""The way from a file to the networks' inputs: in librosa and SciPy, which Undertone's front-end is checked against, and
in PyTorch, which it is timed beside. librosa is imported only where it is used: timings need not wait for it.
"""

import math

import numpy as np

RATE, WINDOW, HOP, MELS, COEFFICIENTS = 16_000, 1024, 256, 128, 40
SECONDS = 5


def load(path):
    """float32 samples at 16 kHz of the first channel, without what is 20 dB below the loudest frame at both ends."""
    import librosa
    import soundfile

    samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    samples = librosa.resample(samples[:, 0], orig_sr=rate, target_sr=RATE)
    return librosa.effects.trim(samples, top_db=20, frame_length=2048, hop_length=512)[0]


def fix(samples):
    """Exactly five seconds: cut, or filled with zeros, at the end."""
    fixed = np.zeros(SECONDS * RATE, np.float32)
    fixed[: len(samples)] = samples[: len(fixed)]
    return fixed


def log_mel(samples):
    """dB [128, 1 + samples // 256]: 128 triangles of peak 1 on the HTK scale, at most 80 dB under the clip's maximum."""
    import librosa

    power = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=MELS, htk=True, norm=None, pad_mode="reflect")
    return librosa.power_to_db(power, amin=1e-10, top_db=80)


def mfcc(samples):
    """[40, 1 + samples // 256]: the first coefficients of the log-mel's orthonormal DCT-II."""
    import scipy.fft

    return scipy.fft.dct(log_mel(samples), axis=0, norm="ortho")[:COEFFICIENTS]


def in_torch(mels=MELS):
    """Differentiable functions: log-mel of samples [clips, samples], and MFCC of a log-mel [clips, mels, frames]."""
    import torch

    window = torch.hann_window(WINDOW)
    top = 2595 * math.log10(1 + RATE / 2 / 700)
    edges = 700 * (10 ** (torch.linspace(0, top, mels + 2) / 2595) - 1)
    bins = torch.linspace(0, RATE / 2, WINDOW // 2 + 1)[None]
    low, middle, high = (edges[i : i + mels, None] for i in range(3))
    filters = torch.minimum((bins - low) / (middle - low), (high - bins) / (high - middle)).clamp(min=0)
    k, m = torch.arange(COEFFICIENTS)[:, None], torch.arange(mels)[None]
    cosines = torch.cos(math.pi * k * (m + 0.5) / mels) * math.sqrt(2 / mels)
    cosines[0] /= math.sqrt(2)

    def log_mel(y):
        spectrum = torch.view_as_real(torch.stft(y, WINDOW, HOP, window=window, return_complex=True))
        decibels = 10 * torch.log10((filters @ spectrum.square().sum(-1)).clamp(min=1e-10))
        return torch.maximum(decibels, decibels.detach().amax((-2, -1), keepdim=True) - 80)

    return log_mel, lambda x: cosines @ x
