"""How short and how long an output may be, sentence by sentence."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

ROUNDING = 1e-9
"""1.1 · 10 is above 11 in floating point."""


class Limits(NamedTuple):
    """The shortest and the longest output of N sentences in tokens, the end not counted: (N,) int64 each."""

    shortest: Tensor
    longest: Tensor

    def select(self, sentences: Tensor) -> Limits:
        """Those of ``sentences`` (N',), in that order."""
        return Limits(self.shortest[sentences], self.longest[sentences])

    def forbid_ends(self, written: int) -> bool:
        """Whether some output may not end after ``written`` tokens unless no word is left.

        On a GPU, which one would have to wait for, the answer is always yes.
        """
        return self.shortest.is_cuda or bool((self.shortest > written).any())

    def bounded(self, words: Tensor, end: Tensor, written: int) -> tuple[Tensor, Tensor]:
        """Log-probabilities of the next word (N, M, C) and of the end (N, M) after ``written`` tokens, −∞ where the
        limits forbid it.

        Where no word is left, whatever took them, the end is allowed: every output ends.
        """
        words = words.masked_fill((self.longest <= written)[:, None, None], -torch.inf)
        stuck = (words == -torch.inf).all(dim=-1)
        too_short = (self.shortest > written)[:, None] & ~stuck
        return words, end.masked_fill(too_short, -torch.inf)


def constant(count: int, shortest: int, longest: int, device: torch.device) -> Limits:
    """The same for ``count`` sentences."""
    return Limits(
        torch.full((count,), min(shortest, longest), device=device), torch.full((count,), longest, device=device)
    )


def relative(limits: Limits, steps: Tensor, shortest: float, longest: float) -> Limits:
    """Limits that are also met for each of the source's ``steps`` (N,); ``longest`` 0 sets no such bound.

    Where the two contradict each other, the longest length wins.
    """
    least = torch.ceil(steps.double() * shortest - ROUNDING).long()
    most = torch.floor(steps.double() * longest + ROUNDING).long() if longest else limits.longest
    longest_of_both = torch.minimum(limits.longest, most)
    return Limits(torch.maximum(limits.shortest, least).minimum(longest_of_both), longest_of_both)
