"""Files are whole or absent, and text is read line by line or refused with its place."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe import files
from seqpipe.files import (
    SeqpipeError,
    read_json,
    read_jsonl,
    read_lines,
    whole_file,
    whole_folder,
    write_json,
    write_jsonl,
    write_text,
)


class Stop(Exception):
    """What goes wrong in the middle."""


def stop_after(path: Path) -> None:
    path.write_text("half")
    raise Stop


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_whole_file_makes_the_folders_above_it(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "c.txt"
    write_text(path, "하나\n둘\n")
    assert path.read_bytes() == "하나\n둘\n".encode()
    assert names(path.parent) == ["c.txt"]


def test_a_broken_off_file_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("old")
    with pytest.raises(Stop), whole_file(path) as temporary:
        stop_after(temporary)
    assert path.read_text() == "old"
    assert names(tmp_path) == ["a.txt"]


def test_a_file_that_was_never_written_is_an_error_not_an_empty_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), whole_file(tmp_path / "a.txt"):
        pass
    assert names(tmp_path) == []


def test_whole_folder_replaces_all_that_was_there(tmp_path: Path) -> None:
    path = tmp_path / "out"
    for name in ("first", "second"):
        with whole_folder(path) as folder:
            assert names(folder) == []
            (folder / name).write_text(name)
    assert names(tmp_path) == ["out"]
    assert names(path) == ["second"]


def test_a_broken_off_folder_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "out"
    with whole_folder(path) as folder:
        (folder / "old").write_text("old")
    with pytest.raises(Stop), whole_folder(path) as folder:
        stop_after(folder / "half")
    assert names(tmp_path) == ["out"]
    assert names(path) == ["old"]


def test_a_folder_that_cannot_take_its_name_gives_the_old_one_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out"
    path.mkdir()
    (path / "old").write_text("old")
    replace = os.replace

    def refuse(source: Path, target: Path) -> None:
        if Path(target) == path and not str(source).endswith(".old"):
            raise PermissionError("no")
        replace(source, target)

    monkeypatch.setattr(files.os, "replace", refuse)
    with pytest.raises(PermissionError), whole_folder(path) as folder:
        (folder / "new").write_text("new")
    assert names(tmp_path) == ["out"]
    assert names(path) == ["old"]


def test_whole_folder_takes_the_place_of_a_link_and_leaves_what_it_led_to(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    link = tmp_path / "out"
    link.symlink_to(elsewhere)
    with whole_folder(link) as folder:
        (folder / "new").write_text("new")
    assert names(tmp_path) == ["elsewhere", "out"]
    assert names(link) == ["new"]
    assert names(elsewhere) == ["kept"]


def test_json_is_sorted_refuses_nan_and_keeps_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"b": 1, "a": "가"})
    assert path.read_text(encoding="utf-8") == '{\n  "a": "가",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(path, {"a": float("nan")})
    assert read_json(path) == {"a": "가", "b": 1}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_jsonl(path, [1, float("inf")])
    assert names(tmp_path) == ["a.json"]
    assert read_json(path) == {"a": "가", "b": 1}


def test_broken_json_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"none\.json is missing"):
        read_json(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"a": ')
    with pytest.raises(SeqpipeError, match=r"half\.json is not valid JSON"):
        read_json(tmp_path / "half.json")


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


def test_written_json_is_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [1, "é"])
    assert json.loads((tmp_path / "a.json").read_bytes()) == [1, "é"]
