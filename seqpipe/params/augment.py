"""Parameters of ``train.augment``: how recordings are changed in training."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from seqpipe.params.section import NUMBER, Count, Positive, Section, Share

MASKS = {"frequency_width": "frequency_masks", "time_width": "time_masks"}


class Augment(Section):
    """Changes to the frames of a recording, drawn anew for each epoch; none unless they are asked for."""

    speed: Share = 0.0
    """Frames are stretched in time by a factor from 1 − speed to 1 + speed; the pitch stays."""
    gain: Annotated[float, NUMBER, Field(ge=0, le=60)] = 0.0
    """Recordings become louder or softer by at most so many decibels."""
    noise: Annotated[float, NUMBER, Field(ge=0, le=10)] = 0.0
    """Largest standard deviation of normal noise on the frames, in the unit of the features."""
    frequency_masks: Count = 0
    """Runs of bands that are hidden (SpecAugment, Park et al. 2019)."""
    frequency_width: Positive = 8
    """Most bands of a run."""
    time_masks: Count = 0
    """Runs of frames that are hidden."""
    time_width: Positive = 20
    """Most frames of a run, and never more than a fifth of the recording."""

    @model_validator(mode="after")
    def _applies(self) -> Self:
        for width, masks in MASKS.items():
            if not getattr(self, masks) and getattr(self, width) != type(self).model_fields[width].default:
                raise ValueError(f"'{width}' is for {masks} above 0; set them, or remove it")
        return self
