"""Pretrained vectors from the command line: found by preprocess, kept or learned by train, not needed afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file
from trained_project import edit, said, seqpipe

from seqpipe.commands.preprocess import made_with
from seqpipe.project import read_pipeline

PARAMS = """\
pipelines: {mood: text, verse: text, names: text, pairs: text}

mood:
  task: classify
  source: {}
  features: {source: {level: word, vocabulary: 40}, vectors: data/raw/mood/some.vec}
  model: {hidden: 4, embedding: 3, frozen: true}
  train: {epochs: 1, threads: 1, weight_decay: 0.1}
  decode: {}

verse:
  task: language-model
  source: {}
  features: {source: {level: word, vocabulary: 40}, vectors: data/raw/mood/some.vec}
  model: {hidden: 4, embedding: 3, embedding_dropout: 0.2}
  train: {epochs: 1, threads: 1, span: 3, reach: 5, streams: 2}
  decode: {}

names:
  task: tag
  source: {}
  features: {minimum: 1, vectors: data/raw/mood/some.vec}
  model: {hidden: 4, embedding: 5, frozen: true}
  train: {epochs: 1, threads: 1}
  decode: {}

pairs:
  task: seq2seq
  source: {}
  features:
    source: {level: word, vocabulary: 40}
    target: {level: word, vocabulary: 40}
    vectors: data/raw/mood/some.vec
  model: {hidden: 4, embedding: 3, frozen: true}
  train: {epochs: 1, threads: 1}
  decode: {max_length: 3}
"""
VECTORS = {"good": [1.0, 2.0, 3.0], "bad": [-1.0, 0.5, 4.0], "day": [0.25, -3.0, 2.0]}
LINES = ["a good day", "a bad Day", "good good Day"]
RAW = {
    "mood": ("tsv", ["source\ttarget", *(f"{line}\t{line.split()[1]}" for line in LINES[:2] * 3)]),
    "verse": ("txt", LINES),
    "names": ("conll", ["good\tB-X", "Day\tO", "", "bad\tO", "tern\tB-X"]),
    "pairs": ("tsv", ["source\ttarget", *(f"{line}\t{line}" for line in LINES)]),
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMS, encoding="utf-8")
    for name, (suffix, lines) in RAW.items():
        (tmp_path / "data/raw" / name).mkdir(parents=True)
        for split in ("train", "valid", "test"):
            text = "\n".join(lines) + "\n"
            (tmp_path / "data/raw" / name / f"{split}.{suffix}").write_text(text, encoding="utf-8")
    rows = (f"{word} {' '.join(map(str, vector))}\n" for word, vector in VECTORS.items())
    (tmp_path / "data/raw/mood/some.vec").write_text(f"3 3\n{''.join(rows)}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(name: str) -> tuple[list[str | None], np.ndarray]:
    """The words of a trained model's ids, and their vectors."""
    from seqpipe.commands.saved import open_trained

    trained = open_trained(Path("data/models") / name, {})
    return trained.features.words(), load_file(f"data/models/{name}/model.safetensors")["front.vectors.weight"]


@pytest.mark.parametrize("name", ["mood", "names", "pairs"])
def test_frozen_vectors_are_those_of_the_file_and_the_model_is_all_it_takes(project: Path, name: str) -> None:
    done = seqpipe("preprocess", "text", name)
    assert done.code == 0, done.err
    assert f"data/raw/mood/some.vec has vectors of 3 numbers for {3 if name == 'names' else 4} tokens, " in done.err
    assert seqpipe("train", name).code == 0
    (project / "data/raw/mood/some.vec").unlink()
    words, vectors = table(name)
    found = {
        word: vector for word, vector in zip(words, vectors.tolist(), strict=True) if (word or "").lower() in VECTORS
    }
    assert {word.lower(): vector for word, vector in found.items()} == VECTORS
    assert not (project / "data/models" / name / "vectors.safetensors").exists()
    done = seqpipe("decode", name, "-", stdin=b"a good day\n")
    assert done.code == 0, done.err
    assert json.loads(done.out)["hypotheses"]


