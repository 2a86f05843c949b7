"""CTC search against the sum over every alignment."""

import itertools
from collections import defaultdict

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.batches import collate
from seqpipe.features.tokens import BEGIN, END, UNKNOWN
from seqpipe.search import readout
from seqpipe.search.ctc import greedy_path, prefix_beam

BLANK = 0


def spells(path):
    joined = [label for label, _ in itertools.groupby(path)]
    return tuple(label for label in joined if label != BLANK)


def every_alignment(log_probs):
    frames, labels = log_probs.shape
    totals = defaultdict(lambda: -np.inf)
    for path in itertools.product(range(labels), repeat=frames):
        totals[spells(path)] = np.logaddexp(
            totals[spells(path)], sum(log_probs[t, label] for t, label in enumerate(path))
        )
    return totals


def table(seed, frames, labels, sharpness):
    logits = sharpness * np.random.default_rng(seed).normal(size=(frames, labels))
    return logits - np.logaddexp.reduce(logits, axis=1, keepdims=True)


cases = {
    "seed": st.integers(0, 10**6),
    "frames": st.integers(1, 5),
    "labels": st.integers(2, 4),
    "sharpness": st.sampled_from([0.3, 1.0, 4.0]),
}


@settings(deadline=None, max_examples=60)
@given(**cases)
def test_a_wide_beam_sums_over_all_alignments(seed, frames, labels, sharpness):
    log_probs = table(seed, frames, labels, sharpness)
    expected = every_alignment(log_probs)
    found = prefix_beam(log_probs, BLANK, beam=1000)
    assert {tuple(one.output) for one in found} == set(expected)
    for one in found:
        np.testing.assert_allclose(one.log_prob, expected[tuple(one.output)], atol=1e-9)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


@settings(deadline=None, max_examples=60)
@given(**cases)
def test_greedy_follows_the_likeliest_path(seed, frames, labels, sharpness):
    log_probs = table(seed, frames, labels, sharpness)
    found = greedy_path(log_probs, BLANK)
    paths = itertools.product(range(labels), repeat=frames)
    best = max(paths, key=lambda path: sum(log_probs[t, label] for t, label in enumerate(path)))
    assert tuple(found.output) == spells(best)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), beam=st.integers(1, 4))
def test_a_narrow_beam_claims_no_more_than_the_truth(seed, beam):
    log_probs = table(seed, 5, 3, 2.0)
    expected = every_alignment(log_probs)
    found = prefix_beam(log_probs, BLANK, beam)
    assert len(found) <= beam
    for one in found:
        assert one.log_prob <= expected[tuple(one.output)] + 1e-9


def test_a_doubled_letter_needs_a_blank_between():
    symbols = "-helo"
    for path, text in (("--hh-e-ll-oo--", "helo"), ("--hh-e-l-l-oo--", "hello")):
        log_probs = np.log(np.full((len(path), 5), 1e-3) + np.eye(5)[[symbols.index(symbol) for symbol in path]])
        for found in (greedy_path(log_probs, BLANK), prefix_beam(log_probs, BLANK, 5)[0]):
            assert "".join(symbols[label] for label in found.output) == text


def test_no_frames_spell_nothing():
    empty = np.zeros((0, 3))
    assert greedy_path(empty, BLANK).output == []
    assert prefix_beam(empty, BLANK, 3)[0].output == []


@pytest.mark.parametrize("beam", [1, 5])
def test_control_labels_are_never_written_however_likely(beam):
    model, batch = tiny.model("ctc"), collate(tiny.rows("ctc"))
    with torch.no_grad():
        model.output.bias[[UNKNOWN, BEGIN, END]] = 20.0
    found = readout.ctc(model, batch, tiny.options("ctc", beam=beam, nbest=beam))
    assert any(one.output for row in found for one in row)
    assert min(label for row in found for one in row for label in one.output) > END
    assert all(-np.inf < one.log_prob < -10 for row in found for one in row)  # the model's own
