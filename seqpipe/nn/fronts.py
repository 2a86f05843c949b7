"""Fronts: what stands between features and the recurrent layers, carrying lengths along."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn
from torch.nn import functional

from seqpipe.features.sizes import Sizes
from seqpipe.nn.pictures import ColumnFront, VideoFront
from seqpipe.nn.words import WordFront
from seqpipe.padded import Padded


class TokenFront(nn.Module):
    """A learned vector for every token: ids (B, T) → (B, T, size)."""

    def __init__(self, sizes: Sizes, size: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(sizes.source, size)

    def forward(self, source: Padded) -> Padded:
        """One vector a token."""
        return Padded(self.embedding(source.data), source.lengths)


class FrameFront(nn.Module):
    """A linear map of every frame: (B, T, F) → (B, T, size)."""

    def __init__(self, sizes: Sizes, size: int) -> None:
        super().__init__()
        self.project = nn.Linear(sizes.source, size)

    def forward(self, source: Padded) -> Padded:
        """One vector a frame."""
        return Padded(self.project(source.data), source.lengths)


class Stack(nn.Module):
    """Join every ``size`` neighbouring frames to one: (B, T, F) → (B, ⌈T/size⌉, size·F), zeros after the last frame."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size

    def forward(self, frames: Padded) -> Padded:
        """The joined frames and their number."""
        data, lengths = frames.zeroed()
        count, time, features = data.shape
        steps = -(-time // self.size)
        data = functional.pad(data, (0, 0, 0, steps * self.size - time))
        return Padded(data.reshape(count, steps, self.size * features), (lengths + self.size - 1) // self.size)


FRONTS: dict[str, Callable[[Sizes, int], nn.Module]] = {
    "tokens": TokenFront,
    "words": WordFront,
    "frames": FrameFront,
    "video": VideoFront,
    "image": ColumnFront,
}
"""What reads each kind of source, by ``Sizes.kind``; called with the sizes and the size of the vectors wanted."""
