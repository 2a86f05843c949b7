"""Everything seqpipe prints: results on standard output, progress and notes on standard error."""

from __future__ import annotations

from seqpipe.console.hypotheses import describe, plain
from seqpipe.console.models import decoded, inspection, invariance, sweep
from seqpipe.console.preprocessing import planned, preprocessed
from seqpipe.console.progress import reporting
from seqpipe.console.projects import experiments, listing, results
from seqpipe.console.records import live, records, scores
from seqpipe.console.streams import error, line, use_utf8

__all__ = [
    "decoded",
    "describe",
    "error",
    "experiments",
    "inspection",
    "invariance",
    "line",
    "listing",
    "live",
    "plain",
    "planned",
    "preprocessed",
    "records",
    "reporting",
    "results",
    "scores",
    "sweep",
    "use_utf8",
]
