"""Text pairs in two files, the same line of both being a pair: ``train.en`` and ``train.de``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import SPLIT_WORDS, splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import counted, side_by_side, texts

LANGUAGE = re.compile(r"(.+?)\.([a-z]{2,3}(?:[_-][A-Za-z]{2,4})?)(\.gz)?")
KINDS = {"txt", "csv", "tsv", "log", "bin", "dat", "xml", "yml", "tok", "bpe", "raw", "out", "idx", "gz"}
KINDS |= {word for words in SPLIT_WORDS.values() for word in words}
"""Endings of two or three letters that are no languages."""


def look_parallel(path: Path) -> Found | None:
    """Files of the same names but for two languages; English is the source, or what comes first in the alphabet."""
    languages: dict[str, dict[str, str]] = {}
    for name in texts(path):
        found = LANGUAGE.fullmatch(name)
        if found and found[2] not in KINDS:
            languages.setdefault(found[1], {})[found[2]] = name
    pairs = {stem: names for stem, names in languages.items() if len(names) > 1}
    common = set.intersection(*map(set, pairs.values())) if pairs else set()
    if len(common) < 2:
        return None
    source, target = sorted(common, key=lambda language: (language != "en", language))[:2]
    files = [names[source] for names in pairs.values()]
    splits = splits_of(files)
    lines = sum(counted(path / name) for name in splits.get("train", files))
    said = f"Parallel files: {len(files)} pairs, {source} → {target}; {lines:,} lines to train on"
    return Found("parallel", "text", "seq2seq", {"source": source, "target": target, "files": files}, splits, said)


def read_parallel(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the pairs; ``names`` are files of the source. Unequal numbers of lines are a ``SeqpipeError``."""
    for name in names or options["files"]:
        other = _partner(path, name, options["source"], options["target"])
        for number, source, target in side_by_side(path, name, other):
            where = f"{name} line {number}"
            if source and target:
                yield Example(f"{name}-{number}", source, target, where)
            else:
                yield Dropped(where, f"its {'target' if source else 'source'} is empty")


def _partner(path: Path, name: str, source: str, target: str) -> str:
    found = LANGUAGE.fullmatch(name)
    if not found or found[2] != source:
        raise SeqpipeError(f"{path / name} does not end in '.{source}' or '.{source}.gz'; correct source.splits.")
    for ending in ("", ".gz"):
        if (path / f"{found[1]}.{target}{ending}").is_file():
            return f"{found[1]}.{target}{ending}"
    raise SeqpipeError(f"{path / name} has no partner {found[1]}.{target} beside it; put it there.")


PARALLEL = Layout(look_parallel, read_parallel, {"source": str, "target": str, "files": list})
