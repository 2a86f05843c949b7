"""How tagged sentences are scored: BIO by whole spans, other labels word by word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqpipe.metrics import labels, spans
from seqpipe.readers.bio import is_bio


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Scores of spans where every label, true or given, is BIO; else ``accuracy`` over words, macro ``f1``, and a table
    of every ``label``."""
    true = [label for record in records for label in record["reference"]]
    given = [label for answer in answers for label in answer["labels"]]
    if all(map(is_bio, true)) and all(map(is_bio, given)):
        return spans.score(records, answers)
    found = labels.per_label(true, given)
    macro = sum(row["f1"] for row in found.values()) / len(found)
    return {"accuracy": labels.accuracy(true, given), "f1": macro, "label": found}
