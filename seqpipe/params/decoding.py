"""Parameters of ``decode``, by task."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from seqpipe.params.section import NUMBER, Positive, Section


class SearchParams(Section):
    """How an output is searched for."""

    beam: Positive = 5
    """Hypotheses kept at every step; 1 is greedy."""
    nbest: Positive = 1
    """Hypotheses reported for every input."""
    batch: Positive = 64
    """Inputs decoded together."""


class Seq2SeqDecode(SearchParams):
    """Search over tokens."""

    length_penalty: Annotated[float, NUMBER, Field(ge=0)] = 1.0
    """α of Wu et al. (2016): scores are divided by ((5 + length) / 6)^α; 0 compares plain sums."""
    max_length: Positive = 200
    """Longest output in tokens."""


class CtcDecode(SearchParams):
    """Prefix search over frames."""


class ForecastDecode(Section):
    """What stands beside the model's forecast."""

    batch: Positive = 256
    """Windows read together."""
    arima: bool = True
    """Whether to fit ARIMA (statsforecast) as a baseline."""
