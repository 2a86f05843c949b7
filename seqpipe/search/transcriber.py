"""How a CTC model is read out: search, language model, hotwords and words with times, made ready once for a pipeline.

    state = transcriber.start()                          # of one recording or picture
    state = transcriber.advance(state, log_probs)        # (T, V), any number of steps, as often as there are some
    labels = transcriber.so_far(state)                   # of the likeliest output, while more may come
    hypotheses = transcriber.best(state, length)         # length: frames, or columns, of the source

``log_probs`` are those that ``scores.labels_only`` leaves. What reads a batch calls these once for each input, in
threads; what reads a stream calls ``advance`` for each chunk.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import numpy as np

from seqpipe.models.ctc import BLANK
from seqpipe.params.decoding import CtcDecode
from seqpipe.search import ctc, prefix
from seqpipe.search.fusion import Fusion
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.remembered import Memories
from seqpipe.search.words import Word, words_of_beam, words_of_path

State = ctc.Path | prefix.Search


class Clock(NamedTuple):
    """When a step of the model is: it reads ``stride`` steps of the source, of ``unit`` seconds each (1 if a step is no
    time, but a column or a picture)."""

    stride: int
    unit: float


class Transcriber(NamedTuple):
    """``pieces`` is what each label writes; ``memories`` makes what a recurrent language model remembers."""

    options: CtcDecode
    pieces: list[str]
    clock: Clock
    fusion: Fusion | None = None
    memories: Memories | None = None

    def start(self) -> State:
        """Nothing read yet."""
        if self.options.beam == 1:
            return ctc.start(BLANK)
        memory = self.memories(self.options.beam) if self.memories else None
        threshold = self.options.token_threshold
        return prefix.start(len(self.pieces), self.options.beam, BLANK, threshold, self.fusion, memory)

    def advance(self, state: State, log_probs: np.ndarray) -> State:
        """The state after ``log_probs`` (T, V) more; ``state`` itself is used up."""
        if isinstance(state, ctc.Path):
            return ctc.advance(state, log_probs, BLANK)
        return prefix.advance(state, log_probs)

    def best(self, state: State, length: int) -> list[Hypothesis]:
        """The n best outputs; ``length`` is that of the source, which the last step may reach beyond."""
        if isinstance(state, ctc.Path):
            return [self._told(ctc.best(state), words_of_path(state, self.pieces), length)]
        found = prefix.best(state, self.options.beam)
        spoken = words_of_beam(found, self.options.nbest, self.pieces)
        return [self._told(one, words, length) for one, words in zip(found, spoken, strict=False)]

    def so_far(self, state: State) -> list[int]:
        """The labels of the likeliest output, while more may come."""
        return list(state.labels) if isinstance(state, ctc.Path) else prefix.likeliest(state)

    def whole(self, log_probs: np.ndarray, length: int) -> list[Hypothesis]:
        """The n best outputs of one source."""
        return self.best(self.advance(self.start(), log_probs), length)

    def all(self, log_probs: Sequence[np.ndarray], lengths: Sequence[int]) -> list[list[Hypothesis]]:
        """The same for several sources, side by side; none knows of another."""
        if self.options.beam == 1 or len(log_probs) == 1:
            return list(map(self.whole, log_probs, lengths))
        with ThreadPoolExecutor(min(len(log_probs), os.cpu_count() or 1)) as pool:
            return list(pool.map(self.whole, log_probs, lengths))

    def _told(self, found: prefix.Found, words: Sequence[Word], length: int) -> Hypothesis:
        stride, unit = self.clock
        times: list[dict[str, Any]] = [
            {
                "word": one.word,
                "start": round(one.start * stride * unit, 4),
                "end": round(min(one.end * stride, length) * unit, 4),
                "confidence": round(one.confidence, 6),
            }
            for one in words
        ]
        more = {"log_prob": round(found.log_prob, 6), "confidence": round(found.confidence, 6), "times": times}
        return Hypothesis(found.labels, found.score, found.log_prob, more)


def plain(options: CtcDecode, labels: int) -> Transcriber:
    """One of ``labels`` that nobody knows how to write, so without language model and words."""
    assert not any((options.lm, options.hotwords, options.word_bonus))
    return Transcriber(options, [""] * labels, Clock(1, 1))