def test_what_may_learn_starts_there_and_moves(project: Path) -> None:
    for command in (["preprocess", "text"], ["train"]):
        done = seqpipe(*command, "verse")
        assert done.code == 0, done.err
    words, vectors = table("verse")
    for word, start in VECTORS.items():
        at = [None if one is None else one.lower() for one in words].index(word)
        assert vectors[at] == pytest.approx(start, abs=0.2)
        assert vectors[at].tolist() != start


def test_coverage_can_be_read_later(project: Path) -> None:
    assert seqpipe("preprocess", "text", "mood").code == 0
    meta = json.loads(Path("data/features/mood/meta.json").read_text(encoding="utf-8"))
    # a, good, day, bad, Day and the unknown; of 18 running words six are a
    assert meta["vectors"] == {
        "size": 3,
        "found": 4,
        "vocabulary": pytest.approx(4 / 6, abs=1e-6),
        "tokens": pytest.approx(12 / 18, abs=1e-6),
        "lowered_vocabulary": pytest.approx(1 / 6, abs=1e-6),
        "lowered_tokens": pytest.approx(3 / 18, abs=1e-6),
    }


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        (
            "mood",
            "embedding: 3, frozen",
            "embedding: 7, frozen",
            "3 numbers, but mood.model.embedding 7 gives a token 7; set",
        ),
        (
            "names",
            "embedding: 5",
            "embedding: 9",
            "3 numbers, but names.model.embedding 9 gives a token 5; set it to 5.",
        ),
        (
            "verse",
            "embedding: 3, embedding_d",
            "input: one-hot, tied: false, embedding_d",
            "verse.model.input is one-hot",
        ),
    ],
)
def test_a_model_that_can_not_start_from_them_is_refused(
    project: Path, name: str, before: str, after: str, message: str
) -> None:
    if name == "mood":
        text = Path("params.yaml").read_text(encoding="utf-8")
        head, tail = text.split("\nverse:", 1)
        Path("params.yaml").write_text(f"{head.replace(before, after)}\nverse:{tail}", encoding="utf-8")
    else:
        edit("params.yaml", before, after)
    assert seqpipe("preprocess", "text", name).code == 0
    assert message in said(seqpipe("train", name))
    assert not Path("data/models", name).exists()


def test_frozen_without_vectors_is_refused(project: Path) -> None:
    text = Path("params.yaml").read_text(encoding="utf-8")
    Path("params.yaml").write_text(text.replace(", vectors: data/raw/mood/some.vec", ""), encoding="utf-8")
    assert seqpipe("preprocess", "text", "mood").code == 0
    assert "mood.model.frozen keeps pretrained vectors as they are, but there are none" in said(
        seqpipe("train", "mood")
    )


def test_a_broken_file_leaves_no_features(project: Path) -> None:
    Path("data/raw/mood/some.vec").write_text("3 3\ngood 1 2 3\nbad 1\nday 1 2 3\n", encoding="utf-8")
    message = said(seqpipe("preprocess", "text", "mood"))
    assert message.startswith("data/raw/mood/some.vec line 3 has 1 numbers after its word, not 3")
    assert not Path("data/features/mood").exists()


def test_features_of_before_a_key_count_with_its_default(project: Path) -> None:
    edit("params.yaml", "minimum: 1, vectors: data/raw/mood/some.vec", "minimum: 1")
    assert seqpipe("preprocess", "text", "names").code == 0
    path = Path("data/features/names/meta.json")
    meta = json.loads(path.read_text(encoding="utf-8"))
    del meta["made_with"]["features"]["vectors"]
    path.write_text(json.dumps(meta), encoding="utf-8")
    assert made_with(read_pipeline("names"), path.parent)
    meta["made_with"]["features"]["minimum"] = 2
    path.write_text(json.dumps(meta), encoding="utf-8")
    assert not made_with(read_pipeline("names"), path.parent)
    meta["made_with"]["features"] = {"of another seqpipe": 1}
    path.write_text(json.dumps(meta), encoding="utf-8")
    assert not made_with(read_pipeline("names"), path.parent)
