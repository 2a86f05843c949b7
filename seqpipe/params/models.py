"""Parameters of models, by task."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from seqpipe.params.recurrent import RecurrentParams
from seqpipe.params.section import NUMBER, Positive, Section, Share, refuse_idle

EMBEDDING_NEEDS = {"embedding": ("input", ("learned",))}


class TokenInput(Section):
    """How tokens become vectors."""

    input: Literal["learned", "one-hot"] = "learned"
    """A learned vector for every token, or its unit vector, which is as long as the vocabulary is large."""
    embedding_dropout: Share = 0.0
    """Share of kinds of tokens whose vectors training drops, wherever they stand in a sequence."""
    frozen: bool = False
    """Whether the vectors stay as ``features.vectors`` and chance made them; the rest of the model learns."""

    @model_validator(mode="after")
    def _learns(self) -> TokenInput:
        """Unit vectors are what they are."""
        if self.frozen and self.input == "one-hot":
            raise ValueError("'frozen' keeps vectors that could learn, but 'input: one-hot' has none; remove it")
        return self


class FrameInput(Section):
    """How frames become vectors."""

    front: Literal["linear", "convolution"] = "linear"
    """What reads frames: a linear map of each, or two convolutions over time."""


class Seq2SeqModel(TokenInput, FrameInput, RecurrentParams):
    """An encoder and a decoder of the same cell."""

    embedding: Positive = 64
    """Size of a token's vector."""
    bidirectional: bool | None = None
    """Whether the encoder also reads backwards; a recurrent one does unless this is false."""
    encoder: Literal["recurrent", "none"] = "recurrent"
    """Whether a recurrent encoder reads the source; with ``none``, attention looks at the source's own vectors, and at
    every place of a picture."""
    attention: Literal["none", "dot", "general", "scaled", "additive", "location"] = "general"
    """How the decoder looks back: Luong's dot and general, scaled dot, Bahdanau's additive, Chorowski's location-aware,
    or not at all."""
    input_feeding: bool = False
    """Whether the decoder also reads what it attended to at the step before (Luong); it then trains step by step, as it
    does with ``location``."""
    tied: bool = False
    """Whether the output layer shares the target tokens' vectors (through a projection where ``hidden`` is another
    size)."""

    @model_validator(mode="after")
    def _reads(self) -> Seq2SeqModel:
        """Who does not read has no direction."""
        if self.encoder == "none" and self.bidirectional is not None:
            raise ValueError("'bidirectional' is how a recurrent encoder reads, but encoder is none; remove it")
        return self


class Joined(Section):
    """How frames become fewer."""

    stack: Positive = 2
    """Neighbouring frames that become one step: fewer steps, less work; of a picture 1, 2 or 4 columns of pixels."""


class CtcModel(Joined, FrameInput, RecurrentParams):
    """An acoustic encoder with a distribution over labels and blank at every frame."""

    bidirectional: bool = True
    """Whether it also reads backwards (better, but then it cannot stream)."""


class ClassifyModel(TokenInput, FrameInput, RecurrentParams):
    """An encoder whose outputs become one vector, and a distribution over labels."""

    embedding: Positive = 64
    """Size of a token's vector, or of what a frame is mapped to."""
    bidirectional: bool = True
    """Whether it also reads backwards."""
    pooling: Literal["last", "mean", "max", "attention"] = "attention"
    """How the outputs become one vector: the last states, the mean, the largest values, or learned weights."""

    @model_validator(mode="after")
    def _has_vectors(self) -> ClassifyModel:
        refuse_idle(self, EMBEDDING_NEEDS)
        return self


class LanguageModel(TokenInput, RecurrentParams):
    """A recurrent language model."""

    embedding: Positive = 128
    """Size of a token's vector."""
    tied: bool = True
    """Whether the output layer shares the tokens' learned vectors (through a projection where ``hidden`` is another
    size)."""

    @model_validator(mode="after")
    def _shares(self) -> LanguageModel:
        """Unit vectors are nothing to share."""
        if self.tied and self.input == "one-hot":
            raise ValueError("'tied' shares learned vectors, but 'input: one-hot' has none; set tied to false")
        return self


class TagModel(TokenInput, RecurrentParams):
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

    @model_validator(mode="after")
    def _has_a_field(self) -> TagModel:
        refuse_idle(self, {"constraints": ("crf", (True,))})
        return self


class AutoencodeModel(TokenInput, FrameInput, RecurrentParams):
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

    @model_validator(mode="after")
    def _has_vectors(self) -> AutoencodeModel:
        refuse_idle(self, EMBEDDING_NEEDS)
        return self


class ForecastModel(RecurrentParams):
    """A recurrent reader of the window with one linear read-out for the whole horizon."""

    hidden: Positive = 32
    """Units a layer."""
