"""A model folder in PyTorch: the whole path from samples to logits, differentiable from the trimmed samples on.

The networks are those of Biagini (2022), and CNNASP; their parameters have the names of the folder's `model.safetensors`.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from ._program import extra

extra("torch")
import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

LONGEST_SPEECH = 60  # seconds: the program uses the first minute of a file.
EMOTIONS = ["angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise"]


# The front-end


@dataclass(frozen=True)
class FrontEnd:
    """The settings of a folder's front-end, as its config.json has them under front_end."""

    sample_rate: int = 16_000  # samples a second
    window_samples: int = 1024
    hop_samples: int = 256
    mels: int = 128
    coefficients: int = 40
    deltas: int = 0  # 1: slopes below the coefficients, 2: curvatures too

    @staticmethod
    def of(configuration: dict[str, Any]) -> FrontEnd:
        given = configuration.get("front_end", {})
        return FrontEnd(**{field.name: given[field.name] for field in fields(FrontEnd) if field.name in given})


def trimmed(waveform: Tensor, decibels: float = 20) -> Tensor:
    """Samples without their quiet ends: librosa.effects.trim(y, top_db=decibels), [samples] to [fewer samples].

    Frames of 2048 samples at hop 512, centred, with zeros beyond the ends; kept is what lies between the first and the
    last frame less than `decibels` below the loudest. An RMS below 1e-5 counts as 1e-5, so silence stays whole.
    """
    padded = nn.functional.pad(waveform.detach().double(), (1024, 1024))
    power = padded.unfold(0, 2048, 512).square().mean(-1).clamp(min=1e-10)  # [frames]
    loud = torch.nonzero(power > power.max() * 10 ** (-decibels / 10)).flatten()
    return waveform[int(loud[0]) * 512 : (int(loud[-1]) + 1) * 512]


