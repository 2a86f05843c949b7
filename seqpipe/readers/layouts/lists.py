"""Recordings listed by the toolkits that train on them: data folders of Kaldi, JSON manifests of NeMo."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import below, named, not_empty, splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.recordings import LATEST, Clip

JSON = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
KEYS = ("audio_filepath", "text")


def look_kaldi(path: Path) -> Found | None:
    """Folders with ``wav.scp`` and ``text``: the corpus itself, or one a split."""
    folders = [
        str(Path(name).parent) for name in below(path, ("wav.scp",)) if (path / name).with_name("text").is_file()
    ]
    if not folders:
        return None
    return Found("kaldi", "audio", "ctc", {}, splits_of(folders), f"Kaldi data folders: {', '.join(folders)}")


def read_kaldi(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the utterances of ``text``, cut out by ``segments`` if it is there; the unit is the speaker of utt2spk."""
    for name in names or [str(Path(one).parent) for one in below(path, ("wav.scp",))]:
        folder = path / name
        sounds, speakers = _table(folder / "wav.scp"), _table(folder / "utt2spk")
        segments = _table(folder / "segments") if (folder / "segments").is_file() else None
        for number, line in not_empty(folder / "text"):
            key, text = _cut(line)
            where = f"{Path(name, 'text')} line {number}"
            if not text.strip():
                yield Dropped(where, "it has no transcript")
                continue
            try:
                clip = _clip(path, folder, key, sounds, segments, where)
            except ValueError as error:
                yield Dropped(where, str(error))
                continue
            yield Example(key, clip, normalize("NFC", text.strip()), where, unit=speakers.get(key, ""))


def _clip(
    path: Path, folder: Path, key: str, sounds: dict[str, str], segments: dict[str, str] | None, where: str
) -> Clip:
    recording, offset, duration = key, 0.0, None
    if segments is not None:
        words = segments.get(key, "").split()
        if len(words) != 3:
            raise ValueError(f"segments has no recording, start and end of '{key}'")
        recording, (start, stop) = words[0], map(_seconds, words[1:])
        if not 0 <= start < stop < LATEST:
            raise ValueError(f"segments has '{key}' from {words[1]} to {words[2]} s")
        offset, duration = start, stop - start
    name = sounds.get(recording, "")
    if not name or name.endswith("|"):
        raise ValueError(f"wav.scp has {'a command' if name else 'no file'} for '{recording}'; only files are read")
    found = named(path, folder, name, where) or named(path, path, name, where)
    if found is None:
        raise ValueError(f"{name} is missing")
    return Clip(found, offset, duration)


def _seconds(word: str) -> float:
    """A time; what is none is not a number, and so in no order."""
    try:
        return float(word)
    except ValueError:
        return math.nan


def _table(path: Path) -> dict[str, str]:
    if not path.is_file() and path.name != "wav.scp":
        return {}
    found: dict[str, str] = {}
    for number, line in read_lines(path):
        key, told = _cut(line)
        if key and found.setdefault(key, told) != told:
            raise SeqpipeError(f"{path} line {number} tells of '{key}' another time, and other things; keep one line.")
    return found


def _cut(line: str) -> tuple[str, str]:
    """The first word of a line, and what follows it."""
    words = line.split(maxsplit=1)
    return (words[0] if words else "", words[1].strip() if len(words) > 1 else "")


def look_manifest(path: Path) -> Found | None:
    """JSON lines with audio_filepath and text, as NeMo writes them."""
    files = [name for name in below(path, JSON) if _has_keys(path / name)]
    return Found("manifest", "audio", "ctc", {}, splits_of(files), f"Manifests: {', '.join(files)}") if files else None


def read_manifests(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the rows; a sound is named from its manifest's folder. The unit is the speaker."""
    for name in names or [one for one in below(path, JSON) if _begins(path / one)]:
        for number, line in read_lines(path / name):
            where = f"{name} line {number}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                sound, text = (row[key] for key in KEYS)
                offset, duration = row.get("offset") or 0.0, row.get("duration")
                if not (isinstance(sound, str) and isinstance(text, str) and text.strip()):
                    raise ValueError
                clip = Clip(Path(sound), float(offset), None if duration is None else float(duration))
                if not 0 <= clip.offset < LATEST or not 0 < (1 if clip.duration is None else clip.duration) < LATEST:
                    raise ValueError
                f"{sound}{text}".encode()
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
                yield Dropped(where, "it is no JSON object with audio_filepath, text and times in seconds")
                continue
            found = named(path, (path / name).parent, sound, where)
            if found is None:
                yield Dropped(where, f"{sound} is missing")
                continue
            speaker = row.get("speaker", "")
            key = f"{name}-{number}"
            yield Example(key, clip._replace(path=found), normalize("NFC", text.strip()), where, unit=str(speaker))


def _has_keys(path: Path) -> bool:
    try:
        return _begins(path)
    except SeqpipeError:
        return False


def _begins(path: Path) -> bool:
    first = next((line for _, line in read_lines(path) if line.strip()), "")
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    return isinstance(row, dict) and {*KEYS} <= {*row}


KALDI = Layout(look_kaldi, read_kaldi)
MANIFEST = Layout(look_manifest, read_manifests)
