"""Losses, example by example: what an example adds never depends on the others in its batch."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor
from torch.nn import functional

from seqpipe.batches import Batch
from seqpipe.features.tokens import BEGIN, END
from seqpipe.models.ctc import BLANK, Ctc
from seqpipe.models.forecast import Forecast
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.padded import Padded


class Losses(NamedTuple):
    """``total`` (B,): the loss summed over an example's terms; ``terms`` (B,): how many (tokens, values)."""

    total: Tensor
    terms: Tensor

    def mean(self) -> Tensor:
        """The mean over all terms of the batch, a scalar."""
        return self.total.sum() / self.terms.sum()


def seq2seq(model: Seq2Seq, batch: Batch) -> Losses:
    """Cross entropy under teacher forcing: the decoder reads the true tokens before each position."""
    return cross_entropy(model(batch.source, batch.target.prepend(BEGIN)), batch.target.append(END))


def ctc(model: Ctc, batch: Batch) -> Losses:
    """−log p(labels), the probability summed over all alignments."""
    return alignments(model(batch.source), batch.target, BLANK)


def forecast(model: Forecast, batch: Batch) -> Losses:
    """Absolute error over the horizon: what MASE counts."""
    return absolute_error(model(batch.source), batch.target)


def cross_entropy(logits: Tensor, labels: Padded) -> Losses:
    """−Σ_t log softmax(logits)_{t, label_t} over logits (B, T, V); padding adds nothing."""
    each = functional.cross_entropy(logits.mT, labels.data, reduction="none")  # (B, T)
    return Losses((each * labels.mask()).sum(dim=1), labels.lengths)


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
