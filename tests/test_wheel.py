"""The wheel holds the package, its recipes and its templates, and nothing else."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built offline from a copy of what git would take, so that the checkout stays as it is."""
    copy, out = tmp_path_factory.mktemp("copy"), tmp_path_factory.mktemp("wheel")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, copy / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "wheel", "--quiet", "--no-index", "--no-deps"]
    done = subprocess.run([*pip, "--no-build-isolation", "--wheel-dir", out, copy], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = out.glob("*.whl")
    return made


def test_packages_are_the_folders() -> None:
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / "seqpipe").rglob("*.py")}
    assert set(PROJECT["tool"]["setuptools"]["packages"]) == folders | {"seqpipe.recipes", "seqpipe.template"}


@pytest.mark.slow
def test_the_wheel_holds_only_the_package(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    about = f"seqpipe-{PROJECT['project']['version']}.dist-info"
    assert {name.split("/")[0] for name in names} == {"seqpipe", about}
    held = {name for name in names if name.startswith("seqpipe/")}
    package = {path for path in (ROOT / "seqpipe").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    recipes = {f"seqpipe/recipes/{path.name}" for path in (ROOT / "stages").iterdir() if path.is_file()}
    assert held == {path.relative_to(ROOT).as_posix() for path in package} | recipes
    assert {"seqpipe/template/dvc.yaml.txt", "seqpipe/recipes/translate.yaml", "seqpipe/recipes/translate.py"} <= held
    assert f"{about}/licenses/LICENSE" in names


@pytest.mark.slow
def test_a_project_starts_from_the_wheel_alone(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    code = f"""
import sys
sys.path.insert(0, {str(tmp_path / "site")!r})
from pathlib import Path
import seqpipe
from seqpipe.catalogue import recipes
from seqpipe.commands.init import init
from seqpipe.report import silent
assert seqpipe.__file__.startswith({str(tmp_path / "site")!r}), seqpipe.__file__
for name in recipes():
    init(Path(name), name, silent)
print(*recipes())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == sorted(path.stem for path in (ROOT / "stages").glob("*.yaml"))
    for name in done.stdout.split():
        assert (tmp_path / name / "dvc.yaml").read_bytes() == (ROOT / "dvc.yaml").read_bytes()
