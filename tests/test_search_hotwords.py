"""Hotwords: what the automaton gives and takes back, letter by letter, and which phrases it refuses."""

import arpa_oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.features.tokens import Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.params.features import Tokens
from seqpipe.search.hotwords import hotwords, spelled

PHRASES = st.lists(st.text("ab ", min_size=1, max_size=5).map(str.strip).filter(bool), min_size=1, max_size=4)


@settings(deadline=None, max_examples=200)
@given(phrases=PHRASES, text=st.text("abc▁", max_size=12))
def test_each_letter_is_lent_its_part_and_each_phrase_counts_once(phrases, text):
    phrases = [phrase.replace(" ", "▁") for phrase in phrases]
    made = hotwords(list({"▁" + phrase for phrase in phrases}), 3.0, 1)
    state, given_for_good = made.start, 0.0
    for at, letter in enumerate(text, start=1):
        state = made.goto[state, made.letters.get(letter, 0)]
        given_for_good += made.credit[state, 0]
        lent = made.credit[state, 1]
        assert given_for_good + lent == pytest.approx(arpa_oracle.gained(text[:at], phrases, 3.0, ended=False))
    assert given_for_good == pytest.approx(arpa_oracle.gained(text, phrases, 3.0, ended=True))


@settings(deadline=None, max_examples=50)
@given(phrases=PHRASES, longest=st.integers(1, 3))
def test_no_token_brings_more_than_the_bound(phrases, longest):
    made = hotwords(list({"▁" + phrase.replace(" ", "▁") for phrase in phrases}), 3.0, longest)
    best = np.full(len(made.goto), -np.inf)
    for state in range(len(made.goto)):
        reached = [(state, 0.0)]
        for _ in range(longest):
            reached = [
                (nxt, total + made.credit[nxt, 0]) for at, total in reached for nxt in set(made.goto[at].tolist())
            ]
            gain = max(total + made.credit[at, 1] for at, total in reached) - made.credit[state, 1]
            best[state] = max(best[state], gain)
    np.testing.assert_allclose(made.credit[:, 2], best, atol=1e-12)


@pytest.fixture(scope="module")
def characters():
    return Tokenizer.train(["ab cd", "서울 dc"], Tokens(level="char", vocabulary=50), "a test")


def test_phrases_are_spelled_as_targets_are(characters):
    assert spelled(["ab", " cd  ab ", "ab", "서울"], characters) == ["▁ab", "▁cd▁ab", "▁서울"]
    pieces = Tokenizer.train(["one two", "two one one"] * 9, Tokens(level="unigram", vocabulary=20), "a test")
    assert spelled(["two one"], pieces) == ["▁two▁one"]


def test_what_cannot_be_spelled_is_named(characters):
    with pytest.raises(
        SeqpipeError, match=r"decode\.hotwords has 'abz', which the vocabulary of the targets cannot spell"
    ):
        spelled(["ab", "abz"], characters)
    with pytest.raises(SeqpipeError, match=r"decode\.hotwords has ' ', which holds no letter"):
        spelled([" "], characters)
