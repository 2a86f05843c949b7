"""Labels as letters: where words begin and end, and how the kernel tells them.

A word is what stands between spaces. Its hash Σ_i v(letter_i) B^{n−i} mod 2^64 grows with every label by one product
and one sum, however many letters the label has, so a prefix carries one number for the word that it has begun.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqpipe.features.tokens import END, SPACE, Tokenizer

BASE, FACTOR = 0x9E3779B97F4A7C15, 0xD1342543DE82EF95  # odd, and as good as random
MODULUS = 1 << 64


def written(tokenizer: Tokenizer) -> list[str]:
    """What each label writes; nothing for those that no output has."""
    pieces = tokenizer.pieces(range(tokenizer.size))
    assert not any(SPACE in piece[1:] for piece in pieces)  # sentencepiece ends tokens at spaces
    return [piece if label > END else "" for label, piece in enumerate(pieces)]


def words_of(labels: Sequence[int], pieces: Sequence[str]) -> list[tuple[str, int, int]]:
    """Words, and of each the places of its first and its last label."""
    found: list[tuple[str, int, int]] = []
    inside = False
    for at, label in enumerate(labels):
        letters = pieces[label]
        inside = inside and not letters.startswith(SPACE)
        letters = letters.removeprefix(SPACE)
        if letters and inside:
            word, first, _ = found.pop()
            found.append((word + letters, first, at))
        elif letters:
            found.append((letters, at, at))
            inside = True
    return found


def hashed(words: Sequence[str]) -> np.ndarray:
    """The hash of each word, int64."""
    return np.array([_signed(_digits(word)) for word in words], np.int64)


def table(pieces: Sequence[str], numbers: Sequence[int], letters: dict[str, int]) -> tuple[np.ndarray, np.ndarray]:
    """``Fusion.spelling`` and ``Fusion.letters``: ``numbers`` of the labels in a model, ``letters`` as hotwords number
    them, 0 for the others."""
    rows, sequence = [], [0]
    for piece, number in zip(pieces, numbers, strict=True):
        first, text = len(sequence), piece.removeprefix(SPACE)
        sequence += [letters.get(letter, 0) for letter in piece]
        power, digits = _signed(pow(BASE, len(text), MODULUS)), _signed(_digits(text))
        rows.append((piece != text, power, digits, number, first, len(sequence)))
    return np.array(rows, np.int64), np.array(sequence, np.int64)


def _digits(text: str) -> int:
    value = 0
    for letter in text:
        value = (value * BASE + (ord(letter) + 1) * FACTOR) % MODULUS
    return value


def _signed(value: int) -> int:
    return value - MODULUS if value >= MODULUS // 2 else value
