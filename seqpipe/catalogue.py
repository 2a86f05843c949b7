"""The recipes that come with seqpipe: each a ready pipeline, ``<name>.yaml`` (parameters) and ``<name>.py`` (data)."""

from __future__ import annotations

import ast
import difflib
from pathlib import Path

from seqpipe.files import SeqpipeError

STAGES = Path("stages")
"""Where a project keeps the recipes it uses."""


def recipes(folder: Path | None = None) -> dict[str, Path]:
    """Name → params file of every recipe in ``folder``; without one, of those that came with seqpipe."""
    folder = folder or _own_folder()
    return {path.stem: path for path in sorted(folder.glob("*.yaml")) if path.with_suffix(".py").exists()}


def find_recipe(name: str, folder: Path | None = None) -> Path:
    """The params file of one recipe; a ``SeqpipeError`` lists what there is."""
    known = recipes(folder)
    if name not in known:
        close = difflib.get_close_matches(name, known, n=1)
        hint = f" (did you mean '{close[0]}'?)" if close else ""
        raise SeqpipeError(f"There is no recipe '{name}'{hint}; there are {', '.join(known) or 'none'}.")
    return known[name]


def description(recipe: Path) -> str:
    """What a recipe says of itself: the first line of its module's docstring."""
    module = recipe.with_suffix(".py")
    try:
        text = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))
    except SyntaxError as error:
        raise SeqpipeError(f"{module} line {error.lineno} is not valid Python ({error.msg}); mend it first.") from None
    return (text or "").partition("\n")[0].replace("``", "")


def _own_folder() -> Path:
    """In the wheel the recipes are ``seqpipe/recipes``; in a checkout, ``stages`` beside the package."""
    package = Path(__file__).resolve().parent
    installed = package / "recipes"
    return installed if installed.is_dir() else package.parent / "stages"
