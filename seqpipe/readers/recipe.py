"""The recipe of every corpus that is read where it lies: ``stages/NAME.py`` takes ``Source`` and ``make`` from here."""

from __future__ import annotations

from pathlib import Path

from seqpipe.params.corpus import CorpusSource as Source
from seqpipe.readers.corpus import take
from seqpipe.report import Note, Report

__all__ = ["Source", "make"]


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``corpus.json``, which names the corpus and what is in it; the corpus is looked at and left alone."""
    take(folder, source)
    own = f", its own {', '.join(source.splits)}" if source.splits else ""
    report(Note(f"{source.path}: {source.layout}{own}"))
