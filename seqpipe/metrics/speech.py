"""How transcripts are scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqpipe.metrics.text import character_error_rate, exact, word_error_rate


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Word error rate, character error rate, share of whole transcripts that are right."""
    outputs, references = [answer["text"] for answer in answers], [record["reference"] for record in records]
    return {
        "wer": word_error_rate(outputs, references),
        "cer": character_error_rate(outputs, references),
        "exact": exact(outputs, references),
    }
