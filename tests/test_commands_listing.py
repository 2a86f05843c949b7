"""``seqpipe list`` tells which pipelines are trained, and what else there is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scratch_project import dvc, use_own_tools, write_recipes, write_stand_in

from seqpipe.commands.add import add
from seqpipe.commands.init import init
from seqpipe.commands.listing import Listed, listing
from seqpipe.files import SeqpipeError
from seqpipe.report import silent

TIDES = ("tides", "series", "forecast")
LETTERS = ("letters", "text", "seq2seq")
ABOUT_TIDES, ABOUT_LETTERS = "Makes tides.", "Makes letters."


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_own_tools(monkeypatch, tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    return write_recipes(tmp_path / "recipes")


def test_outside_a_project_there_are_recipes(recipes: Path) -> None:
    assert listing(silent, recipes) == [
        Listed(*LETTERS, "recipe", (), ABOUT_LETTERS),
        Listed(*TIDES, "recipe", (), ABOUT_TIDES),
    ]


@pytest.mark.slow
def test_from_fresh_to_trained_to_stale(recipes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(init(Path("new"), "letters", silent, recipes))
    write_stand_in(Path("."))
    fresh, recipe = Listed(*LETTERS, "fresh", (), ABOUT_LETTERS), Listed(*TIDES, "recipe", (), ABOUT_TIDES)
    assert listing(silent, recipes) == [fresh, recipe]

    dvc("repro", cwd=Path("."))
    assert listing(silent, recipes) == [fresh._replace(state="trained"), recipe]

    add("tides", silent, recipes)
    params = Path("params.yaml")
    params.write_text(params.read_text(encoding="utf-8").replace("beam: 2", "beam: 3"), encoding="utf-8")
    stale = fresh._replace(state="stale", changed=("decode",))
    assert listing(silent, recipes) == [stale, recipe._replace(state="fresh")]

    Path("data/raw/letters/all").write_text("other letters")
    Path("stages/letters.py").write_text("other code")
    assert listing(silent, recipes)[0].changed == ("source", "preprocess", "decode")

    shutil.rmtree("data/models")
    assert listing(silent, recipes)[0] == fresh


def test_what_dvc_refuses_is_said(recipes: Path) -> None:
    shutil.copy(recipes / "letters.yaml", "params.yaml")
    Path("data/models/letters").mkdir(parents=True)
    with pytest.raises(SeqpipeError, match=r"`dvc status` failed: you are not inside of a DVC repository"):
        listing(silent, recipes)


def test_a_broken_recipe_is_named(recipes: Path) -> None:
    (recipes / "tides.py").write_text('"""Makes tides."""\n\ndef make(:\n')
    with pytest.raises(SeqpipeError, match=r"tides\.py line 3 is not valid Python"):
        listing(silent, recipes)
