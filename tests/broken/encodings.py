"""Faults that any text can have, in every layout that reads one."""

from __future__ import annotations

from collections.abc import Callable

from broken.cases import Case, Drop, Error, Same, drop, error, turned
from broken.clean import CLEAN


def halfway(addition: bytes) -> Callable[[bytes], bytes]:
    """Put something at the end of the line in the middle."""

    def how(content: bytes) -> bytes:
        rows = content.split(b"\n")
        rows[len(rows) // 2 - (not rows[len(rows) // 2])] += addition
        return b"\n".join(rows)

    return how


FAULTS: dict[str, tuple[Callable[[bytes], bytes], Error | Same]] = {
    "byte-order mark": (lambda content: b"\xef\xbb\xbf" + content, Same()),
    "CRLF": (lambda content: content.replace(b"\n", b"\r\n"), Same()),
    "no last line end": (lambda content: content.rstrip(b"\n"), Same()),
    "Latin-1": (halfway(b" caf\xe9"), error(" line ", "is not UTF-8 text; convert the file")),
    "UTF-16": (lambda content: content.decode().encode("utf-16"), error(" line 1 is not UTF-8 text; convert")),
    "NUL": (halfway(b"\0"), error(" line ", "holds a NUL byte, which no text has; remove it.")),
    "empty": (lambda content: b"", error("is empty; fill it, or remove it.")),
    "blank": (lambda content: b"\n \n\t\n", error("is empty; fill it, or remove it.")),
}
OTHERWISE: dict[tuple[str, str], Error | Drop] = {
    ("text_folders", "Latin-1"): drop("good/1.txt", "line ", "is not UTF-8"),
    ("text_folders", "UTF-16"): drop("good/1.txt", "line 1 is not UTF-8"),
    ("text_folders", "NUL"): drop("good/1.txt", "line ", "NUL byte"),
    ("text_folders", "empty"): drop("good/1.txt", "has no text"),
    ("text_folders", "blank"): drop("good/1.txt", "has no text"),
    ("segments", "empty"): error("looks like kaldi", "text line 1: segments has no recording"),
    ("segments", "blank"): error("looks like kaldi", "text line 1: segments has no recording"),
    ("librispeech", "empty"): drop("11-1.trans.txt", "is empty"),
    ("librispeech", "blank"): drop("11-1.trans.txt", "is empty"),
}
"""Where one text is one of many, only it is dropped."""

CASES = [
    Case(f"{fault} in {kind}", kind, turned(one.text, how), OTHERWISE.get((kind, fault), expected))
    for kind, one in CLEAN.items()
    if one.text
    for fault, (how, expected) in FAULTS.items()
]
