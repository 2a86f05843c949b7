"""A sample is all where lines are few; else it is bounded, the same each time, fair, and has every character."""

from __future__ import annotations

import numpy as np
import pytest

from seqpipe.features import sampled
from seqpipe.features.sampled import sample
from seqpipe.features.tokens import Tokenizer
from seqpipe.params.features import Tokens
from seqpipe.report import Note, Progress


def lines(count: int) -> list[str]:
    return [f"line {number}" for number in range(count)]


def test_few_lines_are_all_there_in_order() -> None:
    assert sample(lines(1000)) == (lines(1000), 1.0)
    assert sample([]) == ([], 1.0)


@pytest.mark.parametrize("bound", ["LINES", "CHARACTERS"])
def test_many_lines_are_bounded_and_fairly_chosen(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    monkeypatch.setattr(sampled, bound, 200 if bound == "LINES" else 200 * 8)
    rare = [*lines(900), "한", *lines(4000), "글"]
    chosen, share = sample(iter(rare))
    assert sample(iter(rare)) == (chosen, share)
    assert 90 <= len(chosen) <= 215
    assert share in (1 / 32, 1 / 64)
    assert {"한", "글"} <= set(chosen)
    places = [number for number, line in enumerate(rare) if line in set(chosen)]
    assert np.mean(places) == pytest.approx(2450, rel=0.2)  # neither the first nor the last are preferred


def test_a_vocabulary_of_a_sample_says_so_and_knows_every_character(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampled, "LINES", 100)
    said: list[Note | Progress] = []
    corpus = [*lines(900), "한", *lines(900)]
    tokenizer = Tokenizer.train(corpus, Tokens(vocabulary=40), "a corpus", said.append)
    (note,) = said
    assert isinstance(note, Note)
    assert "The unigram vocabulary of a corpus is trained on a sample of" in note.text
    assert tokenizer.decode(tokenizer.encode("한 line 7")) == "한 line 7"
    many = tokenizer.encode_many([*corpus, ""], 2)
    assert all(np.array_equal(one, tokenizer.encode(text)) for one, text in zip(many, [*corpus, ""], strict=True))
    assert {one.dtype for one in many} == {np.dtype(np.int32)}
