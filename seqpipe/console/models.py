"""Tables of one trained model: what came out, what is inside, what does not vary, what a beam brings."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from seqpipe.console.hypotheses import describe, figures
from seqpipe.console.streams import wide

if TYPE_CHECKING:
    from seqpipe.commands.decode import Decoded
    from seqpipe.commands.inspect import Inspection
    from seqpipe.commands.invariance import Checked
    from seqpipe.commands.sweep import Sweep


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
        reference = sample.reference if isinstance(sample.reference, str) else figures(sample.reference or [])
        cells = (Text(reference), marks[sample.correct]) if known else ()
        table.add_row(Text(sample.source), Text(describe(sample.hypothesis)), *cells)
    wide().print(table)


def inspection(found: Inspection) -> None:
    """A line a recurrent layer, then what the model costs, and where the pictures are."""
    from rich.table import Table

    figures, console = found.figures, wide()
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
    wide().print(table)


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
    console = wide()
    console.print(table)
    console.print(f"{found.name}: {found.folder}", markup=False)
