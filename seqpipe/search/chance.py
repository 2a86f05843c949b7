"""Chance that belongs to an input: the same numbers for it whatever else is read, in whatever order.

A draw's key is a hash of the seed, its number and the input; the numbers of its steps are those of SplitMix64 from that
key on (Steele, Lea & Flood 2014), which needs no state but the number of the step: any rows can be asked for any of
them, all at once and on any device.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import torch
from torch import Tensor

GAMMA, FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
BITS = 52
"""Of a number between 0 and 1: a product with it is less than the other factor, rounding included."""


def keys(seed: int, draws: int, inputs: Sequence[bytes], device: torch.device) -> Tensor:
    """A key (N · draws,) for each draw of each input."""
    hashes = [
        blake2b(f"{seed} {draw} ".encode() + one, digest_size=8).digest() for one in inputs for draw in range(draws)
    ]
    return torch.tensor([int.from_bytes(one, "little", signed=True) for one in hashes], device=device)


def uniform(key: Tensor, step: int) -> Tensor:
    """Numbers of ``step`` for keys (R,): (R,) float64, evenly between 0 and 1, 1 excluded."""
    mixed = key + _signed(GAMMA * (step + 1))  # modulo 2^64, as all that follows
    mixed = (mixed ^ _shifted(mixed, 30)) * _signed(FIRST)
    mixed = (mixed ^ _shifted(mixed, 27)) * _signed(SECOND)
    mixed = mixed ^ _shifted(mixed, 31)
    return _shifted(mixed, 64 - BITS).double() * 2.0**-BITS


def _shifted(bits: Tensor, by: int) -> Tensor:
    """Bits moved down, zeros coming in from above."""
    return (bits >> by) & ((1 << (64 - by)) - 1)


def _signed(bits: int) -> int:
    """A number modulo 2^64 as int64 holds it."""
    return (bits + 2**63) % 2**64 - 2**63
