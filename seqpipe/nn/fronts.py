"""Fronts: what stands between features and the recurrent layers, carrying lengths along."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from seqpipe.features.sizes import Sizes
from seqpipe.nn.embedding import INPUTS
from seqpipe.nn.pictures import ColumnFront, VideoFront
from seqpipe.nn.words import WordFront
from seqpipe.padded import Padded
from seqpipe.params.models import TokenInput


class TokenFront(nn.Module):
    """A vector for every token: ids (B, T) → (B, T, size); unit vectors have the size of the vocabulary."""

    def __init__(self, sizes: Sizes, size: int, params: TokenInput) -> None:
        super().__init__()
        self.vectors = INPUTS[params.input](sizes.source, size, params)
        self.size = self.vectors.size

    @staticmethod
    def embedding_for(size: int) -> int:
        """What ``model.embedding`` has to be for a token's vector of ``size``."""
        return size

    def forward(self, source: Padded) -> Padded:
        """One vector a token."""
        return Padded(self.vectors(source.data), source.lengths)


class FrameFront(nn.Module):
    """A linear map of every ``stride`` neighbouring frames: (B, T, F) → (B, ⌈T/stride⌉, size).

    Step j stands at frame j · stride; ``reach`` is how many frames before and after that one it sees.
    """

    def __init__(self, sizes: Sizes, size: int, stride: int = 1) -> None:
        super().__init__()
        self.size, self.stride, self.reach = size, stride, (0, stride - 1)
        self.stack = Stack(stride)
        self.project = nn.Linear(sizes.source * stride, size)

    def forward(self, source: Padded) -> Padded:
        """One vector a group of frames."""
        frames = self.stack(source)
        return Padded(self.project(frames.data), frames.lengths)


class ConvolutionFront(nn.Module):
    """x ← relu(W ∗ x + b) twice, over time: (B, T, F) → (B, ⌈T/stride⌉, size).

    The first W is three steps wide. The second takes every ``stride``-th step and is 2⌈stride/2⌉ + 1 wide (three at
    strides 1 and 2, as in Whisper: Radford et al. 2023), so that it passes over none. Each sequence is followed by
    zeros at both layers, so its vectors depend neither on padding nor on the batch, however short it is. ``reach``
    is as for ``FrameFront``.
    """

    def __init__(self, sizes: Sizes, size: int, stride: int = 2) -> None:
        super().__init__()
        half = -(-stride // 2)
        self.size, self.stride, self.reach = size, stride, (half + 1, half + 1)
        self.first = nn.Conv1d(sizes.source, size, 3, padding=1)
        self.second = nn.Conv1d(size, size, 2 * half + 1, stride=stride, padding=half)
        for layer in (self.first, self.second):  # relu halves the variance, so the weights double it (He et al. 2015)
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def forward(self, source: Padded) -> Padded:
        """One vector every ``stride`` frames."""
        frames, lengths = source.zeroed()
        hidden = Padded(torch.relu(self.first(frames.mT)).mT, lengths).zeroed().data  # else b would stand beyond
        return Padded(torch.relu(self.second(hidden.mT)).mT, (lengths + self.stride - 1) // self.stride)


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


FRAME_FRONTS: dict[str, Callable[..., FrameFront | ConvolutionFront]] = {
    "linear": FrameFront,
    "convolution": ConvolutionFront,
}
"""What reads frames, by ``model.front``; called with the sizes, the size of the vectors wanted and, by choice, how many
frames become one step."""

FRONTS: dict[str, Callable[[Sizes, int, Any], Any]] = {
    "tokens": TokenFront,
    "words": WordFront,
    "frames": lambda sizes, size, params: FRAME_FRONTS[params.front](sizes, size),
    "video": lambda sizes, size, params: VideoFront(sizes, size),
    "image": lambda sizes, size, params: ColumnFront(sizes, size),
}
"""What reads each kind of source, by ``Sizes.kind``; called with the sizes, the size of the vectors wanted and the
``model`` section. Its ``size`` is that of the vectors it gives."""
