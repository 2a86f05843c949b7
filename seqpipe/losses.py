"""Losses, example by example: what an example adds never depends on the others in its batch."""

from __future__ import annotations

from typing import Any, NamedTuple

from torch import Tensor
from torch.nn import functional

from seqpipe.batches import Batch
from seqpipe.features.tokens import BEGIN, END
from seqpipe.models.autoencoder import Autoencoder
from seqpipe.models.classify import Classify
from seqpipe.models.ctc import BLANK, Ctc
from seqpipe.models.forecast import Forecast
from seqpipe.models.language import Language
from seqpipe.models.sampling import mixed, truth
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.models.tag import Tag
from seqpipe.padded import Padded


class Moment(NamedTuple):
    """Where training stands: ``step`` updates of ``steps`` are done, under the ``train`` section.

    A loss that gets none is a plain one, as in validation: teacher forcing, true labels.
    """

    step: int
    steps: int
    train: Any


class Losses(NamedTuple):
    """``total`` (B,): the loss summed over an example's terms; ``terms`` (B,): how many (tokens, values)."""

    total: Tensor
    terms: Tensor
    carry: Any = None
    """What the next batch of a stream starts from, cut off from the gradients; None where batches stand alone."""

    def mean(self) -> Tensor:
        """The mean over all terms of the batch, a scalar."""
        return self.total.sum() / self.terms.sum()


def seq2seq(model: Seq2Seq, batch: Batch, moment: Moment | None = None) -> Losses:
    """Cross entropy of each token: the decoder reads the true tokens before it, or, in training, what scheduled
    sampling makes of them."""
    inputs, labels = batch.target.prepend(BEGIN), batch.target.append(END)
    state, tokens, smoothing = model.start(batch.source), inputs.data, 0.0
    if moment is not None:
        sampling, smoothing = moment.train.sampling, moment.train.label_smoothing
        share = truth(sampling, moment.step, moment.steps)
        tokens = mixed(model.decoder, state, tokens, sampling.form, share)
    return Losses(model.decoder.surprise(state, tokens, labels, smoothing).sum(dim=1), labels.lengths)


def ctc(model: Ctc, batch: Batch, moment: Moment | None = None) -> Losses:
    """−log p(labels), the probability summed over all alignments."""
    return alignments(model(batch.source), batch.target, BLANK)


def classify(model: Classify, batch: Batch, moment: Moment | None = None) -> Losses:
    """Cross entropy of the label."""
    label = Padded(batch.target.data[:, :1], batch.target.lengths)
    return cross_entropy(model(batch.source)[:, None], label, moment.train.label_smoothing if moment else 0.0)


def language(model: Language, batch: Batch, moment: Moment | None = None) -> Losses:
    """Cross entropy of each token after those before it; a span of a stream goes on from the span before."""
    logits, states = model(batch.source, batch.carry, batch.window)
    carry = [tuple(part.detach() for part in state) for state in states]
    smoothing = moment.train.label_smoothing if moment else 0.0
    return cross_entropy(logits, batch.target, smoothing)._replace(carry=carry)


def tag(model: Tag, batch: Batch, moment: Moment | None = None) -> Losses:
    """−log p(labels), all labels of a sentence together."""
    return Losses(model.negative_log_likelihood(batch.source, batch.target), batch.target.lengths)


def autoencode(model: Autoencoder, batch: Batch, moment: Moment | None = None) -> Losses:
    """The error of every step that is rebuilt: squared for frames, cross entropy for tokens."""
    return Losses(model.errors(batch.source, model(batch.source)).sum(dim=1), batch.source.lengths)


def forecast(model: Forecast, batch: Batch, moment: Moment | None = None) -> Losses:
    """Absolute error over the horizon: what MASE counts."""
    return absolute_error(model(batch.source), batch.target)


def cross_entropy(logits: Tensor, labels: Padded, smoothing: float = 0.0) -> Losses:
    """Σ_t (1 − ε) (−log p_{t, label_t}) + ε (1/V) Σ_v (−log p_{t, v}), p = softmax(logits (B, T, V)), ε the smoothing
    of labels (Szegedy et al. 2016); padding adds nothing."""
    each = functional.cross_entropy(
        logits.flatten(0, 1), labels.data.flatten(), reduction="none", label_smoothing=smoothing
    )  # (B T)
    return Losses((each.view_as(labels.data) * labels.mask()).sum(dim=1), labels.lengths)


def alignments(log_probs: Padded, labels: Padded, blank: int) -> Losses:
    """−log of the summed probability of all alignments of the labels (Graves et al. 2006).

    ``log_probs`` (B, T, V). Infinite where no alignment exists: fewer frames than labels and adjacent repeats.
    """
    total = functional.ctc_loss(
        log_probs.data.transpose(0, 1), labels.data, log_probs.lengths, labels.lengths, blank=blank, reduction="none"
    )
    return Losses(total, labels.lengths.clamp(min=1))


def absolute_error(outputs: Tensor, target: Padded) -> Losses:
    """Σ_t |ŷ_t − y_t| over outputs (B, T) and targets (B, T, 1); padding adds nothing."""
    width = outputs.shape[1]
    each = (outputs - target.data[:, :width, 0]).abs()
    return Losses((each * target.mask()[:, :width]).sum(dim=1), target.lengths)
