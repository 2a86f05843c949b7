"""What preprocessing did, or would do."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from seqpipe.console.streams import line

if TYPE_CHECKING:
    from seqpipe.commands.dry_run import Planned
    from seqpipe.commands.preprocess import Preprocessed


def preprocessed(found: Preprocessed) -> None:
    """For a person at a terminal, a row a split: examples, hours, steps and their lengths, unknown tokens; then what
    is worth a look. It goes to standard error, as all that a stage says."""
    if not sys.stderr.isatty():
        return
    from rich.console import Console
    from rich.table import Table

    figures, console = found.figures, Console(stderr=True, highlight=False)
    table = Table(
        title=f"seqpipe preprocess {found.name}", caption=f"everything: {found.folder / 'report.json'}", show_lines=True
    )
    rows = [_cells(split, one) for split, one in figures["splits"].items()]
    shown = [column for column in rows[0] if any(row[column] for row in rows)]
    for column in shown:
        left = column in ("split", "lengths", "unknown")
        table.add_column(column, justify="left" if left else "right", no_wrap=column == "lengths")
    for row in rows:
        table.add_row(*(row[column] for column in shown))
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


def _cells(split: str, one: dict[str, Any]) -> dict[str, str]:
    """The row of a split; what it does not have is empty."""
    return {
        "split": split,
        "examples": f"{one['examples']:,}",
        "dropped": f"{one['dropped']:,}",
        "hours": "" if one["hours"] is None else f"{one['hours']:.2f}",
        "source steps": _short(one["steps"]["source"]),
        "target steps": _short(one["steps"]["target"]),
        "lengths": "\n".join(map(_span, one["lengths"]["source"])),
        "unknown": "\n".join(f"{side} {share:.2%}" for side, share in one["unknown"].items()),
    }


def _span(lengths: dict[str, int]) -> str:
    first, last = lengths["from"], lengths["to"]
    return f"{first if first == last else f'{first}–{last}'}: {lengths['examples']:,}"


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


def _short(count: int) -> str:
    """``12,345``, ``1.2 M`` or ``3.4 G``."""
    for unit, size in (("G", 10**9), ("M", 10**6)):
        if count >= size:
            return f"{count / size:.1f} {unit}"
    return f"{count:,}"
