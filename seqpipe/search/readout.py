"""How each task reads a batch out: which search, with what options."""

from __future__ import annotations

from typing import Any

import torch

from seqpipe.batches import Batch
from seqpipe.models.ctc import BLANK, Ctc
from seqpipe.models.forecast import Forecast
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.params.decoding import CtcDecode, ForecastDecode, Seq2SeqDecode
from seqpipe.search.beam import beam_search
from seqpipe.search.ctc import greedy_path, prefix_beam
from seqpipe.search.greedy import greedy
from seqpipe.search.hypothesis import Hypothesis


@torch.inference_mode()
def seq2seq(model: Seq2Seq, batch: Batch, options: Seq2SeqDecode) -> list[list[Hypothesis]]:
    """Beam search; beam 1 is greedy."""
    state, count = model.start(batch.source), len(batch.ids)
    if options.beam == 1:
        return [[found] for found in greedy(model.step, state, count, options.max_length, options.length_penalty)]
    return beam_search(
        model.step,
        state,
        count,
        options.beam,
        min(options.nbest, options.beam),
        options.max_length,
        options.length_penalty,
    )


@torch.inference_mode()
def ctc(model: Ctc, batch: Batch, options: CtcDecode) -> list[list[Hypothesis]]:
    """Prefix beam search; beam 1 is the likeliest path."""
    log_probs, lengths = model(batch.source)
    found = []
    for frames, length in zip(log_probs.cpu().numpy(), lengths.tolist(), strict=True):
        if options.beam == 1:
            found.append([greedy_path(frames[:length], BLANK)])
        else:
            found.append(prefix_beam(frames[:length], BLANK, options.beam)[: options.nbest])
    return found


@torch.inference_mode()
def forecast(model: Forecast, batch: Batch, options: ForecastDecode) -> list[list[Hypothesis]]:
    """The one forecast of each window; it has no probability, so its score is zero."""
    outputs: list[list[Any]] = model(batch.source).tolist()
    return [[Hypothesis(values, 0.0, 0.0)] for values in outputs]
