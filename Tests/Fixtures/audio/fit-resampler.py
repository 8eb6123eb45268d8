"""The three numbers of Sources/AudioFiles/Resampling/PolyphaseFilter.swift: libsamplerate's best converter upsamples an
impulse 256 times, which samples its filter; a windowed sinc is fitted to it. Needs NumPy, SciPy and libsamplerate."""

import ctypes

import numpy as np
from scipy.optimize import minimize
from scipy.special import i0


class Data(ctypes.Structure):
    _fields_ = [
        ("data_in", ctypes.c_void_p), ("data_out", ctypes.c_void_p), ("input_frames", ctypes.c_long),
        ("output_frames", ctypes.c_long), ("used", ctypes.c_long), ("made", ctypes.c_long), ("last", ctypes.c_int),
        ("ratio", ctypes.c_double)]


library = ctypes.CDLL("libsamplerate.so.0")
impulse = np.zeros(400, np.float32)
impulse[200] = 1
response = np.zeros(len(impulse) * 256, np.float32)
data = Data(impulse.ctypes.data, response.ctypes.data, len(impulse), len(response), 0, 0, 1, 256.0)
assert library.src_simple(ctypes.byref(data), 0, 1) == 0

time = np.arange(len(response)) / 256 - 200
response = response.astype(np.float64)


def fitted(numbers):
    cutoff, half, beta = numbers
    inside = np.sqrt(np.maximum(0, 1 - (time / half) ** 2))
    return cutoff * np.sinc(cutoff * time) * i0(beta * inside) / i0(beta) * (np.abs(time) < half)


result = minimize(
    lambda numbers: np.sum((fitted(numbers) - response) ** 2), [0.9657, 142.9, 16], method="Nelder-Mead",
    options=dict(xatol=1e-9, fatol=1e-18, maxiter=10_000))
print("cutoff %.7f, half length %.5f, beta %.5f" % tuple(result.x))
print("largest difference %.1e" % np.abs(fitted(result.x) - response).max())
