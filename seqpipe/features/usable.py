"""Which of many series can be learned from: what cannot is dropped, as long as it is little."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from seqpipe.features.statistics import Statistics
from seqpipe.files import SeqpipeError
from seqpipe.readers.example import MOST_DROPPED, Dropped, Example
from seqpipe.readers.series import Series


def usable(
    items: Iterable[Example | Dropped], measure: Callable[[Series], Statistics]
) -> tuple[dict[str, Statistics], dict[str, str]]:
    """The figures of the series that ``measure`` does not refuse, by name, and why the others cannot be used.

    Raises ``SeqpipeError`` where those are more than ``MOST_DROPPED`` of all.
    """
    figures: dict[str, Statistics] = {}
    faults: dict[str, str] = {}
    for item in items:
        if isinstance(item, Dropped):
            faults[item.where] = f"{item.where}: {item.reason}"
            continue
        try:
            figures[item.source.name] = measure(item.source)
        except SeqpipeError as error:
            faults[item.source.name] = str(error)
    seen = len(figures) + len(faults)
    if len(faults) > MOST_DROPPED * seen:
        of_many = f" ({len(faults)} of {seen} series cannot be used, and at most {MOST_DROPPED:.0%} may be dropped)"
        raise SeqpipeError(f"{next(iter(faults.values())).rstrip('.')}{of_many if seen > 1 else ''}.")
    return figures, faults
