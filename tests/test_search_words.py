"""Words of transcripts: their places, times and confidences."""

import itertools

import ctc_oracle as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.search import ctc
from seqpipe.search.prefix import Found, advance, best, start
from seqpipe.search.spelling import words_of
from seqpipe.search.words import kept, words_of_beam, words_of_path

PIECES = ["", "▁", "a", "b", "▁ab", "▁b"]


@settings(deadline=None, max_examples=100)
@given(labels=st.lists(st.integers(1, 5), max_size=9))
def test_words_are_what_stands_between_spaces(labels):
    text = "".join(PIECES[label] for label in labels)
    found = words_of(labels, PIECES)
    assert [word for word, _, _ in found] == text.replace("▁", " ").split()
    for word, first, last in found:
        assert "".join(PIECES[label] for label in labels[first : last + 1]).lstrip("▁") == word


def edits(one, other):
    """Levenshtein's distance, by its definition."""
    if not one or not other:
        return len(one) + len(other)
    return min(edits(one[1:], other) + 1, edits(one, other[1:]) + 1, edits(one[1:], other[1:]) + (one[0] != other[0]))


@settings(deadline=None, max_examples=100)
@given(one=st.lists(st.sampled_from("abc"), max_size=5), other=st.lists(st.sampled_from("abc"), max_size=5))
def test_words_that_stay_are_those_of_the_fewest_edits(one, other):
    pairs = kept(one, other)
    assert all(one[a] == other[b] for a, b in pairs)
    assert all(a < c and b < d for (a, b), (c, d) in itertools.pairwise(pairs))
    cost = 0
    for (a, b), (c, d) in itertools.pairwise([(-1, -1), *pairs, (len(one), len(other))]):
        cost += max(c - a, d - b) - 1  # between two that stay, words are replaced, then added or left out
    assert cost == edits(tuple(one), tuple(other))


def test_a_word_is_as_sure_as_all_that_have_it_at_its_place():
    def found(text, share):
        labels = [PIECES.index(piece) for piece in text.split()]
        return Found(labels, [(2 * at, 2 * at + 1) for at in range(len(labels))], 0.0, 0.0, share)

    beam = [
        found("▁ab ▁b a", 0.5),  # ab ba
        found("▁ab ▁b", 0.2),  # ab b
        found("▁b ▁ab ▁b a", 0.2),  # b ab ba
        found("▁ ▁ab ▁b a", 0.05),  # ab ba, with one more space
        found("", 0.05),
    ]
    first, second = words_of_beam(beam, 2, PIECES)
    assert [(word.word, word.start, word.end) for word in first] == [("ab", 0, 2), ("ba", 2, 6)]
    assert [word.confidence for word in first] == pytest.approx([0.95, 0.75])
    assert [(word.word, word.confidence) for word in second] == [("ab", pytest.approx(0.95)), ("b", pytest.approx(0.2))]


def frames(path, symbols, sure=0.98):
    """Log-probabilities of frames that mean ``path``."""
    rest = (1 - sure) / (len(symbols) - 1)
    return np.log(
        np.full((len(path), len(symbols)), rest) + (sure - rest) * np.eye(len(symbols))[[*map(symbols.index, path)]]
    )


@pytest.mark.parametrize("beam", [1, 3, 50])
def test_times_of_a_known_path(beam):
    pieces = ["", "▁", "h", "e", "l", "o"]
    log_probs = frames("--hh-e-l-l-oo--_h-e", "-_helo")
    if beam == 1:
        found = words_of_path(ctc.advance(ctc.start(0), log_probs, 0), pieces)
    else:
        (found,) = words_of_beam(best(advance(start(6, beam), log_probs), beam), 1, pieces)
    assert [(word.word, word.start, word.end) for word in found] == [("hello", 2, 13), ("he", 16, 19)]
    assert all(0.5 < word.confidence <= 1 for word in found)


def test_a_greedy_word_is_as_sure_as_its_part_of_the_path():
    log_probs = oracle.table(5, 30, len(PIECES), 2.0)
    path = ctc.advance(ctc.start(0), log_probs, 0)
    for word in words_of_path(path, PIECES):
        assert word.confidence == pytest.approx(np.exp(log_probs[word.start : word.end].max(axis=1).sum()))
    assert ctc.best(path).confidence == pytest.approx(np.exp(log_probs.max(axis=1).sum()))


def alignment_of(found, frames):
    """A path over ``frames`` from labels and their spans."""
    path = [0] * frames
    for label, (first, last) in zip(found.labels, found.spans, strict=True):
        path[first : last + 1] = [label] * (last + 1 - first)
    return path


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 10**6), frames=st.integers(0, 6), sharpness=st.sampled_from([0.3, 1.0, 4.0]))
def test_spans_are_those_of_the_best_alignment(seed, frames, sharpness):
    log_probs = oracle.table(seed, frames, 4, sharpness)
    for one in best(advance(start(4, 2000), log_probs), 2000):
        path = alignment_of(one, frames)
        assert oracle.spells(path) == tuple(one.labels)
        likely = sum(log_probs[t, label] for t, label in enumerate(path))
        assert likely == pytest.approx(oracle.best_alignment(log_probs, one.labels), abs=1e-9)


def test_spans_of_a_narrow_beam_spell_its_labels():
    for seed in range(100):
        log_probs = oracle.table(seed, 40, 5, [0.3, 2.0, 8.0][seed % 3])
        for one in best(advance(start(5, 6), log_probs), 6):
            assert oracle.spells(alignment_of(one, 40)) == tuple(one.labels)
