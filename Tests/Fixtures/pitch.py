"""F0 by Praat of voices made by formula: pitch.json. The test makes the same voices.

    python pitch.py     (NumPy, praat-parselmouth)
"""
import json
import pathlib

import numpy as np
import parselmouth

RATE, HOP = 16_000, 256


def voice(start, end, harmonics, seconds=1.0):
    """Harmonics of a fundamental that glides from start to end Hz, 0.1 s of silence before and after."""
    count = int(seconds * RATE)
    time = np.arange(count) / RATE
    phase = 2 * np.pi * (start * time + (end - start) * time**2 / (2 * seconds))
    samples = sum(weight * np.sin((number + 1) * phase) for number, weight in enumerate(harmonics))
    samples = 0.2 * samples * np.sin(np.pi * time / seconds) ** 0.5
    silence = np.zeros(RATE // 10)
    return np.concatenate([silence, samples, silence]).astype(np.float32)


VOICES = {
    "low": (80, 110, [1 / (k + 1) for k in range(12)]),
    "high": (320, 180, [1 / (k + 1) for k in range(8)]),
    "weak fundamental": (150, 150, [0.02, 0.6, 0.5, 0.8, 0.3, 0.2]),
}

found = []
for name, (start, end, harmonics) in VOICES.items():
    samples = voice(start, end, harmonics)
    # Each frame alone, as ours: no cost of jumps between frames.
    pitch = parselmouth.Sound(samples.astype(np.float64), RATE).to_pitch_ac(
        time_step=HOP / RATE, pitch_floor=60, pitch_ceiling=500, silence_threshold=0.03, voicing_threshold=0.45,
        octave_cost=0.01, octave_jump_cost=0, voiced_unvoiced_cost=0, very_accurate=False,
    )
    frames = 1 + len(samples) // HOP
    values = [pitch.get_value_at_time(frame * HOP / RATE) for frame in range(frames)]
    found.append(
        {
            "name": name, "start": start, "end": end, "harmonics": harmonics,
            "pitch": [None if np.isnan(value) else round(float(value), 3) for value in values],
        }
    )
pathlib.Path(__file__).with_name("pitch.json").write_text(json.dumps(found) + "\n")
