"""Counted language models: by hand, and as distributions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tiny

from seqpipe.features.tokens import BEGIN, END
from seqpipe.models.ngrams import bigram, unigram


def row(*tokens: int) -> dict[str, np.ndarray]:
    return {"source": np.array([BEGIN, *tokens], np.int32), "target": np.array([*tokens, END], np.int32)}


TRAIN = [row(4, 5), row(4), row(5, 4)]  # targets: 4 three times, 5 twice, END three times


def test_unigrams_by_hand() -> None:
    p = {4: 4 / 14, 5: 3 / 14, END: 4 / 14, 1: 1 / 14}
    found = unigram(TRAIN, [row(4, 1), row()], vocabulary=6)
    assert found == pytest.approx([math.log(p[4] * p[1] * p[END]), math.log(p[END])])


def test_bigrams_by_hand() -> None:
    p = {4: 4 / 14, 5: 3 / 14, END: 4 / 14}
    # after BEGIN: 4 twice, 5 once (2 kinds); after 4: 5 once, END twice (2 kinds)
    expected = (2 + 2 * p[4]) / 5 * (2 + 2 * p[END]) / 5
    assert bigram(TRAIN, [row(4)], vocabulary=6) == pytest.approx([math.log(expected)])


def test_what_follows_any_token_adds_up_to_one() -> None:
    train = tiny.rows("language-model", count=40)
    for before in range(11):
        each = [{"source": np.array([before]), "target": np.array([after])} for after in range(11)]
        assert sum(math.exp(value) for value in bigram(train, each, 11)) == pytest.approx(1)
