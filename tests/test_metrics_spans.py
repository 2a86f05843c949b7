"""Spans are counted as conlleval counts them."""

import random
from types import SimpleNamespace

import numpy as np
import pytest

from seqpipe.metrics.spans import score
from seqpipe.models.dictionary import looked_up, tagged
from seqpipe.store import Store, Writer


def scored(*pairs):
    records = [{"reference": reference.split()} for reference, _ in pairs]
    return score(records, [{"labels": labels.split()} for _, labels in pairs])


@pytest.mark.parametrize(
    ("reference", "labels", "right", "given", "true"),
    [
        ("B-A I-A O B-B", "B-A I-A O B-B", 2, 2, 2),
        ("B-A I-A O B-B", "B-A O O B-B", 1, 2, 2),  # too short
        ("B-A I-A O O", "B-A I-A I-A O", 0, 1, 1),  # too long
        ("B-A I-A", "B-B I-B", 0, 1, 1),  # another type
        ("B-A I-A", "B-A B-A", 0, 2, 1),  # cut in two
        ("B-A B-A", "B-A I-A", 0, 1, 2),  # joined
        ("O B-A I-A O", "O I-A I-A O", 1, 1, 1),  # conlleval takes an I- that follows nothing for a beginning
        ("B-A I-A", "B-A I-B", 0, 2, 1),  # and one that follows another type
        ("B-A B-B", "I-A I-B", 2, 2, 2),
        ("O O", "O O", 0, 0, 0),
        ("O O", "B-A O", 0, 1, 0),
        ("B-A", "O", 0, 0, 1),
    ],
)
def test_hand_cases(reference, labels, right, given, true):
    found = scored((reference, labels))
    assert found["precision"] == pytest.approx(right / given if given else 0)
    assert found["recall"] == pytest.approx(right / true if true else 0)
    assert found["f1"] == pytest.approx(2 * right / (given + true) if given + true else 0)


def test_sentences_and_types_are_counted_together():
    found = scored(("B-A O B-B", "B-A B-A O"), ("B-B I-B", "B-B I-B"), ("O", "O"))
    assert (found["precision"], found["recall"]) == (pytest.approx(2 / 3), pytest.approx(2 / 3))
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["type"]["A"] == {"precision": 0.5, "recall": 1.0, "f1": pytest.approx(2 / 3), "count": 1}
    assert found["type"]["B"] == {"precision": 1.0, "recall": 0.5, "f1": pytest.approx(2 / 3), "count": 2}


def test_a_span_at_the_end_of_a_sentence_ends_there():
    found = scored(("B-A", "B-A"), ("I-A", "I-A"))
    assert found["type"]["A"]["count"] == 2


def conlleval(pairs):
    """The rules of conlleval.pl word by word: where chunks start and end, and which of them end right."""

    def ends(before, mark, kind_before, kind):
        return before != "O" and (mark in "BO" or kind != kind_before)

    def starts(before, mark, kind_before, kind):
        return mark != "O" and (mark == "B" or before == "O" or kind != kind_before)

    true = given = right = 0
    inside = False
    last = ("O", "", "O", "")
    for reference, labels in pairs:
        for one, other in [*zip(reference, labels, strict=True), ("O", "O")]:  # a sentence ends outside
            now = (one[0], one[2:], other[0], other[2:])
            ended = ends(last[0], now[0], last[1], now[1]), ends(last[2], now[2], last[3], now[3])
            started = starts(last[0], now[0], last[1], now[1]), starts(last[2], now[2], last[3], now[3])
            if inside and (all(ended) or any(ended) or now[1] != now[3]):
                right += all(ended) and last[1] == last[3]
                inside = not (all(ended) or any(ended) or now[1] != now[3])
            if all(started) and now[1] == now[3]:
                inside = True
            true, given, last = true + started[0], given + started[1], now
    return right, given, true


def test_equal_to_the_rules_of_conlleval_on_random_labels():
    chance = random.Random(5)
    labels = ["O", "O", "B-A", "I-A", "B-B", "I-B"]
    for _ in range(300):
        lengths = [chance.randint(1, 7) for _ in range(3)]
        pairs = [([chance.choice(labels) for _ in range(length)] for _ in range(2)) for length in lengths]
        pairs = [tuple(pair) for pair in pairs]
        # near copies, so that many spans are right
        pairs += [
            (one, [label if chance.random() < 0.8 else chance.choice(labels) for label in one]) for one, _ in pairs
        ]
        right, given, true = conlleval(pairs)
        found = score([{"reference": one} for one, _ in pairs], [{"labels": other} for _, other in pairs])
        assert found["precision"] == pytest.approx(right / max(1, given))
        assert found["recall"] == pytest.approx(right / max(1, true))


def test_the_dictionary_takes_the_longest_span_from_the_left():
    types = {("a",): "A", ("a", "b"): "B", ("b", "c"): "C"}
    assert looked_up(list("abca"), types, 2) == ["B-B", "I-B", "O", "B-A"]
    assert looked_up([], types, 2) == []
    assert looked_up(list("xy"), {}, 0) == ["O", "O"]


def test_baselines_read_training_only(tmp_path):
    def row(words, labels):
        return {"words": words.replace(" ", "\t"), "labels": labels.replace(" ", "\t")}

    with Writer(tmp_path / "train.arrow", {"words": "text", "labels": "text"}) as writer:
        for one in [("Anna met Bo", "B-P O B-P"), ("Anna met Bo", "B-L O B-P"), ("Anna Lake", "B-L I-L")]:
            writer.add(row(*one))
    rows = [row("Anna Lake met Anna Lee", "B-L I-L O B-P I-P")]
    found = tagged(Store(tmp_path / "train.arrow"), rows, SimpleNamespace(features=SimpleNamespace(labels="bio")), None)
    assert found["commonest"] == [{"labels": ["B-P"] * 5}]
    assert found["dictionary"][0]["labels"][:3] == ["B-L", "I-L", "O"]
    assert found["dictionary"][0]["labels"][4] == "O"
    assert np.isfinite(score([{"reference": list("OOOOO")}], found["dictionary"])["f1"])
