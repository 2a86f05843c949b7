"""Inputs that were read out, or scored: JSON lines, plain lines, or to be read at a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from typing import Any

from seqpipe.console.hypotheses import describe, plain


def records(found: Iterable[dict[str, Any]], form: str | None = None) -> None:
    """Decoded inputs in one of ``FORMS``; without one, JSON lines when piped, and to be read at a terminal."""
    FORMS[form or ("readable" if sys.stdout.isatty() else "jsonl")](found)


def _as_jsonl(found: Iterable[dict[str, Any]]) -> None:
    for record in found:
        print(json.dumps(record, ensure_ascii=False), flush=True)


def _as_text(found: Iterable[dict[str, Any]]) -> None:
    """The best output alone, a line an input; an empty one keeps its line."""
    for record in found:
        print(plain(record["hypotheses"][0]), flush=True)


def _as_read(found: Iterable[dict[str, Any]]) -> None:
    from rich.console import Console

    console = Console(highlight=False)
    for record in found:
        console.print(record["source"], style="dim", markup=False)
        for hypothesis in record["hypotheses"]:
            console.print("  " + describe(hypothesis), markup=False)


FORMS = {"jsonl": _as_jsonl, "text": _as_text, "readable": _as_read}


def live(found: Iterable[dict[str, Any]], form: str | None = None) -> None:
    """What a stream says so far, then its record; of the ``text`` form, that alone.

    JSON lines when piped; at a terminal what it says so far is one line that is written anew each time.
    """
    if form == "text":
        records((record for record in found if "partial" not in record), form)
        return
    if form or not sys.stdout.isatty():
        records(found, "jsonl")
        return
    from rich.console import Console

    width, shown = Console().width, ""
    try:
        for record in found:
            shown = _tail(record["partial"], width - 1) if "partial" in record else ""
            print(f"\r{shown}\x1b[K", end="", flush=True)  # the code clears the rest of the line
            if "partial" not in record:
                records([record])
    finally:
        if shown:  # what goes wrong later has a line of its own
            print()


def _tail(text: str, width: int) -> str:
    """The end of a text, as much as a line of ``width`` cells shows; Korean letters take two."""
    from rich.cells import cell_len

    start = max(0, len(text) - width)
    while cell_len(text[start:]) > width:
        start += 1
    return text[start:]


def scores(found: Iterable[dict[str, Any]]) -> None:
    """Scored lines: JSON lines when piped; for a person at a terminal a table, the lines themselves last."""
    if not sys.stdout.isatty():
        _as_jsonl(found)
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print("   log p   bits per character   perplexity", style="dim")
    for record in found:
        figures = f"{record['log_prob']:8.2f} {record['bits_per_character']:20.2f} {record['perplexity']:12.1f}"
        console.print(f"{figures}   {record['source']}", markup=False)
