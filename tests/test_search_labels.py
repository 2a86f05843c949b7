"""The labels of a frame that CTC's prefix search tries are those that a plain sort finds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.search.label_kernel import blocks_of, find_peaks, leave_out, likely, reaching, wanted


@given(size=st.integers(1, 300), blocks=st.integers(1, 300), seed=st.integers(0, 99))
@settings(max_examples=200, deadline=None)
def test_peaks_are_those_of_every_nth_label(size: int, blocks: int, seed: int) -> None:
    blocks = min(blocks, size)
    frame, peaks = np.random.default_rng(seed).normal(size=size).astype(np.float32), np.zeros(size, np.float32)
    find_peaks(frame, peaks, blocks)
    assert peaks[:blocks].tolist() == [frame[at::blocks].max() for at in range(blocks)]
    blank = seed % size
    leave_out(frame, blank, peaks, blocks)
    frame[blank] = -np.inf
    assert peaks[:blocks].tolist() == [frame[at::blocks].max() for at in range(blocks)]
    assert reaching(peaks, blocks, 0.5) == np.sum(peaks[:blocks] >= 0.5)


@given(
    size=st.integers(2, 700),
    most=st.integers(2, 20),
    seed=st.integers(0, 999),
    steps=st.sampled_from([1, 8, 1000]),
    threshold=st.sampled_from([-np.inf, -2.0, 0.0]),
    least=st.sampled_from([-np.inf, -5.0, -3.5, 0.0]),
)
@settings(max_examples=300, deadline=None)
def test_wanted_labels_have_the_likeliest_among_them(
    size: int, most: int, seed: int, steps: int, threshold: float, least: float
) -> None:
    random = np.random.default_rng(seed)
    frame = (np.round(random.normal(size=size) * steps) / steps).astype(np.float32)  # many are alike
    blank, top = int(random.integers(size)), -4.0
    labels = np.zeros(size), np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(1, np.int64)
    room = np.zeros(size, np.float32), np.zeros(size, np.int64)
    count = wanted(frame, blank, threshold, top, least, labels, most, *room)
    found = [likely(labels, count, rank) for rank in range(count)]
    may = [at for at in range(size) if at != blank and frame[at] >= threshold and top + frame[at] > least]
    assert set(found) <= set(may)
    assert found == sorted(set(found), key=lambda at: (-frame[at], at))
    best = sorted(-frame[at] for at in may)[:most]
    assert [-frame[at] for at in found][: len(best)] == pytest.approx(best, abs=0)


def test_blocks_are_fewer_than_labels_where_those_are_many() -> None:
    assert blocks_of(31, 17) == 31
    assert blocks_of(1000, 17) == 130
