"""Makes the files beside it: python make.py (soundfile, librosa, numpy).

Tones are 0.5 sin(2π 440 t), so a test knows every sample without a reference file.
"""
import pathlib

import librosa
import numpy
import soundfile

here = pathlib.Path(__file__).parent


def tone(rate, seconds, frequency=440.0):
    return 0.5 * numpy.sin(2 * numpy.pi * frequency * numpy.arange(int(rate * seconds)) / rate)


def write(name, samples, rate, subtype=None):
    soundfile.write(here / name, samples, rate, subtype=subtype)


write("tone-16-bit.wav", tone(16000, 0.05), 16000, "PCM_16")
write("tone-24-bit.wav", tone(16000, 0.05), 16000, "PCM_24")
write("tone-32-bit.wav", tone(16000, 0.05), 16000, "PCM_32")
write("tone-float.wav", tone(16000, 0.05), 16000, "FLOAT")
write("tone-8-bit.wav", tone(16000, 0.05), 16000, "PCM_U8")
write("tone.flac", tone(16000, 0.05), 16000)
write("tone.aiff", tone(16000, 0.05), 16000)
write("tone.ogg", tone(16000, 0.25), 16000)
write("tone.mp3", tone(16000, 0.25), 16000)
write("tone-8-kHz.wav", tone(8000, 0.1), 8000)
write("tone-192-kHz.flac", tone(192000, 0.02), 192000)
write("tone-24414-Hz.wav", tone(24414, 0.05), 24414)
write("stereo.wav", numpy.stack([tone(16000, 0.05), tone(16000, 0.05, 1000.0)], axis=1), 16000)

# A faded glide from 100 Hz to 6.5 kHz, inside the pass band of both resamplers, and what librosa
# (soxr_hq) makes of it.
count = 4801
time = numpy.arange(count) / 48000
glide = numpy.sin(2 * numpy.pi * (100 * time + 6400 / 2 / time[-1] * time**2)) * numpy.hanning(count) * 0.5
write("glide-48-kHz.flac", glide, 48000, "PCM_16")
stored, _ = soundfile.read(here / "glide-48-kHz.flac", dtype="float32")
resampled = librosa.resample(stored, orig_sr=48000, target_sr=16000)
resampled.astype("<f4").tofile(here / "glide-16-kHz-librosa.f32")

# What must be refused.
for name, value in [("nan.wav", numpy.nan), ("infinite.wav", numpy.inf), ("huge.wav", 1e30)]:
    bad = tone(16000, 0.01).astype("float32")
    bad[37] = value
    write(name, bad, 16000, "FLOAT")
write("no-samples.wav", numpy.zeros(0), 16000)
write("20-Hz.wav", tone(20, 1), 20)
(here / "empty.wav").write_bytes(b"")
(here / "text.wav").write_text("This is not a sound.\n" * 10)
noise = numpy.random.default_rng(0).uniform(-0.5, 0.5, 3000)
write("damaged.flac", noise, 16000)
flac = (here / "damaged.flac").read_bytes()
(here / "damaged.flac").write_bytes(flac[: len(flac) // 2])
