"""Guesses of labels without order or time, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import StandardScaler

from seqpipe.models.naive_bayes import naive_bayes
from seqpipe.models.nearest_mean import nearest_mean


def texts(seed: int, count: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(["a", "b", "c", "D", "é", "바"], int(rng.integers(1, 7)))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(4))
def test_naive_bayes_is_scikit_learns(seed: int) -> None:
    known, new = texts(seed, 60), texts(seed + 100, 40)
    labels = [("x", "y", "z")[(text.count("a") + text.count("바")) % 3] for text in known]
    counted = CountVectorizer(tokenizer=str.split, token_pattern=None).fit(known)
    expected = MultinomialNB(alpha=1.0).fit(counted.transform(known), labels).predict(counted.transform(new))
    assert naive_bayes(known, labels, new) == expected.tolist()


def test_texts_without_spaces_are_cut_into_threes() -> None:
    known = ["GATTACAAA", "CCGATTAGG", "GGGCCCTTT", "TTTAAACCC"]
    labels = ["with", "with", "without", "without"]
    assert naive_bayes(known, labels, ["TTGATTATT", "CCCTTTGGG", "GA"]) == ["with", "without", "with"]


def test_words_that_training_lacks_say_nothing() -> None:
    assert naive_bayes(["a b", "c d", "c c"], ["x", "y", "y"], ["new words", ""]) == ["y", "y"]


@pytest.mark.filterwarnings("ignore:self.within_class_std_dev_")
@pytest.mark.parametrize("seed", range(4))
def test_nearest_mean_is_scikit_learns_on_scaled_dimensions(seed: int) -> None:
    rng = np.random.default_rng(seed)
    known, new = rng.normal(size=(30, 4)) * [1, 10, 100, 0], rng.normal(size=(20, 4)) * [1, 10, 100, 0]
    labels = [str(label) for label in rng.integers(0, 3, 30)]
    scaled = StandardScaler().fit(known)
    expected = NearestCentroid().fit(scaled.transform(known), labels).predict(scaled.transform(new))
    assert nearest_mean(list(known), labels, list(new)) == expected.tolist()
