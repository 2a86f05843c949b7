"""Greedy CTC search against every path, and how a model is read out."""

import itertools

import ctc_oracle as oracle
import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.batches import collate
from seqpipe.features.tokens import BEGIN, END, UNKNOWN
from seqpipe.files import SeqpipeError
from seqpipe.search import ctc, prefix, readout

BLANK = 0


def greedy(log_probs, cuts=()):
    path = ctc.start(BLANK)
    for part in np.split(log_probs, cuts):
        path = ctc.advance(path, part, BLANK)
    return path


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    frames=st.integers(0, 5),
    labels=st.integers(2, 4),
    sharpness=st.sampled_from([0.3, 1.0, 4.0]),
)
def test_greedy_follows_the_likeliest_path(seed, frames, labels, sharpness):
    log_probs = oracle.table(seed, frames, labels, sharpness)
    found = ctc.best(greedy(log_probs))
    paths = itertools.product(range(labels), repeat=frames)
    likely, best = max((sum(log_probs[t, label] for t, label in enumerate(path)), path) for path in paths)
    assert tuple(found.labels) == oracle.spells(best)
    assert found.log_prob == found.score == pytest.approx(likely)
    said = [(label, len(list(run))) for label, run in itertools.groupby(best) if label != BLANK]
    assert [(label, last + 1 - first) for label, (first, last) in zip(found.labels, found.spans, strict=True)] == said


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 40), max_size=8))
def test_however_frames_are_cut_the_path_is_the_same_to_the_bit(seed, cuts):
    log_probs = oracle.table(seed, 40, 4, 1.0).astype(np.float32)
    assert greedy(log_probs, sorted(cuts)) == greedy(log_probs)


def test_a_doubled_letter_needs_a_blank_between():
    symbols = "-helo"
    for path, text in (("--hh-e-ll-oo--", "helo"), ("--hh-e-l-l-oo--", "hello")):
        log_probs = np.log(np.full((len(path), 5), 1e-3) + np.eye(5)[[symbols.index(symbol) for symbol in path]])
        (beam,) = prefix.best(prefix.advance(prefix.start(5, 5), log_probs), 1)
        for found in (ctc.best(greedy(log_probs)), beam):
            assert "".join(symbols[label] for label in found.labels) == text


def test_no_frames_spell_nothing():
    empty = np.zeros((0, 3))
    assert ctc.best(greedy(empty)).labels == []
    (found,) = prefix.best(prefix.advance(prefix.start(3, 3), empty), 3)
    assert (found.labels, found.score, found.confidence) == ([], 0.0, 1.0)


@pytest.mark.parametrize("beam", [1, 5])
def test_control_labels_are_never_written_however_likely(beam):
    model, batch = tiny.model("ctc"), collate(tiny.rows("ctc"))
    with torch.no_grad():
        model.output.bias[[UNKNOWN, BEGIN, END]] = 20.0
    found = readout.ctc(model, batch, tiny.options("ctc", beam=beam, nbest=beam))
    assert any(one.output for row in found for one in row)
    assert min(label for row in found for one in row for label in one.output) > END
    assert all(-np.inf < one.log_prob < -10 for row in found for one in row)  # the model's own


def test_a_batch_in_threads_is_read_as_each_of_its_rows():
    model = tiny.model("ctc", hidden=6)
    batch = collate(tiny.rows("ctc", count=40, longest=30))
    options = tiny.options("ctc", beam=7, nbest=7)
    log_probs, lengths = model(batch.source)
    together = readout.ctc(model, batch, options)
    for row, found in enumerate(together):
        length = int(lengths[row])
        masked = log_probs[row, :length].detach().numpy().copy()
        masked[:, [UNKNOWN, BEGIN, END]] = -np.inf
        alone, _ = oracle.prefix_beam(masked.astype(np.float64), 7)
        assert [tuple(one.output) for one in found] == [one[0] for one in alone]
        np.testing.assert_allclose([one.score for one in found], [one[1] for one in alone], atol=1e-9)


def test_a_model_without_probabilities_is_told():
    frames = np.full((4, 3), np.nan)
    with pytest.raises(SeqpipeError, match="not finite"):
        ctc.best(greedy(frames))
    for beam in (2, 5):
        search = prefix.advance(prefix.start(3, beam), frames)
        with pytest.raises(SeqpipeError, match="not finite"):
            prefix.best(search, 1)
        with pytest.raises(SeqpipeError, match="not finite"):
            prefix.likeliest(search)
