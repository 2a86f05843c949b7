"""Frames of sound that comes in pieces are those of the whole recording."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.features.live import LiveFrames
from seqpipe.features.scale import Scale
from seqpipe.features.spectra import Spectra
from seqpipe.params.features import AudioFeatures

SMALL = {"rate": 1000, "window": 0.025, "mels": 5, "coefficients": 3, "range": 0}


def signal(length: int) -> np.ndarray:
    """Noise that falls silent now and then, far below the 80 decibels of other features."""
    random = np.random.default_rng(length)
    loudness = np.repeat(random.choice([0.0, 1e-6, 0.3], 1 + length // 50), 50)[:length]
    return (loudness * random.normal(size=length)).astype(np.float32)


def pieces(samples: np.ndarray, cuts: list[int]) -> list[np.ndarray]:
    """The samples, cut at each of ``cuts`` that lies inside."""
    return np.split(samples, sorted({cut for cut in cuts if cut < len(samples)}))


@settings(max_examples=200, deadline=None)
@given(
    length=st.integers(1, 700),
    cuts=st.lists(st.integers(0, 700), max_size=30),
    kind=st.sampled_from(["logmel", "mfcc", "spectrogram"]),
    deltas=st.integers(0, 2),
    hop=st.sampled_from([0.001, 0.007, 0.025, 0.032, 0.05]),  # up to longer than the FFT's 32 samples
)
def test_any_pieces_make_the_frames_of_the_whole(
    length: int, cuts: list[int], kind: Any, deltas: int, hop: float
) -> None:
    spectra = Spectra(AudioFeatures(kind=kind, deltas=deltas, hop=hop, **SMALL))
    samples = signal(length)
    live = LiveFrames(spectra, lambda frames: frames)
    found = [*(live(piece) for piece in pieces(samples, cuts)), live.end()]
    assert all(some.dtype == np.float32 and some.shape[1] == spectra.size for some in found)
    np.testing.assert_allclose(np.concatenate(found), spectra(samples), atol=1e-4)  # decibels, summed in float32


@pytest.mark.parametrize(("deltas", "ahead"), [(0, 0), (1, 4), (2, 4)])
def test_a_frame_comes_with_the_last_sample_it_sees(deltas: int, ahead: int) -> None:
    spectra = Spectra(AudioFeatures(deltas=deltas, hop=0.007, **SMALL))
    live, count = LiveFrames(spectra, lambda frames: frames), 0
    for heard in range(1, 300):
        count += len(live(np.ones(1, np.float32)))
        static = max(0, (heard + 16 - 32) // 7 + 1)  # frame t sees the samples below 7t + 16
        assert count == (0 if deltas and static < 9 else max(0, static - ahead))
    assert len(live.samples) <= 32
    assert len(live.static) <= 9


def test_frames_are_scaled_one_by_one() -> None:
    spectra = Spectra(AudioFeatures(hop=0.007, **SMALL))
    samples = signal(500)
    scale = Scale.of(iter([spectra(samples)]))
    live = LiveFrames(spectra, scale)
    found = np.concatenate([live(samples[:123]), live(samples[123:]), live.end()])
    np.testing.assert_allclose(found, scale(spectra(samples)), atol=1e-5)
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)


def test_silence_is_cut_off_only_where_it_is_asked_for() -> None:
    samples = np.concatenate([signal(50) * 0 + 0.5, np.full(200, 1e-5)]).astype(np.float32)
    lowest = {}
    for below in (0, 30, 80):
        level = Spectra(AudioFeatures(hop=0.007, **{**SMALL, "range": below}))(samples)
        lowest[below] = float(level.max() - level.min())
    assert lowest[0] > 81
    np.testing.assert_allclose([lowest[30], lowest[80]], [30, 80], atol=1e-4)
