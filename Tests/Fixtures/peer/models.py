"""The report's CNNLSTM, FCMFCC and CNNATT in PyTorch: what Undertone's own are checked against and timed beside.

Parameters have the names and layouts of Undertone's `model.safetensors`, so `load_state_dict(strict=True)` takes either
side's. Shapes are [clips, channels, rows, frames]; every network answers logits [clips, classes].
"""

import torch
from torch import nn

CLASSES = ["angry", "disgust", "fear", "happy", "neutral", "sadness", "surprise"]


class ConvBlock(nn.Module):
    """Stride 1, "same" padding: convolution, batch norm, ReLU, then pooling where one is given."""

    def __init__(self, inputs, outputs, kernel, pool=None):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding="same")
        self.norm = nn.BatchNorm2d(outputs)
        self.pool = pool or nn.Identity()

    def forward(self, x):
        return self.pool(self.norm(self.conv(x)).relu())


class Paths(nn.ModuleList):
    """Blocks side by side on one input, their channels concatenated."""

    def __init__(self, outputs, kernels, pool=None):
        super().__init__(ConvBlock(1, outputs, kernel, pool and pool()) for kernel in kernels)

    def forward(self, x):
        return torch.cat([path(x) for path in self], dim=1)


def chain(widths, pools):
    """3×3 blocks one after the other, from each width to the next."""
    return nn.Sequential(*(ConvBlock(*pair, 3, pool) for *pair, pool in zip(widths, widths[1:], pools)))


class CNNLSTM(nn.Module):
    """M1, of a log-mel [clips, 1, 128, 313]."""

    def __init__(self, classes=len(CLASSES)):
        super().__init__()
        self.blocks = chain([1, 32, 48, 64, 128, 256], [nn.MaxPool2d(size) for size in (2, 2, 2, 4, 4)])
        self.lstm = nn.LSTM(256, 256, num_layers=2, dropout=0.5, batch_first=True)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(256, classes)

    def forward(self, mel):
        maps = self.blocks(mel)  # [clips, 256, 1, 2]: two frames remain, which the LSTM takes as its steps
        states, _ = self.lstm(maps.flatten(1, 2).mT)
        return self.head(self.dropout(states[:, -1]))


class FCMFCC(nn.Module):
    """M2, of an MFCC [clips, 1, 40, 313]."""

    def __init__(self, classes=len(CLASSES)):
        super().__init__()
        self.paths = Paths(32, [(3, 3), (9, 1), (1, 11)], lambda: nn.AvgPool2d(2))
        pools = [nn.AvgPool2d(size) for size in ((2, 2), (2, 2), (2, 1), (2, 1))]
        self.blocks = chain([96, 64, 96, 128, 160, 320], [*pools, nn.AdaptiveAvgPool2d(1)])
        self.dropout = nn.Dropout(0.3)
        self.head = nn.Linear(320, classes)

    def forward(self, mfcc):
        return self.head(self.dropout(self.blocks(self.paths(mfcc)).flatten(1)))


class ChannelAttention(nn.Module):
    """softmax(K Qᵀ / √inputs) V by head, then the heads' mean: [clips, inputs, positions] to [clips, outputs, positions].

    K Qᵀ is [outputs, outputs]: channels attend to channels, as the report's formula has it, not positions to positions.
    """

    def __init__(self, inputs, outputs, heads):
        super().__init__()
        bound = (6 / (inputs + outputs)) ** 0.5  # Glorot and Bengio 2010, for each head's matrix
        for name in ("query", "key", "value"):
            self.register_parameter(name, nn.Parameter(torch.empty(heads, outputs, inputs).uniform_(-bound, bound)))
        self.scale = inputs**-0.5

    def forward(self, x):
        x = x[:, None]
        scores = (self.key @ x) @ (self.query @ x).mT * self.scale
        return (scores.softmax(-1) @ (self.value @ x)).mean(1)


class CNNATT(nn.Module):
    """M3, of an MFCC [clips, 1, 40, frames] of 4 frames or more."""

    def __init__(self, classes=len(CLASSES)):
        super().__init__()
        self.paths = Paths(8, [(11, 3), (3, 9)])
        self.blocks = chain([16, 32, 48, 64, 80], [nn.AvgPool2d(2), nn.AvgPool2d(2), None, None])
        self.attention = ChannelAttention(80, 128, heads=3)
        self.norm = nn.LayerNorm(128)
        self.head = nn.Linear(128, classes)

    def forward(self, mfcc):
        positions = self.attention(self.blocks(self.paths(mfcc)).flatten(2))
        return self.head(self.norm(positions.mean(-1)))


NETWORKS = {"cnnlstm": CNNLSTM, "fcmfcc": FCMFCC, "cnnatt": CNNATT}
