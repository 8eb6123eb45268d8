"""Writes ranges.csv beside it: what librosa trims of signals that the test makes too.

A signal is a list of (samples, amplitude) pieces of a ±amplitude square wave, which float32 holds exactly.
"""
import csv
import pathlib

import librosa
import numpy

signals = [
    [(16000, 0.5)],
    [(800, 0.5)],
    [(800, 0.0)],
    [(1, 0.5)],
    [(511, 0.0), (1, 0.5)],
    [(512, 0.0), (512, 0.5)],
    [(40000, 0.0)],
    [(8000, 0.0), (16000, 0.5), (8000, 0.0)],
    [(8000, 0.0625), (16000, 0.5), (8000, 0.03125)],
    [(5000, 0.0078125), (3001, 0.5), (700, 0.0), (4000, 0.25), (9999, 0.0078125)],
    [(10000, 0.0), (30, 1.0), (10000, 0.0)],
    [(10000, 0.0), (2000, 2.0**-16), (10000, 0.0)],
    [(10000, 0.0), (20000, 2.0**-14), (10000, 0.0)],
    [(10000, 0.0), (20000, 2.0**-12), (10000, 0.0)],
    [(2048, 0.5), (51200, 0.0), (1024, 0.125)],
]
with open(pathlib.Path(__file__).parent / "ranges.csv", "w", newline="") as file:
    writer = csv.writer(file, lineterminator="\n")
    for pieces in signals:
        y = numpy.concatenate([a * (-1.0) ** numpy.arange(n) for n, a in pieces]).astype("float32")
        _, (start, end) = librosa.effects.trim(y, top_db=20, frame_length=2048, hop_length=512)
        writer.writerow([" ".join(f"{n} {a}" for n, a in pieces), start, end])
