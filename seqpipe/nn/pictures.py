"""Fronts for pictures and videos: small convolutional networks that carry lengths along.

Legend: N pictures, C channels, H height, W width. No layer normalises over a batch, and what lies to the right of a
picture is zero again after every convolution, so that a picture's vectors depend on nothing but the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.features.sizes import Sizes
from seqpipe.padded import Padded

CHANNELS = (16, 32, 64)  # of the first, second and third convolution


class Convolutions(nn.Module):
    """x ← relu(max-pool(W ∗ x + b)) for each of ``pools``, (rows, columns) that are joined to one; W is 3 × 3.

    Channels lie beside each other in memory, which makes a step on a CPU twice as fast.
    """

    def __init__(self, channels: int, pools: Sequence[tuple[int, int]]) -> None:
        super().__init__()
        self.pools, self.channels = list(pools), CHANNELS[len(pools) - 1]
        sizes = [channels, *CHANNELS[: len(pools)]]
        self.layers = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            for before, after in zip(sizes, CHANNELS[: len(pools)], strict=False)
        )
        for layer in self.layers:  # relu halves the variance, so the weights double it (He et al. 2015)
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")  # type: ignore[arg-type]
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def shrunk(self, height: int) -> int:
        """Rows that are left of ``height``."""
        for rows, _ in self.pools:
            height = -(-height // rows)
        return height

    def forward(self, pictures: Tensor) -> Tensor:
        """Feature maps (N, C', H', W') of pictures (N, C, H, W) of one size."""
        for layer, pool in zip(self.layers, self.pools, strict=True):
            pictures = torch.relu(functional.max_pool2d(layer(pictures), pool, ceil_mode=True))
        return pictures

    def padded(self, pictures: Tensor, widths: Tensor) -> tuple[Tensor, Tensor]:
        """The same for pictures of unequal ``widths`` (N,), zero in the columns beyond; maps and widths of the maps."""
        for layer, (rows, columns) in zip(self.layers, self.pools, strict=True):
            inside = torch.arange(pictures.shape[3], device=pictures.device) < widths[:, None]  # (N, W)
            pictures = layer(pictures) * inside[:, None, None].to(pictures.dtype)  # else b would stand beyond, and leak
            # where data and padding fall together, relu(max(x, 0)) = relu(x)
            pictures = torch.relu(functional.max_pool2d(pictures, (rows, columns), ceil_mode=True))
            widths = -(-widths // columns)
        return pictures, widths


class VideoFront(nn.Module):
    """A small convolutional network on every frame: (B, T, H·W·C) → (B, T, size)."""

    stride = 1

    def __init__(self, sizes: Sizes, size: int) -> None:
        super().__init__()
        self.size = size
        self.height, self.channels = sizes.height, sizes.channels
        self.width = sizes.source // (sizes.height * sizes.channels)
        self.convolutions = Convolutions(sizes.channels, [(2, 2), (2, 2)])
        cells = self.convolutions.shrunk(self.height) * self.convolutions.shrunk(self.width)
        self.project = nn.Linear(self.convolutions.channels * cells, size)

    def forward(self, source: Padded) -> Padded:
        """One vector a frame; padding is never looked at, and its vectors are zero."""
        mask = source.mask()
        frames = source.data[mask].view(-1, self.height, self.width, self.channels)
        vectors: Tensor = self.project(self.convolutions(frames.permute(0, 3, 1, 2)).flatten(1))
        return Padded(vectors.new_zeros(*mask.shape, vectors.shape[1]).index_put((mask,), vectors), source.lengths)


COLUMNS = {1: (1, 1), 2: (2, 1), 4: (2, 2)}
"""Columns of pixels that become one step, and how many of them the first and the second convolution join."""


class ColumnFront(nn.Module):
    """A picture read from left to right, ``stride`` columns of pixels a step: (B, W, H·C) → (B, ⌈W/stride⌉, size)."""

    def __init__(self, sizes: Sizes, size: int, stride: int = 2) -> None:
        super().__init__()
        self.size, self.stride = size, stride
        self.channels = sizes.channels
        self.convolutions = Convolutions(sizes.channels, [(2, columns) for columns in COLUMNS[stride]])
        self.project = nn.Linear(self.convolutions.channels * self.convolutions.shrunk(sizes.height), size)

    def forward(self, source: Padded) -> Padded:
        """One vector a step, of all rows and channels of its column of the feature map."""
        maps, widths = self.convolutions.padded(_pictures(source, self.channels), source.lengths)
        return Padded(self.project(maps.permute(0, 3, 2, 1).flatten(2)), widths)


class PositionFront(nn.Module):
    """Every position of a picture's feature map as a step, for attention to look at (Xu et al. 2015).

    (B, W, H·C) → (B, W'·H', size) with W' = ⌈⌈W/2⌉/2⌉ and H' likewise, column by column, each from the top down. A
    step is relu(V f + U [x; y] + b): the features there, and where it lies between the left (−1) and right (1) edge,
    and between top and bottom.
    """

    def __init__(self, sizes: Sizes, size: int) -> None:
        super().__init__()
        self.size = size
        self.channels = sizes.channels
        self.convolutions = Convolutions(sizes.channels, [(2, 2), (2, 2), (1, 1)])
        self.height = self.convolutions.shrunk(sizes.height)
        self.project = nn.Linear(self.convolutions.channels, size)
        self.place = nn.Linear(2, size, bias=False)  # apart, as two of many inputs would start out too faint

    def forward(self, source: Padded) -> Padded:
        """One vector a position."""
        maps, widths = self.convolutions.padded(_pictures(source, self.channels), source.lengths)
        features = maps.permute(0, 3, 2, 1)  # (B, W', H', C')
        columns = torch.arange(maps.shape[3], device=maps.device)
        across = (2 * columns + 1) / widths[:, None] - 1  # (B, W')
        down = (2 * torch.arange(self.height, device=maps.device) + 1) / self.height - 1  # (H',)
        shape = features.shape[:3]
        places = torch.stack([across[:, :, None].expand(shape), down.expand(shape)], dim=-1)  # (B, W', H', 2)
        places = places.to(features.dtype)
        vectors = torch.relu(self.project(features) + self.place(places))
        return Padded(vectors.flatten(1, 2), widths * self.height)


def _pictures(source: Padded, channels: int) -> Tensor:
    """Columns (B, W, H·C) as pictures (B, C, H, W), zeros for padding."""
    columns = source.zeroed().data
    return columns.view(*columns.shape[:2], -1, channels).permute(0, 3, 2, 1)
