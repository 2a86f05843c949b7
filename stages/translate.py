"""Dates as people write them in many languages → ISO ``YYYY-MM-DD``, written from CLDR with babel.

A *combination* is a locale and a format: ``fr_FR full`` writes ``jeudi 3 mai 1979``. Test rows are of three groups:

=================== ==========================================================================================
seen                new rows of combinations and years that are in train
held-out-format     combinations never in train; their locale, their format and the locale's month names of
                    that width are there in other combinations
held-out-year       years never in train, in combinations that are
=================== ==========================================================================================

Only dates with one reading are written, so that a source has one right target whatever its locale. ``03/04/2005`` is
April in London and March in New York, so slashes stand only in dates that begin with the year; between dots or hyphens
day comes before month. Two digits stand for a year only beside a month's name or sign, and only for ``CENTURY``.
"""

from __future__ import annotations

import calendar
import random
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, NamedTuple

from babel import Locale, UnknownLocaleError
from babel.dates import parse_pattern
from pydantic import Field

from seqpipe.files import SeqpipeError, write_json, write_text
from seqpipe.params import NUMBER, Count, Positive, Section
from seqpipe.report import Note, Report

CENTURY = range(1950, 2050)
"""The years two digits mean: 50 is 1950, 49 is 2049."""
EXAMPLE = date(1979, 5, 3)
EXAMPLES = (
    *("le 3 mai 1979", "3 May 1979", "May 3rd, 1979", "Donnerstag, 3. Mai 1979", "3 de mayo de 1979"),
    *("3 mayıs 1979", "1979년 5월 3일", "1979年5月3日"),
)
"""Ways to write ``EXAMPLE`` to try the trained model with: in no split, but of combinations and a year in train."""
BEFORE_A_DATE = {"de": "am", "en": "on", "es": "el", "fr": "le", "it": "il", "nl": "op", "pt": "em", "sv": "den"}
Year = Annotated[int, NUMBER, Field(ge=1000, le=9998)]


class Source(Section):
    """What to write."""

    locales: Annotated[tuple[str, ...], Field(min_length=1)] = (
        *("en_US", "en_GB", "ko_KR", "fr_FR", "de_DE", "es_ES", "it_IT", "pt_BR"),
        *("nl_NL", "sv_SE", "fi_FI", "pl_PL", "ru_RU", "tr_TR", "ja_JP", "zh_CN"),
    )
    """CLDR locales."""
    train: Positive = 24000
    """Rows to learn from."""
    valid: Positive = 1000
    """Rows to choose the best epoch by, new ones of what train has."""
    test: Annotated[int, NUMBER, Field(ge=3)] = 1500
    """Rows to score, a third for each group."""
    first_year: Year = 1950
    """Earliest year."""
    last_year: Year = 2049
    """Latest year."""
    held_out_years: Positive = 10
    """Number of years kept for test."""
    held_out_formats: Annotated[float, NUMBER, Field(gt=0, lt=1)] = 0.1
    """Share of the combinations kept for test."""
    seed: Count = 1
    """Seed of every choice."""


class Form(NamedTuple):
    """One way to write a date: a combination, its CLDR pattern, and a habit of the hand that types it."""

    locale: Locale
    format: str
    pattern: str
    habit: Callable[[str, str], str]

    @property
    def combination(self) -> tuple[str, str]:
        """Locale and format."""
        return str(self.locale), self.format

    def needs(self) -> list[object]:
        """What train must show elsewhere before the combination can be held out."""
        names = re.search("MMMM?", self.pattern)
        return [*self.combination, *([(str(self.locale), names[0])] if names else [])]

    def write(self, day: date) -> str | None:
        """The date in this form, or None where two digits would be read as another year."""
        if "yy" in self.pattern and day.year not in CENTURY:
            return None
        text: str = parse_pattern(self.pattern).apply(day, self.locale)
        language = self.locale.language
        return self.habit(text.replace("@", _ordinal(day.day, language)), language)


