"""A sample of lines that fits into memory, drawn in one pass over any number of them."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

LINES = 500_000
CHARACTERS = 1 << 24
"""Most lines and characters of a sample; training a vocabulary takes tens of bytes for each character."""


def sample(lines: Iterable[str]) -> tuple[list[str], float]:
    """The lines themselves where they are few; else some, each with the same chance, and that chance.

    A line stays as long as the hash of its number is below a bound, which halves whenever those that stayed are too
    many. A line with a character that none before it had stays always, so that no character is lost. The same lines
    give the same sample.
    """
    chosen: list[tuple[float, str]] = []
    known: set[str] = set()
    bound, size = 1.0, 0
    for number, line in enumerate(lines):
        chance = _chance(number)
        if not known.issuperset(line):
            known.update(line)
            chance = 0.0
        if chance >= bound:
            continue
        chosen.append((chance, line))
        size += len(line)
        while (len(chosen) > LINES or size > CHARACTERS) and any(chance for chance, _ in chosen):
            bound /= 2
            chosen = [one for one in chosen if one[0] < bound]
            size = sum(len(line) for _, line in chosen)
    return [line for _, line in chosen], bound


def _chance(number: int) -> float:
    """A number in (0, 1) that is the same for the same ``number``."""
    own = blake2b(number.to_bytes(8, "little"), digest_size=7).digest()
    return (int.from_bytes(own, "little") + 0.5) / 256**7
