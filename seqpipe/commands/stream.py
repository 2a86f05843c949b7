"""``seqpipe decode NAME --stream``: a recording is read out while it comes, and in the end as if read as a whole."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from io import BufferedReader
from typing import Any, cast

import numpy as np

from seqpipe.commands.decode import existing, open_named
from seqpipe.commands.listener import Listener, refuse_deaf
from seqpipe.commands.trained import Record
from seqpipe.files import SeqpipeError
from seqpipe.readers.interrupt import Interrupt
from seqpipe.readers.piped import read_pipe
from seqpipe.readers.sound import read_blocks
from seqpipe.report import Note, Report

CHUNK = 0.2
"""Seconds of sound that are read at a time."""


def stream(name: str, path: str, options: dict[str, Any], chunk: float, report: Report) -> Iterator[Record]:
    """``{"partial": text, "seconds": so far}`` whenever the text has changed, then the record of the whole.

    ``path`` is a sound file or ``-``, standard input: WAV or raw samples, which Ctrl-C ends as if they were over. It is
    read ``chunk`` seconds at a time.
    """
    if not 0 < chunk < float("inf"):
        raise SeqpipeError(f"--chunk is {chunk:g}, but must be a time above 0 seconds.")
    if "batch_size" in options:
        raise SeqpipeError("--batch-size has no effect with --stream, which reads one recording; leave it out.")
    trained = open_named(name, options, report)
    refuse_deaf(trained.pipeline)
    (example,) = trained.features.inputs(existing([path]))
    clip, listener = example.source, Listener(trained)

    def remark(text: str) -> None:
        report(Note(f"{clip}: {text}"))

    if path == "-":
        with Interrupt() as interrupt:
            piped = cast(BufferedReader, sys.stdin.buffer)
            yield from _partials(listener, read_pipe(piped, interrupt, clip, listener.rate, chunk, remark))
    else:
        yield from _partials(listener, read_blocks(clip, listener.rate, chunk, remark))
    yield {"id": example.id, "source": str(clip), "hypotheses": listener.end()}


def _partials(listener: Listener, blocks: Iterable[np.ndarray]) -> Iterator[Record]:
    text = ""
    for block in blocks:
        if (now := listener(block)) != text:
            text = now
            yield {"partial": text, "seconds": round(listener.seconds, 3)}
