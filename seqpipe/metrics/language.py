"""How well texts are predicted: perplexity a token, bits a character."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, log
from typing import Any


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Bits per character, perplexity and log-probability per token of a corpus.

    A record has ``characters``, those of the raw text and one for its end, and ``length``, its tokens and one for the
    end; an answer has ``log_prob``, the natural logarithm of the whole text's probability, its end included. Bits per
    character are comparable between vocabularies, perplexities are not. ``unknown`` is the share of tokens outside the
    vocabulary, whose characters cost nothing: the smaller, the more honest the bits.
    """
    total = sum(answer["log_prob"] for answer in answers)
    characters, tokens = (sum(record[name] for record in records) for name in ("characters", "length"))
    return {
        "bits_per_character": bits_per_character(total, characters),
        "perplexity": perplexity(total, tokens),
        "log_prob_per_token": total / tokens,
        "unknown": sum(record["unknown"] for record in records) / tokens,
    }


def bits_per_character(log_prob: float, characters: int) -> float:
    """−log₂ p over the number of characters."""
    return -log_prob / log(2) / characters


def perplexity(log_prob: float, tokens: int) -> float:
    """exp(−log p / T): as unsure as among this many equally likely tokens."""
    return exp(-log_prob / tokens)
