"""Parameters of ``train``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seqpipe.params.section import NUMBER, Count, Positive, Section, Share


class Train(Section):
    """How the weights are fitted."""

    epochs: Positive = 10
    """Passes over the training set."""
    budget: Positive = 4096
    """Largest batch, counted in padded source and target steps."""
    learning_rate: Annotated[float, NUMBER, Field(gt=0)] = 1e-3
    """Peak step size of AdamW."""
    warmup: Share = 0.1
    """Share of all steps during which the step size grows linearly from zero."""
    schedule: Literal["constant", "linear", "cosine"] = "cosine"
    """What the step size does after warm-up."""
    weight_decay: Annotated[float, NUMBER, Field(ge=0)] = 0.0
    """Decoupled weight decay of AdamW."""
    clip: Annotated[float, NUMBER, Field(gt=0)] = 1.0
    """Largest global norm δ of the gradient: g ← min(1, δ/‖g‖) g."""
    patience: Positive = 1000
    """Epochs without a better validation loss before training stops."""
    seed: Count = 1
    """Seed of initial weights, dropout and batch order."""
    threads: Count = 0
    """CPU threads; 0 chooses by model size."""


class StreamTrain(Train):
    """The same for a task that learns from one long stream; ``budget`` is for validation."""

    streams: Positive = 32
    """Parallel streams that the text is cut into."""
    span: Positive = 64
    """Steps of every stream between two updates; gradients reach back no further, the hidden state does."""
