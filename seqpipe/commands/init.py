"""``seqpipe init``: a new DVC project around one recipe."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from seqpipe.catalogue import STAGES, find_recipe
from seqpipe.files import SeqpipeError, whole_folder
from seqpipe.project import PARAMS
from seqpipe.report import Note, Report

TEMPLATE = Path(__file__).resolve().parent.parent / "template"
FILES = {
    "dvc.yaml": "dvc.yaml.txt",
    "README.md": "README.md.txt",
    ".gitignore": "gitignore.txt",
    ".dvcignore": "dvcignore.txt",
    ".dvc/config": "config.txt",
    ".dvc/.gitignore": "dvc-gitignore.txt",
}
"""Project file → its template. The templates have other names so that git and DVC don't obey them where they lie."""
NO_GIT = "    no_scm = true\n"


def init(folder: Path, recipe: str, report: Report, recipes: Path | None = None) -> Path:
    """Make the project ``folder``, which must be new or empty; ``dvc repro`` works there at once.

    Outside git it also makes a repository, or, where git is not installed, tells DVC to do without. ``recipes``
    replaces the folder of recipes that come with seqpipe. Raises ``SeqpipeError`` and leaves nothing behind.
    """
    params = find_recipe(recipe, recipes)
    folder = new_project(
        folder, lambda new: _fill(new, params), f"name a new folder, or run `seqpipe add {recipe}` inside a project"
    )
    report(Note(f"{recipe}: a new project in {folder}; go there and run `dvc repro`"))
    return folder


def new_project(folder: Path, fill: Callable[[Path], None], otherwise: str) -> Path:
    """Let ``fill`` make what is in ``folder``, which must be new or empty; a repository of git is made around it.

    ``otherwise`` is what to do where it is not empty, for the error.
    """
    folder = folder.resolve()
    if folder.exists() and not folder.is_dir():
        raise SeqpipeError(f"{folder} is a file; name a folder that is new or empty.")
    empty = folder.is_dir()
    if empty and any(folder.iterdir()):
        raise SeqpipeError(f"{folder} is not empty; {otherwise}.")
    # An empty folder may be the shell's own or a mount: fill it from within instead of replacing it.
    with whole_folder(folder / "new" if empty else folder) as temporary:
        fill(temporary)
        _version_control(temporary, folder)
    if empty:
        for path in list((folder / "new").iterdir()):
            path.rename(folder / path.name)
        (folder / "new").rmdir()
    return folder


def write_common(folder: Path) -> None:
    """What every project has: files of DVC and git, and room for recipes."""
    (folder / ".dvc").mkdir()
    (folder / STAGES).mkdir()
    for name, template in FILES.items():
        shutil.copyfile(TEMPLATE / template, folder / name)


def _fill(folder: Path, params: Path) -> None:
    write_common(folder)
    shutil.copyfile(params, folder / PARAMS)
    module = params.with_suffix(".py")
    shutil.copyfile(module, folder / STAGES / module.name)


def _version_control(folder: Path, final: Path) -> None:
    """Give ``folder``, to be named ``final``, a git repository if no git repository takes it in."""
    if shutil.which("git") is None:
        with (folder / ".dvc/config").open("a", encoding="utf-8") as file:
            file.write(NO_GIT)
        return
    inside = subprocess.run(["git", "rev-parse", "--is-inside-work-tree"], cwd=folder, capture_output=True, text=True)
    ignored = subprocess.run(
        ["git", "check-ignore", "--quiet", f"{final.name}/"], cwd=final.parent, capture_output=True
    )
    if inside.stdout.strip() != "true" or ignored.returncode == 0:
        made = subprocess.run(["git", "init", "--quiet"], cwd=folder, capture_output=True, text=True)
        if made.returncode:
            raise SeqpipeError(f"`git init` failed in {folder.parent}: {' '.join(made.stderr.split())}.")
