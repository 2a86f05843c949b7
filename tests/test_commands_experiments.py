"""``seqpipe experiments`` shows the columns of one pipeline, sorted, and the command that shows them."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from scratch_project import commit, dvc, run, use_own_tools, write_recipes, write_stand_in

from seqpipe.commands.add import add
from seqpipe.commands.experiments import experiments
from seqpipe.commands.init import init
from seqpipe.files import SeqpipeError
from seqpipe.report import silent


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    use_own_tools(monkeypatch, tmp_path / "home")
    recipes = write_recipes(tmp_path / "recipes")
    folder = init(tmp_path / "new", "letters", silent, recipes)
    monkeypatch.chdir(folder)
    add("tides", silent, recipes)
    write_stand_in(folder)
    return folder


def branch(project: Path) -> str:
    return run("git", "branch", "--show-current", cwd=project).strip()


@pytest.mark.slow
def test_a_project_without_experiments_has_two_rows(project: Path) -> None:
    dvc("repro", cwd=project)
    commit(project)
    shown = experiments("letters")
    assert [row[0] for row in shown.rows] == ["workspace", branch(project)]
    assert shown.columns[-1] == "exact"  # there even if it is the same everywhere
    assert shown.command == (
        r"dvc exp show --only-changed --drop "
        r"'(?!letters\.(?!baseline\.|group\.)|letters\.group\..*\.exact$|Exp|rev|Created|State)'"
        r" --keep 'letters\.exact$' --sort-by letters.exact --sort-order desc"
    )
    assert experiments("tides").command.endswith("--sort-by tides.mase --sort-order asc")


def test_what_cannot_be_shown_is_said(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SeqpipeError, match=r"no pipeline 'leters' \(did you mean 'letters'\?\)"):
        experiments("leters")
    dvc("config", "--local", "core.no_scm", "true", cwd=project)
    with pytest.raises(SeqpipeError, match=r"`dvc exp show` failed: .*Git"):
        experiments("letters")


@pytest.mark.slow
def test_three_experiments_and_a_queued_one(project: Path) -> None:
    dvc("repro", cwd=project)
    commit(project)
    for beam in (5, 3, 4):
        dvc("exp", "run", "--name", f"beam-{beam}", "--set-param", f"letters.decode.beam={beam}", cwd=project)
    dvc("exp", "run", "--queue", "--name", "waiting", "--set-param", "letters.model.cell=lstm", cwd=project)
    shown = experiments("letters")
    assert shown.columns == ["experiment", "state", "created", "model.cell", "decode.beam", "exact"]
    rows = {row[0]: dict(zip(shown.columns, row, strict=True)) for row in shown.rows}
    named = [name for name in rows if name not in ("workspace", branch(project))]
    assert [name for name in named if name != "waiting"] == ["beam-5", "beam-4", "beam-3"]
    assert [rows[name]["exact"] for name in ("beam-5", "beam-4", "beam-3")] == ["0.5", "0.4", "0.3"]
    assert rows["waiting"]["state"] == "Queued"
    assert rows["waiting"]["exact"] == ""
    assert rows["waiting"]["model.cell"] == "lstm"

    # what a person types says the same, with nothing of the other pipeline
    table = dvc(*shlex.split(shown.command)[1:], cwd=project)
    for name in ("beam-5", "waiting", "letters.exact", "letters.decode.beam"):
        assert name in table
    assert "tides" not in table
    assert "baseline" not in table

    # a knob of one pipeline is no column of another's table, and the other's figures stay as they were
    assert all("beam" not in column for column in experiments("tides").columns)
