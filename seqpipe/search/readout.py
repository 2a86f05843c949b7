"""How each task reads a batch out: which search, with what options."""

from __future__ import annotations

from math import exp
from typing import Any

import torch

from seqpipe.batches import Batch
from seqpipe.files import SeqpipeError
from seqpipe.models.autoencoder import Autoencoder
from seqpipe.models.classify import Classify
from seqpipe.models.ctc import Ctc
from seqpipe.models.decoder import DecoderState
from seqpipe.models.forecast import Forecast
from seqpipe.models.language import Language
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.models.tag import Tag
from seqpipe.padded import Padded
from seqpipe.params.decoding import (
    AutoencodeDecode,
    ClassifyDecode,
    CtcDecode,
    ForecastDecode,
    LanguageDecode,
    Seq2SeqDecode,
    TagDecode,
)
from seqpipe.params.pipeline import NO_COVERAGE
from seqpipe.search.beside import Beside
from seqpipe.search.constraints import forced
from seqpipe.search.coverage import coverage, covering
from seqpipe.search.graphed import fastest_step
from seqpipe.search.hypothesis import Hypothesis, Step
from seqpipe.search.limits import constant, relative
from seqpipe.search.scores import Penalty, labels_only
from seqpipe.search.spelled import NOTHING_SPELLED, Spelled
from seqpipe.search.tokens import search_tokens
from seqpipe.search.transcriber import Transcriber, plain

STEPS = 16
"""Of a source on a GPU: its length is a multiple."""


@torch.inference_mode()
def seq2seq(
    model: Seq2Seq, batch: Batch, options: Seq2SeqDecode, spelled: Spelled = NOTHING_SPELLED
) -> list[list[Hypothesis]]:
    """Beam search, beam 1 is greedy; or draws, whose chance comes from the source itself."""
    count, device = len(batch.ids), batch.source.data.device
    step, state, penalty = _covered(model, _started(model, batch.source), options)
    begun = forced(step, state, count, spelled.prefix, device)
    shortest = max(options.min_length, len(spelled.prefix) + 1 if spelled.after else 0)  # a space has a word after it
    absolute = constant(count, shortest, options.max_length, device)
    limits = relative(absolute, batch.source.lengths, options.min_ratio, options.max_ratio)
    inputs = _contents(batch.source) if options.sample else []
    return search_tokens(step, begun, limits, options, spelled.forbidden, inputs, penalty, spelled.after)


def _started(model: Seq2Seq, source: Padded) -> DecoderState:
    """The state of a batch; on a GPU over a source length that other batches have, too: a graph has fixed shapes."""
    state = model.start(source)
    if not source.data.is_cuda or not model.attends:
        return state
    return state.widened(-(-state.alpha.shape[1] // STEPS) * STEPS)


def _covered(model: Seq2Seq, state: DecoderState, options: Seq2SeqDecode) -> tuple[Step[Any], Any, Penalty[Any] | None]:
    """A model's step and state, which know what has been looked at if outputs lose something for the rest."""
    step = fastest_step(model, state.alpha.device)
    if not options.coverage_penalty:
        return step, state, None
    if not model.attends:
        raise SeqpipeError(f"{NO_COVERAGE}.")
    return covering(step), Beside(state, torch.zeros_like(state.alpha)), coverage(options.coverage_penalty)


def _contents(padded: Padded) -> list[bytes]:
    """Each sequence as bytes."""
    rows = zip(padded.data.cpu().numpy(), padded.lengths.tolist(), strict=True)
    return [row[:length].tobytes() for row, length in rows]


@torch.inference_mode()
def ctc(model: Ctc, batch: Batch, options: CtcDecode, transcriber: Transcriber | None = None) -> list[list[Hypothesis]]:
    """Prefix beam search; beam 1 is the likeliest path. Begin, end and the unknown token are never in it.

    Without a transcriber, which knows how labels are written, there are no words and no times.
    """
    log_probs, lengths = model(batch.source)
    steps = labels_only(log_probs).cpu().numpy()
    sources = [one[:length] for one, length in zip(steps, lengths.tolist(), strict=True)]
    transcriber = transcriber or plain(options, log_probs.shape[-1])
    return transcriber.all(sources, batch.source.lengths.tolist())


@torch.inference_mode()
def classify(model: Classify, batch: Batch, options: ClassifyDecode) -> list[list[Hypothesis]]:
    """All labels of each input, the likeliest first; equally likely ones in order."""
    log_probs = torch.log_softmax(model(batch.source).double(), dim=-1)  # (B, labels)
    scores, labels = log_probs.sort(dim=-1, descending=True, stable=True)
    return [
        [Hypothesis([label], one, one, {"confidence": round(exp(one), 6)}) for label, one in zip(*row, strict=True)]
        for row in zip(labels.tolist(), scores.tolist(), strict=True)
    ]


@torch.inference_mode()
def tag(model: Tag, batch: Batch, options: TagDecode) -> list[list[Hypothesis]]:
    """The likeliest labels of each sentence."""
    labels, log_probs = model.best(batch.source)
    rows = zip(labels.data.tolist(), labels.lengths.tolist(), log_probs.tolist(), strict=True)
    return [[Hypothesis(row[:length], log_prob, log_prob)] for row, length, log_prob in rows]


@torch.inference_mode()
def language(model: Language, batch: Batch, options: LanguageDecode) -> list[list[Hypothesis]]:
    """log p(w_t | w_1 … w_{t−1}) of each token and of the end; its mean is the score."""
    log_probs = torch.log_softmax(model(batch.source, None)[0].double(), dim=-1)  # (B, T, V)
    each = log_probs.gather(2, batch.target.data[:, :, None]).squeeze(2).cpu()  # (B, T)
    found = []
    for values, length in zip(each, batch.target.lengths.tolist(), strict=True):
        total = float(values[:length].sum())
        found.append([Hypothesis(values[:length].tolist(), total / length, total)])
    return found


@torch.inference_mode()
def forecast(model: Forecast, batch: Batch, options: ForecastDecode) -> list[list[Hypothesis]]:
    """The one forecast of each window; it has no probability, so its score is zero."""
    outputs: list[list[Any]] = model(batch.source).tolist()
    return [[Hypothesis(values, 0.0, 0.0)] for values in outputs]


@torch.inference_mode()
def autoencode(model: Autoencoder, batch: Batch, options: AutoencodeDecode) -> list[list[Hypothesis]]:
    """The reconstruction of each sequence (frames, or the likeliest tokens), scored by its mean error; with its code,
    and the flag of what lies above the model's threshold."""
    code, lengths = model.encode(batch.source), batch.source.lengths
    rebuilt = model.rebuild(code, lengths, batch.source.data.shape[1])
    scores = model.scores(batch.source, rebuilt).tolist()
    outputs = (rebuilt.data if batch.source.data.is_floating_point() else rebuilt.data.argmax(dim=-1)).cpu()
    threshold, found = model.threshold.item(), []
    for output, length, score, one in zip(outputs, lengths.tolist(), scores, code.tolist(), strict=True):
        more = {"flag": score > threshold, "threshold": round(threshold, 6), "code": [round(x, 6) for x in one]}
        found.append([Hypothesis(output[:length].tolist(), score, 0.0, more)])
    return found
