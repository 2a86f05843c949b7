"""Texts in tables: pairs of texts, or a text and its label, in TSV, CSV, JSON lines or a JSON array."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError, some
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.rows import ENDINGS, READERS, Bad, kind_of, read_rows
from seqpipe.readers.layouts.texts import SHOWN, beginning, composed, texts

LABELS = ("label", "labels", "class", "category", "sentiment", "polarity", "intent", "emotion", "topic")
TEXTS = ("text", "document", "sentence", "review", "content", "body", "tweet", "comment", "utterance", "title")
HEADED = ("tsv", "csv", "semicolons")
FREE = ("jsonl", "json")
"""Kinds of tables each of whose rows names its columns itself."""
MOST = 4
"""Columns of a table without a header, at most."""
BARE = {"tsv": "bare-tsv", "csv": "bare-csv"}
"""The kinds of tables whose header may be missing."""
PAIRS = (
    *(("source", "target"), ("src", "tgt"), ("src", "trg"), ("input", "output"), ("question", "answer")),
    *(("article", "summary"), ("article", "highlights"), ("document", "summary"), ("dialogue", "summary")),
    *(("text", "summary"), ("prompt", "completion"), ("noisy", "clean"), ("incorrect", "correct")),
)
LANGUAGE = re.compile(
    "ar|bg|bn|ca|cs|da|de|el|en|es|et|fa|fi|fr|he|hi|hr|hu|is|it|ja|ko|lt|lv|ms|nl|no|pl|pt|ro|ru|sk|sl|sr|sv|sw|ta|te|"
    "th|tr|uk|ur|vi|zh"
)
"""Codes (ISO 639-1) that a column may be named by; two of them are a pair, in the table's order."""


def look_tabled(path: Path) -> Found | None:
    """Tables whose first rows have a column of texts and one of labels, or two of texts."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name in texts(path, (*ENDINGS, ".json")):
        for kind in _kinds(path / name):
            if roles := _roles(_sample(path / name, kind), kind):
                found.setdefault((kind, *roles), []).append(name)
                break
    if not found:
        return None
    (kind, task, source, target), files = max(found.items(), key=lambda one: len(one[1]))
    options = {"kind": kind, "source": source, "target": target, "files": files}
    said = f"Tables ({kind}) {', '.join(files[:4])}: texts in column {source}, {_what(task)} in {target}"
    return Found("table", "text", task, options, splits_of(files), said)


def read_tabled(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the rows; the id is the table's own column ``id`` if it has one, else the number of the line or item."""
    kind, source, target = options["kind"], options["source"], options["target"]
    place = "item" if kind == "json" else "line"
    for name in names or options["files"]:
        known = False
        for number, cells in read_rows(path / name, kind):
            where = f"{name} {place} {number}"
            if isinstance(cells, Bad):
                yield Dropped(where, cells.reason)
                continue
            if missing := [column for column in (source, target) if column not in cells]:
                if not known and kind not in FREE:
                    raise SeqpipeError(f"{path / name} has no column '{missing[0]}'; it has {', '.join(cells)}.")
                yield Dropped(where, f"it has no '{missing[0]}'")
                continue
            known = True
            text, answer = composed(cells[source]).strip(), composed(cells[target]).strip()
            if not text or not answer:
                yield Dropped(where, f"its {source if not text else target} is empty")
                continue
            own = cells.get("id", "").strip() or str(number)
            yield Example(f"{name}-{own}", text, answer, where)


def _kinds(path: Path) -> list[str]:
    kind = kind_of(path)
    return [kind, BARE[kind]] if kind in BARE and not _is_header(path) else [kind] if kind else []


def _sample(path: Path, kind: str) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    try:
        for _, cells in islice(read_rows(path, kind), SHOWN):
            if not isinstance(cells, Bad):
                rows.append(cells)
    except SeqpipeError:  # which comes again when all is read
        if not rows and kind in HEADED and _is_header(path):
            raise
    return rows


def _is_header(path: Path) -> bool:
    """Whether the first line has a name that columns usually have."""
    first = next((line for line in beginning(path, 20) if line.strip()), "")
    names = {cell.strip().casefold() for cell in re.split(r"[\t,;]", first)}
    return not names.isdisjoint((*LABELS, *TEXTS))


def _roles(rows: list[dict[str, str]], kind: str) -> tuple[str, str, str] | None:
    """Task, and columns of sources and targets, by the names of the columns; without names, by what is in them."""
    if len(rows) < 2:
        return None
    if kind in BARE.values():
        return _labels_and_texts(rows) or (_pair(rows) if kind == "bare-tsv" else None)
    names = {name.casefold(): name for name in reversed(rows[0])}
    text, label = (next((names[one] for one in known if one in names), "") for known in (TEXTS, LABELS))
    if text and label:
        return "classify", text, label
    for source, target in PAIRS:
        if source in names and target in names:
            return "seq2seq", names[source], names[target]
    languages = [name for name in rows[0] if LANGUAGE.fullmatch(name.casefold())]
    return ("seq2seq", languages[0], languages[1]) if len(languages) == 2 else None


def unknown_columns(path: Path) -> str:
    """What to say of the columns of the first table in a folder or file; empty where there is none."""
    for file in [path] if path.is_file() else [path / name for name in texts(path, (*ENDINGS, ".json"))]:
        kind = kind_of(file)
        if kind and (rows := _sample(file, kind)):
            known = "columns such as text and label, or source and target"
            return f"a table of texts needs {known}, but {file.name} has {some(rows[0], 8)}; "
    return ""


def _labels_and_texts(rows: list[dict[str, str]]) -> tuple[str, str, str] | None:
    """A column of labels, and the longest of the others if it is one of texts (news as of Zhang et al. 2015)."""
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    if len(rows) < 5 or not 2 <= len(columns) <= MOST:
        return None
    longest = sorted(columns, key=lambda name: -sum(map(len, columns[name])))
    for label in columns:
        text = next(name for name in longest if name != label)
        if _are_labels(columns[label]) and _are_texts(columns[text]):
            return "classify", text, label
    return None


def _pair(rows: list[dict[str, str]]) -> tuple[str, str, str] | None:
    """The first two of two or three columns, if many cells have several words and most are no numbers."""
    source, target, *others = rows[0]
    left, right = ([row[name] for row in rows] for name in (source, target))
    spaced = sum(" " in cell.strip() for cell in [*left, *right])  # of some languages one side alone
    found = spaced > len(rows) / 2 and _are_written(left) and _are_written(right)
    return ("seq2seq", source, target) if found and len(rows) >= 5 and len(others) <= 1 else None


def _are_labels(cells: list[str]) -> bool:
    """Whether they are few and short; the first, which comes again, is then no name of a column."""
    return 2 <= len(set(cells)) <= _few(cells) and max(map(len, cells)) <= 30 and cells.count(cells[0]) > 1


def _are_texts(cells: list[str]) -> bool:
    """Whether they are many, and not numbers."""
    return len(set(cells)) > _few(cells) and _are_written(cells)


def _are_written(cells: list[str]) -> bool:
    """Whether most have letters, or several words."""
    return sum(any(sign.isalpha() or sign == " " for sign in cell.strip()) for cell in cells) > len(cells) / 2


def _few(cells: list[str]) -> int:
    return max(2, len(cells) // 20)


def _what(task: str) -> str:
    return "labels" if task == "classify" else "targets"


TABLE = Layout(look_tabled, read_tabled, {"kind": tuple(READERS), "source": str, "target": str, "files": list})
