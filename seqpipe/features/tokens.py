"""Token ids of a text and back, by sentencepiece at every level: learned pieces, characters, jamo, words."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import sentencepiece

from seqpipe.features import jamo
from seqpipe.features.pretrained import Words
from seqpipe.features.sampled import sample
from seqpipe.files import SeqpipeError, whole_file
from seqpipe.params.features import Tokens
from seqpipe.report import Note, Report, silent

PAD, UNKNOWN, BEGIN, END = 0, 1, 2, 3
"""Control ids of every vocabulary; CTC uses ``PAD`` as its blank."""
SPACE = "▁"
"""How a space is written in a token."""
LONGEST_LINE = 1 << 20
ALL_CHARACTERS = 1 << 21  # more than Unicode has
KINDS = {"syllable": "char", "jamo": "char"}
"""The kind of a sentencepiece model for a level that has another name."""
WHOLE = ("char", "jamo")
"""Levels whose vocabulary must hold every character: sentencepiece would drop rare ones without a word."""


class Tokenizer:
    """A trained sentencepiece model."""

    def __init__(self, model: bytes) -> None:
        self.model = model
        self._processor = sentencepiece.SentencePieceProcessor(model_proto=model)
        pieces = (str(self._processor.id_to_piece(at)) for at in range(self.size))
        self._apart = any(map(jamo.has_hidden, pieces))  # the level of a model is in what it holds

    @classmethod
    def train(cls, lines: Iterable[str], params: Tokens, what: str, report: Report = silent) -> Tokenizer:
        """Fit a vocabulary on ``lines``, or on a sample of them if they are many; ``what`` names them in an error.

        The characters of ``lines`` are all in it (at level ``word`` the words, at ``syllable`` rare characters need not
        be).
        """
        present, share = sample(line for line in lines if line.strip())
        if not present:
            raise SeqpipeError(f"No {params.level} vocabulary can be trained on {what}: they hold no text.")
        if params.level == "jamo":
            present = [jamo.hidden(line) for line in present]
        if share < 1:
            said = f"a sample of {len(present):,} lines, about 1 of every {round(1 / share)}"
            report(Note(f"The {params.level} vocabulary of {what} is trained on {said}"))
        model = io.BytesIO()
        whole, kind = params.level in WHOLE, KINDS.get(params.level, params.level)
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(present),
                model_writer=model,
                model_type=kind,
                vocab_size=ALL_CHARACTERS if whole else params.vocabulary,
                hard_vocab_limit=False,
                character_coverage=1.0,
                normalization_rule_name=params.normalization,
                split_digits=params.split_digits,
                add_dummy_prefix=kind != "char",  # a word is the same at the start; a character needs no space before
                pad_id=PAD,
                unk_id=UNKNOWN,
                bos_id=BEGIN,
                eos_id=END,
                max_sentence_length=LONGEST_LINE,
                num_threads=1,  # more threads change the order of sums, and with it the model
                minloglevel=2,
            )
        except (RuntimeError, OSError) as error:
            reason = " ".join(str(error).split())
            needed = re.search(r"smaller than required_chars\. \d+ vs (\d+)", reason)
            if needed:
                raise _too_small(params, what, int(needed[1])) from None
            raise SeqpipeError(f"No {params.level} vocabulary can be trained on {what}: {reason}") from None
        tokenizer = cls(model.getvalue())
        if whole and tokenizer.size > params.vocabulary:
            raise _too_small(params, what, tokenizer.size)
        return tokenizer

    @property
    def size(self) -> int:
        """Number of token ids, the control tokens included."""
        return int(self._processor.get_piece_size())

    def encode(self, text: str) -> np.ndarray:
        """Token ids, int32[T], without begin and end."""
        return np.asarray(self._processor.encode(self._written(text)), np.int32)

    def encode_many(self, texts: Sequence[str], threads: int) -> list[np.ndarray]:
        """The same of many texts, on ``threads`` threads; other threads go on meanwhile."""
        written = list(map(jamo.hidden, texts) if self._apart else texts)
        found: list[np.ndarray] = self._processor.encode(written, num_threads=threads, return_type="numpy")
        return found

    def _written(self, text: str) -> str:
        return jamo.hidden(text) if self._apart else text

    def decode(self, ids: Iterable[int]) -> str:
        """The text of token ids; control ids vanish."""
        text = str(self._processor.decode([int(token) for token in ids]))
        return jamo.together(text) if self._apart else text

    def pieces(self, ids: Iterable[int]) -> list[str]:
        """The written form of each token; ``▁`` is a space."""
        return [jamo.shown(str(self._processor.id_to_piece(int(token)))) for token in ids]

    def words(self) -> Words:
        """The word that each id is written as: that of a piece which begins with a space, or the piece itself where it
        has neither letters nor digits (a sign is a sign wherever it stands)."""
        ids = range(self.size)
        return [None if self._processor.is_control(at) else _word(str(self._processor.id_to_piece(at))) for at in ids]

    def save(self, path: Path) -> None:
        """Write the sentencepiece model."""
        with whole_file(path) as temporary:
            temporary.write_bytes(self.model)

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Open a sentencepiece model."""
        try:
            model = path.read_bytes()
            if model:  # sentencepiece takes no bytes for a model without pieces
                return cls(model)
        except (OSError, RuntimeError):
            pass
        raise SeqpipeError(f"{path} is missing or broken; run `seqpipe preprocess` (or `dvc repro`) again.")


def _word(piece: str) -> str:
    if piece.startswith(SPACE) or not any(map(str.isalnum, piece)):
        return piece.removeprefix(SPACE)
    return ""


def _too_small(params: Tokens, what: str, needed: int) -> SeqpipeError:
    return SeqpipeError(
        f"A {params.level} vocabulary of {params.vocabulary} cannot hold every character of {what}; "
        f"set `vocabulary` to {needed} or more."
    )
