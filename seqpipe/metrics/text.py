"""How close texts come to their references: exact matches, edit rates (jiwer), BLEU and chrF (sacrebleu).

Every function reads two lists of the same length, at least one long, and scores the corpus as a whole. Where a
reference is empty, every character or word of its output is an insertion, so an empty output is right; should all
references be empty, the rate is edits per one unit instead of per none.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from seqpipe.metrics import calibration


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Share of texts that are right, character error rate, BLEU and chrF against each record's ``reference``; how far
    confidences can be believed, where answers have them."""
    outputs, references = [answer["text"] for answer in answers], [record["reference"] for record in records]
    return {
        "exact": exact(outputs, references),
        "cer": character_error_rate(outputs, references),
        "bleu": bleu(outputs, references),
        "chrf": chrf(outputs, references),
        **calibration.scores(calibration.outputs(records, answers)),
    }


def exact(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Share of outputs that equal their reference, character for character."""
    pairs = _pairs(outputs, references)
    return sum(output == reference for output, reference in pairs) / len(pairs)


def character_error_rate(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Edits (substitutions, deletions, insertions) per character of the references; spaces at the ends don't count."""
    from jiwer import process_characters

    return _edit_rate(outputs, references, process_characters, list)


def word_error_rate(outputs: Sequence[str], references: Sequence[str]) -> float:
    """Edits (substitutions, deletions, insertions) per word of the references; words stand between white space."""
    from jiwer import process_words

    return _edit_rate(_spaced(outputs), _spaced(references), process_words, str.split)


def bleu(outputs: Sequence[str], references: Sequence[str]) -> float:
    """BLEU of a corpus, 0 to 100 (Papineni et al., 2002), with sacrebleu's own tokens (``13a``)."""
    from sacrebleu import corpus_bleu

    assert len(outputs) == len(references) > 0
    return float(corpus_bleu(outputs, [references], force=True).score)  # force: no warning at " ." ends


def chrf(outputs: Sequence[str], references: Sequence[str]) -> float:
    """chrF2 of a corpus, 0 to 100: F of character n-grams, recall twice as heavy as precision (Popović, 2015)."""
    from sacrebleu import corpus_chrf

    assert len(outputs) == len(references) > 0
    return float(corpus_chrf(outputs, [references]).score)


def _spaced(texts: Sequence[str]) -> list[str]:
    return [" ".join(text.split()) for text in texts]


def _pairs(outputs: Sequence[str], references: Sequence[str]) -> list[tuple[str, str]]:
    assert len(outputs) == len(references) > 0
    return list(zip(outputs, references, strict=True))


def _edit_rate(
    outputs: Sequence[str],
    references: Sequence[str],
    process: Callable[[list[str], list[str]], Any],
    units: Callable[[str], list[str]],
) -> float:
    """Edits over units of the references; jiwer refuses empty references, so their outputs are counted here."""
    pairs = [(output.strip(), reference.strip()) for output, reference in _pairs(outputs, references)]
    edits, total = sum(len(units(output)) for output, reference in pairs if not reference), 0
    kept = [(output, reference) for output, reference in pairs if reference]
    if kept:
        counts = process([reference for _, reference in kept], [output for output, _ in kept])
        edits += counts.substitutions + counts.deletions + counts.insertions
        total = counts.substitutions + counts.deletions + counts.hits
    return float(edits / max(1, total))
