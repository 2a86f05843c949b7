"""What can be wrong with any file of text, in every layout that has one."""

from __future__ import annotations

import os
from pathlib import Path

from broken.case import Case, add, change, instead, put

MAIN = {
    "kaldi": "train/text",
    "librispeech": "train-x/0/1/0-1.trans.txt",
    "common-voice": "train.tsv",
    "ljspeech": "metadata.csv",
    "manifest": "train.json",
    "listed": "train.csv",
    "ts-archive": "P_TRAIN.ts",
    "parallel": "train.en",
    "conllu": "train.conllu",
    "conll": "esp.train",
    "fasta": "train.fa",
    "pitches": "jsb.json",
    "labels-file": "sequences.txt",
    "long-series": "m.csv",
    "wide-series": "h.csv",
    "matrix": "rate.txt",
    "table": "train.tsv",
    "table of csv": "train.csv",
    "table of jsonl": "train.jsonl",
    "label-lines": "x.train",
    "plain": "train.txt",
}
"""A file of text that a split of the clean corpus needs."""


def link_to_itself(path: Path) -> None:
    path.symlink_to(path.name)


def encoded(raw: bytes) -> bytes:
    return raw.decode().encode("utf-16")


def cases(layout: str, name: str) -> list[Case]:
    return [
        Case(layout, "byte-order mark", change(name, lambda raw: b"\xef\xbb\xbf" + raw), "same"),
        Case(layout, "ends of lines of DOS", change(name, lambda raw: raw.replace(b"\n", b"\r\n")), "same"),
        Case(layout, "UTF-16", change(name, encoded), "error", (name, "is not UTF-8 text; convert")),
        Case(layout, "no UTF-8", add(name, b"\xb3\xaf\n"), "error", (name, "is not UTF-8 text; convert")),
        Case(layout, "a byte of zero", add(name, "a\0b\n"), "error", (name, "has a byte of zero", "copy the file")),
        Case(layout, "no bytes", put(name, ""), "error", (f"{name}|has no example that can be read",)),
        Case(layout, "blank lines alone", put(name, "\n \n\n"), "error", (f"{name}|has no example that can be read",)),
        Case(layout, "missing", instead(name, lambda path: None), "error", (f"{name}|has no example that can be read",)),
        Case(layout, "a pipe", instead(name, os.mkfifo), "error", (f"{name}|has no example that can be read",)),
        Case(layout, "a folder", instead(name, Path.mkdir), "error", (f"{name}|has no example that can be read",)),
        Case(layout, "a link to itself", instead(name, link_to_itself), "error", (f"{name}|has no example that can be read",)),
        Case(layout, "an endless line", add(name, "x" * (1 << 17)), "error", (name, "has a line of", "break it up")),
    ]  # fmt: skip


EVERYWHERE = [case for layout, name in MAIN.items() for case in cases(layout, name)]
