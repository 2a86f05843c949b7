"""Where a model looked: attention of a decoder, label posteriors of CTC, as a matrix with named sides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from seqpipe.batches import Batch
from seqpipe.features import Features
from seqpipe.models.ctc import BLANK, Ctc
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.padded import Padded
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.store import Row


class HeatMap(NamedTuple):
    """``values`` by row and column, between 0 and 1; a side without names is numbered."""

    row_label: str
    rows: list[str]
    column_label: str
    columns: list[str]
    values: list[list[float]]


@torch.inference_mode()
def attention_map(model: Seq2Seq, batch: Batch, found: Hypothesis, features: Features, row: Row) -> HeatMap:
    """α_{t,s}: a row for each output token and the end, a column for each source token."""
    target = Padded(torch.tensor([found.output], dtype=torch.int64), torch.tensor([len(found.output)]))
    alpha = model.attention(batch.source, target)[0]
    rows, columns = [*features.tokens(found.output), "end"], features.source_tokens(row)
    return HeatMap("output token", rows, "source token", columns[: alpha.shape[1]], _rounded(alpha))


@torch.inference_mode()
def posterior_map(model: Ctc, batch: Batch, found: Hypothesis, features: Features, row: Row) -> HeatMap:
    """p(label | frame): a row for each label of the output and for blank, a column for each step of the encoder."""
    labels = list(dict.fromkeys(found.output))
    posteriors = model(batch.source).data[0].exp()  # (T, V)
    rows = [*features.tokens(labels), "blank"]
    return HeatMap("label", rows, "step", [], _rounded(posteriors[:, [*labels, BLANK]].T))


def _rounded(values: Tensor) -> list[list[float]]:
    return [[round(value, 4) for value in row] for row in values.tolist()]


MAPS: dict[str, Callable[[Any, Batch, Hypothesis, Features, Row], HeatMap]] = {
    "seq2seq": attention_map,
    "ctc": posterior_map,
}
"""By task; a task without one has no map to show."""
