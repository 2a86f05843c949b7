"""Parameters of ``decode``, by task."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seqpipe.params.section import NUMBER, Count, Positive, Section, Share, refuse_idle

Weight = Annotated[float, NUMBER, Field(ge=0)]


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


def check_nbest(search: SearchParams) -> None:
    """Refuse to report more hypotheses than are kept."""
    if search.nbest > search.beam:
        raise ValueError(f"nbest must not be above beam: a beam of {search.beam} holds no {search.nbest} hypotheses")


SEARCH_NEEDS: dict[str, tuple[str, tuple[str | bool, ...]]] = {
    "length_penalty": ("normalization", ("wu",)),
    "groups": ("sample", (False,)),
    "diversity": ("sample", (False,)),
    "temperature": ("sample", (True,)),
    "top_k": ("sample", (True,)),
    "top_p": ("sample", (True,)),
    "seed": ("sample", (True,)),
}


class TokenSearch(SearchParams):
    """Search over tokens, or draws of them; draws have no beam."""

    normalization: Literal["wu", "average", "none"] = "wu"
    """What a summed log-probability is divided by: ((5 + length) / 6)^α (Wu et al. 2016), the length, or nothing."""
    length_penalty: Annotated[float, NUMBER, Field(ge=0, le=10)] = 1.0
    """α of Wu et al. (2016); 0 compares plain sums."""
    max_length: Positive = 200
    """Longest output in tokens."""
    min_length: Count = 0
    """Shortest output in tokens."""
    no_repeat: Count = 0
    """No n-gram of this many tokens comes twice in an output; 0 allows it."""
    forbidden: list[str] = []
    """Tokens, as they are written in the vocabulary, that no output has."""
    groups: Positive = 1
    """Parts of the beam that are kept apart by ``diversity`` (Vijayakumar et al. 2018); 1 is an ordinary beam."""
    diversity: Weight = 0.0
    """What a token loses for each hypothesis of an earlier group that has just taken it."""
    sample: bool = False
    """Whether to draw ``nbest`` outputs at random rather than to search for the likeliest."""
    temperature: Weight = 1.0
    """Log-probabilities are divided by it before drawing: below 1 bolder, 0 takes the likeliest."""
    top_k: Count = 0
    """Draw among the k likeliest tokens; 0 among all."""
    top_p: Annotated[float, NUMBER, Field(gt=0, le=1)] = 1.0
    """Draw among the smallest set of tokens that hold this much probability."""
    seed: Count = 1
    """Seed of the draws."""

    @model_validator(mode="after")
    def _search_fits_together(self) -> Self:
        refuse_idle(self, SEARCH_NEEDS)
        if not self.sample:
            check_nbest(self)
        if self.beam % self.groups:
            raise ValueError(f"groups must share the beam evenly, but {self.groups} do not divide {self.beam}")
        if (self.groups > 1) != (self.diversity > 0):
            raise ValueError("groups and diversity work together: set groups above 1 and diversity above 0, or neither")
        if self.sample and not self.temperature and (self.top_k or self.top_p < 1):
            raise ValueError(
                "temperature 0 takes the likeliest token, which top_k and top_p cannot change; remove them"
            )
        if "min_length" in self.model_fields_set and self.min_length > self.max_length:
            raise ValueError(
                f"min_length must not be above max_length, but {self.min_length} is above {self.max_length}"
            )
        return self


class Seq2SeqDecode(TokenSearch):
    """Search over target tokens."""

    max_ratio: Weight = 0.0
    """Longest output in tokens for every step of the source, rounded down; 0 sets no such bound."""
    min_ratio: Weight = 0.0
    """Shortest output in tokens for every step of the source, rounded up."""
    prefix: str = ""
    """What every output begins with; its tokens count as the output's. After a space at its end comes a new word."""
    coverage_penalty: Weight = 0.0
    """β of Wu et al. (2016): β Σ_s log min(Σ_t α_{t,s}, 1) is added to the score, which asks that every place of the
    source be looked at."""

    @model_validator(mode="after")
    def _ratios_fit_together(self) -> Self:
        if self.max_ratio and self.min_ratio > self.max_ratio:
            raise ValueError(f"min_ratio must not be above max_ratio, but {self.min_ratio} is above {self.max_ratio}")
        return self


WIDE = {"token_threshold": None, "lm": "lm_weight", "word_bonus": None, "hotwords": "hotword_weight"}
"""What CTC can only search for with a beam of 2 or more, and the weight of each."""


class CtcDecode(SearchParams):
    """Prefix search over frames."""

    token_threshold: Share = 0.0
    """Labels less likely than this at a frame do not extend a hypothesis there; 0 leaves out none."""
    lm: str = ""
    """A language model to search with: an ARPA file (``.arpa``, ``.arpa.gz``) over words or tokens, or the folder or
    name of a trained language-model pipeline over the same tokens; none without it."""
    lm_weight: Weight = 0.5
    """α: α log p_lm is added to a hypothesis's log-probability (shallow fusion)."""
    word_bonus: Annotated[float, NUMBER] = 0.0
    """β, added for every word; it makes up for what a language model takes off."""
    hotwords: list[str] = []
    """Phrases that are likely to come."""
    hotword_weight: Weight = 5.0
    """What a hypothesis gains for each hotword, spread over its letters."""

    @model_validator(mode="after")
    def _has_effect(self) -> Self:
        check_nbest(self)
        for key in WIDE:
            if self.beam == 1 and getattr(self, key):
                raise ValueError(f"'{key}' is for a beam of 2 or more, but beam 1 is the likeliest path; remove one")
        for key, weight in WIDE.items():
            if weight is None:
                continue
            if not getattr(self, key) and getattr(self, weight) != type(self).model_fields[weight].default:
                raise ValueError(f"'{weight}' is for '{key}', which is not given; give that or remove this")
            if getattr(self, key) and not getattr(self, weight):
                raise ValueError(f"'{weight}' is 0, so that '{key}' changes nothing; remove both or raise the weight")
        return self


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


class Completion(TokenSearch):
    """How ``seqpipe complete`` goes on from a prompt."""

    nbest: Positive = 5
    """Completions."""
    max_length: Positive = 100
    """Longest completion in tokens."""
    min_length: Count = 5
    """Shortest completion in tokens, or the longest where that is less (a text that stops at once is often the
    likeliest)."""
