"""The worker of bench/ctc_beam.py: pyctcdecode and flashlight-text, in an interpreter that has them and not seqpipe.

Asked ``[file, peer, beam]``, it decodes the log-probabilities in the file once and answers with seconds and labels.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import cache

import numpy as np
from flashlight.lib.text.decoder import CriterionType, LexiconFreeDecoder, LexiconFreeDecoderOptions, ZeroLM
from pyctcdecode import build_ctcdecoder
from turns import answer_questions

FIRST = 0x4E00
"""The letter of label 1; pyctcdecode wants a character for each."""

Decode = Callable[[np.ndarray], list[int]]


def pyctcdecode(labels: int, beam: int) -> Decode:
    """With the pruning that it comes with, which makes it faster: tokens below −5, hypotheses 10 below the best."""
    decoder = build_ctcdecoder(["", *(chr(FIRST + label - 1) for label in range(1, labels))])

    def decode(log_probs: np.ndarray) -> list[int]:
        best = decoder.decode_beams(log_probs, beam_width=beam)[0]
        return [ord(letter) - FIRST + 1 for letter in best[0]]

    return decode


def flashlight(labels: int, beam: int) -> Decode:
    """Without a threshold; each hypothesis takes the beam + 2 likeliest tokens, as no other can enter the beam."""
    options = LexiconFreeDecoderOptions(
        beam_size=beam,
        beam_size_token=min(labels, beam + 2),
        beam_threshold=1e9,
        lm_weight=0.0,
        sil_score=0.0,
        log_add=True,
        criterion_type=CriterionType.CTC,
    )
    decoder = LexiconFreeDecoder(options, ZeroLM(), -1, 0, [])

    def decode(log_probs: np.ndarray) -> list[int]:
        numbers = np.ascontiguousarray(log_probs, np.float32)
        best = decoder.decode(numbers.ctypes.data, *numbers.shape)[0]
        path = np.array([token for token in best.tokens if token >= 0])
        changes = np.append(True, path[1:] != path[:-1])
        return [int(token) for token in path[changes] if token]

    return decode


PEERS = {"pyctcdecode": pyctcdecode, "flashlight-text": flashlight}


@cache
def made(peer: str, labels: int, beam: int) -> Decode:
    """A decoder, once for all turns."""
    return PEERS[peer](labels, beam)


def decoded(question: tuple[str, str, int]) -> tuple[float, list[int]]:
    """Seconds, and the labels of the best output."""
    file, peer, beam = question
    log_probs = np.load(file)
    decode = made(peer, log_probs.shape[1], beam)
    began = time.perf_counter()
    labels = decode(log_probs)
    return time.perf_counter() - began, labels


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    answer_questions(decoded)
