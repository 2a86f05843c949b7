"""The figures of an epoch as they come in, and the first of them that is not finite."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from seqpipe.files import SeqpipeError
from seqpipe.training.history import Epoch

Examples = tuple[list[str], Tensor]
"""Ids of a batch, and the loss of each (B,)."""
NAMED = 5
"""Ids in an error; of more there is the number."""
Gather = Callable[[list[str]], list[list[str]]]
"""From what one process of a group says to what all of them say."""


class Step(NamedTuple):
    """What one update tells, still on the device."""

    figures: Tensor
    """Float64 (6,): loss and terms, both summed, norm, whether it was clipped, whether it was skipped, and whether
    somebody wants the state saved."""
    examples: list[Examples]


@dataclass
class Ledger:
    """The sums of one epoch. Steps wait in ``pending``, so that a GPU is not stopped after each to read its figures."""

    updates: int = 0
    loss: float = 0.0
    terms: float = 0.0
    norm: float = 0.0
    clipped: float = 0.0
    skipped: float = 0.0
    seconds: float = 0.0
    pending: list[Step] = field(default_factory=list)

    def settle(self, gather: Gather, precision: str) -> bool:
        """Add up what waits; tells whether the state is to be saved. A number that is not finite is a
        ``SeqpipeError``."""
        steps, self.pending = self.pending, []
        wanted = False
        rows = torch.stack([step.figures for step in steps]).tolist() if steps else []
        for step, (loss, terms, norm, clipped, skipped, wish) in zip(steps, rows, strict=True):
            if not math.isfinite(loss) or not (skipped or math.isfinite(norm)):
                raise not_finite(step.examples, gather, precision)
            self.updates += 1
            self.loss += loss
            self.terms += terms
            self.skipped += skipped
            self.norm += 0.0 if skipped else norm
            self.clipped += 0.0 if skipped else clipped
            wanted = wanted or wish > 0
        return wanted

    def tick(self, began: float) -> float:
        """Count the time since ``began``; gives the time it is now."""
        now = time.monotonic()
        self.seconds += now - began
        return now

    def epoch(self, number: int, valid_loss: float, watched: float, learning_rate: float) -> Epoch:
        """The line that the sums make."""
        steps = max(1, self.updates - round(self.skipped))
        return Epoch(
            number,
            self.loss / self.terms,
            valid_loss,
            watched,
            self.norm / steps,
            self.clipped / steps,
            round(self.skipped),
            learning_rate,
            self.seconds,
        )


def not_finite(examples: Sequence[Examples], gather: Gather, precision: str = "float32") -> SeqpipeError:
    """Which loss or gradient is not finite."""
    rows = [row for ids, losses in examples for row in zip(ids, losses[: len(ids)].tolist(), strict=True)]
    bad = [key for part in gather([key for key, loss in rows if not math.isfinite(loss)]) for key in part]
    seen = [key for part in gather([key for ids, _ in examples for key in ids]) for key in part]
    where = f"The loss of {_listed(bad)}" if bad else f"The gradient of a batch with {_listed(seen)}"
    remedy = "" if precision == "float32" else ", or set train.precision to float32"
    return SeqpipeError(
        f"{where} is not finite; look at these examples, or lower train.learning_rate or train.clip{remedy}."
    )


def _listed(ids: list[str]) -> str:
    return ", ".join(ids[:NAMED]) + (f" and {len(ids) - NAMED:,} more" if len(ids) > NAMED else "")
