"""The checkout's own project files: valid, equal to the recipes and the template, and exact in what they rerun."""

from __future__ import annotations

import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from scratch_project import dvc, run, stages_run, use_own_tools, write_recipes, write_stand_in

from seqpipe.catalogue import STAGES, description, recipes
from seqpipe.commands.add import add, sections
from seqpipe.commands.init import FILES, TEMPLATE
from seqpipe.project import PARAMS, read_pipeline, read_pipelines, read_source
from seqpipe.report import silent

ROOT = Path(__file__).parent.parent
DEFAULT = {"translate": "text", "speech": "audio", "forecast": "series"}
EVERY_STAGE = ["decode", "evaluate", "preprocess", "source", "train"]


def test_the_default_pipelines() -> None:
    assert {name: pipeline.modality for name, pipeline in read_pipelines(ROOT / PARAMS).items()} == DEFAULT
    assert set(DEFAULT) <= set(recipes())


@pytest.mark.parametrize("name", sorted(recipes()))
def test_a_recipe_is_whole_and_valid(name: str) -> None:
    path = recipes()[name]
    assert list(read_pipelines(path)) == [name]
    recipe = runpy.run_path(str(path.with_suffix(".py")))
    assert callable(recipe["make"])
    read_source(read_pipeline(name, path), recipe["Source"], path)
    # DVC refuses a stage whose parameters are not there, so no part may be left to its defaults
    section = YAML(typ="safe").load(path.read_text(encoding="utf-8"))[name]
    assert list(section) == ["task", "source", "features", "model", "train", "decode"]
    assert description(path), "the first line of its docstring says what it is; `seqpipe list` shows it"
    assert f"| `{name}` |" in (ROOT / STAGES / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", DEFAULT)
def test_params_hold_the_recipes_to_the_letter(name: str) -> None:
    text = (ROOT / PARAMS).read_text(encoding="utf-8")
    assert f"\n{sections(recipes()[name].read_text(encoding='utf-8'))}" in text


def test_init_brings_the_files_of_this_project() -> None:
    for name in ("dvc.yaml", ".dvcignore", ".dvc/config"):
        assert (TEMPLATE / FILES[name]).read_bytes() == (ROOT / name).read_bytes(), name
    own = set((ROOT / ".gitignore").read_text(encoding="utf-8").splitlines())
    assert set((TEMPLATE / FILES[".gitignore"]).read_text(encoding="utf-8").splitlines()) <= own
    assert {path.name for path in TEMPLATE.iterdir()} == set(FILES.values())


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This checkout's project files with stages that only write what they declare."""
    use_own_tools(monkeypatch, tmp_path / "home")
    folder = tmp_path / "project"
    (folder / ".dvc").mkdir(parents=True)
    for name in ("dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore"):
        shutil.copyfile(ROOT / name, folder / name)
    (folder / STAGES).mkdir()
    for name in DEFAULT:
        shutil.copyfile(recipes()[name].with_suffix(".py"), folder / STAGES / f"{name}.py")
    write_stand_in(folder)
    run("git", "init", "--quiet", cwd=folder)
    monkeypatch.chdir(folder)
    return folder


def knob(*keys: str, value: object) -> Callable[[], None]:
    """Set one value of ``params.yaml``."""

    def turn() -> None:
        yaml = YAML()
        document = yaml.load(PARAMS)
        section = document
        for key in keys[:-1]:
            section = section[key]
        section[keys[-1]] = value
        yaml.dump(document, PARAMS)

    return turn


@pytest.mark.slow
def test_each_change_reruns_its_own_stages_only(project: Path) -> None:
    assert len(stages_run("repro", cwd=project)) == 15
    for change, expected in [
        (knob("speech", "decode", "beam", value=1), ["decode speech", "evaluate speech"]),
        (
            knob("translate", "model", "cell", value="lstm"),
            ["decode translate", "evaluate translate", "train translate"],
        ),
        (knob("forecast", "source", value={"other": 1}), [f"{stage} forecast" for stage in EVERY_STAGE]),
        (lambda: (project / "stages/speech.py").write_text("#"), ["source speech"]),  # the same data: nothing after it
        (
            lambda: add("tides", silent, write_recipes(project.parent / "recipes")),
            [f"{stage} tides" for stage in EVERY_STAGE],
        ),
    ]:
        change()
        assert stages_run("repro", cwd=project) == expected
    assert stages_run("repro", cwd=project) == []
    assert dvc("status", cwd=project).strip() == "Data and pipelines are up to date."
    assert sorted(path.parent.name for path in project.rglob(".gitignore")) == [".dvc", "project"]


@pytest.mark.slow
def test_plots_of_every_pipeline(project: Path) -> None:
    dvc("repro", cwd=project)
    shown = dvc("plots", "show", "--json", cwd=project)
    for name in DEFAULT:
        assert f"data/plots/{name}/history.csv" in shown
        assert f"data/plots/{name}/evaluate/picture.png" in shown
    assert "train_loss" in shown
    assert "valid_loss" in shown
