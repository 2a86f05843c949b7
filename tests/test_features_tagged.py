"""Words become ids with their characters; what training never saw is unknown, and labels come back as they went."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from seqpipe.features import features_of
from seqpipe.features.tagged import TaggedWords, labelled
from seqpipe.files import SeqpipeError
from seqpipe.params.features import WordFeatures
from seqpipe.readers import pairs
from seqpipe.readers.conll import Sentence
from seqpipe.readers.example import Example
from seqpipe.report import silent
from seqpipe.store import Store, Writer

TRAIN = "Anna\tB-PER\nmet\tO\nAnna\tB-PER\n.\tO\n\nmet\tO\nin\tO\nNew\tB-LOC\nYork\tI-LOC\n.\tO\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "train.conll").write_text(TRAIN, encoding="utf-8")
    return tmp_path


def fit(folder: Path, **params: int | bool) -> TaggedWords:
    return TaggedWords.fit(WordFeatures.model_validate({"characters": 4, **params}), folder, silent)


def sentence(*words: str, labels: list[str] | None = None) -> Example:
    return Example("1", Sentence(" ".join(words), list(words)), labels, "here")


def test_words_and_characters_of_training_are_known_from_a_count_on(folder: Path) -> None:
    features = fit(folder, minimum=2)
    assert features.vocabulary == [".", "anna", "met"]  # each twice; the others once
    assert set(features.characters) == set("Anamet.")
    assert features.types == ["LOC", "PER"]
    assert features.sizes[:3] == ("words", 4, 5)
    assert features.sizes.characters == len(features.characters) + 1
    everything = fit(folder, minimum=1)
    assert set(everything.vocabulary) == {".", "anna", "met", "in", "new", "york"}
    assert set(everything.characters) == set("Annamet.inNewYork")


def test_a_step_is_the_word_its_length_and_its_characters(folder: Path) -> None:
    features = fit(folder, minimum=1)
    row = features.encode(sentence("ANNA", "rye", labels=["B-PER", "O"]))
    known = {character: at for at, character in enumerate(features.characters, start=1)}
    assert row["source"].dtype == row["target"].dtype == np.int32
    capital = [known["A"], known["N"], known["N"], known["A"]]
    assert row["source"].tolist() == [
        [features.vocabulary.index("anna") + 1, 4, *capital],
        [0, 3, known["r"], 0, known["e"], 0],  # y is unknown, the last place is behind the word
    ]
    assert row["target"].tolist() == [features.labels.index("B-PER"), 0]
    assert features.labels == ["O", "B-LOC", "I-LOC", "B-PER", "I-PER"]


def test_case_may_tell_words_apart(folder: Path) -> None:
    assert fit(folder, minimum=1, fold_case=False).encode(sentence("ANNA"))["source"][0, 0] == 0


def test_of_a_long_word_both_ends_are_read(folder: Path) -> None:
    long, short = (fit(folder, minimum=1).encode(sentence(word))["source"][0] for word in ("AnXXXXXnn", "Annn"))
    assert long[1:].tolist() == short[1:].tolist()
    odd, cut = (fit(folder, minimum=1, characters=3).encode(sentence(word))["source"][0] for word in ("AnXr", "Anr"))
    assert odd[1:].tolist() == cut[1:].tolist()


def test_what_is_saved_encodes_the_same_and_the_store_keeps_it(folder: Path) -> None:
    features = fit(folder)
    features.save(folder)
    loaded = features_of("text", "tag").load(features.params, folder, silent)
    assert loaded.sizes == features.sizes
    with Writer(folder / "train.arrow", loaded.columns) as writer:
        for example in loaded.examples(folder, "train"):
            writer.add(loaded.encode(example))
    row, expected = Store(folder / "train.arrow")[1], features.encode(list(features.examples(folder, "train"))[1])
    assert np.array_equal(row["source"], expected["source"])
    assert loaded.record(row) == {"source": "met in New York .", "reference": ["O", "O", "B-LOC", "I-LOC", "O"]}
    output = loaded.decode(row["target"].tolist(), row)
    assert output["tokens"] == ["met", "in", "New", "York", "."]
    assert output["labels"] == loaded.record(row)["reference"]
    assert output["text"] == "met in New_B-LOC York_I-LOC ."


def test_raw_sentences_are_cut_an_empty_one_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    features = fit(folder)
    raw = "Anna's here.\n\n김철수가\n".encode()
    monkeypatch.setattr(pairs.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))
    rows = [features.encode(example) for example in features.inputs(["-"])]
    assert [features.source_tokens(row) for row in rows] == [["Anna", "'s", "here", "."], [], ["김철수가"]]
    assert [row["source"].shape for row in rows] == [(4, 6), (0, 6), (1, 6)]
    assert features.record(rows[0]) == {"source": "Anna's here.", "reference": []}
    given = [features.encode(example) for example in features.given(["Anna's here.", "", "\u1100\u1161"])]
    assert np.array_equal(given[0]["source"], rows[0]["source"])
    assert features.source_tokens(given[2]) == ["가"]
    assert features.decode([], rows[1]) == {"text": "", "tokens": [], "labels": []}


def test_mistakes_are_named(folder: Path) -> None:
    features = fit(folder)
    with pytest.raises(
        SeqpipeError, match=r"here has the label 'B-ORG', whose type the training split lacks \(it has L"
    ):
        features.encode(sentence("Acme", labels=["B-ORG"]))
    (folder / "words.json").write_text(json.dumps({"words": ["a"], "characters": "abc", "types": []}))
    with pytest.raises(SeqpipeError, match=r"words\.json is broken; run `seqpipe preprocess`"):
        TaggedWords.load(features.params, folder, silent)
    (folder / "train.conll").write_text("a\tO\n")
    with pytest.raises(SeqpipeError, match=r"Every label of the training split of .* is O"):
        fit(folder)


def test_only_words_of_spans_carry_their_label() -> None:
    assert labelled(["Anna", "met", "Bo"], ["B-PER", "O", "B-PER"]) == "Anna_B-PER met Bo_B-PER"
