"""Calibration against numbers worked out by hand, plain loops and scikit-learn; words against all alignments."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import brier_score_loss

from seqpipe.metrics import speech, text
from seqpipe.metrics.calibration import Judged, binned, brier, expected_error, kept, outputs, scores, words

JUDGED = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=40)
TEXTS = st.lists(st.sampled_from("abc"), max_size=5)


def inside(judged: list[Judged], number: int, bins: int) -> list[Judged]:
    """What bin ``number`` of ``bins`` holds, the first being 0."""
    low, high = number / bins, (number + 1) / bins
    return [pair for pair in judged if low < pair[0] <= high or (number == 0 and pair[0] == 0)]


@settings(deadline=None)
@given(judged=JUDGED, bins=st.sampled_from([1, 2, 5, 15]))
def test_the_expected_error_is_a_loop_over_bins(judged: list[Judged], bins: int) -> None:
    expected, found = 0.0, binned(judged, bins)
    for number in range(bins):
        here = inside(judged, number, bins)
        assert found[number].size == len(here)
        if not here:
            assert math.isnan(found[number].accuracy)
            continue
        hits = sum(right for _, right in here) / len(here)
        sure = sum(confidence for confidence, _ in here) / len(here)
        assert (found[number].confidence, found[number].accuracy) == pytest.approx((sure, hits))
        expected += len(here) / len(judged) * abs(hits - sure)
    assert expected_error(judged, bins) == pytest.approx(expected, abs=1e-9)


def test_numbers_worked_out_by_hand() -> None:
    """Bins of a half: {0.2 wrong, 0.4 right} and {0.6 right, 0.8 right, 1.0 wrong}."""
    judged = [(0.2, False), (0.4, True), (0.6, True), (0.8, True), (1.0, False)]
    assert expected_error(judged, 2) == pytest.approx(2 / 5 * abs(1 / 2 - 0.3) + 3 / 5 * abs(2 / 3 - 0.8))
    assert brier(judged) == pytest.approx((0.04 + 0.36 + 0.16 + 0.04 + 1.0) / 5)


def test_who_is_right_as_often_as_sure_is_calibrated() -> None:
    judged = [(0.75, True)] * 3 + [(0.75, False)]
    assert expected_error(judged) == 0
    assert brier(judged) == pytest.approx(0.75 * 0.25)
    assert scores([(1.0, False)] * 2) == {"calibration_error": 1.0, "brier": 1.0}
    assert scores([(1.0, True), (0.0, False)]) == {"calibration_error": 0.0, "brier": 0.0}
    assert scores([]) == {}


@settings(deadline=None)
@given(judged=JUDGED)
def test_brier_is_that_of_scikit_learn(judged: list[Judged]) -> None:
    confidences, right = zip(*judged, strict=True)
    expected = brier_score_loss([*right, True, False], [*confidences, 1.0, 0.0], pos_label=True)
    assert brier([*judged, (1.0, True), (0.0, False)]) == pytest.approx(expected)


def alignments(reference: tuple[str, ...], output: tuple[str, ...]) -> tuple[int, set[tuple[bool, ...]]]:
    """Fewest edits, and which words of the output each alignment that has them leaves as they are; by all of them."""

    @cache
    def after(left: int, right: int) -> tuple[int, frozenset[tuple[bool, ...]]]:
        if left == len(reference) and right == len(output):
            return 0, frozenset({()})
        ways: list[tuple[int, tuple[bool, ...], tuple[int, int]]] = []
        if left < len(reference):
            ways.append((1, (), (left + 1, right)))
        if right < len(output):
            ways.append((1, (False,), (left, right + 1)))
        if left < len(reference) and right < len(output):
            same = reference[left] == output[right]
            ways.append((0 if same else 1, (same,), (left + 1, right + 1)))
        found = [(cost + after(*place)[0], mark, after(*place)[1]) for cost, mark, place in ways]
        least = min(cost for cost, _, _ in found)
        return least, frozenset((*mark, *rest) for cost, mark, rests in found if cost == least for rest in rests)

    return after(0, 0)[0], {*after(0, 0)[1]}


@settings(deadline=None)
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), max_size=4))
def test_words_are_right_as_in_an_alignment_with_fewest_edits(pairs: list[tuple[list[str], list[str]]]) -> None:
    found = kept([reference for reference, _ in pairs], [output for _, output in pairs])
    for (reference, output), marks in zip(pairs, found, strict=True):
        assert tuple(marks) in alignments(tuple(reference), tuple(output))[1]


def spoken(text: str, *confidences: float) -> dict[str, Any]:
    timed = zip(text.split(), confidences, strict=True)
    return {
        "text": text,
        "times": [{"word": word, "start": 0.0, "end": 0.1, "confidence": sure} for word, sure in timed],
    }


def test_words_of_transcripts() -> None:
    records = [{"reference": "four zero two"}, {"reference": ""}, {"reference": "불 꺼"}]
    answers = [spoken("four two two", 0.9, 0.5, 0.8), spoken("불", 0.3), spoken("")]
    judged = [(0.9, True), (0.5, False), (0.8, True), (0.3, False)]
    assert words(records, answers) == judged
    found = speech.score(records, answers)
    assert found["brier"] == pytest.approx(brier(judged))
    assert found["calibration_error"] == pytest.approx(expected_error(judged))


def test_without_confidences_there_is_nothing_to_judge() -> None:
    records = [{"reference": "four"}]
    for answer in (
        {"text": "four"},
        {"text": "four", "times": [{"word": "four", "start": 0.0, "end": 0.1}]},
        spoken(""),
    ):
        assert set(speech.score(records, [answer])) == {"wer", "cer", "exact"}
    assert outputs(records, [{"text": "four"}]) == []
    assert outputs(records, [{"text": "four", "confidence": 0.5}]) == [(0.5, True)]


def test_whole_texts_are_judged_by_the_letter() -> None:
    records = [{"reference": "four five"}, {"reference": "six"}]
    found = text.score(records, [{"text": "four five", "confidence": 0.9}, {"text": "sixth", "confidence": 0.2}])
    assert found["brier"] == pytest.approx((0.1**2 + 0.2**2) / 2)
    assert found["calibration_error"] == pytest.approx((0.1 + 0.2) / 2)
