"""Lines come back as they were written; what is no text is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError, write_text
from seqpipe.lines import read_jsonl, read_lines, write_jsonl


def test_jsonl_comes_back_with_line_numbers_and_skips_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    write_jsonl(path, [{"text": "a\nb\u2028c"}, None, [1.5]])
    assert list(read_jsonl(path)) == [(1, {"text": "a\nb\u2028c"}), (2, None), (3, [1.5])]
    path.write_text('1\n\n{"a"\n')
    rows = read_jsonl(path)
    assert next(rows) == (1, 1)
    with pytest.raises(SeqpipeError, match=r"a\.jsonl line 3 is not valid JSON"):
        next(rows)


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (b"", []),
        (b"\n", [""]),
        (b"a", ["a"]),
        (b"a\r\nb\r\n", ["a", "b"]),
        (b"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", ["a", "\ufeffb"]),
        ("가\u2028나\x0b다\n\n".encode(), ["가\u2028나\x0b다", ""]),
        (b" a\t\n", [" a\t"]),
    ],
)
def test_lines_end_at_newlines_only(tmp_path: Path, raw: bytes, lines: list[str]) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    assert list(read_lines(path)) == list(enumerate(lines, start=1))


@given(st.lists(st.text(st.characters(exclude_characters="\0\r\n\ufeff", exclude_categories=["Cs"]))))
def test_any_lines_come_back(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("lines") / "a.txt"
    write_text(path, "".join(f"{line}\n" for line in lines))
    assert [line for _, line in read_lines(path)] == lines


@pytest.mark.parametrize("raw", ["날짜".encode("cp949"), "née".encode("latin-1"), "a".encode("utf-16")])
def test_other_encodings_are_refused_with_the_line(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"good\n" + raw + b"\n")
    lines = read_lines(path)
    assert next(lines) == (1, "good")
    with pytest.raises(SeqpipeError, match=r"a\.txt line 2 is not UTF-8 text; convert"):
        list(lines)


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match="is missing"):
        list(read_lines(tmp_path / "none.txt"))
    with pytest.raises(SeqpipeError, match="is a folder"):
        list(read_lines(tmp_path))


def test_a_file_without_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(SeqpipeError, match=r"a\.txt may not be read"):
        list(read_lines(tmp_path / "a.txt"))
