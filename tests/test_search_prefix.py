"""CTC prefix search against the sum over every alignment and against a plain beam of a dictionary."""

import subprocess
import sys

import ctc_oracle as oracle
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.search.add_kernel import add, added
from seqpipe.search.prefix import advance, best, likeliest, start

WIDE = 2000


def search(log_probs, beam, cuts=(), threshold=0.0):
    """All of the beam, after ``log_probs`` in parts."""
    state = start(log_probs.shape[1], beam, threshold=threshold)
    for part in np.split(log_probs, cuts):
        state = advance(state, part)
    return best(state, beam)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    frames=st.integers(0, 6),
    labels=st.integers(2, 4),
    sharpness=st.sampled_from([0.3, 1.0, 4.0]),
)
def test_a_wide_beam_sums_over_all_alignments(seed, frames, labels, sharpness):
    log_probs = oracle.table(seed, frames, labels, sharpness)
    expected = oracle.every_alignment(log_probs)
    found = search(log_probs, WIDE)
    assert len(found) == len(expected)
    for one in found:
        np.testing.assert_allclose(one.log_prob, expected[tuple(one.labels)], atol=1e-9)
        assert one.score == one.log_prob
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert sum(one.confidence for one in found) == pytest.approx(1)
    assert found[0].confidence == pytest.approx(np.exp(found[0].score))


def random_case(seed):
    """Frames that are peaky, flat or tied, some labels impossible, some frames surely blank; and a beam."""
    rng = np.random.default_rng(seed)
    frames, labels = int(rng.integers(0, 14)), int(rng.integers(2, 8))
    log_probs = oracle.table(seed, frames, labels, rng.choice([0.0, 0.3, 1, 4, 15]))
    if rng.random() < 0.3:
        log_probs = np.log(np.exp(np.round(log_probs)) / np.exp(np.round(log_probs)).sum(axis=1, keepdims=True))
    if rng.random() < 0.4:
        log_probs[rng.random(log_probs.shape) < 0.2] = -np.inf
        log_probs[:, 0] = np.maximum(log_probs[:, 0], -3)
    if rng.random() < 0.3:
        log_probs[rng.random(frames) < 0.5, 0] = 0.0
    if rng.random() < 0.05:
        log_probs[:, 1:] = -np.inf
    return oracle.rounded(log_probs), int(rng.choice([1, 2, 3, 5, 16, 300])), float(rng.choice([0, 0, 0.05, 0.3]))


def assert_same(found, expected):
    assert len(found) == len(expected)
    np.testing.assert_allclose([one.log_prob for one in found], [one[2] for one in expected], atol=1e-9)
    sums = {labels: log_prob for labels, _, log_prob in expected}
    for one in found:
        np.testing.assert_allclose(one.log_prob, sums[tuple(one.labels)], atol=1e-9)


@pytest.mark.slow
def test_a_plain_beam_finds_the_same_in_a_thousand_random_cases():
    compared, seed = 0, 0
    while compared < 1000:
        log_probs, beam, threshold = random_case(seed)
        expected, narrowest = oracle.prefix_beam(log_probs, beam, threshold)
        found = search(log_probs, beam, threshold=threshold)
        assert len(found) == len(expected)
        seed += 1
        if narrowest >= 1e-9:  # else some are equal but for rounding, which is not the same in both
            assert_same(found, expected)
            compared += 1


@pytest.mark.parametrize("labels", [5, 40, 150, 500])
@pytest.mark.parametrize("beam", [3, 16, 64, 65, 90])
@pytest.mark.parametrize("sharpness", [0.5, 4.0])
def test_a_plain_beam_finds_the_same_among_many_labels_and_prefixes(labels, beam, sharpness):
    log_probs = oracle.table(labels + beam, 5, labels, sharpness)
    expected, narrowest = oracle.prefix_beam(log_probs, beam)
    assert narrowest > 1e-9
    assert_same(search(log_probs, beam), expected)


