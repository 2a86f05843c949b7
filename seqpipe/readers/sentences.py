"""Words of a raw sentence: a simple tokenizer for text that nobody has cut yet."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

WORD = re.compile(
    r"\d+(?:[.,:]\d+)+(?!\w)"  # 3.5 and 1,000 and 12:30
    r"|\w+(?:['’·-](?!s\b)\w+)*"  # Anna, O'Brien, Guinea-Bissau, 2021-05-03, 김철수가
    r"|['’]s\b"  # the s of Anna's
    r"|\S"  # any other sign by itself
)


class Word(NamedTuple):
    """A word and where it stands: characters ``start`` … ``stop`` − 1."""

    text: str
    start: int
    stop: int


def words(sentence: str) -> list[Word]:
    """Cut a sentence into words and signs; spaces alone give none.

    Letters, digits and marks that touch are one word, so a Hangul word keeps its particles (김철수가), and scripts
    without spaces are not cut at all. Signs stand by themselves, but not inside numbers, and apostrophes and hyphens
    not inside words; an English 's is cut off.
    """
    shape = "".join("x" if unicodedata.category(sign)[0] == "M" else sign for sign in sentence)  # `\w` has no marks
    return [Word(sentence[found.start() : found.end()], found.start(), found.end()) for found in WORD.finditer(shape)]
