"""Label targets: from training alone, in order, and strict about what they do not know."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seqpipe.features import features_of
from seqpipe.features.labels import LabelTarget
from seqpipe.features.sizes import Sizes
from seqpipe.files import SeqpipeError
from seqpipe.params.features import AudioFeatures, TextSource, Tokens
from seqpipe.params.pipeline import FEATURES
from seqpipe.readers.example import Example
from seqpipe.report import silent
from seqpipe.store import Store, Writer

OPINIONS = features_of("text", "classify")
SOUNDS = features_of("audio", "classify")
PARAMS = TextSource(source=Tokens(level="char"))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    rows = {
        "train": ["좋아요\tpositive", "bad\tnegative", "so so\tneutral", "good\tpositive"],
        "valid": ["bad bad\tnegative"],
        "test": ["gut\tpositive"],
    }
    for split, lines in rows.items():
        (tmp_path / f"{split}.tsv").write_text("\n".join(["source\ttarget", *lines, ""]), encoding="utf-8")
    return tmp_path


def test_labels_are_in_order_and_come_back(corpus: Path, tmp_path: Path) -> None:
    features = OPINIONS.fit(PARAMS, corpus, silent)
    assert features.sizes == Sizes("tokens", features.sizes.source, 3)
    with Writer(tmp_path / "train.arrow", features.columns) as writer:
        for example in features.examples(corpus, "train"):
            writer.add(features.encode(example))
    store = Store(tmp_path / "train.arrow")
    assert [store[at]["target"].tolist() for at in range(4)] == [[2], [0], [1], [2]]
    assert store[0]["target"].dtype == np.int32
    assert [features.decode(store[at]["target"], store[at]) for at in range(2)] == ["positive", "negative"]
    assert features.tokens([1]) == ["neutral"]
    assert features.record(store[1]) == {"source": "bad", "reference": "negative"}


def test_what_was_fitted_is_saved_and_opened(corpus: Path, tmp_path: Path) -> None:
    features = OPINIONS.fit(PARAMS, corpus, silent)
    features.save(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "labels.json").read_text()) == ["negative", "neutral", "positive"]
    again = OPINIONS.load(PARAMS, tmp_path / "out", silent)
    assert again.sizes == features.sizes
    assert again.decode([2], {}) == "positive"


def test_new_input_has_no_label(corpus: Path) -> None:
    features = OPINIONS.fit(PARAMS, corpus, silent)
    row = features.encode(Example("1", "good", None, "input 1"))
    assert (row["target"].shape, row["reference"]) == ((0,), "")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "fine\tpositif",
            "test.tsv line 3 has the label 'positif', which the training split lacks (it has negative, neutral, "
            "positive); correct it, or add examples of it to training.",
        ),
        ("fine\t ", "test.tsv line 3 has no label; add one or remove the example."),
    ],
)
def test_an_unknown_label_is_named_with_its_line(corpus: Path, line: str, message: str) -> None:
    (corpus / "test.tsv").write_text(f"source\ttarget\ngood\tpositive\n{line}\n")
    features = OPINIONS.fit(PARAMS, corpus, silent)
    good, bad = features.examples(corpus, "test")
    features.encode(good)
    with pytest.raises(SeqpipeError) as caught:
        features.encode(bad)
    assert str(caught.value) == message


def test_many_labels_are_not_all_listed() -> None:
    with pytest.raises(SeqpipeError, match=r"\(it has l0, l1, l2, l3, l4, l5, l6, l7, l8, l9, …\)"):
        LabelTarget([f"l{at}" for at in range(11)]).encode("x", "a.tsv line 2")


@pytest.mark.parametrize(
    ("labels", "said"), [(["a", "a"], "have only the label 'a'"), ([], "have no label"), (["", " "], "have no label")]
)
def test_one_label_is_nothing_to_learn(labels: list[str], said: str) -> None:
    with pytest.raises(SeqpipeError) as caught:
        LabelTarget.fit(None, labels, "the targets of a.tsv")
    expected = f"There is nothing to tell apart: the targets of a.tsv {said}; give examples of two or more."
    assert str(caught.value) == expected


@pytest.mark.parametrize("text", ["{}", "[]", "[1]", "3"])
def test_a_broken_file_of_labels_says_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels.json").write_text(text)
    with pytest.raises(SeqpipeError, match=r"labels\.json is no list of labels; run `seqpipe preprocess`"):
        LabelTarget.load(tmp_path)


def test_recordings_take_labels_too(tmp_path: Path) -> None:
    for split in ("train", "valid", "test"):
        rows = []
        for at, label in enumerate(["low", "high"]):
            time = np.arange(400) / 1000
            soundfile.write(tmp_path / f"{split}{at}.wav", 0.5 * np.sin(2 * np.pi * (50 + 200 * at) * time), 1000)
            rows.append({"audio_filepath": f"{split}{at}.wav", "text": label})
        (tmp_path / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    params = AudioFeatures(rate=1000, mels=5, window=0.064, hop=0.02)
    features = SOUNDS.fit(params, tmp_path, silent)
    assert features.sizes == Sizes("frames", 5, 2)
    row = features.encode(next(features.examples(tmp_path, "test")))
    assert (row["source"].shape[1], row["target"].tolist(), row["reference"]) == (5, [1], "low")


def test_only_speech_has_tokens_to_write() -> None:
    assert "target" not in FEATURES["audio", "classify"].model_fields
    assert set(FEATURES["audio", "ctc"].model_fields) == {*AudioFeatures.model_fields, "target"}
