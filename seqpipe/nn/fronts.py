"""Fronts: what stands between features and the recurrent layers, carrying lengths along."""

from __future__ import annotations

from torch import nn
from torch.nn import functional

from seqpipe.padded import Padded


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
