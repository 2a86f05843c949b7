"""Everything seqpipe prints: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

from seqpipe.report import Note, Progress, Report

if TYPE_CHECKING:
    from seqpipe.commands.decode import Decoded
    from seqpipe.commands.dry_run import Planned
    from seqpipe.commands.experiments import Experiments
    from seqpipe.commands.inspect import Inspection
    from seqpipe.commands.invariance import Checked
    from seqpipe.commands.listing import Listed
    from seqpipe.commands.preprocess import Preprocessed
    from seqpipe.commands.results import Result
    from seqpipe.commands.sweep import Sweep


def use_utf8() -> None:
    """Write UTF-8 and expect it on standard input, whatever the locale; what UTF-8 lacks is escaped as in JSON."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")


def error(message: str) -> None:
    """One line on standard error."""
    print(f"seqpipe: {message}", file=sys.stderr)


def line(text: str) -> None:
    """One line on standard output."""
    print(text)


@contextmanager
def reporting(only_lines: bool = False) -> Iterator[Report]:
    """What commands report to: bars and notes on a terminal, plain lines of notes elsewhere, or ``only_lines``."""
    if only_lines or not sys.stderr.isatty():
        yield _notes
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True, highlight=False), transient=True) as bars:
        shown: dict[str, Any] = {}  # the step that is under way, and its bar

        def report(event: Progress | Note) -> None:
            if isinstance(event, Note):
                bars.console.print(event.text, markup=False)
                return
            if event.step not in shown:
                for bar in shown.values():
                    bars.remove_task(bar)
                shown.clear()
                shown[event.step] = bars.add_task(event.step, total=event.total or None)
            bars.update(shown[event.step], completed=event.done)

        yield report


def _notes(event: Progress | Note) -> None:
    if isinstance(event, Note) and not event.passing:
        print(event.text, file=sys.stderr, flush=True)


def records(found: Iterable[dict[str, Any]], form: str | None = None) -> None:
    """Decoded inputs in one of ``FORMS``; without one, JSON lines when piped, and to be read at a terminal."""
    FORMS[form or ("readable" if sys.stdout.isatty() else "jsonl")](found)


def _as_jsonl(found: Iterable[dict[str, Any]]) -> None:
    for record in found:
        print(json.dumps(record, ensure_ascii=False), flush=True)


def _as_text(found: Iterable[dict[str, Any]]) -> None:
    """The best output alone, a line an input; an empty one keeps its line."""
    for record in found:
        print(plain(record["hypotheses"][0]), flush=True)


