"""Fonts of plots: which are here, and what they can write."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

FONTS = ["DejaVu Sans", "Noto Sans CJK KR", "NanumGothic", "Malgun Gothic", "Apple SD Gothic Neo"]
"""Tried in this order, character by character; the first comes with matplotlib."""


@cache
def installed() -> Sequence[str]:
    """The fonts of ``FONTS`` that this machine has."""
    from matplotlib.font_manager import get_font_names

    names = set(get_font_names())
    return [font for font in FONTS if font in names]


def drawable(*texts: str) -> bool:
    """Whether every character of the texts is in some font."""
    return all(map(_in_a_font, set("".join(texts))))


def written(text: str) -> str:
    """The text with a code for every character that no font has: ``\\uae0d`` for 긍."""
    return "".join(sign if _in_a_font(sign) else sign.encode("unicode_escape").decode() for sign in text)


@cache
def _in_a_font(character: str) -> bool:
    from matplotlib.font_manager import findfont, get_font

    return any(get_font(findfont(font)).get_char_index(ord(character)) for font in installed())
