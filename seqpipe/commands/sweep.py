"""``seqpipe evaluate --sweep-beam``: what a wider beam brings, and what it costs."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from seqpipe.commands.flags import DRAWS
from seqpipe.commands.opened import open_with_features
from seqpipe.commands.plots import save, set_up
from seqpipe.commands.saved import ready
from seqpipe.commands.throughput import Throughput
from seqpipe.commands.trained import Trained
from seqpipe.files import whole_folder, write_json
from seqpipe.metrics.directions import LOWER_IS_BETTER
from seqpipe.params.decoding import WIDE
from seqpipe.params.pipeline import SCHEMAS, Pipeline, headline
from seqpipe.project import SWEEPS, check
from seqpipe.report import Note, Progress, Report, silent
from seqpipe.store import Row, Store

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEAMS = (1, 3, 5, 10)
"""The first one is greedy search."""
NARROWS = ("nbest", "sample", *DRAWS, "seed", "groups", "diversity")
"""Keys of a decode section that ask for another search than a beam's best output, or would not let it be any width."""


class Run(NamedTuple):
    """A split read out with one beam: its metrics, the headline first, seconds, and inputs a second."""

    beam: int
    scores: dict[str, float]
    seconds: float
    rate: float


class Sweep(NamedTuple):
    """All runs of one pipeline over so many ``examples``, and the folder with the table and the picture."""

    name: str
    split: str
    examples: int
    metric: str
    higher_is_better: bool
    runs: list[Run]
    folder: Path

    def metrics(self) -> list[str]:
        """Names of all metrics, the headline first; a run need not have every one."""
        return list(dict.fromkeys(name for run in self.runs for name in run.scores))


def sweep_beam(pipeline: Pipeline, split: str, report: Report) -> Sweep:
    """Read a split out with every beam; write ``data/sweeps/<name>`` anew."""
    trained, folder = open_with_features(pipeline, report)
    store = Store(folder / f"{split}.arrow")
    rows = [store[at] for at in range(len(store))]
    runs = []
    if idle := sorted(_for_beams_alone(pipeline)):
        report(Note(f"{pipeline.name}: greedy search goes without {', '.join(idle)}"))
    for done, beam in enumerate(BEAMS):
        report(Progress(f"sweep {pipeline.name}, beam {beam}", done, len(BEAMS)))
        runs.append(_run(trained, rows, beam))
    out = SWEEPS / pipeline.name
    found = Sweep(pipeline.name, split, len(rows), *headline(pipeline), runs, out)
    with whole_folder(out) as temporary:
        _write(found, temporary)
    report(Note(f"{pipeline.name}: {len(runs)} beams on {len(rows)} {split} examples in {out}"))
    return found


def _run(trained: Trained, rows: Sequence[Row], beam: int) -> Run:
    """The first batch goes through once more before the time counts, as some searches compile themselves."""
    pipeline = trained.pipeline
    idle = set(NARROWS) | (_for_beams_alone(pipeline) if beam == 1 else set())
    values = pipeline.decode.model_dump(exclude=idle)
    decode = check(SCHEMAS[pipeline.task].decode, {**values, "beam": beam}, f"decode of {pipeline.name}")
    trained = ready(trained._replace(pipeline=pipeline.model_copy(update={"decode": decode})), silent)
    trained.read_out(rows[: decode.batch_size])
    throughput = Throughput(trained)
    scores = trained.score(rows, [found[0] for found in throughput.read_out(rows)])
    first, _ = headline(pipeline)
    names = [first, *(name for name in scores if name in LOWER_IS_BETTER and name != first)]
    return Run(beam, {name: round(scores[name], 6) for name in names}, throughput.seconds, throughput.rate)


def _for_beams_alone(pipeline: Pipeline) -> set[str]:
    """Keys of the section that greedy search has no use for."""
    given = [key for key in WIDE if getattr(pipeline.decode, key, None)]
    return {*given, *(weight for key in given if (weight := WIDE[key]))}


def _write(found: Sweep, folder: Path) -> None:
    """``sweep.csv``, a row a beam; ``sweep.png``; and ``dvc.yaml``, which makes plots of DVC of both."""
    names = found.metrics()
    with (folder / "sweep.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["beam", *names, "seconds", "inputs_a_second"])
        for run in found.runs:
            cells = (run.scores.get(name, "") for name in names)
            rows.writerow([run.beam, *cells, f"{run.seconds:.6g}", f"{run.rate:.6g}"])
    plots: list[Any] = [
        {f"{found.name}: {name} by beam": {"x": "beam", "y": {"sweep.csv": name}}}
        for name in (found.metric, "inputs_a_second")
    ]
    write_json(folder / "dvc.yaml", {"plots": [*plots, "sweep.png"]})  # JSON is YAML
    set_up()
    save(folder / "sweep.png", partial(by_beam, found), (6.0, 5.5))


def by_beam(found: Sweep, axes: Axes) -> None:
    """Score and speed, one below the other, against beam."""
    figure = axes.figure
    axes.remove()
    above, below = figure.subplots(2, 1, sharex=True)
    beams = [run.beam for run in found.runs]
    better = "higher" if found.higher_is_better else "lower"
    scores, rates = [run.scores[found.metric] for run in found.runs], [run.rate for run in found.runs]
    for panel, values, form, colour in (
        (above, scores, "{:#.4g}", "tab:blue"),
        (below, rates, "{:,.0f}", "tab:orange"),
    ):
        panel.plot(beams, values, marker="o", color=colour)
        for beam, value in zip(beams, values, strict=True):
            above_it = {"xytext": (0, 9), "textcoords": "offset points", "ha": "center"}
            panel.annotate(form.format(value), (beam, value), **above_it, bbox={"fc": "white", "ec": "none", "pad": 1})
        panel.margins(x=0.08, y=0.25)
        panel.grid(color="0.9")
    above.set_ylabel(f"{found.metric} ({better} is better)")
    below.set(ylabel="inputs a second", xlabel="beam", ylim=(0, None))
    below.set_xticks(beams, ["1\ngreedy" if beam == 1 else str(beam) for beam in beams])
    above.set_title(f"{found.name}: {found.examples} {found.split} examples", fontsize=10, parse_math=False)
