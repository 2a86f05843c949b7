"""Parameters of ``source`` for a corpus that is read where it lies."""

from __future__ import annotations

from typing import Any, Literal

from seqpipe.params.section import Count, Section, Share


class CorpusSource(Section):
    """Where a corpus lies, and how it is laid out; ``seqpipe init --data`` fills this in."""

    path: str
    """Its folder, or its one file; nothing is changed or copied."""
    layout: str
    """A layout that `docs/formats.md` lists."""
    options: dict[str, Any] = {}
    """What the layout wants to know: columns, languages, patterns."""
    splits: dict[Literal["train", "valid", "test"], list[str]] = {}
    """Files of the corpus's own splits, relative to ``path``."""
    valid: Share = 0.1
    """Share of the examples (or speakers, documents …) for validation, where the corpus has no such split."""
    test: Share = 0.1
    """Share for test, where the corpus has no such split."""
    seed: Count = 1
    """Seed of the hash that splits."""