Combinations = dict[tuple[str, str], list[Form]]


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.tsv``, ``valid.tsv``, ``test.tsv`` (source, target, group) and ``held-out.json``."""
    chance = random.Random(source.seed)
    kept, held_out = _hold_out_combinations(source, chance)
    years, new_years = _hold_out_years(source, chance)
    taken = {_key(text) for text in EXAMPLES}
    known = [form for forms in kept.values() for form in forms]
    third = source.test // 3
    new_formats = _rows(third, "held-out-format", held_out, years, chance, taken, known)
    in_new_years = _rows(third, "held-out-year", kept, new_years, chance, taken)
    seen = _rows(source.train + source.valid + source.test - 2 * third, "seen", kept, years, chance, taken)
    train, valid, test = seen[: source.train], seen[source.train :][: source.valid], seen[source.train + source.valid :]
    splits = {"train": train, "valid": valid, "test": [*test, *new_formats, *in_new_years]}
    for split, rows in splits.items():
        write_text(folder / f"{split}.tsv", "\n".join(["source\ttarget\tgroup", *rows, ""]))
    write_json(folder / "held-out.json", {"combinations": sorted(held_out), "years": sorted(new_years)})
    report(Note(f"{len(kept)} combinations of {len(source.locales)} locales to learn, {len(held_out)} held out"))


def _rows(
    count: int,
    group: str,
    combinations: Combinations,
    years: Sequence[int],
    chance: random.Random,
    taken: set[str],
    known: Sequence[Form] = (),
) -> list[str]:
    """Draw rows that are not ``taken`` and that no form of ``known`` writes; they are taken then."""
    rows: list[str] = []
    choices = list(combinations.values())
    for _ in range(1000 + 10 * count):
        form, year = chance.choice(chance.choice(choices)), chance.choice(years)
        day = date(year, 1, 1) + timedelta(chance.randrange(366 if calendar.isleap(year) else 365))
        text = form.write(day)
        if text is None or _key(text) in taken or _key(text) in {_key(other.write(day) or "") for other in known}:
            continue
        taken.add(_key(text))
        rows.append(f"{text}\t{day.isoformat()}\t{group}")
        if len(rows) == count:
            return rows
    raise SeqpipeError(
        f"translate.source asks for {count} different '{group}' rows, but finds {len(rows)}; "
        "ask for fewer rows, or for more years or locales."
    )


def _hold_out_combinations(source: Source, chance: random.Random) -> tuple[Combinations, Combinations]:
    """Part the combinations into those to learn and those held out."""
    combinations: Combinations = {}
    for form in _distinct(form for name in dict.fromkeys(source.locales) for form in _forms(_locale(name))):
        combinations.setdefault(form.combination, []).append(form)
    wanted = max(1, round(source.held_out_formats * len(combinations)))
    there = Counter(need for forms in combinations.values() for need in forms[0].needs())
    held_out: Combinations = {}
    for combination in chance.sample(sorted(combinations), len(combinations)):
        forms = combinations[combination]
        shown = any(form.write(EXAMPLE) in EXAMPLES for form in forms)
        if len(held_out) < wanted and not shown and all(there[need] > 1 for need in forms[0].needs()):
            held_out[combination] = forms
            there.subtract(forms[0].needs())
    if len(held_out) < wanted:
        raise SeqpipeError(
            f"translate.source.held_out_formats asks for {wanted} of {len(combinations)} combinations, "
            f"but only {len(held_out)} can be held out; lower it, or name more locales."
        )
    return {key: forms for key, forms in combinations.items() if key not in held_out}, held_out


def _hold_out_years(source: Source, chance: random.Random) -> tuple[list[int], list[int]]:
    """Part the years into those to learn and those held out."""
    years = list(range(source.first_year, source.last_year + 1))
    free = [year for year in years if year != EXAMPLE.year]
    if not len(years) > source.held_out_years <= len(free):
        raise SeqpipeError(
            f"translate.source.held_out_years is {source.held_out_years}, but there are only {len(years)} years; "
            "lower it, or widen first_year to last_year."
        )
    held_out = chance.sample(free, source.held_out_years)
    return [year for year in years if year not in held_out], held_out


def _locale(name: str) -> Locale:
    try:
        return Locale.parse(name)
    except (UnknownLocaleError, ValueError):
        raise SeqpipeError(f"translate.source.locales: CLDR has no '{name}'; write it like ko_KR.") from None


def _forms(locale: Locale) -> Iterator[Form]:
    """Every format of a locale in every habit."""
    for name, pattern in _patterns(locale).items():
        for habit in (_as_it_is, _lower, _upper, _plain):
            yield Form(locale, name, pattern, habit)


def _patterns(locale: Locale) -> dict[str, str]:
    """CLDR date patterns by format: the locale's own, and what its writers make of them."""
    full, long, medium, short = (locale.date_formats[width].pattern for width in ("full", "long", "medium", "short"))
    found = {"full": full, "long": long, "medium": medium, "short": _with(short, "y", "y")}
    for name, skeleton in {"numeric": "yMd", "abbreviated": "yMMMd", "weekday": "yMMMEd"}.items():
        if skeleton in locale.datetime_skeletons:
            found[name] = _with(locale.datetime_skeletons[skeleton].pattern, "y", "y")
    found |= {"iso": "y-MM-dd", "slashes": "y/M/d", "digits": "yMMdd", "padded": _with(long, "d", "dd")}
    if re.search("MMM|年", long):
        found["two-digit"] = _with(long, "y", "yy")
    if long.startswith("y"):
        found["close"] = long.replace(" ", "")
    else:
        found |= {"day-first": "d MMMM y", "year-first": "y MMMM d"}
        if "MMM" in found.get("abbreviated", ""):  # else its writers shorten to numbers
            found["brief"] = "d MMM y"
    if locale.language == "en":
        found["dashes"] = "d-MMM-y"
    if locale.language in BEFORE_A_DATE:
        found["phrase"] = f"'{BEFORE_A_DATE[locale.language]}' {long}"
    if locale.language in ("en", "fr"):
        found["ordinal"] = _with(long, "d", "d@")
    return {name: pattern for name, pattern in found.items() if "/" not in pattern or pattern.startswith("y")}


