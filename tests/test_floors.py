"""Imports go down: the package's rooms stand on floors, and a few libraries have one door each."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "seqpipe"
FLOORS = [
    ["files", "report", "params"],
    ["helpers", "lines", "mistakes"],
    ["project"],
    ["catalogue", "compiled", "padded", "store", "readers", "schedules", "workers"],
    ["features"],
    ["batches"],
    ["nn"],
    ["models"],
    ["losses", "search", "metrics"],
    ["tasks"],
    ["training", "inspect"],
    ["commands"],
    ["console"],
    ["cli"],
    ["__main__"],
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
WITHOUT_TORCH = {room for rooms in FLOORS[:5] for room in rooms} - {"padded"}
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def room(path: Path) -> str:
    """``nn`` for ``seqpipe/nn/cells.py``, ``files`` for ``seqpipe/files.py``."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Dotted names a module imports anywhere in it, ``from a import b`` as ``a.b``."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} line {node.lineno} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def libraries(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imported(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_imports_go_down(path: Path) -> None:
    own = room(path)
    for name in imported(path):
        if name.startswith("seqpipe.") and name != "seqpipe.__version__":
            other = name.split(".")[1]
            assert other == own or FLOOR[other] < FLOOR[own], f"{own} may not import {name}"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_libraries_have_one_door(path: Path) -> None:
    found = libraries(path)
    assert "dvc" not in found  # its commands are called, its modules are not
    assert "rich" not in found or room(path) == "console"
    assert "typer" not in found or room(path) == "cli"
    assert "torch" not in found or room(path) not in WITHOUT_TORCH


def test_the_package_itself_imports_nothing_of_weight() -> None:
    body = ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")).body
    at_once = [node.module for node in body if isinstance(node, ast.ImportFrom)]
    assert set(at_once) <= {"__future__", "importlib.metadata", "typing"}


def test_the_walk_sees_every_kind_of_import(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text("import os.path as p\ndef f():\n    from rich import table\n    import torch, json\n")
    assert imported(path) == {"os.path", "rich.table", "torch", "json"}
    path.write_text("from . import sibling\n")
    with pytest.raises(AssertionError, match="line 1 imports relatively"):
        imported(path)


def test_commands_on_projects_load_no_torch() -> None:
    code = """
import sys
from seqpipe.commands import add, experiments, init, listing, preprocess, source
print([name for name in ("torch", "librosa", "pandas", "rich", "typer", "dvc") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
