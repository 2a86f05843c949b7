"""Plain texts: what is predicted from what, what is counted, and what a wrong file says."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from seqpipe.features import features_of
from seqpipe.features.tokens import BEGIN, END
from seqpipe.files import SeqpipeError
from seqpipe.params.features import TextSource, Tokens
from seqpipe.report import silent

LINES = ["the cat sat on the mat", "나는 오늘 학교에 간다", "the cat ran"]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    (tmp_path / "train.txt").write_text("\n\n".join(LINES) + "\n", encoding="utf-8")
    (tmp_path / "test.txt").write_text("a cat\n", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("level", ["char", "unigram"])
def test_a_step_is_answered_by_the_token_after_it(raw: Path, level: str) -> None:
    door = features_of("text", "language-model")
    params = TextSource(source=Tokens(level=level, vocabulary=60))  # type: ignore[arg-type]
    features = door.fit(params, raw, silent)
    examples = list(features.examples(raw, "train"))
    assert [(example.id, example.source) for example in examples] == [
        ("train-1", LINES[0]),
        ("train-3", LINES[1]),
        ("train-5", LINES[2]),
    ]
    for example in examples:
        row = features.encode(example)
        assert row["source"][0] == BEGIN
        assert row["target"][-1] == END
        np.testing.assert_array_equal(row["source"][1:], row["target"][:-1])
        assert "".join(features.source_tokens(row)[:-1]).replace("▁", " ").strip() == example.source
        record = features.record(row)
        assert record["source"] == example.source
        assert (record["characters"], record["length"]) == (len(example.source) + 1, len(row["target"]))
    assert features.sizes.source == features.sizes.target
    features.save(raw)
    again = door.load(params, raw, silent)
    np.testing.assert_array_equal(again.encode(examples[0])["target"], features.encode(examples[0])["target"])


def test_what_a_model_says_of_a_text(raw: Path) -> None:
    features = features_of("text", "language-model").fit(TextSource(source=Tokens(level="char")), raw, silent)
    (example,) = features.given(["cat"])
    row = features.encode(example)
    found = features.decode([math.log(p) for p in (0.5, 0.25, 0.5, 1.0)], row)
    assert found["tokens"] == ["c", "a", "t", "⏎"]
    assert found["bits"] == pytest.approx([1, 2, 1, 0])
    assert found["log_prob"] == pytest.approx(-4 * math.log(2), abs=1e-6)
    assert found["perplexity"] == pytest.approx(2)
    assert found["bits_per_character"] == pytest.approx(4 / 4)  # of c, a, t and the end


def test_an_empty_text_is_its_end(raw: Path) -> None:
    features = features_of("text", "language-model").fit(TextSource(source=Tokens(level="char")), raw, silent)
    (example,) = features.given([""])
    row = features.encode(example)
    assert (row["source"].tolist(), row["target"].tolist()) == ([BEGIN], [END])
    assert features.record(row)["characters"] == 1


def test_unknown_characters_are_counted(raw: Path) -> None:
    features = features_of("text", "language-model").fit(TextSource(source=Tokens(level="char")), raw, silent)
    (example,) = features.given(["cät"])
    assert features.record(features.encode(example))["unknown"] == 1


def test_texts_that_cannot_be_read(raw: Path) -> None:
    door = features_of("text", "language-model")
    (raw / "train.txt").write_text(" \n\n", encoding="utf-8")
    with pytest.raises(SeqpipeError, match=r"train.txt has no text; write one text a line"):
        door.fit(TextSource(), raw, silent)
    (raw / "train.txt").unlink()
    with pytest.raises(SeqpipeError, match=r"train.txt is missing"):
        door.fit(TextSource(), raw, silent)
    (raw / "train.txt").write_bytes("good\nna\xefve\n".encode("latin-1"))
    with pytest.raises(SeqpipeError, match=r"train.txt line 2 is not UTF-8"):
        door.fit(TextSource(), raw, silent)
    (raw / "train.txt").write_text("one line\n", encoding="utf-8")
    features = door.fit(TextSource(source=Tokens(level="char")), raw, silent)
    (example,) = features.given(["two\nlines"])
    with pytest.raises(SeqpipeError, match="input 1 has more than one line; give one text a line"):
        features.encode(example)


def test_texts_to_rebuild_are_their_tokens(raw: Path) -> None:
    door = features_of("text", "autoencode")
    features = door.fit(TextSource(source=Tokens(level="char")), raw, silent)
    example = next(features.examples(raw, "test"))
    row = features.encode(example)
    assert len(row["source"]) == 5
    assert len(row["target"]) == 0
    assert features.decode(row["source"], row) == "a cat"
    assert features.record(row) == {"source": "a cat", "label": ""}
    features.save(raw)
    np.testing.assert_array_equal(door.load(TextSource(), raw, silent).encode(example)["source"], row["source"])
