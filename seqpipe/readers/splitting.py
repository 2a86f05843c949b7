"""Splits of a corpus that has none, or not all: by a hash, so that new data moves nothing that was there."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b

from seqpipe.readers.example import Example

HELD_OUT = ("test", "valid")
"""What is taken out of the rest, in this order."""


def place(key: str, seed: int) -> float:
    """A number in [0, 1) that depends on ``key`` and ``seed`` alone, evenly spread: 53 bits of BLAKE2b over 2⁵³."""
    digest = blake2b(f"{seed}:{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def split_by_hash(example: Example, shares: Mapping[str, float], seed: int) -> str:
    """The split of an example: its unit's, or its own where it has none. ``shares`` are those of what is held out."""
    at = place(example.unit or example.id, seed)
    for split in HELD_OUT:
        at -= shares.get(split, 0.0)
        if at < 0:
            return split
    return "train"
