"""Projects for tests: made-up recipes, and a stand-in for seqpipe whose stages only write what they declare."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

LETTERS = """\
# Made up.
pipelines: {letters: text}

letters:
  task: seq2seq
  source: {rows: 3}   # few
  features:
    source: {level: char}
  # the network
  model: {cell: gru}
  train: {epochs: 2, learning_rate: 1e-3}
  decode:
    beam: 2
"""

TIDES = """\
# Made up.
# Two lines of it.
pipelines:
  tides: series   # one a day

# What follows is one section.
tides:
  task: forecast
  source: {}
  features: {window: 5, horizon: 3}
  model: {}
  train: {}
  decode: {arima: false}
"""

STAND_IN = """
import json
import sys
from pathlib import Path

from ruamel.yaml import YAML

stage, name = sys.argv[1], sys.argv[-1]
section = YAML(typ="safe").load(Path("params.yaml").read_text())[name]
reads = {"source": ["source"], "preprocess": ["features"], "train": ["model", "train"], "decode": ["decode"]}
before = {"preprocess": "raw", "train": "features", "decode": "models"}


def put(path, text):
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(text)


said = json.dumps({key: section[key] for key in reads.get(stage, [])})
if stage in before:
    said += Path("data", before[stage], name, "all").read_text()
if stage == "evaluate":
    beam = json.loads(Path(f"data/decoded/{name}.jsonl").read_text().splitlines()[0])["decode"].get("beam", 0)
    metric = {"seq2seq": "exact", "forecast": "mase", "ctc": "wer"}[section["task"]]
    put(f"data/metrics/{name}.json", json.dumps({name: {metric: beam / 10, "baseline": {metric: beam / 20}}}))
    put(f"data/plots/{name}/evaluate/picture.png", said)
elif stage == "decode":
    put(f"data/decoded/{name}.jsonl", said.replace("}{", "}\\n{"))
else:
    put({"source": "data/raw", "preprocess": "data/features", "train": "data/models"}[stage] + f"/{name}/all", said)
if stage == "train":
    put(f"data/plots/{name}/history.csv", "epoch,train_loss,valid_loss\\n1,3,4\\n2,2,3\\n")
print("RAN", stage, name)
"""


def write_recipes(folder: Path) -> Path:
    """Write the recipes ``letters`` and ``tides``."""
    folder.mkdir(parents=True)
    for name, text in {"letters": LETTERS, "tides": TIDES}.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        (folder / f"{name}.py").write_text(f'"""Makes ``{name}``.\n\nOf nothing.\n"""\n', encoding="utf-8")
    return folder


def write_stand_in(project: Path) -> None:
    """Put a package ``seqpipe`` into the project, which ``python -m seqpipe`` finds first there."""
    (project / "seqpipe").mkdir()
    (project / "seqpipe" / "__init__.py").touch()
    (project / "seqpipe" / "__main__.py").write_text(STAND_IN, encoding="utf-8")


def use_own_tools(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let ``python`` be the one that runs the tests, and git and DVC know nothing of the user."""
    home.mkdir(exist_ok=True)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(home.parent))
    for variable in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(variable, raising=False)


def run(*arguments: str, cwd: Path) -> str:
    """Run a command that must succeed; return what it wrote."""
    done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dvc(*arguments: str, cwd: Path) -> str:
    """Run a DVC command that must succeed; return what it wrote."""
    return run(sys.executable, "-m", "dvc", *arguments, cwd=cwd)


def stages_run(*arguments: str, cwd: Path) -> list[str]:
    """Run a DVC command; return the stages the stand-in ran, ``train letters`` for example, sorted."""
    lines = dvc(*arguments, cwd=cwd).splitlines()
    return sorted(line.removeprefix("RAN ") for line in lines if line.startswith("RAN "))


def commit(project: Path) -> None:
    """Commit everything under a made-up name that later DVC commands may use too."""
    for key, value in {"user.name": "Somebody", "user.email": "somebody@example.org"}.items():
        run("git", "config", key, value, cwd=project)
    run("git", "add", "--all", cwd=project)
    run("git", "commit", "--quiet", "--message", "All", cwd=project)
