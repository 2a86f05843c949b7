"""Corpora read in place: splits that stay when data are added, and faults told in one sentence."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe import lines as text_lines
from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.params.corpus import CorpusSource
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.found import Layout
from seqpipe.readers.look import LAYOUTS, look
from seqpipe.readers.recipe import make
from seqpipe.readers.splitting import place, split_by_hash
from seqpipe.report import silent


def read(path: Path, options: dict[str, object], names: list[str]) -> Iterator[Example | Dropped]:
    """A layout of its own: a word a line, the unit before a colon; ``bad`` is dropped."""
    for name in names or sorted(one.name for one in path.glob("*.w")):
        for number, line in read_lines(path / name):
            where = f"{name} line {number}"
            unit, _, word = line.rpartition(":")
            example = Example(f"{name}-{number}", word, None, where, "", unit)
            yield Dropped(where, "it is bad") if word == "bad" else example


@pytest.fixture(autouse=True)
def layout(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LAYOUTS, "lines", Layout(lambda path: None, read))


def made(tmp_path: Path, **keys: object) -> Path:
    raw = tmp_path / "raw"
    raw.mkdir(exist_ok=True)
    make(raw, CorpusSource(path=str(tmp_path / "c"), layout="lines", **keys), silent)  # type: ignore[arg-type]
    return raw


def write(tmp_path: Path, name: str, lines: list[str]) -> None:
    (tmp_path / "c").mkdir(exist_ok=True)
    (tmp_path / "c" / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def never(folder: Path, split: str) -> Iterator[Example]:
    raise AssertionError("the canonical reader has nothing to do with a corpus")


def words(raw: Path, split: str) -> list[str]:
    return [item.source for item in corpus.examples(raw, split, never) if isinstance(item, Example)]


def test_splits_by_hash_part_the_corpus_and_stay_when_it_grows(tmp_path: Path) -> None:
    lines = [f"word{at}" for at in range(400)]
    write(tmp_path, "a.w", lines)
    raw = made(tmp_path, valid=0.2, test=0.1)
    before = {split: words(raw, split) for split in ("train", "valid", "test")}
    assert sorted(word for found in before.values() for word in found) == sorted(lines)
    assert 50 < len(before["valid"]) < 110
    assert 20 < len(before["test"]) < 65
    write(tmp_path, "a.w", [*lines, *(f"new{at}" for at in range(100))])
    write(tmp_path, "0.w", ["first"] * 3)
    after = {split: [word for word in words(raw, split) if word.startswith("word")] for split in before}
    assert after == before


def test_a_unit_is_in_one_split(tmp_path: Path) -> None:
    write(tmp_path, "a.w", [f"speaker{at % 17}:{at}" for at in range(170)])
    raw = made(tmp_path, valid=0.3, test=0.3)
    found = {split: {int(word) % 17 for word in words(raw, split)} for split in ("train", "valid", "test")}
    assert sorted(unit for units in found.values() for unit in units) == list(range(17))


def test_own_splits_are_kept_and_missing_ones_come_out_of_train(tmp_path: Path) -> None:
    write(tmp_path, "train.w", [*(f"t{at}" for at in range(99)), "bad"])
    write(tmp_path, "test.w", ["only", "these"])
    raw = made(tmp_path, splits={"train": ["train.w"], "test": ["test.w"]})
    assert words(raw, "test") == ["only", "these"]
    train, valid = words(raw, "train"), words(raw, "valid")
    assert valid
    assert sorted([*train, *valid]) == sorted(f"t{at}" for at in range(99))
    dropped = {
        split: sum(isinstance(item, Dropped) for item in corpus.examples(raw, split, never))
        for split in ("train", "valid", "test")
    }
    assert dropped == {"train": 1, "valid": 0, "test": 0}


def test_the_manifest_changes_with_the_corpus_and_only_then(tmp_path: Path) -> None:
    write(tmp_path, "a.w", ["x", "y"])
    first = (made(tmp_path) / "corpus.json").read_bytes()
    assert (made(tmp_path) / "corpus.json").read_bytes() == first
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["corpus.json"]
    write(tmp_path, "b.w", ["z"])
    assert (made(tmp_path) / "corpus.json").read_bytes() != first


def test_without_a_manifest_the_canonical_reader_reads(tmp_path: Path) -> None:
    example = Example("1", "x", None, "here")
    assert list(corpus.examples(tmp_path, "train", lambda folder, split: iter([example]))) == [example]
    assert list(corpus.whole(tmp_path, lambda folder: iter([example]))) == [example]


def test_faults_are_told_in_a_sentence(tmp_path: Path) -> None:
    write(tmp_path, "a.w", ["bad"])
    with pytest.raises(SeqpipeError, match="has no example that can be read as lines"):
        made(tmp_path)
    with pytest.raises(SeqpipeError, match=r"no layout 'letters'; there are .*matrix"):
        look(tmp_path / "c", "letters")
    with pytest.raises(SeqpipeError, match="is missing; name the folder"):
        look(tmp_path / "none")
    write(tmp_path, "a.w", ["one"])
    raw = made(tmp_path, valid=0, test=0)
    with pytest.raises(SeqpipeError, match=r"None of .* 1 examples falls into test"):
        words(raw, "test")
    (raw / "corpus.json").write_text(json.dumps({"path": 3}))
    with pytest.raises(SeqpipeError, match="is broken; run `seqpipe source raw`"):
        words(raw, "train")


def test_what_nothing_fits_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"\0\1\2")
    with pytest.raises(SeqpipeError, match=r"has files of \.bin, which is not laid out as anything that is known"):
        look(tmp_path)


@given(st.text(), st.integers(0, 1 << 200))
def test_a_place_is_in_the_unit_interval_and_repeats(key: str, seed: int) -> None:
    assert 0 <= place(key, seed) < 1
    assert place(key, seed) == place(key, seed)


def test_places_are_spread_evenly() -> None:
    places = [place(str(at), 1) for at in range(4000)]
    for tenth in range(10):
        assert 300 < sum(tenth <= 10 * at < tenth + 1 for at in places) < 500
    shares = {"valid": 0.25, "test": 0.5}
    splits = [split_by_hash(Example(str(at), "", None, ""), shares, 1) for at in range(4000)]
    assert 1850 < splits.count("test") < 2150
    assert 850 < splits.count("valid") < 1150


def test_gzip_is_read_as_text_and_a_bomb_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.txt.gz"
    path.write_bytes(gzip.compress("하나\ntwo\n".encode()))
    assert list(read_lines(path)) == [(1, "하나"), (2, "two")]
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(SeqpipeError, match="is not a whole gzip file"):
        list(read_lines(path))
    path.write_bytes(b"no gzip")
    with pytest.raises(SeqpipeError, match="is not a whole gzip file"):
        list(read_lines(path))
    monkeypatch.setattr(text_lines, "LONGEST", 1 << 12)
    monkeypatch.setattr(text_lines, "UNSUSPECTED", 1 << 12)
    path.write_bytes(gzip.compress(b"0" * (1 << 20)))
    with pytest.raises(SeqpipeError, match="has a line of"):
        list(read_lines(path))
    path.write_bytes(gzip.compress(b"\n" * (1 << 20)))
    with pytest.raises(SeqpipeError, match="grows more than 200 times"):
        list(read_lines(path))
