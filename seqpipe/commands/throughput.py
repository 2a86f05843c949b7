"""How much is read out in how long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from seqpipe.commands.trained import Record, Trained
from seqpipe.params.features import AudioFeatures
from seqpipe.store import Row


@dataclass
class Throughput:
    """What went through a trained pipeline so far, and the seconds it took; of recordings, the seconds they last."""

    trained: Trained
    inputs: int = 0
    seconds: float = 0.0
    sound: float = 0.0

    def read_out(self, rows: Sequence[Row]) -> list[list[Record]]:
        """The hypotheses of rows; the time counts."""
        began = time.perf_counter()
        found = self.trained.read_out(rows)
        self.seconds += time.perf_counter() - began
        self.inputs += len(rows)
        features = self.trained.pipeline.features
        if isinstance(features, AudioFeatures):
            self.sound += features.hop * sum(len(row["source"]) for row in rows)
        return found

    @property
    def rate(self) -> float:
        """Inputs a second."""
        return self.inputs / max(self.seconds, 1e-9)

    def __str__(self) -> str:
        """``300 examples read out in 5.1 s (59 a second)``, and of recordings how much faster that is than to listen:
        the real-time factor is seconds of work by seconds of sound."""
        what = "example" if self.inputs == 1 else "examples"
        told = f"{self.inputs} {what} read out in {self.seconds:.1f} s ({_short(self.rate)} a second"
        if self.sound:
            speed, factor = self.sound / max(self.seconds, 1e-9), self.seconds / self.sound
            told += f", {_short(speed)} seconds of sound a second: real-time factor {factor:.2g}"
        return f"{told})"


def _short(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 10 else f"{figure:.1f}"
