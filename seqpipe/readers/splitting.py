"""Splits of a corpus that has none, or not all: by a hash, so that new data moves nothing that was there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b

from seqpipe.readers.example import Example

HELD_OUT = ("test", "valid")
"""What is taken out of the rest, in this order."""
SEEDS = 1000
FEW = 1000  # keys that show whether a split stays empty


def place(key: str, seed: int) -> float:
    """A number in [0, 1) that depends on ``key`` and ``seed`` alone, evenly spread: 53 bits of BLAKE2b over 2⁵³."""
    digest = blake2b(f"{seed}:{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / (1 << 53)


def split_by_hash(example: Example, shares: Mapping[str, float], seed: int) -> str:
    """The split of an example: its unit's, or its own where it has none. ``shares`` are those of what is held out."""
    return _split(example.unit or example.id, shares, seed)


def _split(key: str, shares: Mapping[str, float], seed: int) -> str:
    at = place(key, seed)
    for split in HELD_OUT:
        at -= shares.get(split, 0.0)
        if at < 0:
            return split
    return "train"


def seed_for(keys: Collection[str], shares: Mapping[str, float]) -> int:
    """The lowest seed from 1 on that leaves no split of ``keys`` empty, as a few speakers may; 1 where none does."""
    some = list(keys)[:FEW]
    wanted = 1 + sum(share > 0 for share in shares.values())
    return next((seed for seed in range(1, SEEDS) if len({_split(key, shares, seed) for key in some}) == wanted), 1)
