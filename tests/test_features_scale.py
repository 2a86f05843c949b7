"""A running scale sees what was heard, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.features import scale
from seqpipe.features.scale import RunningScale, Scale

CORPUS = Scale(np.array([3.0, -1.0, 0.5]), np.array([2.0, 0.7, 5.0]))


def signal(length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).normal([1, 2, 3], [4, 0.3, 1], (length, 3)).astype(np.float32)


@pytest.mark.parametrize(("heard", "believed"), [(7, 3), (5, 9), (4, 0)])
def test_a_frame_is_scaled_by_the_frames_before_it(monkeypatch: pytest.MonkeyPatch, heard: int, believed: int) -> None:
    monkeypatch.setattr(scale, "HEARD", heard)
    monkeypatch.setattr(scale, "BELIEVED", believed)
    frames = signal(23)
    found = RunningScale(CORPUS)(frames)
    for t in range(23):
        own = frames[max(0, t + 1 - heard) : t + 1].astype(np.float64)
        prior = max(0, believed - len(own))  # so many frames with the mean and variance of the corpus
        total = prior + len(own)
        mean = (prior * CORPUS.mean + own.sum(axis=0)) / total
        square = (prior * (CORPUS.deviation**2 + CORPUS.mean**2) + (own**2).sum(axis=0)) / total
        deviation = np.maximum(np.sqrt(np.maximum(square - mean**2, 0)), 0.01)
        np.testing.assert_allclose(found[t], (frames[t] - mean) / deviation, atol=1e-4)


@settings(deadline=None)
@given(cuts=st.lists(st.integers(0, 900), max_size=8), length=st.integers(0, 900))
def test_pieces_make_the_same_to_the_bit(cuts: list[int], length: int) -> None:
    frames, running = signal(length), RunningScale(CORPUS)
    pieces = np.split(frames, sorted(cut for cut in cuts if cut <= length))
    np.testing.assert_array_equal(np.concatenate([running(piece) for piece in pieces]), RunningScale(CORPUS)(frames))
    assert len(running.sums) <= scale.HEARD


def test_a_level_is_forgotten() -> None:
    frames = signal(3 * scale.HEARD)
    louder = frames + np.float32(19)
    one, other = RunningScale(CORPUS)(frames), RunningScale(CORPUS)(louder)
    np.testing.assert_allclose(one[scale.BELIEVED :], other[scale.BELIEVED :], atol=1e-3)
    assert np.abs(one[0] - other[0]).max() > 1
