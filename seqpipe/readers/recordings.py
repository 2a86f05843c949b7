"""Recordings with transcripts: manifests of one JSON object a line, as NeMo writes them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_jsonl
from seqpipe.readers.example import Example
from seqpipe.readers.paths import inside

LATEST = 1e9
"""Seconds that no recording lasts."""


class Clip(NamedTuple):
    """A recording, or ``duration`` seconds of it from ``offset`` seconds on; the path ``-`` is standard input."""

    path: Path
    offset: float = 0.0
    duration: float | None = None

    def __str__(self) -> str:
        return f"{self.name} from {self.offset:g} s" if self.offset else self.name

    @property
    def name(self) -> str:
        """The file as an error calls it."""
        return "standard input" if self.path == Path("-") else str(self.path)


def read_manifest(path: Path) -> Iterator[Example]:
    """Yield the recordings of a manifest: ``source`` is a ``Clip``, ``target`` the transcript.

    Each line has ``audio_filepath`` (relative to the manifest's folder) and ``text``, and by choice ``offset`` and
    ``duration`` in seconds, ``group`` (a part that is scored on its own, such as a language) and others, unused here.
    """
    rows = 0
    for number, value in read_jsonl(path):
        rows += 1
        where = f"{path} line {number}"
        if not isinstance(value, dict):
            raise SeqpipeError(f"{where} is not a JSON object; it needs audio_filepath and text.")
        name, text = _word(value, "audio_filepath", where), _word(value, "text", where)
        clip = Clip(
            inside(path.parent, name, "audio_filepath", where),
            _seconds(value, "offset", where) or 0.0,
            _seconds(value, "duration", where),
        )
        group = _word(value, "group", where) if "group" in value else ""
        yield Example(f"{path.stem}-{number}", clip, text, f"{path.name} line {number}", group)
    if not rows:
        raise SeqpipeError(f"{path} is empty; it needs one JSON object a line with audio_filepath and text.")


def read_recordings(paths: Sequence[str]) -> Iterator[Example]:
    """Yield one recording without a transcript for each path; ``-`` is one recording from standard input."""
    for path in paths:
        if path != "-" and not Path(path).is_file():
            raise SeqpipeError(f"{path} is {'a folder' if Path(path).is_dir() else 'missing'}; name sound files.")
        yield Example(path, Clip(Path(path)), None, path)


def _word(value: dict[str, Any], key: str, where: str) -> str:
    if key not in value:
        raise SeqpipeError(f"{where} has no key '{key}' (it has {', '.join(value) or 'none'}); add it.")
    if not isinstance(value[key], str):
        raise SeqpipeError(f"{where}: {key} is {value[key]!r}, but must be text in quotes.")
    return unicodedata.normalize("NFC", value[key])


def _seconds(value: dict[str, Any], key: str, where: str) -> float | None:
    """A time in seconds; None where the key is absent or null."""
    seconds = value.get(key)
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < LATEST:
        raise SeqpipeError(f"{where}: {key} is {seconds!r}, but must be a time in seconds.")
    return float(seconds)
