"""``seqpipe init`` makes a project that ``dvc repro`` runs, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from scratch_project import LETTERS, dvc, run, stages_run, use_own_tools, write_recipes, write_stand_in

from seqpipe.commands import init as module
from seqpipe.commands.init import init
from seqpipe.files import SeqpipeError
from seqpipe.report import Note, Progress, silent

FILES = {
    ".dvc/.gitignore",
    ".dvc/config",
    ".dvcignore",
    ".gitignore",
    "README.md",
    "dvc.yaml",
    "params.yaml",
    "stages/letters.py",
}


@pytest.fixture
def recipes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_own_tools(monkeypatch, tmp_path / "home")
    return write_recipes(tmp_path / "recipes")


def files(project: Path) -> set[str]:
    paths = (path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file())
    return {path for path in paths if not path.startswith(".git/")}


@pytest.mark.slow
def test_dvc_repro_works_in_a_new_project_and_git_stays_tidy(tmp_path: Path, recipes: Path) -> None:
    said: list[Note | Progress] = []
    project = init(tmp_path / "some" / "new", "letters", said.append, recipes)
    assert files(project) == FILES
    assert (project / "params.yaml").read_text(encoding="utf-8") == LETTERS
    assert [event.text for event in said if isinstance(event, Note)] == [
        f"letters: a new project in {project}; go there and run `dvc repro`"
    ]
    write_stand_in(project)
    every = ["decode letters", "evaluate letters", "preprocess letters", "source letters", "train letters"]
    assert stages_run("repro", cwd=project) == every
    assert "up to date" in dvc("repro", cwd=project)
    assert sorted(path.parent.name for path in project.rglob(".gitignore")) == [".dvc", "new"]
    shown = run("git", "status", "--porcelain", "--untracked-files=all", cwd=project).split()
    data = sorted(path for path in shown if path.startswith("data/"))
    assert data == [
        "data/metrics/letters.json",
        "data/plots/letters/evaluate/picture.png",
        "data/plots/letters/history.csv",
    ]


def test_an_empty_folder_is_filled_in_place(tmp_path: Path, recipes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    init(Path("."), "letters", silent, recipes)
    assert files(Path(".")) == FILES  # the same folder, not another of its name
    assert (tmp_path / "here" / ".git").is_dir()


@pytest.mark.parametrize("empty", [True, False])
def test_nothing_is_left_when_it_fails_midway(
    tmp_path: Path, recipes: Path, monkeypatch: pytest.MonkeyPatch, empty: bool
) -> None:
    def full(folder: Path, final: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(module, "_version_control", full)
    project = tmp_path / "new"
    if empty:
        project.mkdir()
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OSError, match="No space left"):
        init(project, "letters", silent, recipes)
    assert sorted(tmp_path.rglob("*")) == before


def test_inside_a_repository_it_makes_no_other(tmp_path: Path, recipes: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    run("git", "init", "--quiet", cwd=outer)
    project = init(outer / "part", "letters", silent, recipes)
    assert not (project / ".git").exists()
    assert len(dvc("stage", "list", cwd=project).splitlines()) == 5


def test_without_git_dvc_is_told_so(tmp_path: Path, recipes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    which = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "git" else which(name))
    project = init(tmp_path / "new", "letters", silent, recipes)
    assert files(project) == FILES
    assert not (project / ".git").exists()
    assert dvc("config", "core.no_scm", cwd=project).strip() == "true"
    assert "source@letters" in dvc("stage", "list", cwd=project)


def test_the_users_files_are_never_touched(tmp_path: Path, recipes: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    with pytest.raises(SeqpipeError, match=r"is not empty; name a new folder"):
        init(tmp_path, "letters", silent, recipes)
    with pytest.raises(SeqpipeError, match=r"notes is a file"):
        init(tmp_path / "notes", "letters", silent, recipes)
    assert (tmp_path / "notes").read_text() == "mine"


def test_an_unknown_recipe_names_the_known_ones(tmp_path: Path, recipes: Path) -> None:
    with pytest.raises(
        SeqpipeError, match=r"no recipe 'leters' \(did you mean 'letters'\?\); there are letters, tides\."
    ):
        init(tmp_path / "new", "leters", silent, recipes)
    assert not (tmp_path / "new").exists()


def test_a_folder_that_git_ignores_gets_its_own_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use_own_tools(monkeypatch, tmp_path / "home")
    recipes = write_recipes(tmp_path / "recipes")
    outer = tmp_path / "outer"
    outer.mkdir()
    run("git", "init", "--quiet", cwd=outer)
    (outer / ".gitignore").write_text("/ignored/\n")
    assert (init(outer / "ignored", "letters", silent, recipes) / ".git").is_dir()
    assert not (init(outer / "kept", "letters", silent, recipes) / ".git").exists()
