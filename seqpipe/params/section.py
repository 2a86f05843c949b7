"""What every part of ``params.yaml`` shares: a strict section and the numbers in it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


NUMBER = BeforeValidator(_number)
"""Refuses ``true`` and ``false``, which Python takes for 1 and 0."""
Positive = Annotated[int, NUMBER, Field(gt=0)]
Count = Annotated[int, NUMBER, Field(ge=0)]
Share = Annotated[float, NUMBER, Field(ge=0, lt=1)]


class Section(BaseModel):
    """A part of ``params.yaml``; unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
