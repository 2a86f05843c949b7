"""What training tells of itself: a line an epoch."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from seqpipe.files import whole_file
from seqpipe.params.training import Train


class Epoch(NamedTuple):
    """One line of the training history; losses are means over terms (nats a token, absolute error a value)."""

    epoch: int
    train_loss: float
    valid_loss: float
    watched: float
    """What chooses the best epoch: the validation loss, or the metric that ``train.watch`` names."""
    gradient_norm: float
    clipped: float
    skipped: int
    """Updates that fp16 left out."""
    learning_rate: float
    seconds: float


def describe(name: str, epoch: Epoch, params: Train) -> str:
    """One plain line an epoch."""
    watched = "" if params.watch == "loss" else f"{params.watch} {epoch.watched:.4f}, "
    skipped = f", {epoch.skipped} updates left out for overflow" if epoch.skipped else ""
    return (
        f"{name} epoch {epoch.epoch}/{params.epochs}: train loss {epoch.train_loss:.4f}, "
        f"valid loss {epoch.valid_loss:.4f}, {watched}"
        f"gradient norm {epoch.gradient_norm:.2f} ({epoch.clipped:.0%} clipped){skipped}, {epoch.seconds:.1f} s"
    )


def write_history(path: Path, history: Sequence[Epoch], params: Train) -> None:
    """Write one row an epoch, all but the time it took, so that the same seed gives the same file.

    The metric that was watched is a column under its name; ``skipped`` is one for fp16 alone.
    """
    hidden = {"seconds"} | ({"watched"} if params.watch == "loss" else set())
    hidden |= set() if params.precision == "fp16" else {"skipped"}
    fields = [field for field in Epoch._fields if field not in hidden]
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow([params.watch if field == "watched" else field for field in fields])
        rows.writerows([f"{getattr(epoch, field):.6g}" for field in fields] for epoch in history)