def _as_read(found: Iterable[dict[str, Any]]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for record in found:
        console.print(record["source"], style="dim", markup=False)
        for hypothesis in record["hypotheses"]:
            console.print("  " + describe(hypothesis), markup=False)


FORMS = {"jsonl": _as_jsonl, "text": _as_text, "readable": _as_read}


def live(found: Iterable[dict[str, Any]], form: str | None = None) -> None:
    """What a stream says so far, then its record; of the ``text`` form, that alone.

    JSON lines when piped; at a terminal what it says so far is one line that is written anew each time.
    """
    if form == "text":
        records((record for record in found if "partial" not in record), form)
        return
    if form or not sys.stdout.isatty():
        records(found, "jsonl")
        return
    from rich.console import Console

    width, shown = Console().width, ""
    try:
        for record in found:
            shown = _tail(record["partial"], width - 1) if "partial" in record else ""
            print(f"\r{shown}\x1b[K", end="", flush=True)  # the code clears the rest of the line
            if "partial" not in record:
                records([record])
    finally:
        if shown:  # what goes wrong later has a line of its own
            print()


def _tail(text: str, width: int) -> str:
    """The end of a text, as much as a line of ``width`` cells shows; Korean letters take two."""
    from rich.cells import cell_len

    start = max(0, len(text) - width)
    while cell_len(text[start:]) > width:
        start += 1
    return text[start:]


def scores(found: Iterable[dict[str, Any]]) -> None:
    """Scored lines: JSON lines when piped; for a person at a terminal a table, the lines themselves last."""
    if not sys.stdout.isatty():
        _as_jsonl(found)
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print("   log p   bits per character   perplexity", style="dim")
    for record in found:
        figures = f"{record['log_prob']:8.2f} {record['bits_per_character']:20.2f} {record['perplexity']:12.1f}"
        console.print(f"{figures}   {record['source']}", markup=False)


def preprocessed(found: Preprocessed) -> None:
    """For a person at a terminal, a line a split: examples, hours, steps and their lengths, unknown tokens; then what
    is worth a look. It goes to standard error, as all that a stage says."""
    if not sys.stderr.isatty():
        return
    from rich.console import Console
    from rich.table import Table

    figures, console = found.figures, Console(stderr=True, highlight=False)
    table = Table(title=f"seqpipe preprocess {found.name}", caption=f"everything: {found.folder / 'report.json'}")
    for column in ("split", "examples", "dropped", "hours", "source steps", "target steps", "lengths", "unknown"):
        table.add_column(column, justify="left" if column in ("split", "lengths", "unknown") else "right")
    for split, one in figures["splits"].items():
        hours = "" if one["hours"] is None else f"{one['hours']:.2f}"
        counts = (f"{one['examples']:,}", f"{one['dropped']:,}", hours)
        steps = (f"{one['steps'][side]:,}" for side in ("source", "target"))
        lengths = ", ".join(f"{span}: {count}" for span, count in one["lengths"]["source"].items())
        unknown = ", ".join(f"{side} {share:.2%}" for side, share in one["unknown"].items())
        table.add_row(split, *counts, *steps, lengths, unknown)
    console.print(table)
    for side, one in figures["vocabulary"].items():
        console.print(f"{side}: {one['in_train']:,} of {one['size']:,} ids occur in train", markup=False)
    if figures["rates"]:
        rates = ", ".join(f"{count} of {rate} Hz" for rate, count in figures["rates"].items())
        console.print(f"recordings: {rates}", markup=False)
    for pair, count in figures["duplicates"]["shared"].items():
        if count:
            console.print(f"{count:,} different examples stand in both {pair.replace(', ', ' and ')}", markup=False)
    for one in figures["dropped"]:
        console.print(f"dropped: {one['where']}: {one['reason']}", markup=False)


def planned(found: Sequence[Planned]) -> None:
    """What preprocessing would do, a line a pipeline, and what it would drop."""
    for one in found:
        counts = ", ".join(f"{count:,} {split}" for split, count in one.counts.items())
        line(
            f"{one.name}: {counts} examples; about {one.seconds:.0f} s and {one.size / 1e6:.1f} MB; nothing was written"
        )
        line(f"{one.name}: {len(one.dropped)} of {one.tried} that were tried would be dropped")
        for item in one.dropped:
            line(f"would be dropped: {item.where}: {item.reason}")


def describe(hypothesis: dict[str, Any]) -> str:
    """A hypothesis as a person reads it."""
    if "flag" in hypothesis:
        shown = f"{hypothesis['text']}   " if "text" in hypothesis else ""
        mark = "ANOMALY" if hypothesis["flag"] else "normal"
        return f"{shown}{hypothesis['score']:.4f}   {mark} (threshold {hypothesis['threshold']:.4f})"
    if "perplexity" in hypothesis:
        bits, perplexity = hypothesis["bits_per_character"], hypothesis["perplexity"]
        return f"log p {hypothesis['log_prob']:.2f}   bits per character {bits:.2f}   perplexity {perplexity:.1f}"
    if "confidence" in hypothesis:
        return f"{hypothesis['text']}   {hypothesis['confidence']:.1%}"
    if "text" in hypothesis:
        return f"{hypothesis['text']}   ({hypothesis['score']:.3f})"
    return _figures(hypothesis["values"])


def _figures(values: Sequence[float]) -> str:
    return "  ".join(f"{value:.4g}" for value in values)


def plain(hypothesis: dict[str, Any]) -> str:
    """A hypothesis as another program reads it: the text, values, bits per character, or score and verdict."""
    if "flag" in hypothesis:
        return f"{hypothesis['score']}\t{'anomaly' if hypothesis['flag'] else 'normal'}"
    if "perplexity" in hypothesis:
        return str(hypothesis["bits_per_character"])
    if "text" in hypothesis:
        return str(hypothesis["text"])
    return " ".join(map(str, hypothesis["values"]))


def decoded(found: Decoded) -> None:
    """For a person at a terminal, a few rows of what came out beside what should have."""
    if not sys.stdout.isatty():
        return
    from rich.table import Table
    from rich.text import Text

    known = any(sample.reference is not None for sample in found.samples)
    marks = {True: Text("✓", "green"), False: Text("✗", "red"), None: Text()}
    table = Table("source", "output", title=f"{found.name}: {len(found.samples)} of {found.path}")
    for heading in ("reference", "") if known else ():
        table.add_column(heading)
    for sample in found.samples:
        reference = sample.reference if isinstance(sample.reference, str) else _figures(sample.reference or [])
        cells = (Text(reference), marks[sample.correct]) if known else ()
        table.add_row(Text(sample.source), Text(describe(sample.hypothesis)), *cells)
    _wide().print(table)


def results(lines: Sequence[Result], places: Sequence[tuple[str, Sequence[Any]]]) -> None:
    """The table of headline metrics beside their baselines, and where everything is."""
    from rich.table import Table

    table = Table(title="seqpipe results", caption="↑ higher is better, ↓ lower is better; * beats every baseline")
    for column in ("pipeline", "task", "test part", "metric"):
        table.add_column(column)
    table.add_column("seqpipe", justify="right")
    table.add_column("baselines")
    previous = ""
    for line in lines:
        if line.pipeline != previous and previous:
            table.add_section()
        arrow = "↑" if line.higher_is_better else "↓"
        others = ", ".join(f"{name} {value:.3f}" for name, value in line.baselines.items())
        ours = f"{line.ours:.3f} {'*' if line.wins() else ' '}"
        names = (line.pipeline, line.task) if line.pipeline != previous else ("", "")
        table.add_row(*names, line.part, f"{line.metric} {arrow}", ours, others)
        previous = line.pipeline
    console = _wide()
    console.print(table)
    for name, paths in places:
        console.print(f"{name}: {', '.join(map(str, paths))}", markup=False, highlight=False)


def listing(rows: Sequence[Listed]) -> None:
    """Pipelines with their state, then recipes."""
    from rich.table import Table

    table = Table("name", "modality", "task", "state", "about")
    for row in rows:
        state = f"{row.state} ({', '.join(row.changed)})" if row.changed else row.state
        table.add_row(row.name, row.modality, row.task, state, row.description)
    _wide().print(table)


def experiments(shown: Experiments) -> None:
    """One pipeline's experiments and the command that shows the same."""
    from rich.table import Table

    table = Table(*shown.columns)
    for row in shown.rows:
        table.add_row(*map(_short, row))
    console = _wide()
    console.print(table)
    console.print(shown.command, markup=False, highlight=False, soft_wrap=True)


def inspection(found: Inspection) -> None:
    """A line a recurrent layer, then what the model costs, and where the pictures are."""
    from rich.table import Table

    figures, console = found.figures, _wide()
    table = Table(title=f"seqpipe inspect {found.name}", caption="gradient: mean norm of ∂L/∂h by time lag")
    lags = [0, 1, 10, 100]
    columns = [f"lag {lag}" for lag in lags]
    for column in ("layer", *columns, "longest lag", "σ_max of U", "σ_max of a step", "saturated"):
        table.add_column(column)
    for name, layer in figures["layers"].items():
        norms, steps = layer["gradient"]["hidden"], layer["jacobian"].values()
        reached = [f"{norms[lag]:.1e}" if lag < len(norms) else "" for lag in lags]
        weights = ", ".join(f"{gate} {values[0]:.2f}" for gate, values in layer["singular_values"].items())
        shares = ", ".join(f"{gate} {share['low'] + share['high']:.0%}" for gate, share in layer["saturated"].items())
        longest = f"{len(norms) - 1}: {norms[-1]:.1e}"
        table.add_row(name, *reached, longest, weights, f"{min(steps):.2f} to {max(steps):.2f}", shares)
    console.print(table)
    parts, sizes, times = figures["parameters"], figures["bytes"], figures["seconds"]
    each = ", ".join(f"{part} {count:,}" for part, count in parts.items())
    console.print(f"weights: {sum(parts.values()):,} ({each})", markup=False)
    kept = f"{sizes['activations'] / 2**20:.1f} MiB kept for backward in a training step"
    console.print(f"memory: {sizes['weights'] / 2**20:.2f} MiB of weights, {kept}", markup=False)
    steps = figures["training_step"]["padded_steps"]
    shown = [f"{1000 * times['training_step']:.1f} ms a training step of {steps:,} padded source steps"]
    shown += [f"{1000 * times['decoding']:.1f} ms to read one example out"]
    shown += [f"{1000 * times['decoding_step']:.2f} ms a step of it"] if "decoding_step" in times else []
    console.print(f"time: {', '.join(shown)}", markup=False)
    console.print(f"{found.name}: {found.folder}", markup=False)


def invariance(found: Sequence[Checked]) -> None:
    """A line a pipeline and variant: how far it is from the examples alone."""
    from rich.table import Table

    table = Table(title="seqpipe evaluate --check-invariance", caption="largest differences from each example alone")
    for column in ("pipeline", "variant", "loss", "gradient", "output", ""):
        table.add_column(column, justify="right" if column in ("loss", "gradient", "output") else "left")
    for checked in found:
        for one, verdict in zip(checked.differences, checked.verdicts, strict=True):
            figures = (f"{figure:.1e}" for figure in (one.loss, one.gradient, one.output))
            table.add_row(checked.name, one.variant, *figures, verdict)
    _wide().print(table)


def sweep(found: Sweep) -> None:
    """A line a beam: its metrics, the headline first, and how long it took."""
    from rich.table import Table

    ours = [run.scores[found.metric] for run in found.runs]
    best = max(ours) if found.higher_is_better else min(ours)
    caption = f"{found.examples} {found.split} examples; beam 1 is greedy search; * is the best {found.metric}"
    table = Table(title=f"seqpipe evaluate {found.name} --sweep-beam", caption=caption)
    table.add_column("beam")
    for heading in (*found.metrics(), "seconds", "inputs a second"):
        table.add_column(heading, justify="right")
    for run in found.runs:
        first, *others = (f"{run.scores[name]:.4f}" if name in run.scores else "" for name in found.metrics())
        mark = "*" if run.scores[found.metric] == best else " "
        beam = "1 (greedy)" if run.beam == 1 else str(run.beam)
        table.add_row(beam, f"{first} {mark}", *others, f"{run.seconds:.2f}", f"{run.rate:,.1f}")
    console = _wide()
    console.print(table)
    console.print(f"{found.name}: {found.folder}", markup=False)


def _short(cell: str) -> str:
    """A figure to four digits; any other text as it is."""
    try:
        return f"{float(cell):.4g}"
    except ValueError:
        return cell


def _wide() -> Any:
    """A console as wide as the terminal; piped, as wide as its table."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
