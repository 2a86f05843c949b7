"""Faults of names, links, archives and of what params.yaml says of a corpus."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

from broken.case import Case, Fault, put

M, T, P = "matrix", "class-folders of text", "parallel"
ROWS = b"".join(b"%d,%d\n" % (at * at % 13, at % 7) for at in range(90))


def linked(name: str, to: str) -> Fault:
    return lambda corpus: (corpus / name).symlink_to(to)


def packed(raw: bytes) -> Fault:
    """The matrix, packed, in place of the plain one."""

    def fault(corpus: Path) -> None:
        (corpus / "rate.txt").unlink()
        (corpus / "rate.txt.gz").write_bytes(raw)

    return fault


def told(before: str, after: str) -> Fault:
    """Another word in the project's params.yaml."""

    def fault(corpus: Path) -> None:
        params = corpus.parent / "project/params.yaml"
        text = params.read_text(encoding="utf-8")
        assert before in text, text
        params.write_text(after.join(text.rsplit(before, 1)), encoding="utf-8")

    return fault


def strange_bytes(corpus: Path) -> None:
    with open(os.fsencode(corpus / "train/a") + b"/\xff.txt", "wb") as file:
        file.write(b"a b\n")


def moved(corpus: Path) -> None:
    corpus.rename(corpus.with_name("elsewhere"))


def a_file(corpus: Path) -> None:
    moved(corpus)
    corpus.write_text("no folder")


ZIP = ("rate.txt.gz is not a whole gzip file", "copy or download it again")
PATHS = [
    Case(M, "packed", packed(gzip.compress(ROWS)), "fine"),
    Case(M, "packed in two parts", packed(gzip.compress(ROWS[:99]) + gzip.compress(ROWS[99:])), "fine"),
    Case(M, "a packed file cut off", packed(gzip.compress(ROWS)[:-9]), "error", ZIP),
    Case(M, "a packed file with something behind it", packed(gzip.compress(ROWS) + b"more"), "error", ZIP),
    Case(M, "a packed file with a wrong sum", packed(gzip.compress(ROWS)[:-8] + bytes(8)), "error", ZIP),
    Case(M, "text named .gz", packed(ROWS), "error", ZIP),
    Case(M, "no bytes named .gz", packed(b""), "error", ("rate.txt.gz is empty",)),
    Case(M, "packed twice", packed(gzip.compress(gzip.compress(ROWS))), "error", ("rate.txt.gz line 1 is not UTF-8",)),
    Case(M, "a bomb of one line", packed(gzip.compress(b"1" * (1 << 24))), "error", ("rate.txt.gz has a line of",)),
    Case(M, "a bomb of many lines", packed(gzip.compress(b"1,2\n" * (1 << 18))), "error", ("rate.txt.gz grows more than",)),
    Case(T, "a bomb", put("train/a/x.txt.gz", gzip.compress(b"1\n" * (1 << 19))), "dropped", ("train/a/x.txt.gz", "grows"), 1),
    Case(T, "a link to a folder above", linked("train/a/up", ".."), "same"),
    Case(T, "a link to itself", linked("train/a/x.txt", "x.txt"), "dropped", ("train/a/x.txt", "cannot be read"), 1),
    Case(T, "a link to nothing", linked("train/a/x.txt", "nothing"), "dropped", ("train/a/x.txt", "is missing"), 1),
    Case(T, "a pipe", lambda at: os.mkfifo(at / "train/a/x.txt"), "same"),
    Case(T, "a folder named as a file", lambda at: (at / "train/a/x.txt").mkdir(), "same"),
    Case(T, "a name with a line end", put("train/a/x\ny.txt", "a b\n"), "error", ("has a file named 'train/a/x\\ny.txt'", "rename it")),
    Case(T, "a name that is not UTF-8", strange_bytes, "error", ("has a file named 'train/a/\\udcff.txt'", "rename it")),
    Case(T, "hidden files", put("train/a/.x.txt", b"\xff"), "same"),
    Case(T, "what macOS leaves behind", put("train/a/.DS_Store", b"\0\0"), "same"),
    Case(T, "another modality", told("modality: text", "modality: taste"), "error", ("source.options.modality", "must be one of audio")),
    Case(P, "no folder", moved, "error", ("corpus is no folder", "put the corpus there")),
    Case(P, "a file for a folder", a_file, "error", ("corpus is no folder",)),
    Case(P, "no such layout", told("layout: parallel", "layout: parallels"), "error", ("There is no layout 'parallels'",)),
    Case(P, "an option that is missing", told("source: en", "sauce: en"), "error", ("source.options.source", "must be a text")),
    Case(P, "an option of another type", told("source: en", "source: 3"), "error", ("source.options.source", "must be a text")),
    Case(P, "a split that leads out", told("- train.en\n      valid", "- ../train.en\n      valid"), "error", ("leads out of",)),
    Case(P, "a split of another language", told("- test.en", "- test.de"), "error", ("test.de does not end in '.en'",)),
    Case("table", "no such column", told("target: label", "target: lable"), "error", ("has no column 'lable'", "it has text, label")),
    Case("table", "no such kind", told("kind: tsv", "kind: xls"), "error", ("source.options.kind", "must be one of")),
    Case("conllu", "no such column", told("column: upos", "column: pos"), "error", ("source.options.column", "must be one of")),
    Case("plain", "no such unit", told("unit: line", "unit: book"), "error", ("source.options.unit", "must be one of file, p")),
    Case("file-names", "a pattern without a label", told("pattern: '{label}'", "pattern: '{group}'"), "error", ("needs the field {label}",)),
]  # fmt: skip
