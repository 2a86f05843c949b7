"""Perplexity and bits per character from their definitions."""

from __future__ import annotations

import math

import pytest

from seqpipe.metrics.language import score


def test_a_uniform_model_is_as_unsure_as_its_choices() -> None:
    lengths, characters = [3, 8], [7, 12]
    records = [
        {"length": length, "characters": size, "unknown": unknown}
        for length, size, unknown in zip(lengths, characters, [0, 2], strict=True)
    ]
    answers = [{"log_prob": -length * math.log(50)} for length in lengths]
    found = score(records, answers)
    assert found["perplexity"] == pytest.approx(50)
    assert found["log_prob_per_token"] == pytest.approx(-math.log(50))
    assert found["bits_per_character"] == pytest.approx(math.log2(50) * 11 / 19)
    assert found["unknown"] == pytest.approx(2 / 11)
