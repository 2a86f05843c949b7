"""Parameters of ``train``."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seqpipe.params.augment import Augment
from seqpipe.params.section import NUMBER, Count, Positive, Section, Share, refuse_idle

TRAIN_NEEDS = {
    "momentum": ("optimizer", ("sgd", "asgd", "rmsprop")),
    "average_start": ("optimizer", ("asgd",)),
    "average_decay": ("average", ("exponential",)),
    "average_epochs": ("average", ("last",)),
    "plateau_factor": ("schedule", ("plateau",)),
    "plateau_patience": ("schedule", ("plateau",)),
}
SAMPLING_NEEDS = dict.fromkeys(("half", "floor", "form"), ("decay", ("linear", "exponential", "inverse-sigmoid")))


class Train(Section):
    """How the weights are fitted."""

    epochs: Positive = 10
    """Passes over the training set."""
    budget: Positive = 4096
    """Largest batch, counted in padded source and target steps."""
    accumulate: Positive = 1
    """Batches that one update learns from: the mean over the terms of all of them."""
    optimizer: Literal["adamw", "adam", "sgd", "asgd", "rmsprop"] = "adamw"
    """How a gradient becomes a step; ``asgd`` is sgd whose weights are averaged from ``average_start`` on."""
    learning_rate: Annotated[float, NUMBER, Field(gt=0)] = 1e-3
    """Peak step size."""
    momentum: Share = 0.0
    """Share of its last step that sgd, asgd and rmsprop repeat."""
    warmup: Share = 0.1
    """Share of all steps during which the step size grows linearly from zero."""
    schedule: Literal["constant", "linear", "cosine", "plateau", "inverse-sqrt"] = "cosine"
    """What the step size does after warm-up; with ``plateau`` it shrinks when what ``watch`` names gets no better."""
    plateau_factor: Annotated[float, NUMBER, Field(gt=0, lt=1)] = 0.5
    """What the step size is multiplied by at a plateau."""
    plateau_patience: Positive = 2
    """Epochs without a better figure that make a plateau."""
    weight_decay: Annotated[float, NUMBER, Field(ge=0)] = 0.0
    """Weight decay: decoupled in adamw, part of the gradient in the others."""
    clip: Annotated[float, NUMBER, Field(gt=0)] = 1.0
    """Largest global norm δ of the gradient, g ← min(1, δ/‖g‖) g, or largest size of each of its numbers."""
    clip_by: Literal["norm", "value"] = "norm"
    """Which of the two ``clip`` bounds."""
    average: Literal["none", "exponential", "last"] = "none"
    """What is validated and kept in place of the weights: their exponential average, or the mean of the last epochs."""
    average_decay: Share = 0.999
    """Share of the exponential average that an update leaves, once many are done; before, after n, (1 + n) / (10 + n).
    """
    average_epochs: Positive = 5
    """Epochs whose weights ``last`` averages."""
    average_start: Share = 0.5
    """Share of all steps that asgd does before it begins to average."""
    watch: str = "loss"
    """What chooses the best epoch: the validation ``loss``, or a metric of the validation split, read out."""
    patience: Positive = 1000
    """Epochs without a better figure before training stops."""
    precision: Literal["float32", "bf16", "fp16"] = "float32"
    """Number format of products in training; weights, validation and decoding stay float32."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where training runs; ``auto`` takes a GPU if there is one."""
    checkpoint_seconds: Annotated[float, NUMBER, Field(ge=0)] = 60.0
    """Seconds of training that a kill may cost at most; 0 keeps the state after every update."""
    seed: Count = 1
    """Seed of initial weights, dropout and batch order."""
    threads: Annotated[int, NUMBER, Field(ge=0, le=1024)] = 0
    """CPU threads; 0 chooses by model size."""
    augment: Augment = Augment()
    """How recordings are changed in training."""

    @model_validator(mode="after")
    def _applies(self) -> Self:
        refuse_idle(self, TRAIN_NEEDS)
        if self.optimizer == "asgd" and self.average != "none":
            raise ValueError("'average' must be none for optimizer asgd, which averages by itself; remove it")
        return self


class LabelTrain(Train):
    """The same for a task that chooses among labels or tokens."""

    label_smoothing: Share = 0.0
    """ε: training takes each label for (1 − ε) of itself and ε of all alike (Szegedy et al. 2016); validation does not.
    """


class Sampling(Section):
    """Scheduled sampling (Bengio et al. 2015): in training, a decoder's inputs become its own tokens by and by."""

    decay: Literal["none", "linear", "exponential", "inverse-sigmoid"] = "none"
    """How the probability of the true token falls from 1 over the updates; ``none`` is teacher forcing throughout."""
    half: Annotated[float, NUMBER, Field(gt=0)] = 0.5
    """Share of all updates after which that probability is 1/2, whichever way it falls; above 1 it never is."""
    floor: Annotated[float, NUMBER, Field(ge=0, le=1)] = 0.0
    """What it never falls below."""
    form: Literal["token", "two-pass"] = "token"
    """Whether each token is drawn after the mixed ones before it, or all at once after the true ones, which is faster.
    """

    @model_validator(mode="after")
    def _applies(self) -> Self:
        refuse_idle(self, SAMPLING_NEEDS)
        return self


class Seq2SeqTrain(LabelTrain):
    """The same for a decoder, which reads the true tokens before each position or its own."""

    sampling: Sampling = Sampling()
    """Which of the two, when."""


class StreamTrain(LabelTrain):
    """The same for a task that learns from one long stream; ``budget`` is for validation."""

    streams: Positive = 32
    """Parallel streams that the text is cut into."""
    span: Positive = 64
    """Steps of every stream between two updates; the hidden state goes on from each to the next."""
    reach: Count = 0
    """Steps that gradients go back: more than ``span`` reads the steps before a span again, 0 is as many."""
