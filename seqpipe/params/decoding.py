"""Parameters of ``decode``, by task."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seqpipe.params.section import NUMBER, Count, Positive, Section


class Reading(Section):
    """How inputs go through a trained model, whatever its task."""

    batch_size: Positive = 256
    """Inputs read together."""
    device: Literal["auto", "cpu", "cuda"] = "auto"
    """Where the model runs; ``auto`` takes a GPU if there is one."""


class SearchParams(Reading):
    """How an output is searched for."""

    beam: Positive = 5
    """Hypotheses kept at every step; 1 is greedy."""
    nbest: Positive = 1
    """Hypotheses reported for every input."""
    batch_size: Positive = 64
    """Inputs decoded together."""

    @model_validator(mode="after")
    def _nbest_is_in_the_beam(self) -> Self:
        if self.nbest > self.beam:
            raise ValueError(f"nbest must not be above beam: a beam of {self.beam} holds no {self.nbest} hypotheses")
        return self


class Seq2SeqDecode(SearchParams):
    """Search over tokens."""

    length_penalty: Annotated[float, NUMBER, Field(ge=0)] = 1.0
    """α of Wu et al. (2016): scores are divided by ((5 + length) / 6)^α; 0 compares plain sums."""
    max_length: Positive = 200
    """Longest output in tokens."""


class CtcDecode(SearchParams):
    """Prefix search over frames."""


class ClassifyDecode(Reading):
    """Every label is reported, the likeliest first."""


class LanguageDecode(Reading):
    """Each line is scored."""

    batch_size: Positive = 64
    """Lines scored together."""


class TagDecode(Reading):
    """The best labels of every sentence."""

    batch_size: Positive = 128
    """Sentences read together."""


class AutoencodeDecode(Reading):
    """Each sequence is rebuilt and scored."""


class ForecastDecode(Reading):
    """What stands beside the model's forecast."""

    arima: bool = True
    """Whether to fit ARIMA (statsforecast) as a baseline."""


class Completion(Section):
    """How ``seqpipe complete`` goes on from a prompt."""

    n: Positive = 5
    """Completions."""
    max_length: Positive = 100
    """Longest completion in tokens."""
    min_length: Count = 5
    """Tokens before a search may end (a text that stops at once is often the likeliest); draws may end at any time."""
    sample: bool = False
    """Whether to draw at random rather than to search for the likeliest."""
    beam: Positive = 5
    """Hypotheses kept at every step; at least ``n`` are."""
    length_penalty: Annotated[float, NUMBER, Field(ge=0)] = 1.0
    """As in the search of seq2seq."""
    temperature: Annotated[float, NUMBER, Field(ge=0)] = 1.0
    """Log-probabilities are divided by it before drawing: below 1 bolder, 0 takes the likeliest."""
    top_k: Count = 0
    """Draw among the k likeliest tokens; 0 among all."""
    top_p: Annotated[float, NUMBER, Field(gt=0, le=1)] = 1.0
    """Draw among the smallest set of tokens that hold this much probability."""
    seed: Count = 1
    """Seed of the draws."""