@pytest.mark.parametrize("labels", [5, 40, 150, 500])
@pytest.mark.parametrize("beam", [3, 16, 64, 65, 90])
def test_of_equals_what_was_there_stays_and_then_the_first_labels_come_in(labels, beam):
    found = search(np.full((1, labels), -np.log(labels)), beam)
    assert [one.labels for one in found] == [[], *([label] for label in range(1, labels))][:beam]


@pytest.mark.parametrize("count", [1, 2, 3, 7, 16, 129])
def test_sums_of_logarithms_are_those_of_long_double(count):
    rng = np.random.default_rng(count)
    a, b = rng.normal(size=(2, count)) * rng.choice([0.1, 3.0, 30.0], size=(2, count))
    sums = np.empty(count)
    add(a, b, sums)
    expected = np.logaddexp(a.astype(np.longdouble), b.astype(np.longdouble))
    np.testing.assert_allclose(sums, expected, rtol=4e-16, atol=4e-16)
    np.testing.assert_allclose(list(map(added, a, b)), expected, rtol=4e-16, atol=4e-16)


def test_sums_of_logarithms_where_one_is_nothing():
    gone = -np.inf
    assert [added(gone, gone), added(-3.0, gone), added(gone, -3.0), added(-900.0, -3.0)] == [gone, -3.0, -3.0, -3.0]
    assert np.isnan(added(np.nan, np.nan))
    assert added(-700.0, -700.0) == pytest.approx(-700 + np.log(2), rel=1e-15)


@settings(deadline=None, max_examples=100)
@given(seed=st.integers(0, 10**6), cuts=st.lists(st.integers(0, 60), max_size=8), beam=st.integers(1, 20))
def test_however_frames_are_cut_the_result_is_the_same_to_the_bit(seed, cuts, beam):
    rng = np.random.default_rng(seed)
    log_probs = oracle.table(seed, 60, int(rng.integers(2, 9)), rng.choice([0.3, 2.0, 8.0]))
    assert search(log_probs, beam, sorted(cuts)) == search(log_probs, beam)


def test_the_likeliest_labels_are_those_of_the_best_after_every_frame():
    log_probs, state, seen = oracle.table(3, 200, 6, 2.0), start(6, 7), set()
    for frame in log_probs:
        state = advance(state, frame[None])
        assert likeliest(state) == best(state, 1, ended=False)[0].labels
        seen.add(tuple(likeliest(state)))
    assert len(seen) > 50


@pytest.mark.parametrize("sharpness", [0.5, 6.0])
def test_best_paths_outlive_what_is_collected(sharpness):
    log_probs = oracle.table(1, 3000, 5, sharpness)
    spacious = start(5, 6)._replace(nodes=np.zeros((10**5, 5), np.int64))
    state = advance(start(5, 6), log_probs)
    assert best(state, 6) == best(advance(spacious, log_probs), 6)
    assert len(state.nodes) < 6 * 3000


def test_an_hour_takes_no_more_memory_than_what_was_said():
    rng = np.random.default_rng(0)
    state, said = start(30, 16), 0
    for _ in range(72):  # 144,000 frames
        logits = rng.normal(size=(2000, 30))
        logits[:, 0] += 12
        words = rng.choice(2000, 100, replace=False)
        logits[words, rng.integers(1, 30, 100)] += 14
        state = advance(state, logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
        said += 100
    (found,) = best(state, 1)
    assert 0.5 * said < len(found.labels) < 1.1 * said
    assert state.nodes.nbytes < 4_000_000
    assert sum(part.nbytes for part in (state.floats, state.ints, state.counters)) < 10_000


def test_numba_loads_with_the_first_beam_and_not_before():
    code = """
import sys
from seqpipe.search import ctc, prefix, readout
from seqpipe import tasks
import numpy as np
frames = np.zeros((3, 4))
ctc.best(ctc.advance(ctc.start(0), frames, 0))
print("numba" in sys.modules)
prefix.advance(prefix.start(4, 2), frames)
print("numba" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True"], done.stderr
