"""Pairs come row by row with their places; anything that is no pair is refused."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from seqpipe.files import SeqpipeError
from seqpipe.readers import pairs
from seqpipe.readers.example import Example
from seqpipe.readers.pairs import read_pairs, read_text_inputs


def written(folder: Path, raw: str | bytes, name: str = "train.tsv") -> Path:
    path = folder / name
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


def test_rows_have_ids_places_and_groups(tmp_path: Path) -> None:
    path = written(tmp_path, "source\ttarget\tgroup\n가\tb\tseen\n\nc d\te\tnew\n")
    assert list(read_pairs(path)) == [
        Example("train-2", "가", "b", "train.tsv line 2", "seen"),
        Example("train-4", "c d", "e", "train.tsv line 4", "new"),
    ]


def test_columns_in_any_order_and_others_beside_them(tmp_path: Path) -> None:
    path = written(tmp_path, "\ufefftarget\tnote\tsource\r\nb\tx\ta\r\n")
    assert [(pair.source, pair.target, pair.group) for pair in read_pairs(path)] == [("a", "b", "")]


def test_empty_cells_and_quotes_are_kept_as_they_are(tmp_path: Path) -> None:
    path = written(tmp_path, 'source\ttarget\n\t"b"\n a \t\n')
    assert [(pair.source, pair.target) for pair in read_pairs(path)] == [("", '"b"'), (" a ", "")]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", r"train\.tsv is empty; it needs a header line and at least one row\."),
        ("source\ttarget\n", r"train\.tsv has a header but no rows;"),
        ("source\ttarget\n\n\n", r"train\.tsv has a header but no rows;"),
        ("source,target\na,b\n", r"train\.tsv line 1 has no column 'source' \(it has source,target\)"),
        ("source\tTarget\na\tb\n", r"train\.tsv line 1 has no column 'target' \(it has source, Target\)"),
        ("source\ttarget\ttarget\na\tb\tc\n", r"train\.tsv line 1 has 2 columns 'target'; keep one\."),
        ("source\ttarget\na\tb\na\n", r"train\.tsv line 3 has 1 columns, but the header has 2;"),
        ("source\ttarget\na\tb\tc\n", r"train\.tsv line 2 has 3 columns, but the header has 2;"),
        (b"source\ttarget\na\tb\n\xb3\xaf\tb\n", r"train\.tsv line 3 is not UTF-8 text"),
    ],
)
def test_what_is_no_pair_is_refused_with_its_line(tmp_path: Path, raw: str | bytes, message: str) -> None:
    with pytest.raises(SeqpipeError, match=message):
        list(read_pairs(written(tmp_path, raw)))


def test_a_missing_split_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"valid\.tsv is missing"):
        list(read_pairs(tmp_path / "valid.tsv"))


def test_every_line_is_an_input_an_empty_one_too(tmp_path: Path) -> None:
    first, second = written(tmp_path, "a\tb\n\n c\r\n", "1.txt"), written(tmp_path, "d", "2.txt")
    examples = list(read_text_inputs([str(first), str(second)]))
    assert [example.source for example in examples] == ["a\tb", "", " c", "d"]
    assert [example.target for example in examples] == [None] * 4
    assert examples[1].where == f"{first} line 2"
    assert len({example.id for example in examples}) == 4


def standard_input(monkeypatch: pytest.MonkeyPatch, raw: bytes) -> None:
    monkeypatch.setattr(pairs.sys, "stdin", SimpleNamespace(buffer=io.BytesIO(raw)))


def test_standard_input_is_utf8_whatever_the_locale(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, "\ufeffle 3 mai 1979\n\n1979년 5월 3일\r\n".encode())
    examples = list(read_text_inputs(["-"]))
    assert [example.source for example in examples] == ["le 3 mai 1979", "", "1979년 5월 3일"]
    assert examples[2].where == "standard input line 3"


def test_bad_bytes_in_standard_input_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    standard_input(monkeypatch, b"a\n\xb3\xaf\n")
    with pytest.raises(SeqpipeError, match="standard input line 2 is not UTF-8 text"):
        list(read_text_inputs(["-"]))


def test_no_input_at_all_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SeqpipeError, match=r"none\.txt is missing"):
        list(read_text_inputs([str(tmp_path / "none.txt")]))
    with pytest.raises(SeqpipeError, match=r"a\.txt is empty; give one input a line\."):
        list(read_text_inputs([str(written(tmp_path, "", "a.txt"))]))
    standard_input(monkeypatch, b"")
    with pytest.raises(SeqpipeError, match="standard input is empty"):
        list(read_text_inputs(["-"]))
