"""One hypothesis in one line, for a person or for another program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def describe(hypothesis: dict[str, Any]) -> str:
    """A hypothesis as a person reads it."""
    if "flag" in hypothesis:
        shown = f"{hypothesis['text']}   " if "text" in hypothesis else ""
        mark = "ANOMALY" if hypothesis["flag"] else "normal"
        return f"{shown}{hypothesis['score']:.4f}   {mark} (threshold {hypothesis['threshold']:.4f})"
    if "perplexity" in hypothesis:
        bits, perplexity = hypothesis["bits_per_character"], hypothesis["perplexity"]
        return f"log p {hypothesis['log_prob']:.2f}   bits per character {bits:.2f}   perplexity {perplexity:.1f}"
    if "confidence" in hypothesis and "token_scores" not in hypothesis:  # of long texts it says little
        return f"{hypothesis['text']}   {hypothesis['confidence']:.1%}"
    if "text" in hypothesis:
        return f"{hypothesis['text']}   ({hypothesis['score']:.3f})"
    return figures(hypothesis["values"])


def plain(hypothesis: dict[str, Any]) -> str:
    """A hypothesis as another program reads it, in one line: the text, values, bits per character, or score and
    verdict."""
    if "flag" in hypothesis:
        return f"{hypothesis['score']}\t{'anomaly' if hypothesis['flag'] else 'normal'}"
    if "perplexity" in hypothesis:
        return str(hypothesis["bits_per_character"])
    if "text" in hypothesis:
        return " ".join(str(hypothesis["text"]).splitlines())
    return " ".join(map(str, hypothesis["values"]))


def figures(values: Sequence[float]) -> str:
    """Values to four digits."""
    return "  ".join(f"{value:.4g}" for value in values)
