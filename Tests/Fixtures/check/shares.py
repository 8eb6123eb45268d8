"""Shares of attributions in regions, for own.toml: sums over the arrays of

    undertone corpus synthesize --clips 1 --speakers 2 --output corpus
    undertone explain corpus/speaker-01/*.wav --input mel,spectrogram,waveform --arrays

A frame counts where its 64 ms meet the seconds, a mel band where its triangle meets the Hz, a bin where the main lobe of
the Hann window (two bins to each side) does; a sample by its own time.
"""

import numpy

RATE, WINDOW, HOP, MELS = 16_000, 1024, 256, 128
ALWAYS = (-1e9, 1e9)


def share(clip, space, seconds=ALWAYS, hertz=ALWAYS):
    stem = f"output/explain/{clip}-001.saliency.{space}"
    sizes = numpy.abs(numpy.load(f"{stem}.npy").astype(float))
    low, high = (end - numpy.load(f"{stem}.seconds.npy")[0] for end in seconds)
    if space == "waveform":
        times = numpy.arange(len(sizes)) / RATE
        return sizes[(times >= low) & (times <= high)].sum() / sizes.sum()
    times, reach = numpy.arange(sizes.shape[1]) * HOP / RATE, WINDOW / RATE / 2
    frames = (times > low - reach) & (times < high + reach)
    if space == "mel":
        top = 2595 * numpy.log10(1 + RATE / 2 / 700)
        edges = 700 * (10 ** (top * numpy.arange(MELS + 2) / (MELS + 1) / 2595) - 1)
        rows = (edges[:-2] < hertz[1]) & (edges[2:] > hertz[0])
    else:
        bins = numpy.arange(len(sizes))
        rows = ((bins - 2) * RATE / WINDOW < hertz[1]) & ((bins + 2) * RATE / WINDOW > hertz[0])
    return sizes[numpy.ix_(rows, frames)].sum() / sizes.sum()


print(share("sadness", "mel", (1.0, 1.8)), share("sadness", "mel", hertz=(0, 4000)))
print(share("sadness", "mel", (1.9, 2.3)))
print(share("neutral", "spectrogram", hertz=(0, 4000)), share("neutral", "spectrogram", hertz=(4000, 8000)))
print(share("fear", "waveform", (0.2, 0.8)), share("fear", "waveform", (0.9, 1.5)))
