"""Hangul as letters: a syllable is taken apart into its jamo and put together again (Unicode 16, section 3.12).

Inside a vocabulary a jamo is a private character, for sentencepiece's own normalisation would put syllables together.
"""

from __future__ import annotations

import re
from unicodedata import normalize

JAMO = range(0x1100, 0x1200)
"""Leading consonants, vowels and final consonants."""
PRIVATE = 0xF0000
"""What stands for the first of them: a plane for private use."""
SYLLABLES = re.compile("[가-힣]+")
HIDE = {letter: PRIVATE + at for at, letter in enumerate(JAMO)}
SHOW = {hidden: letter for letter, hidden in HIDE.items()}


def hidden(text: str) -> str:
    """``text``, each jamo a private character."""
    return SYLLABLES.sub(lambda found: normalize("NFD", found[0]), normalize("NFC", text)).translate(HIDE)


def shown(text: str) -> str:
    """The same with jamo as they are, apart."""
    return text.translate(SHOW)


def together(text: str) -> str:
    """Syllables again."""
    return normalize("NFC", shown(text))


def has_hidden(text: str) -> bool:
    """Whether a jamo is among the characters."""
    return any(ord(character) in SHOW for character in text)
