"""Pretrained word vectors for the tokens of a vocabulary: which are found, and how much of the text that covers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from seqpipe.files import SeqpipeError, whole_file
from seqpipe.readers.vectors import read_vectors
from seqpipe.report import Report
from seqpipe.store import Row

FILE = "vectors.safetensors"
Words = list[str | None]
"""The word that each source id is written as; empty where it is none by itself (a piece within a word, the unknown
token), None where it stands for no text (begin, end, padding)."""


class Worded(Protocol):
    """Features whose source is tokens."""

    def words(self) -> Words:
        """By source id."""


class Pretrained(NamedTuple):
    """``vectors`` float32[N, E] of the source ids ``ids`` int64[N]."""

    ids: np.ndarray
    vectors: np.ndarray

    def save(self, folder: Path) -> None:
        """Write ``vectors.safetensors``."""
        with whole_file(folder / FILE) as temporary:
            save_file({"ids": self.ids, "vectors": self.vectors}, temporary)

    @classmethod
    def load(cls, folder: Path) -> Pretrained:
        """Open ``vectors.safetensors``."""
        try:
            arrays = load_file(folder / FILE)
            return cls(arrays["ids"], arrays["vectors"])
        except (OSError, SafetensorError, KeyError):
            raise SeqpipeError(
                f"{folder / FILE} is missing or broken; run `seqpipe preprocess` (or `dvc repro`) again."
            ) from None


class Found(NamedTuple):
    """What a file has for a vocabulary, and the ids of what it has only in lower case."""

    pretrained: Pretrained
    lowered: np.ndarray


def find(words: Words, path: Path, report: Report) -> Found:
    """Look every word of a vocabulary up in ``path``: as it is written, else in lower case.

    Raises ``SeqpipeError`` where nothing is found.
    """
    wanted = {form for word in words if word for form in (word, word.lower())}
    size, found = read_vectors(path, wanted, report)
    forms = {at: next((form for form in (word, word.lower()) if form in found), "") for at, word in _written(words)}
    ids = [at for at, form in forms.items() if form]
    if not ids:
        raise SeqpipeError(
            f"{path} has no vector for any token of the vocabulary; take vectors of the same language, tokens that are "
            "whole words, or none (`features.vectors`)."
        )
    vectors = np.stack([found[forms[at]] for at in ids]).reshape(-1, size)
    lowered = [at for at in ids if forms[at] != words[at]]
    return Found(Pretrained(np.array(ids, np.int64), vectors), np.array(lowered, np.int64))


def coverage(found: Found, words: Words, rows: Iterable[Row]) -> dict[str, Any]:
    """How much has a vector: of the vocabulary (the unknown token is part of it), and of the tokens of ``rows``; of
    both, how much is there in lower case only."""
    tokens = np.zeros(len(words), np.int64)
    for row in rows:
        ids = row["source"].reshape(len(row["source"]), -1)[:, 0]  # of words with characters, the word
        tokens += np.bincount(ids, minlength=len(words))
    text = np.array([word is not None for word in words])
    shares = {}
    for name, ids in (("", found.pretrained.ids), ("lowered_", found.lowered)):
        shares[f"{name}vocabulary"] = round(len(ids) / int(text.sum()), 6)
        shares[f"{name}tokens"] = round(int(tokens[ids].sum()) / max(1, int(tokens[text].sum())), 6)
    return {"size": found.pretrained.vectors.shape[1], "found": len(found.pretrained.ids), **shares}


def _written(words: Words) -> list[tuple[int, str]]:
    return [(at, word) for at, word in enumerate(words) if word]
