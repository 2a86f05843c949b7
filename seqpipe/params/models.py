"""Parameters of models, by task."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seqpipe.params.section import NUMBER, Positive, Section, Share


class RecurrentParams(Section):
    """A stack of recurrent layers."""

    cell: Literal["rnn", "lstm", "gru", "mingru", "minlstm"] = "gru"
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
    encoder: Literal["recurrent", "none"] = "recurrent"
    """Whether a recurrent encoder reads the source; with ``none``, attention looks at the source's own vectors, and at
    every place of a picture."""
    attention: Literal["none", "dot", "general", "scaled", "additive"] = "general"
    """How the decoder looks back: Luong's dot and general, scaled dot, Bahdanau's additive, or not at all."""


class CtcModel(RecurrentParams):
    """An acoustic encoder with a distribution over labels and blank at every frame."""

    bidirectional: bool = True
    """Whether it also reads backwards (better, but then it cannot stream)."""
    stack: Positive = 2
    """Neighbouring frames joined to one step: fewer steps, less work (pictures have their own: two columns a step)."""


class ClassifyModel(RecurrentParams):
    """An encoder whose outputs become one vector, and a distribution over labels."""

    embedding: Positive = 64
    """Size of a token's vector, or of what a frame is mapped to."""
    bidirectional: bool = True
    """Whether it also reads backwards."""
    pooling: Literal["last", "mean", "max", "attention"] = "attention"
    """How the outputs become one vector: the last states, the mean, the largest values, or learned weights."""


class LanguageModel(RecurrentParams):
    """A recurrent language model."""

    embedding: Positive = 128
    """Size of a token's vector."""
    tied: bool = True
    """Whether the output layer shares the tokens' vectors (through a projection where ``hidden`` is another size)."""


class TagModel(RecurrentParams):
    """A reader of words, a score for every label of every word, and what ties labels together."""

    embedding: Annotated[int, NUMBER, Field(ge=4)] = 96
    """Size of a word's vector; half of it is read from the word's characters."""
    bidirectional: bool = True
    """Whether it also reads backwards."""
    crf: bool = True
    """Whether a linear-chain conditional random field chooses a sentence's labels together; else each word's alone."""
    constraints: Literal["always", "decoding", "never"] = "always"
    """When the field forbids what BIO forbids (I-X not after B-X or I-X): also in training, only after it, or never."""
    word_dropout: Share = 0.1
    """Share of words that training takes for unknown ones, so that letters and neighbours have to speak."""
    character_dropout: Share = 0.01
    """The same for characters."""


class AutoencodeModel(RecurrentParams):
    """A recurrent encoder, a code of fixed size, a recurrent decoder."""

    hidden: Positive = 64
    """Units a direction and layer."""
    embedding: Positive = 32
    """Size of a token's vector, or of what a frame is mapped to."""
    bidirectional: bool = False
    """Whether the encoder also reads backwards."""
    code: Positive = 16
    """Numbers that a whole sequence becomes."""
    reverse: bool = True
    """Whether the decoder rebuilds the end first, which the encoder has read last."""
    quantile: Annotated[float, NUMBER, Field(gt=0, le=1)] = 0.99
    """Share of the validation split that stays below the threshold; what is above it is flagged."""


class ForecastModel(RecurrentParams):
    """A recurrent reader of the window with one linear read-out for the whole horizon."""

    hidden: Positive = 32
    """Units a layer."""
