"""Side-by-side timing: contestants take turns, medians are compared, so that a busy machine hurts all alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def medians(
    contestants: Mapping[str, Callable[[], object]], repeats: int = 7, before: Callable[[], object] = lambda: None
) -> dict[str, float]:
    """Median seconds of each contestant over ``repeats`` rounds; in a round each runs once, after one warm-up round.

    What is done ``before`` each is not counted.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for number in range(repeats + 1):
        for name, run in contestants.items():
            before()
            began = time.perf_counter()
            run()
            if number:
                seconds[name].append(time.perf_counter() - began)
    return {name: statistics.median(times) for name, times in seconds.items()}


def table(rows: list[dict[str, object]]) -> None:
    """Print rows with equal keys as aligned columns."""
    cells = [
        list(rows[0]),
        *[[f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values()] for row in rows],
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    for row in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def goal(name: str, measured: float, wanted: float) -> None:
    """Print the line that says how a goal was met."""
    print(f"{name} {measured:.2f} goal {wanted:g}")
