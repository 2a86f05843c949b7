"""Fingerprints of rows: what two splits share is found in one pass and bounded memory."""

from __future__ import annotations

from collections import Counter

import numpy as np
from xxhash import xxh3_64

from seqpipe.store import Row

KEPT = 1 << 18  # fingerprints of rows in memory at most


class Prints:
    """Fingerprints of rows, to find those that two splits share.

    Past ``KEPT`` of them only every second is kept, then every fourth, chosen by the print itself, so that equal rows
    are both kept or both not, and memory is bounded; ``1 / modulus`` is the share that is kept.
    """

    def __init__(self) -> None:
        self.found: dict[int, int] = {}  # the print of a row, and the splits that have it, a bit each
        self.modulus = 1

    def add(self, row: Row, split: int) -> None:
        """Count a row of a split."""
        own = xxh3_64(np.ascontiguousarray(row["source"]).data)
        own.update(b"|")
        own.update(np.ascontiguousarray(row["target"]).data)
        print_ = own.intdigest()
        if print_ % self.modulus:
            return
        self.found[print_] = self.found.get(print_, 0) | 1 << split
        if len(self.found) > KEPT:
            self.modulus *= 2
            self.found = {one: splits for one, splits in self.found.items() if not one % self.modulus}

    def shared(self, names: list[str]) -> dict[str, int]:
        """How many different rows two splits have in common, an estimate where only a share is kept."""
        pairs = [(one, other) for one in range(len(names)) for other in range(one + 1, len(names))]
        common = {f"{names[one]}, {names[other]}": 1 << one | 1 << other for one, other in pairs}
        count = Counter(bits for bits in self.found.values())
        return {
            pair: self.modulus * sum(times for bits, times in count.items() if bits & both == both)
            for pair, both in common.items()
        }
