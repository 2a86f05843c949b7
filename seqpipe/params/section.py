"""What every part of ``params.yaml`` shares: a strict section and the numbers in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


NUMBER = BeforeValidator(_number)
"""Refuses ``true`` and ``false``, which Python takes for 1 and 0."""
Positive = Annotated[int, NUMBER, Field(gt=0, le=2**40)]
Count = Annotated[int, NUMBER, Field(ge=0, le=2**40)]
"""Whole numbers; what counts or measures anything is below 10¹²."""
Share = Annotated[float, NUMBER, Field(ge=0, lt=1)]


def refuse_idle(section: BaseModel, needs: Mapping[str, tuple[str, tuple[str | bool, ...]]]) -> None:
    """Refuse keys that have no effect: each of ``needs`` works only where another key has one of some values."""
    for key, (other, values) in needs.items():
        idle = getattr(section, other) not in values
        if idle and getattr(section, key) != type(section).model_fields[key].default:
            wanted, given = " or ".join(map(_yaml, values)), _yaml(getattr(section, other))
            raise ValueError(f"'{key}' is for {other} {wanted}, but {other} is {given}; remove it")


def _yaml(value: object) -> str:
    """A value as it stands in ``params.yaml``."""
    return str(value).lower() if isinstance(value, bool) else str(value)


class Section(BaseModel):
    """A part of ``params.yaml``; unknown keys, NaN and infinity are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)
