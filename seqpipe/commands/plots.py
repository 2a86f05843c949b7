"""Plots as PNG files: which pictures each task's records make."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqpipe.commands.fonts import drawable, installed
from seqpipe.commands.panels import word_maps
from seqpipe.commands.pictures import confusion_matrix, forecast, heat_map, reconstructions, surprise
from seqpipe.commands.reliability import reliability
from seqpipe.commands.samples import evenly
from seqpipe.metrics import calibration
from seqpipe.metrics.calibration import Judged
from seqpipe.params.pipeline import Pipeline

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Records = Sequence[dict[str, Any]]
MOST = 6  # maps drawn
TOKENS = 30  # of a text whose surprise is drawn
NORMAL = 3  # windows without a fault drawn
WINDOWS = 10  # windows drawn in all


def draw(pipeline: Pipeline, records: Records, folder: Path) -> None:
    """Draw what the pipeline's task has to show."""
    set_up()
    if pipeline.task in PLOTS:
        PLOTS[pipeline.task](records, folder)


def set_up() -> None:
    """Make matplotlib draw into files, with the fonts that are here."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(
        {"font.family": installed(), "savefig.dpi": 110, "figure.constrained_layout.use": True},
    )


def maps(records: Records, folder: Path) -> None:
    """``map_1.png`` …: where the model looked, for a few examples of every group."""
    for number, record in enumerate(_chosen(records), start=1):
        paint = word_maps if "picture" in record["map"] else heat_map
        save(folder / f"map_{number}.png", partial(paint, record), (7.0, 4.2))


def forecasts(records: Records, folder: Path) -> None:
    """``forecast_<series>.png``: one forecast of every series."""
    for group, members in _by_group(records).items():
        save(folder / f"forecast_{group or 'series'}.png", partial(forecast, members), (8.0, 4.0))


def believed(what: str, judge: Callable[[Records, Records], list[Judged]], records: Records, folder: Path) -> None:
    """``reliability.png``: how often what is so sure is right, if the best answers say how sure they are."""
    judged = judge(records, [record["hypotheses"][0] for record in records])
    if judged:
        save(folder / "reliability.png", partial(reliability, what, judged), (5.5, 5.5))


def labels(records: Records, folder: Path) -> None:
    """Which labels are taken for which, and how far their confidences can be believed."""
    confusion(records, folder)
    believed("labels", calibration.outputs, records, folder)


def texts(records: Records, folder: Path) -> None:
    """Maps, and how far the confidences of whole texts can be believed."""
    maps(records, folder)
    believed("texts", calibration.outputs, records, folder)


def transcripts(records: Records, folder: Path) -> None:
    """Maps, and how far the confidences of words can be believed."""
    maps(records, folder)
    believed("words", calibration.words, records, folder)


def confusion(records: Records, folder: Path) -> None:
    """``confusion.png``: which labels are taken for which."""
    count = len({record["reference"] for record in records})
    size = min(14.0, 2.6 + 0.9 * count), min(12.0, 1.8 + 0.75 * count)
    save(folder / "confusion.png", partial(confusion_matrix, records), size)


def tags(records: Records, folder: Path) -> None:
    """Maps; and ``confusion.png`` of the types of words, a span's words each counted."""
    maps(records, folder)
    words = [
        {"reference": true.partition("-")[2] or true, "hypotheses": [{"text": ours.partition("-")[2] or ours}]}
        for record in records
        for true, ours in zip(record["reference"], record["hypotheses"][0]["labels"], strict=True)
    ]
    confusion(words, folder)


def surprises(records: Records, folder: Path) -> None:
    """``surprise.png``: how unexpected each token of one text was, the one nearest to ``TOKENS`` long."""
    record = min(records, key=lambda record: abs(len(record["hypotheses"][0]["tokens"]) - TOKENS))
    size = max(6.0, 0.3 * min(len(record["hypotheses"][0]["tokens"]), 60)), 4.0
    save(folder / "surprise.png", partial(surprise, record), size)


def rebuilt(records: Records, folder: Path) -> None:
    """``rebuilt_<series>.png``: windows without a fault from all along every series, and one of each kind of fault."""
    for group, members in _by_group([record for record in records if "signal" in record]).items():
        normal = [record for record in members if not record["label"]]
        normal = [normal[at] for at in evenly(len(normal), NORMAL)]
        faults = {record["label"]: record for record in reversed(members) if record["label"]}
        chosen = [*normal, *(faults[kind] for kind in sorted(faults))][:WINDOWS]
        save(folder / f"rebuilt_{group or 'series'}.png", partial(reconstructions, chosen), (11.0, 5.0))


PLOTS: dict[str, Callable[[Records, Path], None]] = {
    "seq2seq": texts,
    "ctc": transcripts,
    "tag": tags,
    "language-model": surprises,
    "forecast": forecasts,
    "autoencode": rebuilt,
    "classify": labels,
}
"""By task; a task without one has nothing to draw."""


def save(path: Path, paint: Callable[[Axes], None], size: tuple[float, float]) -> None:
    """Paint axes of ``size`` inches into a PNG that is the same bytes each time."""
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=size)
    paint(axes)
    figure.savefig(path, metadata={"Software": None})
    pyplot.close(figure)


def _chosen(records: Records) -> list[dict[str, Any]]:
    """At most ``MOST`` records with a map whose every character some font has, the groups taking turns."""
    fit = [record for record in records if "map" in record and drawable(*_written(record))]
    turns = zip_longest(*_by_group(fit).values())
    return [record for turn in turns for record in turn if record is not None][:MOST]


def _written(record: dict[str, Any]) -> Iterator[str]:
    """All that a heat map writes of a record."""
    yield from (record["source"], record["hypotheses"][0]["text"], *record["map"]["rows"])
    yield from record["map"].get("columns", [])


def _by_group(records: Records) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for record in records:
        groups.setdefault(record["group"], []).append(record)
    return dict(sorted(groups.items()))
