"""What a command says while it works: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from seqpipe.report import Note, Progress, Report


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
