"""``seqpipe add`` changes what it must and not a letter more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scratch_project import LETTERS, TIDES, write_recipes

from seqpipe.commands.add import add, merged, sections
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines
from seqpipe.report import silent

ODD = """\
# A project of odd habits.
pipelines: {letters:   'text',   # in words
            more: text}  # and more
more:
    task:    seq2seq
    features: {source: {level: "char", vocabulary: 0x40}}   # sixty-four
    decode: {beam:   07}
    model:

        hidden:    8


letters: {task: seq2seq, model: {}}
# the end
"""


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return write_recipes(tmp_path / "recipes")


def test_flow_mapping_and_every_comment_survive(recipes: Path) -> None:
    Path("params.yaml").write_text(LETTERS, encoding="utf-8")
    assert add("tides", silent, recipes) == Path("stages/tides.py")
    expected = LETTERS.replace("{letters: text}", "{letters: text, tides: series}") + "\n" + sections(TIDES)
    assert Path("params.yaml").read_text(encoding="utf-8") == expected
    assert Path("stages/tides.py").read_bytes() == (recipes / "tides.py").read_bytes()
    assert read_pipelines()["tides"].features.window == 5
    assert list(read_pipelines()) == ["letters", "tides"]


def test_block_mapping(recipes: Path) -> None:
    Path("params.yaml").write_text(TIDES, encoding="utf-8")
    add("letters", silent, recipes)
    written = Path("params.yaml").read_text(encoding="utf-8")
    assert "  tides: series   # one a day\n  letters: text\n\n# What follows" in written
    assert written.endswith(sections(LETTERS))


def test_line_ends_stay_as_they_are(recipes: Path) -> None:
    Path("params.yaml").write_bytes(LETTERS.replace("\n", "\r\n").encode())
    add("tides", silent, recipes)
    written = Path("params.yaml").read_bytes()
    assert written.count(b"\r\n") == written.count(b"\n") > LETTERS.count("\n")


def test_an_odd_layout_is_kept_to_the_letter(recipes: Path) -> None:
    Path("params.yaml").write_text(ODD, encoding="utf-8")
    add("tides", silent, recipes)
    assert Path("params.yaml").read_text(encoding="utf-8") == (
        ODD.replace("more: text}", "more: text, tides: series}") + "\n" + sections(TIDES)
    )


def test_sections_are_the_recipe_without_its_pipelines() -> None:
    body = TIDES.split("a day\n\n")[1]
    assert sections(TIDES) == "# Made up.\n# Two lines of it.\n" + body
    assert sections(LETTERS) == LETTERS.replace("pipelines: {letters: text}\n\n", "")


names = st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True), min_size=1, max_size=4, unique=True)


@given(names=names, flow=st.booleans(), tail=st.sampled_from(["", "\n", "\n\n\n", "  # done", "\n# done\n"]))
def test_merging_only_inserts(names: list[str], flow: bool, tail: str) -> None:
    names = [f"x{name}" for name in names]
    entries = ", ".join(f"{name}: text" for name in names)
    block = "".join(f"\n  {name}: text" for name in names)
    existing = f"pipelines: {{{entries}}}{tail}" if flow else f"pipelines:{block}{tail}"
    result = merged(existing, TIDES)
    added = ", tides: series" if flow else "\n  tides: series"
    assert result.count(added) == 1
    assert result.replace(added, "") == f"{existing.rstrip()}\n\n{sections(TIDES)}"


@pytest.mark.parametrize("there", ["pipeline", "module"])
def test_what_is_there_is_not_overwritten(recipes: Path, there: str) -> None:
    Path("params.yaml").write_text(TIDES if there == "pipeline" else LETTERS, encoding="utf-8")
    if there == "module":
        Path("stages").mkdir()
        Path("stages/tides.py").write_text("mine")
    before = {path: path.read_bytes() for path in Path(".").rglob("*") if path.is_file()}
    with pytest.raises(SeqpipeError, match=r"already has a pipeline 'tides'|stages/tides\.py exists already"):
        add("tides", silent, recipes)
    assert {path: path.read_bytes() for path in Path(".").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (LETTERS.replace("beam: 2", "beem: 2"), r"params\.yaml line 13: unknown key 'letters\.decode\.beem'"),
        ("--- \n" + LETTERS + "...\n", r"params\.yaml has a layout that tides can't be added to"),
        (None, r"params\.yaml is missing here"),
    ],
)
def test_nothing_changes_where_the_project_is_not_right(recipes: Path, text: str | None, message: str) -> None:
    if text is not None:
        Path("params.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SeqpipeError, match=message):
        add("tides", silent, recipes)
    assert [path.name for path in Path(".").iterdir()] == ([] if text is None else ["params.yaml"])
    assert text is None or Path("params.yaml").read_text(encoding="utf-8") == text


def test_params_stay_when_the_module_cannot_be_copied(recipes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(source: Path, target: Path) -> None:
        target.write_text("ha")
        raise OSError("No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    Path("params.yaml").write_text(LETTERS, encoding="utf-8")
    with pytest.raises(OSError, match="No space left"):
        add("tides", silent, recipes)
    assert Path("params.yaml").read_text(encoding="utf-8") == LETTERS
    assert [path for path in Path(".").rglob("*") if path.is_file()] == [Path("params.yaml")]


def test_where_recipes_live_there_is_nothing_to_copy(recipes: Path) -> None:
    shutil.copytree(recipes, "stages")
    Path("params.yaml").write_text(LETTERS, encoding="utf-8")
    add("tides", silent, Path("stages"))
    assert list(read_pipelines()) == ["letters", "tides"]
    assert Path("stages/tides.py").read_bytes() == (recipes / "tides.py").read_bytes()
