"""Speech with transcripts as it is published: LibriSpeech, Common Voice and LJSpeech."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import SOUNDS, below, chosen, named, not_empty, splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.recordings import Clip

ENDING = ".trans.txt"
VOICES = ("client_id", "path", "sentence")


def clip(corpus: Path, name: str, key: str, text: str, where: str, unit: str = "") -> Example | Dropped:
    """A whole recording, named relative to the corpus, with its transcript."""
    path = named(corpus, corpus, name, where)
    if path is None:
        return Dropped(where, f"{name} is missing")
    if not text.strip():
        return Dropped(where, "it has no transcript")
    return Example(key, Clip(path), normalize("NFC", text.strip()), where, unit=unit)


def look_librispeech(path: Path) -> Found | None:
    """A tree of speakers, chapters and ``*.trans.txt``, perhaps below subsets."""
    tables = list(below(path, (ENDING,)))
    if not tables:
        return None
    subsets = sorted({name.split("/")[0] for name in tables if name.count("/") == 3})
    said = f"LibriSpeech: {len(tables)} chapters" + (f" in {', '.join(subsets)}" if subsets else "")
    return Found("librispeech", "audio", "ctc", {}, splits_of(subsets), said)


def read_librispeech(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield utterances; the unit is the speaker, the first number of an utterance's name."""
    for table in below(path, (ENDING,)):
        if not chosen(table, names):
            continue
        folder, lines = table.rpartition("/")[0], [one for one in read_lines(path / table) if one[1].strip()]
        if not lines:
            yield Dropped(table, "it is empty")
        for number, line in lines:
            key, _, text = line.partition(" ")
            where, stem = f"{table} line {number}", f"{folder}/{key}" if folder else key
            found = [ending for ending in SOUNDS if named(path, path, stem + ending, where)]
            yield clip(path, stem + (found or [".flac"])[0], key, text, where, key.partition("-")[0])


def look_common_voice(path: Path) -> Found | None:
    """``clips/`` beside tables with client_id, path and sentence."""
    tables = sorted(one.name for one in path.glob("*.tsv")) if (path / "clips").is_dir() else []
    tables = [one for one in tables if {*VOICES} <= {*next(read_lines(path / one), (0, ""))[1].split("\t")}]
    if not tables:
        return None
    splits = {
        split: [f"{word}.tsv"]
        for split, word in (("train", "train"), ("valid", "dev"), ("test", "test"))
        if f"{word}.tsv" in tables
    }
    alone = ["validated.tsv"] if "validated.tsv" in tables else tables
    if "train" not in splits:
        splits = {}
    said = f"Common Voice: {', '.join(name for part in splits.values() for name in part) or ', '.join(alone)}"
    return Found("common-voice", "audio", "ctc", {"tables": alone}, splits, said)


def read_common_voice(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the rows of the tables; the unit is the voice (``client_id``)."""
    for table in names or options["tables"]:
        lines = read_lines(path / table)
        columns = next(lines, (0, ""))[1].split("\t")
        if missing := [name for name in VOICES if name not in columns]:
            raise SeqpipeError(f"{path / table} line 1 has no column '{missing[0]}'; a Common Voice table needs it.")
        for number, line in lines:
            where, cells = f"{table} line {number}", line.split("\t")
            if len(cells) != len(columns):
                yield Dropped(where, f"it has {len(cells)} columns, the header has {len(columns)}")
                continue
            row = dict(zip(columns, cells, strict=True))
            stem = row["path"].rpartition(".")[0] or row["path"]
            yield clip(path, f"clips/{row['path']}", stem, row["sentence"], where, row["client_id"])


def look_ljspeech(path: Path) -> Found | None:
    """``metadata.csv`` beside ``wavs/``."""
    if not ((path / "metadata.csv").is_file() and (path / "wavs").is_dir()):
        return None
    return Found("ljspeech", "audio", "ctc", {}, {}, "LJSpeech: metadata.csv and wavs, one speaker")


def read_ljspeech(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the rows of ``metadata.csv``: a name, the transcript, and the same with its numbers written out, if any."""
    for number, line in not_empty(path / "metadata.csv"):
        where, cells = f"metadata.csv line {number}", line.split("|")
        if len(cells) not in (2, 3):
            yield Dropped(where, f"it has {len(cells)} columns, not 2 or 3 between |")
            continue
        yield clip(path, f"wavs/{cells[0]}.wav", cells[0], cells[-1] or cells[1], where)


LIBRISPEECH = Layout(look_librispeech, read_librispeech)
COMMON_VOICE = Layout(look_common_voice, read_common_voice, {"tables": list})
LJSPEECH = Layout(look_ljspeech, read_ljspeech)
