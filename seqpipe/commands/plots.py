"""Plots as PNG files: what a model looked at, and what it forecast."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqpipe.params.pipeline import Pipeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONTS = ["DejaVu Sans", "Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo"]
MOST = 6  # maps and forecasts drawn


def draw(pipeline: Pipeline, records: Sequence[dict[str, Any]], folder: Path) -> None:
    """Draw each record's map, and each group's first forecast, where there are any."""
    import matplotlib
    from matplotlib.font_manager import get_font_names

    matplotlib.use("Agg")
    installed = set(get_font_names())
    matplotlib.rcParams.update(
        {
            "font.family": [font for font in FONTS if font in installed],
            "savefig.dpi": 110,
            "figure.constrained_layout.use": True,
        }
    )
    with_map = [record for record in records if "map" in record][:MOST]
    for number, record in enumerate(with_map, start=1):
        _save(folder / f"map_{number}.png", lambda axes, record=record: heat_map(axes, record), (7.0, 4.2))
    for group in sorted({record["group"] for record in records if "values" in record["hypotheses"][0]}):
        chosen = [record for record in records if record["group"] == group]
        stem = group or "series"
        _save(folder / f"forecast_{stem}.png", lambda axes, chosen=chosen: forecast(axes, chosen), (8.0, 4.0))


def heat_map(axes: Axes, record: dict[str, Any]) -> None:
    """One map: darker is more."""
    shown = record["map"]
    axes.imshow(shown["values"], cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_yticks(range(len(shown["rows"])), shown["rows"])
    if shown["columns"]:
        axes.set_xticks(range(len(shown["columns"])), shown["columns"], rotation=60, ha="right")
    axes.set(xlabel=shown["column_label"], ylabel=shown["row_label"])
    axes.set_title(f"{record['source']}  →  {record['hypotheses'][0]['text']}", fontsize=10)


def forecast(axes: Axes, records: Sequence[dict[str, Any]]) -> None:
    """The last test window of a series: its past, what came, and what each model said."""
    record = records[-1]
    past, actual = record["history"], record["reference"]
    ahead = range(1, len(actual) + 1)
    axes.plot(range(1 - len(past), 1), past, color="0.6", label="past")
    axes.plot(ahead, actual, color="black", linewidth=2, label="actual")
    axes.plot(ahead, record["hypotheses"][0]["values"], color="tab:blue", linewidth=2, label="seqpipe")
    for name, answer in record["baselines"].items():
        axes.plot(ahead, answer["values"], linewidth=1, linestyle="--", label=name)
    axes.set(title=record["source"], xlabel="steps from the origin")
    axes.legend(fontsize=8)


def _save(path: Path, paint: Any, size: tuple[float, float]) -> None:
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=size)
    paint(axes)
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)
