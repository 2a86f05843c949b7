"""Parameters of models, by task."""

from __future__ import annotations

from typing import Literal

from seqpipe.params.section import Positive, Section, Share


class RecurrentParams(Section):
    """A stack of recurrent layers."""

    cell: Literal["rnn", "lstm", "gru"] = "gru"
    """Recurrent cell."""
    hidden: Positive = 128
    """Units a direction and layer."""
    layers: Positive = 1
    """Layers, each reading the outputs of the one below."""
    dropout: Share = 0.1
    """Share of activations dropped between layers, never between time steps."""


class Seq2SeqModel(RecurrentParams):
    """An encoder and a decoder of the same cell."""

    embedding: Positive = 64
    """Size of a token's vector."""
    bidirectional: bool = True
    """Whether the encoder also reads backwards."""
    attention: Literal["none", "dot", "general", "scaled", "additive"] = "general"
    """How the decoder looks back: Luong's dot and general, scaled dot, Bahdanau's additive, or not at all."""


class CtcModel(RecurrentParams):
    """An acoustic encoder with a distribution over labels and blank at every frame."""

    bidirectional: bool = True
    """Whether it also reads backwards (better, but then it cannot stream)."""
    stack: Positive = 2
    """Neighbouring frames joined to one step: fewer steps, less work."""


class ForecastModel(RecurrentParams):
    """A recurrent reader of the window with one linear read-out for the whole horizon."""

    hidden: Positive = 32
    """Units a layer."""
