"""Praat's intensity and silences of made voices, for SpeechSegmentationTests.

python units.py            # praat-parselmouth 0.4.7, numpy 2.4; writes units.json
"""
import json
import pathlib
import numpy as np
import parselmouth
from parselmouth.praat import call

RATE = 16_000
# Syllables as start, end and level, in seconds; a hum under all; a click; the pitch in Hz.
VOICES = [
    {"name": "two phrases, a click between them, a closure", "pitch": 140.0, "length": 2.4, "hum": [1000.0, 2e-4],
     "syllables": [[0.0, 0.25, 0.2], [0.25, 0.55, 0.3], [1.1, 1.35, 0.25], [1.47, 1.7, 0.2], [1.7, 2.1, 0.3],
                   [0.85, 0.88, 0.1]]},
    {"name": "over a rumble", "pitch": 210.0, "length": 1.8, "hum": [20.0, 0.05],
     "syllables": [[0.1, 0.35, 0.2], [0.35, 0.6, 0.25], [0.95, 1.2, 0.2], [1.2, 1.5, 0.2]]},
]


def samples(voice):
    time = np.arange(round(voice["length"] * RATE)) / RATE
    hum, level = voice["hum"]
    x = level * np.sin(2 * np.pi * hum * time)
    for start, end, loudness in voice["syllables"]:
        within = (time >= start) & (time < end)
        envelope = np.where(within, np.sin(np.pi * (time - start) / (end - start)), 0)
        x += loudness * envelope * sum(np.sin(2 * np.pi * k * voice["pitch"] * time) / k for k in range(1, 16))
    return x.astype(np.float32).astype(np.float64)


def main():
    for voice in VOICES:
        sound = parselmouth.Sound(samples(voice), sampling_frequency=RATE)
        intensity = sound.to_intensity(minimum_pitch=100, time_step=0.008)
        voice["intensity"] = [round(float(v), 5) for v in intensity.values[0]]
        voice["first"] = float(intensity.xs()[0])
        grid = call(sound, "To TextGrid (silences)", 100, 0.008, -25, 0.2, 0.1, "pause", "phrase")
        voice["stretches"] = [
            {"start": call(grid, "Get start time of interval", 1, i), "end": call(grid, "Get end time of interval", 1, i),
             "spoken": call(grid, "Get label of interval", 1, i) == "phrase"}
            for i in range(1, call(grid, "Get number of intervals", 1) + 1)]
    pathlib.Path(__file__).with_name("units.json").write_text(json.dumps(VOICES, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
