"""Panels: one picture many times, and on each what the model looked at for one word of its caption."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLUMNS = 6
SIZE, STEP_ACROSS, STEP_DOWN = 1.0, 1.08, 1.3  # of a panel, and from one to the next
DIM = 0.45  # brightness of the picture where the model did not look


def word_maps(record: dict[str, Any], axes: Axes) -> None:
    """The picture, then a panel for each output token: the brighter and warmer, the more attention it had there."""
    shown = record["map"]
    picture = np.array(shown["picture"]) / 255  # (H, W, C)
    ratio = picture.shape[0] / picture.shape[1]
    titles = ["picture", *(row.replace("▁", "") for row in shown["rows"])]
    maps = [None, *map(np.array, shown["maps"])]
    for number, (title, weights) in enumerate(zip(titles, maps, strict=True)):
        left, top = number % COLUMNS * STEP_ACROSS, -(number // COLUMNS) * STEP_DOWN * max(ratio, 0.4)
        extent = (left, left + SIZE, top - ratio, top)
        axes.imshow(_coloured(picture if weights is None else DIM * picture), extent=extent, interpolation="nearest")
        if weights is not None:
            share = weights / max(weights.max(), 1e-9)
            axes.imshow(share, extent=extent, cmap="inferno", alpha=0.75 * share, vmin=0, vmax=1.3)
        axes.text(left + SIZE / 2, top + 0.04, title, ha="center", va="bottom", fontsize=9, parse_math=False)
    rows = math.ceil(len(titles) / COLUMNS)
    axes.set_xlim(-0.05, COLUMNS * STEP_ACROSS)
    axes.set_ylim(-(rows - 1) * STEP_DOWN * max(ratio, 0.4) - ratio - 0.05, 0.25)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(f"{record['source']}  →  {record['hypotheses'][0]['text']}", fontsize=10, parse_math=False)


def _coloured(picture: np.ndarray) -> np.ndarray:
    """Grey as three colours; colours as they are."""
    return np.repeat(picture, 3, axis=2) if picture.shape[2] == 1 else picture