class LogMel(nn.Module):
    """log-mel in dB, [batch, 1, mels, frames], of waveforms [batch, samples]; frames = 1 + samples // hop.

    10 log10(max(power, 1e-10)), no cell more than 80 dB under its clip's loudest. Periodic Hann window, centred with
    reflection; triangles of peak 1, evenly spaced on the HTK mel scale from 0 Hz to half the sample rate.
    """

    def __init__(self, front_end: FrontEnd = FrontEnd()) -> None:
        super().__init__()
        self.front_end = front_end
        rate, window = front_end.sample_rate, front_end.window_samples
        top = 2595 * math.log10(1 + rate / 2 / 700)
        edges = 700 * (10 ** (torch.linspace(0, top, front_end.mels + 2, dtype=torch.float64) / 2595) - 1)  # Hz
        bins = torch.arange(window // 2 + 1, dtype=torch.float64) * rate / window
        low, peak, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
        triangles = torch.minimum((bins - low) / (peak - low), (high - bins) / (high - peak)).clamp(min=0)
        self.filters: Tensor
        self.window: Tensor
        # Not in the state: a model's file has only its network's parameters.
        self.register_buffer("filters", triangles.float(), persistent=False)  # [mels, bins]
        self.register_buffer("window", torch.hann_window(window), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        spectrum = torch.stft(waveform, self.front_end.window_samples, self.front_end.hop_samples, window=self.window,
                              pad_mode="reflect", return_complex=True)
        power = spectrum.real.square() + spectrum.imag.square()  # Its gradient is finite at zero, that of abs is not.
        decibels = 10 * torch.log10((self.filters @ power).clamp(min=1e-10))
        floor = decibels.detach().amax((-2, -1), keepdim=True) - 80
        return torch.maximum(decibels, floor).unsqueeze(1)


class MFCC(LogMel):
    """The first coefficients of the orthonormal DCT-II of the log-mel, and their deltas below them: [batch, samples] to
    [batch, 1, rows, frames]."""

    def __init__(self, front_end: FrontEnd = FrontEnd()) -> None:
        super().__init__(front_end)
        mels = front_end.mels
        k = torch.arange(front_end.coefficients, dtype=torch.float64)[:, None]
        cosines = torch.cos(math.pi * k * (torch.arange(mels, dtype=torch.float64) + 0.5) / mels) * math.sqrt(2 / mels)
        cosines[0] /= math.sqrt(2)
        self.cosines: Tensor
        self.register_buffer("cosines", cosines.float(), persistent=False)

    def forward(self, waveform: Tensor) -> Tensor:
        coefficients = self.cosines @ super().forward(waveform)
        orders = range(1, self.front_end.deltas + 1)
        return torch.cat([coefficients] + [deltas(coefficients, order) for order in orders], -2)


def deltas(x: Tensor, order: int) -> Tensor:
    """The slopes (order 1) or curvatures (2) over nine frames, the last dimension, as librosa.feature.delta has them."""
    offsets = torch.arange(-4.0, 5.0)
    powers = offsets if order == 1 else offsets.square() - offsets.square().mean()
    middle = (x.unfold(-1, 9, 1) * (order * powers / powers.square().sum())).sum(-1)
    ends = [middle[..., edge : edge + 1].expand(*middle.shape[:-1], 4) for edge in (0, middle.shape[-1] - 1)]
    return torch.cat([ends[0], middle, ends[1]], -1)


# The networks


class Block(nn.Module):
    """Convolution of "same" size, batch norm, ReLU, pooling."""

    def __init__(self, channels: int, filters: int, kernel: int | tuple[int, int], pool: nn.Module | None = None) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, filters, kernel, padding="same")
        self.norm = nn.BatchNorm2d(filters)
        self.pool = pool or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.pool(torch.relu(self.norm(self.conv(x))))


class CNNLSTM(nn.Module):
    """log-mel [batch, 1, 128, 313] to logits [batch, outputs]."""

    def __init__(
        self, outputs: int, widths: tuple[int, ...] = (32, 48, 64, 128, 256), pools: tuple[int, ...] = (2, 2, 2, 4, 4),
        hidden: int = 256, lstmLayers: int = 2, dropout: float = 0.5,
    ) -> None:
        super().__init__()
        steps = zip((1, *widths), widths, pools)
        self.blocks = nn.Sequential(*(Block(i, o, 3, nn.MaxPool2d(pool)) for i, o, pool in steps))
        # Between layers only: PyTorch warns of a dropout where there is one layer.
        between = dropout if lstmLayers > 1 else 0.0
        self.lstm = nn.LSTM(widths[-1], hidden, lstmLayers, dropout=between, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, mel: Tensor) -> Tensor:
        steps = self.blocks(mel).flatten(2).transpose(1, 2)  # [batch, 2, 256]: the positions that remain
        return self.head(self.dropout(self.lstm(steps)[0][:, -1]))


class FCMFCC(nn.Module):
    """MFCC [batch, 1, 40, 313] to logits [batch, outputs]."""

    def __init__(
        self, outputs: int, pathFilters: int = 32, widths: tuple[int, ...] = (64, 96, 128, 160, 320),
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        kernels = [(3, 3), (9, 1), (1, 11)]
        self.paths = nn.ModuleList(Block(1, pathFilters, kernel, nn.AvgPool2d(2)) for kernel in kernels)
        # Each block halves the coefficients, the first two the frames too; the last ends in one average.
        pools = [nn.AvgPool2d((2, 2 if i < 2 else 1)) for i in range(len(widths) - 1)] + [nn.AdaptiveAvgPool2d(1)]
        steps = zip((3 * pathFilters, *widths), widths, pools)
        self.blocks = nn.Sequential(*(Block(i, o, 3, pool) for i, o, pool in steps))
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(widths[-1], outputs)

    def forward(self, mfcc: Tensor) -> Tensor:
        maps = self.blocks(torch.cat([path(mfcc) for path in self.paths], 1))  # [batch, 320, 1, 1]
        return self.head(self.dropout(maps.flatten(1)))


class ChannelAttention(nn.Module):
    """softmax(K Qᵀ / √d) V with Q, K, V = W X, averaged over heads: [batch, d, positions] to [batch, outputs, positions].

    By this formula of the report each output channel attends over channels, not over positions.
    """

    def __init__(self, inputs: int, outputs: int, heads: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (nn.Parameter(torch.zeros(heads, outputs, inputs)) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = (weight @ x.unsqueeze(1) for weight in (self.query, self.key, self.value))
        weights = torch.softmax(k @ q.transpose(-1, -2) / math.sqrt(x.shape[1]), -1)  # [batch, heads, outputs, outputs]
        return (weights @ v).mean(1)


class CNNATT(nn.Module):
    """MFCC [batch, 1, 40, frames], at least 4 frames, to logits [batch, outputs]."""

    def __init__(
        self, outputs: int, pathFilters: int = 8, widths: tuple[int, ...] = (32, 48, 64, 80), attended: int = 128,
        heads: int = 3,
    ) -> None:
        super().__init__()
        self.paths = nn.ModuleList(Block(1, pathFilters, kernel) for kernel in [(11, 3), (3, 9)])
        steps = enumerate(zip((2 * pathFilters, *widths), widths))
        self.blocks = nn.Sequential(*(Block(i, o, 3, nn.AvgPool2d(2) if n < 2 else None) for n, (i, o) in steps))
        self.attention = ChannelAttention(widths[-1], attended, heads)
        self.norm = nn.LayerNorm(attended)
        self.head = nn.Linear(attended, outputs)

    def forward(self, mfcc: Tensor) -> Tensor:
        maps = self.blocks(torch.cat([path(mfcc) for path in self.paths], 1)).flatten(2)
        return self.head(self.norm(self.attention(maps).mean(-1)))


# The model


class StatisticsPooling(nn.Module):
    """Mean and deviation over steps, weighted by attention: [batch, steps, features] to [batch, 2 · features]."""

    def __init__(self, features: int, attention: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(features, attention)
        self.score = nn.Linear(attention, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        weights = torch.softmax(self.score(torch.tanh(self.hidden(x))), 1)  # [batch, steps, 1]
        mean = (weights * x).sum(1)
        variance = (weights * x.square()).sum(1) - mean.square()
        return torch.cat([mean, variance.clamp(min=1e-4).sqrt()], 1)


class CNNASP(nn.Module):
    """log-mel [batch, 1, 128, frames], at least 16 frames, to logits [batch, outputs]; not of the report."""

    def __init__(
        self, outputs: int, widths: tuple[int, ...] = (16, 32, 48, 64), bandPools: tuple[int, ...] = (2, 2, 2, 2),
        framePools: tuple[int, ...] = (2, 2, 2, 1), bandShare: float = 0.5, features: int = 96, attention: int = 32,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        steps = zip((1, *widths), widths, zip(bandPools, framePools))
        pools = [nn.MaxPool2d] + [nn.AvgPool2d] * (len(widths) - 1)
        self.blocks = nn.Sequential(*(Block(i, o, 3, kind(pool)) for (i, o, pool), kind in zip(steps, pools)))
        self.band_share = bandShare
        self.features = nn.Linear(128 // math.prod(bandPools) * widths[-1], features)
        self.pooling = StatisticsPooling(features, attention)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(2 * features, outputs)

    def forward(self, mel: Tensor) -> Tensor:
        whole, bands = mel.mean((2, 3), keepdim=True), mel.mean(3, keepdim=True)
        maps = self.blocks((mel - (1 - self.band_share) * whole - self.band_share * bands) / 20)
        steps = torch.relu(self.features(maps.flatten(1, 2).transpose(1, 2)))
        return self.head(self.dropout(self.pooling(self.dropout(steps))))


def five_seconds(front_end: FrontEnd) -> int:
    return 5 * front_end.sample_rate


def few_frames(front_end: FrontEnd) -> int:
    """The samples of four frames; of nine where there are deltas."""
    return (8 if front_end.deltas else 3) * front_end.hop_samples


def sixteen_frames(front_end: FrontEnd) -> int:
    return 15 * front_end.hop_samples


#: Of each architecture: the network, what it reads, and its least number of samples.
ARCHITECTURES: dict[str, tuple[type[nn.Module], type[LogMel], Callable[[FrontEnd], int]]] = {
    "cnnlstm": (CNNLSTM, LogMel, five_seconds),
    "fcmfcc": (FCMFCC, MFCC, five_seconds),
    "cnnatt": (CNNATT, MFCC, few_frames),
    "cnnasp": (CNNASP, LogMel, sixteen_frames),
}


class Model(nn.Module):
    """A whole model: samples, at the rate of its `front_end`, to logits. `network` and `features` can be used alone."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        super().__init__()
        name = configuration["architecture"]
        if name not in ARCHITECTURES:
            raise ValueError(f"the architecture {name!r} is not known; known are {', '.join(ARCHITECTURES)}")
        network, features, least = ARCHITECTURES[name]
        self.front_end = FrontEnd.of(configuration)
        self.samples = least(self.front_end)
        self.cut = least is five_seconds
        self.dimensions: list[str] = configuration.get("dimensions", [])
        self.classes: list[str] = configuration.get("classes", [] if self.dimensions else EMOTIONS)
        #: How far below the loudest frame the ends of a clip are cut off; "off" keeps them.
        self.trim_db: float | str = configuration.get("trim_db", 20)
        self.features = features(self.front_end)
        self.network = network(len(self.classes) + len(self.dimensions), **configuration.get("network", {}))

    def prepared(self, waveform: Tensor, trim: bool = True) -> Tensor:
        """What the model uses of a clip [samples]: at most its first minute, trimmed, at the model's length."""
        speech = waveform[: LONGEST_SPEECH * self.front_end.sample_rate]
        if trim and self.trim_db != "off":
            speech = trimmed(speech, float(self.trim_db))
        speech = speech[: self.samples] if self.cut else speech
        return nn.functional.pad(speech, (0, max(0, self.samples - len(speech))))

    def forward(self, waveform: Tensor, trim: bool = True) -> Tensor:
        """Logits [batch, outputs] of clips [samples] or [batch, samples], each prepared on its own: first the classes,
        then the values of dimensions.

        trim: False of samples that are trimmed already, such as `Explanation.feature("waveform")`.
        """
        clips = waveform.unsqueeze(0) if waveform.dim() == 1 else waveform
        return torch.cat([self.network(self.features(self.prepared(clip, trim).unsqueeze(0))) for clip in clips])

    def probabilities(self, waveform: Tensor, trim: bool = True) -> Tensor:
        """The probabilities of the classes, [batch, classes]."""
        return torch.softmax(self(waveform, trim)[:, : len(self.classes)], -1)


def load(folder: str | os.PathLike[str]) -> Model:
    """The model of a folder (`config.json` and `model.safetensors`), in evaluation mode."""
    configuration = json.loads((Path(folder) / "config.json").read_text("utf-8"))
    model = Model(configuration)
    model.network.load_state_dict(read_safetensors(Path(folder) / "model.safetensors"), strict=True)
    return model.eval()


def read_safetensors(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The arrays of a safetensors file: 8 bytes with the header's length, the header as JSON, then all values."""
    types = {"F16": "<f2", "F32": "<f4", "F64": "<f8", "I32": "<i4", "I64": "<i8"}
    data = Path(path).read_bytes()
    begin = 8 + int.from_bytes(data[:8], "little")
    tensors = {}
    for name, entry in json.loads(data[8:begin]).items():
        if name != "__metadata__":
            first, last = entry["data_offsets"]
            values = np.frombuffer(data[begin + first : begin + last], types[entry["dtype"]])
            tensors[name] = torch.from_numpy(values.reshape(entry["shape"]).copy())
    return tensors
