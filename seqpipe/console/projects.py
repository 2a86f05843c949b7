"""Tables of a project: its pipelines, their metrics, their experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqpipe.console.streams import wide

if TYPE_CHECKING:
    from seqpipe.commands.experiments import Experiments
    from seqpipe.commands.listing import Listed
    from seqpipe.commands.results import Result


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
    console = wide()
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
    wide().print(table)


def experiments(shown: Experiments) -> None:
    """One pipeline's experiments and the command that shows the same."""
    from rich.table import Table

    table = Table(*shown.columns)
    for row in shown.rows:
        table.add_row(*map(_short, row))
    console = wide()
    console.print(table)
    console.print(shown.command, markup=False, highlight=False, soft_wrap=True)


def _short(cell: str) -> str:
    """A figure to four digits; any other text as it is."""
    try:
        return f"{float(cell):.4g}"
    except ValueError:
        return cell
