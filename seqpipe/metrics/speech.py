"""How transcripts are scored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqpipe.metrics import calibration
from seqpipe.metrics.text import character_error_rate, exact, word_error_rate


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Word error rate, character error rate, share of whole transcripts that are right; how far the confidences of
    words can be believed, where answers have them."""
    outputs, references = [answer["text"] for answer in answers], [record["reference"] for record in records]
    return {
        "wer": word_error_rate(outputs, references),
        "cer": character_error_rate(outputs, references),
        "exact": exact(outputs, references),
        **calibration.scores(calibration.words(records, answers)),
    }
