"""Music as text for language models: a word a step, which is the pitches that sound, ``60-64-67`` or ``R`` for none.

Pitches are those of MIDI. JSON files as of the JSB chorales are ``{"train": [piece …] …}``, a piece being a list of
steps, a step a list of pitches (−1 for a silent voice).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import split_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import texts

REST = "R"
LARGEST = 1 << 26  # bytes of a JSON file


def look_pitches(path: Path) -> Found | None:
    """One JSON file of pieces by split."""
    for name in texts(path, (".json",)):
        try:
            pieces = _pieces(path / name)
        except SeqpipeError:
            continue
        count = sum(map(len, pieces.values()))
        splits: dict[str, list[str]] = {}
        for part in pieces:
            if split := split_of(part):
                splits.setdefault(split, []).append(f"{name}#{part}")
        said = f"Pitches (JSON): {count} pieces in {name}, {', '.join(pieces)}"
        return Found("pitches", "text", "language-model", {"file": name}, splits if "train" in splits else {}, said)
    return None


def read_pitches(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the pieces; a name is ``file.json#part``."""
    file = options["file"]
    pieces = _pieces(path / file)
    parts = [part for name in names if (part := name.partition("#")[2])] or list(pieces)
    for part in parts:
        if part not in pieces:
            raise SeqpipeError(f"{path / file} has no part '{part}'; it has {', '.join(pieces)}.")
        for number, piece in enumerate(pieces[part], start=1):
            where = f"{file}#{part} piece {number}"
            try:
                yield Example(f"{part}-{number}", " ".join(map(word, piece)), None, where)
            except (TypeError, ValueError, OverflowError):
                yield Dropped(where, "it is no list of steps, each a list of pitches from 0 to 127")


def word(step: Iterable[Any]) -> str:
    """The word of a step; a ``ValueError`` for what is no pitch."""
    pitches = set()
    for pitch in step:
        if isinstance(pitch, bool) or pitch != int(pitch) or not -1 <= pitch < 128:
            raise ValueError(f"{pitch} is no pitch")
        pitches.add(int(pitch))
    return "-".join(str(pitch) for pitch in sorted(pitches - {-1})) or REST


def _pieces(path: Path) -> dict[str, list[Any]]:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError
        value = json.loads("\n".join(line for _, line in read_lines(path)))
    except (ValueError, RecursionError, OSError):
        value = None
    if isinstance(value, dict) and value and all(isinstance(part, list) and part for part in value.values()):
        first = next(iter(value.values()))[0]
        if isinstance(first, list) and first and all(isinstance(step, list) for step in first):
            return value
    raise SeqpipeError(f"{path} is no JSON object of lists of pieces, each a list of steps with their pitches.")


PITCHES = Layout(look_pitches, read_pitches, {"file": str})
