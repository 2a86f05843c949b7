"""Augmentation does what its parameters say, by chances that belong to the example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seqpipe.features.audio import Recordings
from seqpipe.features.augmenting import Augmenter, stretched
from seqpipe.features.scale import Scale
from seqpipe.params.augment import Augment
from seqpipe.params.features import AudioFeatures

RNG = np.random.default_rng


def frames(count: int = 50, size: int = 6) -> np.ndarray:
    return RNG(3).normal(5, 1, (count, size)).astype(np.float32)


def changed(given: np.ndarray, static: int = 3, seed: int = 1, least: int = 1, **params: Any) -> np.ndarray:
    return Augmenter(Augment(**params), static, np.ones(given.shape[1], np.float32))(given, least, RNG(seed))


def test_nothing_is_changed_unless_it_is_asked_for() -> None:
    np.testing.assert_array_equal(changed(frames()), frames())


def test_the_same_chance_gives_the_same_and_the_store_stays() -> None:
    given, params = frames(), {"speed": 0.2, "gain": 3, "noise": 0.3, "frequency_masks": 1, "time_masks": 2}
    given.setflags(write=False)  # as a store's are
    one, again, other = (changed(given, seed=seed, **params) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert one.shape != other.shape or not np.array_equal(one, other)
    np.testing.assert_array_equal(given, frames())


@pytest.mark.parametrize("seed", range(20))
def test_masks_hide_runs_of_frames_and_of_bands_with_their_derivatives(seed: int) -> None:
    given = frames(size=21)  # 7 bands, and two derivatives of each
    hidden = changed(given, 7, seed, frequency_masks=1, frequency_width=4) != given
    bands = hidden.all(axis=0)
    assert (hidden == bands).all()
    np.testing.assert_array_equal(bands, np.tile(bands[:7], 3))
    places = np.flatnonzero(bands[:7])
    assert len(places) <= 4
    assert not len(places) or (np.diff(places) == 1).all()
    hidden = changed(given, 7, seed, time_masks=1, time_width=30) != given
    steps = hidden.all(axis=1)
    assert (hidden == steps[:, None]).all()
    places = np.flatnonzero(steps)
    assert len(places) <= 10  # a fifth of 50, though 30 were allowed
    assert not len(places) or (np.diff(places) == 1).all()


def test_masks_are_of_every_width_and_place() -> None:
    given = frames(size=5)
    found = [changed(given, 5, seed, frequency_masks=1, frequency_width=2)[0] != given[0] for seed in range(400)]
    assert {int(one.sum()) for one in found} == {0, 1, 2}
    assert np.any(found, axis=0).all()


@given(count=st.integers(1, 40), factor=st.floats(0.5, 2), least=st.integers(1, 50))
def test_speed_is_interpolation_in_time(count: int, factor: float, least: int) -> None:
    given = frames(count)
    found = stretched(given, factor, least, 6)
    assert len(found) == max(round(count / factor), min(least, count), 1)
    for number, frame in enumerate(found):  # a plain loop
        at = number * (count - 1) / (len(found) - 1) if len(found) > 1 else 0
        low, high = int(at), min(int(at) + 1, count - 1)
        np.testing.assert_allclose(frame, given[low] + (at - low) * (given[high] - given[low]), atol=1e-4)


def test_a_faster_recording_has_greater_velocities() -> None:
    line = np.stack([0.3 * np.arange(60), np.full(60, 0.3), np.zeros(60)], axis=1).astype(np.float32)
    found = stretched(line, 1.5, 1, 1)
    assert len(found) == 40
    np.testing.assert_allclose(np.diff(found[:, 0]), found[0, 1], rtol=0.03)


@pytest.mark.parametrize("kind", ["logmel", "mfcc", "spectrogram"])
@pytest.mark.parametrize("normalize", ["corpus", "none"])
def test_gain_is_what_a_louder_recording_has(kind: Any, normalize: Any) -> None:
    params = AudioFeatures(kind=kind, rate=1000, mels=5, coefficients=3, range=0, deltas=1, normalize=normalize)
    codec = Recordings.unfitted(params)
    sound = RNG(1).normal(0, 0.1, 3000).astype(np.float32)
    if normalize == "corpus":
        codec.scale = Scale.of([codec.spectra(sound)])
    quiet, loud = (codec._normalized(codec.spectra(one)) for one in (sound, sound * np.float32(10 ** (6 / 20))))
    augmenter = codec.augmenter(Augment(gain=6))
    np.testing.assert_allclose(quiet + 6 * augmenter.decibel, loud, atol=2e-3)
    shares = np.array([(augmenter(quiet, 1, RNG(seed)) - quiet)[0, 0] for seed in range(300)]) / (loud - quiet)[0, 0]
    assert -1 <= shares.min() < -0.9
    assert 0.9 < shares.max() <= 1.001


def test_noise_is_normal_and_of_any_deviation_up_to_the_largest() -> None:
    given = np.zeros((400, 6), np.float32)
    deviations = [changed(given, seed=seed, noise=0.5).std() for seed in range(60)]
    assert max(deviations) < 0.55
    assert max(deviations) > 0.4
    assert min(deviations) < 0.1


@pytest.mark.parametrize("least", [1, 12, 20, 30])
def test_as_many_frames_are_left_as_labels_need(least: int) -> None:
    counts = [len(changed(frames(20), seed=seed, least=least, speed=0.9)) for seed in range(50)]
    assert min(counts) >= min(least, 20)


def test_a_width_without_masks_is_refused() -> None:
    with pytest.raises(ValidationError, match="'time_width' is for time_masks above 0"):
        Augment(time_width=5)
