"""Sequences of unequal length as one tensor with their lengths: the vocabulary every model speaks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor


class Padded(NamedTuple):
    """``data`` (B, T, …) and ``lengths`` (B,) int64; what lies at or after a length is padding and means nothing."""

    data: Tensor
    lengths: Tensor

    def mask(self) -> Tensor:
        """True on data, False on padding: (B, T)."""
        return torch.arange(self.data.shape[1], device=self.data.device) < self.lengths[:, None]

    def zeroed(self) -> Padded:
        """The same with zeros for padding."""
        mask = self.mask()
        padding = ~mask.view(*mask.shape, *[1] * (self.data.dim() - 2))
        return Padded(self.data.masked_fill(padding, 0), self.lengths)  # not a product: NaN · 0 = NaN

    def reverse(self) -> Padded:
        """Each sequence backwards within its own length; padding stays behind. Its own inverse."""
        count, time = self.data.shape[:2]
        index = backward_steps(self.lengths, time) + time * torch.arange(count, device=self.data.device)[:, None]
        # whole rows of a matrix (B T, …): several times as fast as a gather, which looks every number up
        return Padded(self.data.flatten(0, 1).index_select(0, index.flatten()).view_as(self.data), self.lengths)

    def last(self) -> Tensor:
        """The item at ``length - 1``: (B, …); the first item where the length is zero."""
        rows = torch.arange(len(self.lengths), device=self.data.device)
        return self.data[rows, (self.lengths - 1).clamp(min=0)]

    def prepend(self, value: int) -> Padded:
        """Each sequence (of ids) with ``value`` before it."""
        return Padded(torch.nn.functional.pad(self.data, (1, 0), value=value), self.lengths + 1)

    def append(self, value: int) -> Padded:
        """Each sequence (of ids) with ``value`` after its last item."""
        data = torch.nn.functional.pad(self.data, (0, 1))
        return Padded(data.scatter(1, self.lengths[:, None], value), self.lengths + 1)

    def to(self, device: torch.device | str) -> Padded:
        """The same on another device."""
        later = torch.device(device).type != "cpu"  # the CPU would read before the copy has come
        return Padded(self.data.to(device, non_blocking=later), self.lengths.to(device, non_blocking=later))


def backward_steps(lengths: Tensor, time: int) -> Tensor:
    """(B, T): which step is the t-th of each sequence read right to left; on padding t itself."""
    steps = torch.arange(time, device=lengths.device)
    backward = lengths[:, None] - 1 - steps
    return torch.where(backward >= 0, backward, steps)


def pad(items: Sequence[np.ndarray]) -> Padded:
    """Join arrays (T_i, …) of one dtype, padded with zeros at the end; there is always at least one time step."""
    lengths = [len(item) for item in items]
    data = np.zeros((len(items), max([1, *lengths]), *items[0].shape[1:]), items[0].dtype)
    for row, item in zip(data, items, strict=True):
        row[: len(item)] = item
    return Padded(torch.from_numpy(data), torch.tensor(lengths))
