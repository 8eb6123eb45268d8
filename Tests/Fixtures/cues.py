"""The cues of a voice made by formula, by openSMILE and, for the formants, by Praat: cues.json. The test makes the same voice.

    python cues.py     (NumPy, opensmile, praat-parselmouth)

openSMILE's formants, and what it derives from them, are left out: it takes the roots of 1 - sum a_k z^-k, where its a_k are
those of 1 + sum a_k z^-k, so that they are no resonances.
"""

import json
import pathlib
import warnings

import numpy as np
import opensmile
import parselmouth

from sampled import by_seed

warnings.simplefilter("ignore")
RATE, COUNT = 16_000, 19_200
# Start and length in seconds, first and last fundamental in Hz, formants and bandwidths in Hz.
VOWELS = [
    (0.10, 0.50, 140, 220, [(700, 90), (1220, 110), (2600, 160), (3500, 200), (4500, 250)]),
    (0.75, 0.35, 230, 170, [(320, 70), (2150, 130), (2950, 180), (3700, 200), (4600, 250)]),
]


def gain(hertz, formants):
    """Of a second-order resonance for each formant, 1 at 0 Hz."""
    product = 1.0
    for frequency, bandwidth in formants:
        product = product * frequency**2 / np.sqrt((hertz**2 - frequency**2) ** 2 + (hertz * bandwidth) ** 2)
    return product


samples = 0.002 * by_seed([COUNT], 11)
for start, length, first, last, formants in VOWELS:
    index = np.arange(round(start * RATE), round((start + length) * RATE))
    time = index / RATE - start
    phase = 2 * np.pi * (first * time + (last - first) * time**2 / (2 * length))
    hertz = first + (last - first) * time / length
    sound = 0
    for k in range(1, 25):
        sound = sound + gain(k * hertz, formants) / k**1.5 * np.sin(k * phase)
    samples[index] += 0.08 * np.sin(np.pi * time / length) ** 0.5 * sound
# 16 bits, which the test has to the last one.
samples = np.round(samples * 32_768) / 32_768
assert np.abs(samples).max() < 1


def smile(level):
    features = opensmile.Smile(feature_set=opensmile.FeatureSet.eGeMAPSv02, feature_level=level)
    return features.process_signal(samples.astype(np.float32), RATE)


def rounded(values):
    return [float(f"{float(value):.7g}") for value in values]


lows = smile(opensmile.FeatureLevel.LowLevelDescriptors)
# The last frame is a copy of the one before.
frames = {name.rsplit("_", 1)[0]: rounded(lows[name])[:-1] for name in lows.columns}
frames = {name: values for name, values in frames.items() if not (name[0] == "F" and name[1] in "123" or "A3" in name)}
whole = smile(opensmile.FeatureLevel.Functionals)
temporal = [
    "loudnessPeaksPerSec", "VoicedSegmentsPerSec", "MeanVoicedSegmentLengthSec", "StddevVoicedSegmentLengthSec",
    "MeanUnvoicedSegmentLength", "StddevUnvoicedSegmentLength",
]

found = parselmouth.Sound(samples, RATE).to_formant_burg(
    time_step=0.01, max_number_of_formants=5, maximum_formant=5500, window_length=0.025, pre_emphasis_from=50
)
# In the middle of each frame of 60 ms.
middles = [frame * 0.01 + 0.03 for frame in range(len(frames["Loudness"]))]
praat = [[round(found.get_value_at_time(number, time), 1) for time in middles] for number in (1, 2, 3)]
praat = [[None if np.isnan(value) else value for value in row] for row in praat]

pathlib.Path(__file__).with_name("cues.json").write_text(
    json.dumps(
        {
            "vowels": [
                {"start": start, "length": length, "first": first, "last": last, "formants": formants}
                for start, length, first, last, formants in VOWELS
            ],
            "frames": frames,
            "temporal": dict(zip(temporal, rounded(whole[name].iloc[0] for name in temporal))),
            "praat": praat,
        }
    )
    + "\n"
)
