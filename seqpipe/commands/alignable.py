"""Which examples CTC can learn from: those with a step for every label, and a blank between two that are the same."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqpipe.batches import Table
from seqpipe.features.targets import steps_needed
from seqpipe.files import SeqpipeError
from seqpipe.models.ctc import Ctc
from seqpipe.readers.example import MOST_DROPPED
from seqpipe.report import Note, Report
from seqpipe.store import Row, Store
from seqpipe.training.views import Some

LISTED = 20  # ids that a note names


def frames_needed(model: Any, row: Row) -> int:
    """Frames that a row must keep for ``model`` to learn it; ⌈T / stride⌉ steps are left of T frames."""
    return 1 + model.stride * (steps_needed(row["target"]) - 1) if isinstance(model, Ctc) else 1


def alignable(model: Any, store: Store, what: str, report: Report) -> Table:
    """The rows that ``model`` can learn; what it cannot is told of, and a ``SeqpipeError`` if it is more than a little.

    Preprocessing has dropped what has fewer frames than labels; a model that joins frames may need more.
    """
    if not isinstance(model, Ctc) or model.stride == 1:
        return store
    lengths = store.lengths("source")
    short = [at for at, length in enumerate(lengths) if length < frames_needed(model, store[at])]
    if not short:
        return store
    shown = ", ".join(store[at]["id"] for at in short[:LISTED]) + (" and others" if len(short) > LISTED else "")
    fault = f"{len(short)} of {len(store)} examples of {what} have fewer steps than labels once {model.stride} frames"
    if len(short) > MOST_DROPPED * len(store):
        raise SeqpipeError(f"{fault} are joined to one ({shown}); set model.stack lower, or shorten features.hop.")
    report(Note(f"{fault} are joined to one, and are left out: {shown}"))
    return Some(store, np.setdiff1d(np.arange(len(store)), short))
