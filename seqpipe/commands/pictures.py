"""Pictures: one drawn onto axes from decoded records."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np

from seqpipe.commands.fonts import written
from seqpipe.metrics.labels import confusions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

WIDEST = 84  # characters in a line of a title
LONGEST = 2 * WIDEST  # characters of a text there
MOST_ROWS, MOST_COLUMNS = 30, 60  # names beside a map
MOST_ABOVE, WIDTH_TO_HEIGHT = 0.5, 1.9  # of axes whose map has a picture above it
READABLE = 20  # labels beyond which the cells of a confusion matrix are too small for figures


def heat_map(record: dict[str, Any], axes: Axes) -> None:
    """One map: darker is more. The picture that its columns read, if any, stands above, over the same steps."""
    shown = record["map"]
    axes.imshow(shown["values"], cmap="Blues", vmin=0, vmax=1, aspect="auto")
    if shown.get("above"):
        _stand_above(np.array(shown["above"], np.uint8), len(shown["rows"]), len(shown["values"][0]), axes)
    axes.set_yticks(*_ticks(shown["rows"], MOST_ROWS), parse_math=False)
    if shown["columns"]:
        axes.set_xticks(*_ticks(shown["columns"], MOST_COLUMNS), rotation=60, ha="right", parse_math=False)
    axes.set(xlabel=shown["column_label"], ylabel=shown["row_label"])
    title = fill(f"{_begun(record['source'])}  →  {_begun(record['hypotheses'][0]['text'])}", WIDEST)
    axes.set_title(title, fontsize=10, parse_math=False)


def _ticks(names: Sequence[str], most: int) -> tuple[range, Sequence[str]]:
    """Places to write names at, every second or third and so on where ``most`` are too few for all."""
    apart = max(1, -(-len(names) // most))
    return range(0, len(names), apart), names[::apart]


def _begun(text: str) -> str:
    """A text, or how it begins."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST].rstrip()} …"


def _stand_above(picture: np.ndarray, rows: int, steps: int, axes: Axes) -> None:
    """Add ``picture`` [H, W, C] over a map of ``rows`` and ``steps``, with about the sides it has."""
    share = min(MOST_ABOVE, WIDTH_TO_HEIGHT * picture.shape[0] / picture.shape[1])  # of the axes' height
    top = -0.5 - rows * share / (1 - share)
    axes.imshow(picture, cmap="gray", vmin=0, vmax=255, aspect="auto", extent=(-0.5, steps - 0.5, -0.5, top))
    axes.set(xlim=(-0.5, steps - 0.5), ylim=(rows - 0.5, top))


def forecast(records: Sequence[dict[str, Any]], axes: Axes) -> None:
    """The last test window of a series: its past, what came, and what each model said."""
    record = records[-1]
    past, actual = record["history"], record["reference"]
    ahead = range(1, len(actual) + 1)
    axes.plot(range(1 - len(past), 1), past, color="0.6", label="past")
    axes.plot(ahead, actual, color="black", linewidth=2, label="actual")
    axes.plot(ahead, record["hypotheses"][0]["values"], color="tab:blue", linewidth=2, label="seqpipe")
    for name, answer in record["baselines"].items():
        axes.plot(ahead, answer["values"], linewidth=1, linestyle="--", label=name)
    axes.set_xlabel("steps from the origin")
    axes.set_title(written(record["source"]), parse_math=False)
    axes.legend(fontsize=8)


def surprise(record: dict[str, Any], axes: Axes) -> None:
    """−log₂ p of each token of a text after those before it: high where the model did not see it coming."""
    found = record["hypotheses"][0]
    places = range(len(found["tokens"]))
    mean = sum(found["bits"]) / len(places)
    axes.bar(places, found["bits"], color=["tab:red" if bits > 2 * mean else "tab:blue" for bits in found["bits"]])
    axes.axhline(mean, color="0.5", linewidth=1, linestyle="--", label=f"mean {mean:.1f} bits")
    axes.set_xticks(places, [written(token) for token in found["tokens"]], rotation=60, ha="right", parse_math=False)
    axes.set_ylabel("surprise in bits")
    shown = record["source"] if len(record["source"]) < 100 else record["source"][:99] + "…"
    axes.set_title(written(shown), fontsize=10, parse_math=False)
    axes.legend(fontsize=8)


def reconstructions(records: Sequence[dict[str, Any]], axes: Axes) -> None:
    """Windows side by side: signal (its first value) and reconstruction above, score and threshold below; those with a
    fault are shaded and named."""
    figure = axes.figure
    axes.remove()
    axes, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    start, edges = 0, [0]
    for record in records:
        found = record["hypotheses"][0]
        stop = start + len(record["signal"])
        steps = range(start, stop)
        axes.plot(steps, [values[0] for values in record["signal"]], color="black", linewidth=1)
        axes.plot(steps, [values[0] for values in found["reconstruction"]], color="tab:blue", linewidth=1.2)
        below.plot([start, stop], [found["score"]] * 2, color="tab:red" if found["flag"] else "tab:blue", linewidth=3)
        if record["label"]:
            for one in (axes, below):
                one.axvspan(start, stop, color="tab:red", alpha=0.1, linewidth=0)
            middle = (start + stop) / 2
            axes.text(middle, 1.02, written(record["label"]), transform=axes.get_xaxis_transform(), ha="center")
        start = stop
        edges.append(stop)
    below.axhline(records[0]["hypotheses"][0]["threshold"], color="0.4", linestyle="--", label="threshold")
    below.set_yscale("log")
    below.set(ylabel="mean error", xlabel="steps, one window after the other")
    for one in (axes, below):
        one.set_xticks(edges)
        one.grid(axis="x", color="0.8")
    axes.plot([], [], color="black", label="signal")
    axes.plot([], [], color="tab:blue", label="reconstruction")
    axes.legend(fontsize=8, loc="lower left", ncols=2)
    below.legend(fontsize=8, loc="upper left")
    axes.set_ylabel(written(records[0]["group"] or "value"), parse_math=False)


def confusion_matrix(records: Sequence[dict[str, Any]], axes: Axes) -> None:
    """True labels in rows, ours in columns: counts, and each as a share of its row, which is its colour."""
    labels, counts = confusions(
        [record["reference"] for record in records], [record["hypotheses"][0]["text"] for record in records]
    )
    shares = counts / counts.sum(axis=1, keepdims=True).clip(min=1)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    names = [written(label) for label in labels]
    axes.set_xticks(range(len(names)), names, rotation=30 if len(names) > 4 else 0, parse_math=False)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set(xlabel="label read out", ylabel="true label")
    axes.set_title(f"{int(counts.trace())} of {int(counts.sum())} right", fontsize=10)
    if len(labels) > READABLE:
        return
    for (row, column), count in zip(_cells(len(labels)), counts.ravel().tolist(), strict=True):
        share = shares[row, column]
        ink = "white" if share > 0.5 else "black" if count else "0.7"
        axes.text(column, row, f"{count}\n{share:.1%}", ha="center", va="center", fontsize=9, color=ink)


def _cells(size: int) -> list[tuple[int, int]]:
    return [(row, column) for row in range(size) for column in range(size)]
