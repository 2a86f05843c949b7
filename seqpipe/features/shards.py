"""Shards of prepared sources: Arrow files, each written by whichever worker prepared what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from seqpipe.features.prepared import Costly, Prepared, content_of, prepare
from seqpipe.readers.example import Dropped, Example
from seqpipe.store import Row, Writer


def write_shard(path: Path, codec: Costly, keyed: Sequence[tuple[bytes, Example]]) -> list[str | None]:
    """Prepare examples and write those that can be used, with their keys, as rows of the Arrow file ``path``.

    Gives None for each row, in order, and for every other example the reason why it cannot be used; no row, no file.
    """
    reasons: list[str | None] = []
    writer: Writer | None = None
    try:
        for key, example in keyed:
            content = content_of(example.source)
            made = prepare(codec, example)
            reasons.append(made.reason if isinstance(made, Dropped) else None)
            if isinstance(made, Example):
                writer = writer or Writer(path, _columns(made.source))
                writer.add(_row(key, content if content == content_of(example.source) else "", made.source))
    finally:  # what a run prepared that is stopped is there for the next one
        if writer is not None:
            writer.__exit__(None, None, None)
    return reasons


def _columns(source: Prepared) -> dict[str, str]:
    return {
        "key": "text",
        "content": "text",
        "remarks": "text",
        "rate": "text",
        "values": f"frames:{source.values.shape[1]}",
    }


def _row(key: bytes, content: str, source: Prepared) -> Row:
    rate = "" if source.rate is None else str(source.rate)
    remarks = "\n".join(source.remarks)
    return {"key": key.hex(), "content": content, "remarks": remarks, "rate": rate, "values": source.values}


def prepared(origin: Any, row: Row) -> Prepared:
    """What a row of a shard holds of the source that it was made of."""
    remarks = tuple(row["remarks"].split("\n")) if row["remarks"] else ()
    return Prepared(origin, row["values"], remarks, int(row["rate"]) if row["rate"] else None)
