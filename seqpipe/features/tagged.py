"""Words with their characters, and a label for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize

import numpy as np

from seqpipe.features.pretrained import Words
from seqpipe.features.sizes import Sizes, Vocabulary
from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params.features import WordFeatures
from seqpipe.readers import corpus
from seqpipe.readers.bio import OUTSIDE, is_bio, names
from seqpipe.readers.conll import Sentence, read_conll
from seqpipe.readers.example import Dropped, Example, kept
from seqpipe.readers.pairs import read_text_inputs
from seqpipe.readers.sentences import words
from seqpipe.report import Report
from seqpipe.store import Row

UNKNOWN = 0  # of words and of characters; known ones begin at 1


class Scheme(NamedTuple):
    """What labels are made of: the type of each (``O`` has none), and all the labels of some types."""

    type_of: Callable[[str], str]
    names: Callable[[Sequence[str]], list[str]]


SCHEMES = {"bio": Scheme(lambda label: label[2:], names), "plain": Scheme(str, list)}


class TaggedWords:
    """A step of the source is a word: its id, the number of its characters, and their ids.

    A row holds ``source`` int32[T, 2 + characters] and ``target`` int32[T]; ``shown`` is the sentence, ``words`` and
    ``labels`` are its parts, a tab between them.
    """

    def __init__(self, params: WordFeatures, vocabulary: list[str], characters: list[str], types: list[str]) -> None:
        self.params, self.vocabulary, self.characters, self.types = params, vocabulary, characters, types
        self.labels = SCHEMES[params.labels].names(types)
        self._words = {word: at for at, word in enumerate(vocabulary, start=1)}
        self._characters = {character: at for at, character in enumerate(characters, start=1)}
        self._labels = {label: at for at, label in enumerate(self.labels)}
        self.sizes = Sizes("words", len(vocabulary) + 1, len(self.labels), characters=len(characters) + 1)._replace(
            bio=params.labels == "bio"
        )
        self.vocabularies = {
            "source": Vocabulary(self.sizes.source, UNKNOWN),
            "target": Vocabulary(self.sizes.target, None),
        }
        self.columns = {"id": "text", "group": "text", "shown": "text", "words": "text", "labels": "text"}
        self.columns |= {"source": f"ids:{2 + params.characters}", "target": "ids"}

    @classmethod
    def fit(cls, params: WordFeatures, folder: Path, report: Report) -> TaggedWords:
        """Count the words, characters and types of the training split."""
        words: Counter[str] = Counter()
        characters: Counter[str] = Counter()
        types: set[str] = set()
        for example in kept(corpus.examples(folder, "train", partial(_read, kind=params.labels))):
            words.update(_folded(word, params) for word in example.source.words)
            characters.update(character for word in example.source.words for character in word)
            types |= _types(example, params.labels)
        if not types:
            raise SeqpipeError(
                f"Every label of the training split of {folder} is {OUTSIDE}, so there is nothing to find; tag some "
                "spans."
            )
        return cls(params, _common(words, params.minimum), _common(characters, params.minimum), sorted(types))

    @classmethod
    def load(cls, params: WordFeatures, folder: Path, report: Report) -> TaggedWords:
        """Open ``words.json``."""
        path = folder / "words.json"
        values = read_json(path)
        lists = [values.get(key) for key in ("words", "characters", "types")] if isinstance(values, dict) else [None]
        if not all(isinstance(one, list) and all(isinstance(item, str) for item in one) for one in lists):
            raise SeqpipeError(f"{path} is broken; run `seqpipe preprocess` (or `dvc repro`) again.")
        return cls(params, *lists)

    def words(self) -> Words:
        """The vocabulary as it is; the id of all other words has none."""
        return ["", *self.vocabulary]

    def save(self, folder: Path) -> None:
        """Write ``words.json``."""
        values = {"words": self.vocabulary, "characters": self.characters, "types": self.types}
        write_json(folder / "words.json", values)

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read ``<split>.conll``, or that split of a corpus."""
        return corpus.examples(folder, split, partial(_read, kind=self.params.labels))

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read raw sentences, one a line."""
        return map(_cut, read_text_inputs(paths))

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The sentences themselves."""
        for number, text in enumerate(items, start=1):
            yield _cut(Example(str(number), normalize("NFC", text), None, f"input {number}"))

    def encode(self, example: Example) -> Row:
        """Ids of words, characters and labels; a type that training does not have is an error."""
        sentence: Sentence = example.source
        labels: list[str] = example.target or []
        for label in labels:
            if label not in self._labels:
                raise SeqpipeError(
                    f"{example.where} has the label '{label}', whose type the training split lacks (it has "
                    f"{', '.join(self.types)}); correct it, or add examples of it to training."
                )
        return {
            "id": example.id,
            "group": example.group,
            "shown": sentence.text,
            "words": "\t".join(sentence.words),
            "labels": "\t".join(labels),
            "source": np.array([self._step(word) for word in sentence.words], np.int32).reshape(
                -1, 2 + self.params.characters
            ),
            "target": np.array([self._labels[label] for label in labels], np.int32),
        }

    def _step(self, word: str) -> list[int]:
        most = self.params.characters
        kept = word if len(word) <= most else word[: (most + 1) // 2] + word[len(word) - most // 2 :]
        ids = [self._characters.get(character, UNKNOWN) for character in kept]
        known = self._words.get(_folded(word, self.params), UNKNOWN)
        return [known, len(ids), *ids, *[UNKNOWN] * (most - len(ids))]

    def decode(self, output: Any, row: Row) -> dict[str, Any]:
        """``text``, the sentence with the label behind each word of a span, and its ``tokens`` and ``labels``."""
        found, labels = self.source_tokens(row), self.tokens(output)
        return {"text": labelled(found, labels), "tokens": found, "labels": labels}

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Labels."""
        return [self.labels[int(label)] for label in output]

    def source_tokens(self, row: Row) -> list[str]:
        """Words."""
        return _parts(row["words"])

    def record(self, row: Row) -> dict[str, Any]:
        """The sentence, and its labels."""
        return {"source": row["shown"], "reference": _parts(row["labels"])}


def labelled(found: Sequence[str], labels: Sequence[str]) -> str:
    """``Anna_B-PER flew to Oslo_B-LOC``; a word outside has no label."""
    pairs = zip(found, labels, strict=True)
    return " ".join(word if label == OUTSIDE else f"{word}_{label}" for word, label in pairs)


def _read(folder: Path, split: str, kind: str) -> Iterator[Example]:
    return read_conll(folder / f"{split}.conll", kind)


def _types(example: Example, kind: str) -> set[str]:
    strange = [label for label in example.target if kind == "bio" and not is_bio(label)]
    if strange:
        raise SeqpipeError(
            f"{example.where} has the label '{strange[0]}', which is not BIO; set features.labels: plain for such ones."
        )
    return {SCHEMES[kind].type_of(label) for label in example.target} - {""}


def _parts(joined: str) -> list[str]:
    return joined.split("\t") if joined else []


def _cut(example: Example) -> Example:
    return example._replace(source=Sentence(example.source, [word.text for word in words(example.source)]))


def _folded(word: str, params: WordFeatures) -> str:
    return word.casefold() if params.fold_case else word


def _common(counts: Counter[str], minimum: int) -> list[str]:
    """What was counted ``minimum`` times or more, the commonest first."""
    chosen = [(-count, item) for item, count in counts.items() if count >= minimum]
    return [item for _, item in sorted(chosen)]