def _with(pattern: str, field: str, width: str) -> str:
    """The pattern with every ``field`` outside quotes written as ``width``."""
    return re.sub(f"('[^']*')|{field}+", lambda found: found[1] or width, pattern)


def _distinct(forms: Iterable[Form]) -> Iterator[Form]:
    """Drop a form that writes every date as an earlier one does."""
    days = [date(1979, month, day) for month in range(1, 13) for day in (3, month, 23)]
    written = set()
    for form in forms:
        texts = tuple(form.write(day) for day in days)
        if texts not in written:
            written.add(texts)
            yield form


def _ordinal(day: int, language: str) -> str:
    """What follows a day's number: 1st, 2nd, 11th; 1er."""
    if language == "fr":
        return "er" if day == 1 else ""
    return "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _as_it_is(text: str, language: str) -> str:
    return text


def _lower(text: str, language: str) -> str:
    return (text.replace("I", "ı").replace("İ", "i") if language == "tr" else text).lower()


def _upper(text: str, language: str) -> str:
    return (text.replace("i", "İ") if language == "tr" else text).upper()


def _plain(text: str, language: str) -> str:
    """Without commas, full stops after letters, and accents on Latin letters."""
    parts = unicodedata.normalize("NFD", text.replace("ı", "i").replace("ł", "l"))
    bare = re.sub(r"([A-Za-z])[\u0300-\u036f]+", r"\1", parts)
    return re.sub(r"(?<=[^\W\d_])\.|,", "", unicodedata.normalize("NFC", bare))


def _key(text: str) -> str:
    """What makes two sources the same: neither case nor compatibility forms, as the tokenizer sees them."""
    return unicodedata.normalize("NFKC", text).casefold()
