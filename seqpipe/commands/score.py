"""``seqpipe score``: how likely a language model holds each line of a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seqpipe.commands.decode import existing, open_named
from seqpipe.commands.trained import Record, Trained
from seqpipe.files import SeqpipeError
from seqpipe.report import Report

KEYS = ("log_prob", "bits_per_character", "perplexity", "tokens", "bits")


def score(name: str, inputs: Sequence[str], report: Report) -> Iterator[Record]:
    """One record a line, in order, empty lines in place: ``source``, ``log_prob``, ``bits_per_character``,
    ``perplexity``, ``tokens`` (with the end of the line) and ``bits`` of each token.

    Lines compare by bits per character: −log₂ p over the characters of the raw line and one for its end (a stretch of
    unknown characters costs no more than one token). Perplexity is by token and compares only lines of equally many.
    """
    trained = language_model(name, report)
    for record in trained.answer(trained.features.inputs(existing(inputs))):
        (found,) = record["hypotheses"]
        scored = {key: found[key] for key in KEYS}
        yield {"id": record["id"], "source": record["source"], **scored}


def language_model(name: str, report: Report) -> Trained:
    """Open a trained pipeline, if it is a language model."""
    trained = open_named(name, {}, report)
    if trained.pipeline.task != "language-model":
        raise SeqpipeError(
            f"{name} is a pipeline of {trained.pipeline.task}, which cannot tell how likely a text is by itself; give "
            "a pipeline of language-model."
        )
    return trained
