"""Sounds, pictures and texts whose paths tell the label: a folder per class, or file names of a pattern."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import PICTURES, SOUNDS, below, split_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import composed
from seqpipe.readers.recordings import Clip
from seqpipe.readers.videos import VIDEOS

LONGEST = 1 << 20  # characters of a document
USUAL = 0.9  # share of the files that lie as deep as a class
DOCUMENTS = 5  # texts of a class, or a folder is none


def document(path: Path) -> str:
    """A text in one line."""
    lines, size = [], 0
    for _, line in read_lines(path):
        lines.append(composed(line).strip())
        size += len(line)
        if size > LONGEST:
            raise SeqpipeError(f"{path} has more than {LONGEST} characters; part it.")
    if not any(lines):
        raise SeqpipeError(f"{path} has no text; remove it.")
    return " ".join(line for line in lines if line)


SOURCES: dict[str, tuple[tuple[str, ...], Callable[[Path], Any]]] = {
    "audio": (SOUNDS, Clip),
    "frames": ((*PICTURES, *VIDEOS), Path),
    "text": ((".txt", ".txt.gz"), document),
}
"""The endings of each modality, and what a path of it becomes as a source."""
FIELD = re.compile(r"\{(\w+)\}")
DIGITS = frozenset("0123456789")
FSDD = "{label}_{group}_{index}"
FSDD_SPLITS = {"train": ["*_[5-9].wav", "*_[0-9][0-9]*.wav"], "test": ["*_[0-4].wav"]}


def look_classes(path: Path) -> Found | None:
    """Two or more folders with files of one kind each, perhaps below folders of splits."""
    for modality, (endings, _) in SOURCES.items():
        every = [name.split("/")[:-1] for name in below(path, endings)]
        depth, _ = Counter(map(len, every)).most_common(1)[0] if every else (0, 0)
        parents = [parent for parent in every if len(parent) == depth]
        if not depth or len(parents) < USUAL * len(every):
            continue
        labels = {parent[-1] for parent in parents if parent}
        heads = sorted({parent[0] for parent in parents if len(parent) == 2})
        splits = {
            split: [f"{head}/{deep}" for head in heads if split_of(head) == split for deep in ("*", "*/*")]
            for split in map(split_of, heads)
            if split
        }
        if modality == "text" and len(parents) < DOCUMENTS * len(labels):
            continue
        if len(labels) < 2 or len(parents[0]) > 2 or (heads and "train" not in splits):
            continue
        if not heads and "train" in map(split_of, labels):
            continue
        said = f"A folder per class: {len(parents)} files of {len(labels)} classes"
        return Found("class-folders", modality, "classify", {"modality": modality}, splits, said)
    return None


def read_classes(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the files; the label is the name of a file's folder, as deep as those of ``names`` or at the top."""
    endings, source = SOURCES[options["modality"]]
    depth = max(1, *(name.count("/") for name in names)) if names else 1
    for name in _matching(path, endings, names):
        if name.count("/") < depth:
            yield Dropped(name, "it lies in no folder of a class")
            continue
        try:
            yield Example(name, source(path / name), normalize("NFC", name.split("/")[-2]), name)
        except SeqpipeError as error:
            yield Dropped(name, str(error).removeprefix(f"{path / name} ").rstrip("."))


def look_names(path: Path) -> Found | None:
    """Files named ``{label}_{speaker}_{index}`` (FSDD), or named as what is to be read in them (captcha)."""
    for modality in ("audio", "frames"):
        endings, _ = SOURCES[modality]
        stems = [Path(name).stem for name in below(path, endings)]
        parts = [stem.split("_") for stem in stems]
        if modality == "audio" and parts and all(len(part) == 3 and part[2].isdigit() for part in parts):
            labels, folder = {part[0] for part in parts}, next(below(path, endings)).rpartition("/")[0]
            known = labels <= DIGITS
            splits = {key: [f"{folder}/{one}".lstrip("/") for one in many] for key, many in FSDD_SPLITS.items()}
            said = f"Labels in file names: {len(stems)} recordings of {len(labels)} labels"
            options = {"modality": modality, "pattern": FSDD}
            return Found("file-names", modality, "classify", options, splits if known else {}, said)
        if _are_texts(stems):
            said = f"Texts in file names: {len(stems)} files, for example '{stems[0]}'"
            return Found("file-names", modality, "ctc", {"modality": modality, "pattern": "{label}"}, {}, said)
    return None


def read_names(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the files; fields of the pattern are ``label``, ``group``, ``unit`` and others, which mean nothing."""
    endings, source = SOURCES[options["modality"]]
    pattern = _expression(options["pattern"])
    for name in _matching(path, endings, names):
        found = pattern.fullmatch(normalize("NFC", Path(name).stem))
        if not found:
            yield Dropped(name, f"its name is not of the pattern {options['pattern']}")
            continue
        told = found.groupdict("")
        yield Example(name, source(path / name), told["label"], name, told.get("group", ""), told.get("unit", ""))


def _matching(path: Path, endings: tuple[str, ...], names: list[str]) -> Iterator[str]:
    try:
        wanted = {str(one.relative_to(path)) for name in names for one in path.glob(name)}
    except (NotImplementedError, ValueError):
        raise SeqpipeError(f"{', '.join(names)} must be patterns of files inside {path}, without '..'.") from None
    return (name for name in below(path, endings) if not names or name in wanted)


def _expression(pattern: str) -> re.Pattern[str]:
    fields = FIELD.findall(pattern)
    if "label" not in fields or len(set(fields)) < len(fields) or not all(field.isidentifier() for field in fields):
        raise SeqpipeError(f"The pattern '{pattern}' needs the field {{label}}, and each field once.")
    parts = FIELD.split(pattern)  # text, field, text, field … text
    return re.compile("".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)))


def _are_texts(stems: list[str]) -> bool:
    """Whether names are strings to be read and no mere numbering, such as img_001."""
    if len(stems) < 3 or not all(stem.isalnum() for stem in stems):
        return False
    return len({re.sub(r"\d+", "0", stem) for stem in stems}) > len(stems) / 2


CLASSES = Layout(look_classes, read_classes, {"modality": tuple(SOURCES)})
NAMES = Layout(look_names, read_names, {"modality": ("audio", "frames"), "pattern": str})
