"""Where a model looked: attention of a decoder, label posteriors, as a matrix with named sides or over a picture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqpipe.batches import Batch
from seqpipe.features import Features
from seqpipe.models.ctc import BLANK, Ctc
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.models.tag import Tag
from seqpipe.nn.pictures import ColumnFront, PositionFront
from seqpipe.padded import Padded
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.store import Row

Pixels = list[list[list[int]]]
LARGEST = 128  # rows or columns of a picture that are kept


class HeatMap(NamedTuple):
    """``values`` by row and column, between 0 and 1; a side without names is numbered.

    ``above`` is the picture that the columns are steps through, from its left edge to its right, as
    ``picture[y][x][channel]`` from 0 to 255; empty if the source is none.
    """

    row_label: str
    rows: list[str]
    column_label: str
    columns: list[str]
    values: list[list[float]]
    above: Pixels = []


class PictureMap(NamedTuple):
    """A map over a picture for each output token and the end: ``maps[row][y][x]``, between 0 and 1, and what lies below
    them, ``picture[y][x][channel]`` from 0 to 255, on a grid of its own."""

    rows: list[str]
    maps: list[list[list[float]]]
    picture: Pixels


Map = HeatMap | PictureMap


@torch.inference_mode()
def attention_map(model: Seq2Seq, batch: Batch, found: Hypothesis, features: Features, row: Row) -> Map | None:
    """α_{t,s}: a row for each output token and the end, a column for each source token, or a map over the picture.

    A model without attention has none.
    """
    if not model.attends:
        return None
    written = Padded(torch.tensor([found.output], dtype=torch.int64), torch.tensor([len(found.output)]))
    target = written.to(batch.source.data.device)
    alpha = model.attention(batch.source, target)[0]
    rows, columns = [*features.tokens(found.output), "end"], features.source_tokens(row)
    if isinstance(model.front, PositionFront):
        maps = alpha.view(len(alpha), -1, model.front.height).mT  # (T, H', W')
        return PictureMap(rows, [_rounded(one) for one in maps], _picture(row["source"], features.sizes.channels))
    above = _above(model.front, row, features, alpha.shape[1])
    return HeatMap("output token", rows, "source token", columns[: alpha.shape[1]], _rounded(alpha), above)


@torch.inference_mode()
def posterior_map(model: Ctc, batch: Batch, found: Hypothesis, features: Features, row: Row) -> HeatMap:
    """p(label | frame): a row for each label of the output and for blank, a column for each step of the encoder."""
    labels = list(dict.fromkeys(found.output))
    posteriors = model(batch.source).data[0].exp()  # (T, V)
    rows = [*features.tokens(labels), "blank"]
    values = _rounded(posteriors[:, [*labels, BLANK]].T)
    return HeatMap("label", rows, "step", [], values, _above(model.front, row, features, len(posteriors)))


def label_map(model: Tag, batch: Batch, found: Hypothesis, features: Features, row: Row) -> HeatMap:
    """p(label | sentence): a row for each label the output has, a column for each word."""
    labels = sorted({0, *found.output})  # 0 is outside
    with torch.no_grad():
        marginals = model.marginals(batch.source)[0]  # (T, L)
    words, values = features.source_tokens(row), _rounded(marginals[:, labels].T)
    return HeatMap("label", features.tokens(labels), "word", words, values)


def _above(front: nn.Module, row: Row, features: Features, steps: int) -> Pixels:
    """The picture whose columns a front reads, some a step; the last comes again where the last step has too few."""
    if not isinstance(front, ColumnFront):
        return []
    short = front.stride * steps - len(row["source"])
    return _picture(np.pad(row["source"], ((0, short), (0, 0)), mode="edge"), features.sizes.channels)


def _picture(columns: np.ndarray, channels: int) -> Pixels:
    """Columns of pixels [W, H·C] as rows of whole numbers, its darkest value 0 and its brightest 255."""
    pixels = columns.reshape(len(columns), -1, channels).swapaxes(0, 1)  # (H, W, C)
    step = -(-max(pixels.shape[:2]) // LARGEST)
    pixels = pixels[::step, ::step] - pixels.min()
    shades: Pixels = np.rint(pixels / max(float(pixels.max()), 1e-6) * 255).astype(int).tolist()
    return shades


def _rounded(values: Tensor) -> list[list[float]]:
    return [[round(value, 4) for value in row] for row in values.tolist()]


MAPS: dict[str, Callable[[Any, Batch, Hypothesis, Features, Row], Map | None]] = {
    "seq2seq": attention_map,
    "ctc": posterior_map,
    "tag": label_map,
}
"""By task; a task without one has no map to show."""
