"""Lines and tables on standard output, faults on standard error; both are UTF-8."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Any


def use_utf8() -> None:
    """Write UTF-8 and expect it on standard input, whatever the locale; what UTF-8 lacks is escaped as in JSON."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if isinstance(sys.stdin, TextIOWrapper):
        sys.stdin.reconfigure(encoding="utf-8-sig", errors="strict")


def error(message: str) -> None:
    """One line on standard error."""
    print(f"seqpipe: {message}", file=sys.stderr)


def line(text: str) -> None:
    """One line on standard output."""
    print(text)


def wide() -> Any:
    """A console as wide as the terminal; piped, as wide as its table."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else 1000, highlight=False)
