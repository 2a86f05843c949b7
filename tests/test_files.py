"""Files are whole or absent, whatever stops their writer."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from seqpipe import files
from seqpipe.files import SeqpipeError, read_json, whole_file, whole_folder, write_json, write_text
from seqpipe.lines import write_jsonl


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


def test_written_json_is_json(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", [1, "é"])
    assert json.loads((tmp_path / "a.json").read_bytes()) == [1, "é"]
