"""Scores beside a Levenshtein distance written out here, and values known by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.metrics import text
from seqpipe.metrics.text import bleu, character_error_rate, chrf, exact, word_error_rate


def distance(a: list[str], b: list[str]) -> int:
    """Levenshtein: d(i, j) = min(d(i−1, j) + 1, d(i, j−1) + 1, d(i−1, j−1) + [a_i ≠ b_j])."""
    row = list(range(len(b) + 1))
    for i, left in enumerate(a, start=1):
        above, row = row, [i]
        for j, right in enumerate(b, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (left != right)))
    return row[-1]


PAIRS = st.lists(st.tuples(st.text("ab가 ", max_size=7), st.text("ab가 ", max_size=7)), min_size=1, max_size=5)


def unzipped(pairs: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    return [output for output, _ in pairs], [reference for _, reference in pairs]


@settings(deadline=None)
@given(PAIRS)
def test_character_error_rate_is_edits_over_characters(pairs: list[tuple[str, str]]) -> None:
    edits = sum(distance(list(output.strip()), list(reference.strip())) for output, reference in pairs)
    characters = sum(len(reference.strip()) for _, reference in pairs)
    assert character_error_rate(*unzipped(pairs)) == pytest.approx(edits / max(1, characters))


@settings(deadline=None)
@given(PAIRS)
def test_word_error_rate_is_edits_over_words(pairs: list[tuple[str, str]]) -> None:
    edits = sum(distance(output.split(), reference.split()) for output, reference in pairs)
    words = sum(len(reference.split()) for _, reference in pairs)
    assert word_error_rate(*unzipped(pairs)) == pytest.approx(edits / max(1, words))


@given(PAIRS)
def test_exact_is_a_share(pairs: list[tuple[str, str]]) -> None:
    right = [output == reference for output, reference in pairs]
    assert exact(*unzipped(pairs)) == right.count(True) / len(right)


def test_rates_are_of_the_corpus_not_a_mean_over_texts() -> None:
    outputs, references = ["b", "aaaa"], ["a", "aaaa"]
    assert character_error_rate(outputs, references) == 1 / 5
    assert word_error_rate(["x b", "c"], ["a b", "c"]) == 1 / 3


def test_empty_texts() -> None:
    for rate in (character_error_rate, word_error_rate):
        assert rate([""], [""]) == 0
        assert rate([" "], [""]) == 0
        assert rate(["", "a"], ["", "a"]) == 0
        assert rate([""], ["a"]) == 1
        assert rate(["a"], [""]) == 1
        assert rate(["b", "a"], ["", "a"]) == 1  # one insertion over one unit
    assert character_error_rate(["abc"], [""]) == 3
    assert exact([""], [""]) == 1
    for score in (bleu, chrf):
        assert score([""], ["a b c d"]) == 0
        assert score(["a b c d"], [""]) == 0


def test_white_space_between_words_is_all_the_same() -> None:
    assert word_error_rate(["a\tb  c\u3000d "], [" a b c d"]) == 0


def test_bleu_of_a_sentence_by_hand() -> None:
    output, reference = "the cat sat on the mat", "the cat sat on a mat"
    # n-grams of the output found in the reference: 5 of 6, 3 of 5, 2 of 4, 1 of 3; lengths are equal, so no penalty
    wanted = 100 * math.exp(sum(math.log(share) for share in (5 / 6, 3 / 5, 2 / 4, 1 / 3)) / 4)
    assert bleu([output], [reference]) == pytest.approx(wanted)
    short = "the cat sat on"
    assert bleu([short], [reference]) == pytest.approx(100 * math.exp(1 - 6 / 4))


def test_chrf_of_a_word_by_hand() -> None:
    # 1-grams: 2 of 3 both ways; 2-grams: 1 of 2 both ways; 3-grams: 0 of 1; precision = recall, so F is their mean
    assert chrf(["abc"], ["abd"]) == pytest.approx(100 * (2 / 3 + 1 / 2 + 0) / 3)


@pytest.mark.parametrize("score", [bleu, chrf])
def test_perfect_texts_get_a_hundred(score: object) -> None:
    texts = ["오늘은 날씨가 참 좋다 .", "the cat sat on the mat ."]
    assert score(texts, list(texts)) == pytest.approx(100)  # type: ignore[operator]


def test_full_stops_raise_no_warning(caplog: pytest.LogCaptureFixture) -> None:
    bleu(["a b c ."] * 200, ["a b c ."] * 200)
    assert not caplog.records


def test_score_reads_records() -> None:
    records = [{"reference": "1979-05-03", "source": "x"}, {"reference": "1979-05-04", "source": "y"}]
    outputs = ["1979-05-03", "1979-06-04"]
    scores = text.score(records, [{"text": output} for output in outputs])
    assert scores["exact"] == 0.5
    assert scores["cer"] == 1 / 20
    assert scores["bleu"] == bleu(outputs, [record["reference"] for record in records])
    assert scores["chrf"] == chrf(outputs, [record["reference"] for record in records])


@pytest.mark.parametrize("score", [exact, character_error_rate, word_error_rate, bleu, chrf])
def test_lists_of_unequal_length_are_our_mistake(score: object) -> None:
    for outputs, references in ((["a"], []), ([], []), (["a"], ["a", "b"])):
        with pytest.raises(AssertionError):
            score(outputs, references)  # type: ignore[operator]
