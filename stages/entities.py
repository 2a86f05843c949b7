"""Sentences in English and Korean in which people, places, organisations and dates are tagged.

Names come from CLDR (babel: countries, cities of time zones, dates) and faker (names of people, towns, companies), the
sentences from templates. Test sentences are of two groups:

=================== ==========================================================================================
seen                new sentences with names made of the parts that train's are made of
held-out-filler     every name is new: no given name, family name (in Korean: given name), town, country, stem
                    of a company or year of it is in train; of several words at least one is not, for words
                    like Islands and Group belong to many names
=================== ==========================================================================================

Dates are the exception: only years and days of the year are held out, not the words for days and months, so that
held-out dates consist partly of words known from train, and about three in ten of nothing else (``10 October``). Of
people, places and organisations none does: a word of each is new. So compare types by themselves.

Half of the validation sentences have new names, too, and others than those of test.

Korean particles stay on the name they follow: a word is what stands between spaces, so 김철수가 is one word, a span's
last word with its particle. That is how raw sentences are cut when the trained model reads them.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Annotated, Literal, NamedTuple

from babel import Locale
from babel.dates import format_date
from pydantic import Field

from seqpipe.files import SeqpipeError, write_text
from seqpipe.params import Count, Positive, Section
from seqpipe.readers.bio import OUTSIDE
from seqpipe.readers.sentences import words
from seqpipe.report import Note, Report

POOLS = ("train", "valid", "test")
NO_PLACES = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}  # codes of CLDR that are no country


class Source(Section):
    """What to write."""

    languages: Annotated[tuple[Literal["en", "ko"], ...], Field(min_length=1)] = ("en", "ko")
    """They take turns."""
    train: Positive = 8000
    """Sentences to learn from."""
    valid: Annotated[int, Field(ge=2)] = 600
    """Sentences to choose the best epoch by."""
    test: Annotated[int, Field(ge=2)] = 1200
    """Sentences to score, half of each group."""
    held_out: Annotated[float, Field(ge=0.05, le=0.3)] = 0.2
    """Share of the names that only test has; half as many are only in valid."""
    seed: Count = 1
    """Seed of every choice."""


class Language(NamedTuple):
    """Templates, and for each pool a maker of names by type."""

    openings: Sequence[str]
    cores: Sequence[str]
    closings: Sequence[str]
    names: dict[str, dict[str, Callable[[], str]]]
    """Pool → type → a new name."""


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.conll``, ``valid.conll`` and ``test.conll``."""
    chance = random.Random(source.seed)
    languages = [LANGUAGES[name](source.held_out, chance) for name in dict.fromkeys(source.languages)]
    taken: set[str] = set()

    def rows(count: int, pool: str, group: str) -> list[str]:
        return [_sentence(languages[at % len(languages)], pool, group, chance, taken) for at in range(count)]

    splits = {
        "test": [
            *rows(source.test // 2, "test", "held-out-filler"),
            *rows(source.test - source.test // 2, "train", "seen"),
        ],
        "valid": [*rows(source.valid // 2, "valid", ""), *rows(source.valid - source.valid // 2, "train", "")],
        "train": rows(source.train, "train", ""),
    }
    for split, sentences in splits.items():
        write_text(folder / f"{split}.conll", "\n".join(sentences))
    counts = ", ".join(f"{len(sentences)} {split}" for split, sentences in splits.items())
    report(Note(f"entities: {counts} sentences in {', '.join(dict.fromkeys(source.languages))}"))


def _sentence(language: Language, pool: str, group: str, chance: random.Random, taken: set[str]) -> str:
    """A new sentence in CoNLL columns; numbers, which are in no span, are drawn as they come."""
    names = language.names[pool] | {"NUMBER": lambda: str(int(10 ** chance.uniform(0.4, 4)))}
    for _ in range(1000):
        opening = chance.choice(language.openings) if chance.random() < 0.35 else ""
        closing = chance.choice(language.closings) if chance.random() < 0.3 else ""
        text, spans = filled(opening + chance.choice(language.cores) + closing + ".", names)
        if text not in taken:
            taken.add(text)
            labels = (f"{word}\t{label}" for word, label in tagged(text, spans))
            return "\n".join([*([f"# group = {group}"] if group else []), f"# text = {text}", *labels, ""])
    raise SeqpipeError("entities.source asks for more sentences than there are different ones; ask for fewer.")


Placed = tuple[int, int, str]
"""First character, the one after the last, and type of a name."""


def filled(template: str, names: dict[str, Callable[[], str]]) -> tuple[str, list[Placed]]:
    """A template with a name in every slot; ``{PER:이}`` has a Korean particle that fits the name's last sound."""
    text, spans = "", []
    for literal, slot, particle, _ in Formatter().parse(template):
        text += literal
        if slot:
            name = names[slot]()
            if slot != "NUMBER":
                spans.append((len(text), len(text) + len(name), slot))
            text += name + (with_particle(name, particle) if particle else "")
    return text[0].upper() + text[1:], spans


def tagged(text: str, spans: Sequence[Placed]) -> list[tuple[str, str]]:
    """The words of a text, each with its label; a word that holds a part of a name is the name's."""
    found, last = [], None
    for word in words(text):
        span = next((span for span in spans if span[0] < word.stop and word.start < span[1]), None)
        label = OUTSIDE if span is None else f"{'I' if span == last else 'B'}-{span[2]}"
        found.append((word.text, label))
        last = span
    return found


PARTICLES = {"이": "가", "은": "는", "을": "를", "과": "와", "으로": "로", "이라는": "라는", "이며": "며"}
"""What follows a consonant → what follows a vowel."""
DIGITS = "영일이삼사오육칠팔구"


def with_particle(name: str, particle: str) -> str:
    """The form of ``particle`` (given as after a consonant) that follows ``name``."""
    last = DIGITS[int(name[-1])] if name[-1].isdecimal() else name[-1]
    final = (ord(last) - ord("가")) % 28 if "가" <= last <= "힣" else 0  # the syllable's last consonant
    vowel = not final or (particle == "으로" and final == 8)  # ㄹ counts as a vowel there
    return PARTICLES[particle] if vowel else particle


Pools = dict[str, list[str]]


def parted(names: Iterable[str], held_out: float, chance: random.Random) -> Pools:
    """Names shared out between the pools; of a held-out name at least one word is in no name of another pool."""
    several = sorted(set(names))
    chance.shuffle(several)
    test, valid = round(held_out * len(several)), round(held_out * len(several) / 2)
    parts = {"test": several[:test], "valid": several[test : test + valid], "train": several[test + valid :]}
    uses = Counter(
        (word, pool) for pool, part in parts.items() for word in {one for name in part for one in name.split()}
    )
    pools_of = Counter(word for word, _ in uses)
    return {
        pool: [name for name in parts[pool] if pool == "train" or any(pools_of[word] == 1 for word in name.split())]
        for pool in POOLS
    }


def _days(held_out: float, chance: random.Random) -> dict[str, tuple[list[str], list[str]]]:
    """Years, and days of the year, of each pool."""
    years = parted(map(str, range(1900, 2031)), held_out, chance)
    days = parted((f"{month:02}-{day:02}" for month in range(1, 13) for day in range(1, 29)), held_out, chance)
    return {pool: (years[pool], days[pool]) for pool in POOLS}


def _dates(
    days: tuple[list[str], list[str]], patterns: Sequence[str], locale: str, chance: random.Random
) -> Callable[[], str]:
    def draw() -> str:
        day = date.fromisoformat(f"{chance.choice(days[0])}-{chance.choice(days[1])}")
        return str(format_date(day, chance.choice(patterns), locale))

    return draw


def _zones(locale: Locale) -> dict[str, str]:
    """Cities that time zones are named for."""
    known = {name: dict(zone) for name, zone in locale.time_zones.items() if "/" in name and not name.startswith("Etc")}
    return {name: str(zone.get("city", "")) for name, zone in known.items()}


def _countries(locale: Locale) -> list[str]:
    return [
        name for code, name in locale.territories.items() if re.fullmatch("[A-Z]{2}", code) and code not in NO_PLACES
    ]


def english(held_out: float, chance: random.Random) -> Language:
    """Names of people, towns and companies are made of the same given and family names, as they are in life."""
    from faker.providers.address.en_US import Provider as Addresses
    from faker.providers.company.en_US import Provider as Companies
    from faker.providers.person.en_GB import Provider as British
    from faker.providers.person.en_US import Provider as American

    locale = Locale("en")
    cities = [city or zone.split("/")[-1].replace("_", " ") for zone, city in _zones(locale).items()]
    whole = [*_countries(locale), *Addresses.states, *cities]
    places = parted((name for name in whole if re.fullmatch(r"[^\W\d_]+([ -][^\W\d_]+)*", name)), held_out, chance)
    common = {word.casefold() for text in [*EN_OPENINGS, *EN_CORES, *EN_CLOSINGS] for word in re.findall(r"\w+", text)}
    common |= {
        str(name).casefold() for names in (locale.months, locale.days) for name in names["format"]["wide"].values()
    }
    common |= {word.casefold() for name in whole for word in re.findall(r"\w+", name)}

    def own(people: Iterable[str]) -> set[str]:
        return {name for name in people if name.isalpha() and len(name) > 2 and name.casefold() not in common}

    given = own([*American.first_names, *British.first_names])
    family = own([*American.last_names, *British.last_names])
    people, days = parted(given | family, held_out, chance), _days(held_out, chance)
    suffixes = [
        *Companies.company_suffixes,
        "Bank",
        "Airlines",
        "University",
        "Institute",
        "Museum",
        "Foundation",
        "Times",
    ]

    def makers(pool: str) -> dict[str, Callable[[], str]]:
        firsts = [name for name in people[pool] if name in given]
        lasts = [name for name in people[pool] if name in family]
        first, last = (lambda: chance.choice(firsts)), (lambda: chance.choice(lasts))

        def person() -> str:
            forms = (f"{first()} {last()}", f"{first()} {last()}", first(), last(), f"{first()[0]}. {last()}")
            return chance.choice([*forms, f"{first()} {first()[0]}. {last()}", f"{first()} {last()}-{last()}"])

        def place() -> str:
            town = chance.choice([first, last])() + chance.choice(Addresses.city_suffixes)
            prefix = chance.choice([*Addresses.city_prefixes, "Saint"])
            return chance.choice([*[chance.choice(places[pool])] * 3, town, f"{prefix} {town}", f"{prefix} {last()}"])

        def organisation() -> str:
            forms = (f"{last()} {chance.choice(suffixes)}", f"{last()}-{last()} {chance.choice(suffixes)}")
            brand = last() + chance.choice(["soft", "tech", "works", "mart", "line", "gen"])
            joined = f"{last()}, {last()} and {last()}", f"{last()} & {last()}", brand, brand
            seat = chance.choice(["University", "Bank", "Institute", "Museum"]) + " of " + chance.choice(places[pool])
            return chance.choice([*forms, *joined, seat, f"{chance.choice(places[pool])} {chance.choice(suffixes)}"])

        return {"PER": person, "LOC": place, "ORG": organisation, "DATE": _dates(days[pool], EN_DATES, "en", chance)}

    return Language(EN_OPENINGS, EN_CORES, EN_CLOSINGS, {pool: makers(pool) for pool in POOLS})


def korean(held_out: float, chance: random.Random) -> Language:
    """Family names are few and known; given names, places and stems of companies are shared out."""
    from faker.providers.address.ko_KR import Provider as Addresses
    from faker.providers.company.ko_KR import Provider as Companies
    from faker.providers.person.ko_KR import Provider as People

    locale = Locale("ko")
    towns = [*Addresses.cities, *Addresses.metropolitan_cities, *Addresses.provinces]
    whole = [*_countries(locale), *towns, *_zones(locale).values()]
    places = parted((name for name in whole if re.fullmatch("[가-힣]{2,}( [가-힣]+)*", name)), held_out, chance)
    given, stems = (parted(names, held_out, chance) for names in (People.first_names, Companies.company_name_words))
    families, days = list(People.last_names), _days(held_out, chance)
    kinds = [*Companies.brand_suffixes, "대학교", "병원", "박물관", "방송", "건설", "재단"]

    def makers(pool: str) -> dict[str, Callable[[], str]]:
        seats = [name[:-1] for name in places[pool] if re.fullmatch("[가-힣]{2}[시군]", name)]

        def person() -> str:
            return chance.choice(families) + chance.choice(given[pool])

        def organisation() -> str:
            stem, kind = chance.choice(stems[pool]), chance.choice(kinds)
            head, other = chance.choice(Companies.company_suffixes), chance.choice(stems[pool])
            bare = [f"{stem}{kind}", f"{stem}{other}{kind}", f"{chance.choice(seats or stems[pool])}{kind}"]
            return chance.choice([*bare, f"{stem} {kind}", f"{head} {stem}{kind}", f"{head} {stem}"])

        def place() -> str:
            return chance.choice(places[pool])

        return {"PER": person, "LOC": place, "ORG": organisation, "DATE": _dates(days[pool], KO_DATES, "ko", chance)}

    return Language(KO_OPENINGS, KO_CORES, KO_CLOSINGS, {pool: makers(pool) for pool in POOLS})


LANGUAGES = {"en": english, "ko": korean}

EN_DATES = (
    *("MMMM d, y", "d MMMM y", "EEEE, MMMM d, y", "MMM d, y", "d MMM y", "MMMM d", "d MMMM", "MMMM y", "y"),
    *("y-MM-dd", "M/d/y", "EEEE, d MMMM y", "MMMM d"),
)
EN_OPENINGS = (
    *("On {DATE}, ", "In {LOC}, ", "According to {PER}, ", "According to {ORG}, ", "Last week, ", "In a statement, "),
    *("However, ", "By {DATE}, ", "Since {DATE}, ", "Near {LOC}, ", "As planned, ", "Two years later, ", "On Monday, "),
)
EN_CLOSINGS = (
    *(
        ", {PER} said",
        ", {ORG} announced",
        " on {DATE}",
        " in {LOC}",
        ", according to {PER}",
        " before {DATE}",
        " again",
    ),
    *(", a spokeswoman for {ORG} said", ", the report says", " for {NUMBER} dollars", " until {DATE}", " near {LOC}"),
    *(", {PER} told reporters in {LOC}", " with {PER}", " at {ORG}", ", and {PER} agreed", " without comment"),
)
EN_CORES = (
    "{PER} flew from {LOC} to {LOC}",
    "{PER} works for {ORG}",
    "{PER} works for {ORG} in {LOC}",
    "{ORG} hired {PER} as chief executive",
    "{ORG} opened an office in {LOC}",
    "{ORG} bought {ORG} for {NUMBER} million dollars",
    "{ORG} and {ORG} signed a contract",
    "{ORG} will close its plant in {LOC}",
    "{PER} was born in {LOC} on {DATE}",
    "{PER} was born on {DATE}",
    "{PER} and {PER} met in {LOC}",
    "{PER} of {ORG} met {PER} of {ORG}",
    "{PER} of {ORG} won {NUMBER} votes",
    "{PER} from {LOC} thanked {PER} from {LOC}",
    "{PER} met {PER} at a conference in {LOC}",
    "{PER}, {PER} and {PER} won the prize",
    "{PER}'s new book is about {LOC}",
    "{PER}'s lawyer spoke with {ORG}",
    "{LOC}'s president thanked {PER}",
    "{ORG}'s shares fell by {NUMBER} percent",
    "the mayor of {LOC} resigned",
    "the mayor of {LOC} invited {PER}",
    "the capital of {LOC} has {NUMBER} schools",
    "the road from {LOC} to {LOC} is closed",
    "the train to {LOC} leaves at noon",
    "the treaty of {DATE} ended the war between {LOC} and {LOC}",
    "the meeting on {DATE} was moved to {DATE}",
    "the contract with {ORG} ends on {DATE}",
    "the court in {LOC} fined {ORG}",
    "the director of {ORG}, {PER}, lives in {LOC}",
    "the doctor asked {PER} to rest",
    "the teacher praised {PER} and {PER}",
    "the weather in {LOC} was mild",
    "the museum bought a painting by {PER}",
    "the bank lent {NUMBER} million to {ORG}",
    "a letter from {PER} arrived on {DATE}",
    "a factory of {ORG} burned down near {LOC}",
    "doctor {PER} left {ORG} on {DATE}",
    "president {PER} visited {LOC}",
    "professor {PER} teaches history in {LOC}",
    "they moved to {LOC} in {DATE}",
    "we bought {NUMBER} tickets from {ORG}",
    "she studied in {LOC} and joined {ORG}",
    "he wrote to {PER} on {DATE}",
    "my sister lives in {LOC}",
    "please call {PER} before {DATE}",
    "nobody at {ORG} knew {PER}",
    "reporters asked {PER} about {ORG}",
    "scientists from {LOC} visited {ORG}",
    "police in {LOC} arrested {PER}",
    "investors trust {ORG} more than {ORG}",
    "shares of {ORG} rose after {PER} left",
    "between {DATE} and {DATE} the price doubled",
    "many people left {LOC} after {DATE}",
    "the price rose to {NUMBER} dollars",
    "the Minister spoke for {NUMBER} minutes",
    "our flight was late and the hotel was full",
    "the new law may help small companies",
)
KO_DATES = (
    *(
        "y년 M월 d일",
        "y년 M월 d일",
        "M월 d일",
        "M월 d일",
        "y년 M월",
        "y년",
        "y년 M월 d일 EEEE",
        "M월 d일 EEEE",
        "y-MM-dd",
    ),
    *("y.MM.dd", "y년 M월 d일"),
)
KO_OPENINGS = (
    *(
        "{DATE} ",
        "{DATE}에 ",
        "{LOC}에서 ",
        "{PER}에 따르면 ",
        "{ORG}에 따르면 ",
        "지난주 ",
        "한편 ",
        "그러나 ",
        "이날 ",
    ),
    *("{DATE}까지 ", "{DATE}부터 ", "올해 초 ", "관계자에 따르면 ", "{LOC} 근처에서 ", "다음 날 "),
)
KO_CLOSINGS = (
    *(
        "고 {PER:이} 말했다",
        "고 {ORG:이} 밝혔다",
        "고 {PER:은} 전했다",
        "고 관계자가 설명했다",
        "고 {PER} 기자가 보도했다",
    ),
    *("고 {DATE}에 발표했다", "고 {LOC} 정부가 발표했다", "고 {PER} 씨가 {LOC}에서 말했다", "고 {ORG} 측은 전했다"),
)
KO_CORES = (
    "{PER:이} {LOC}에서 {LOC:으로} 떠났다",
    "{PER:은} {ORG}에서 일한다",
    "{PER:은} {LOC}에 있는 {ORG}에서 일했다",
    "{PER} 씨는 {LOC}에 산다",
    "{PER} 씨가 {ORG}에 입사했다",
    "{PER} 교수는 {LOC:을} 방문했다",
    "{PER} 대표는 {ORG:을} 떠났다",
    "{PER} 대통령이 {LOC:을} 찾았다",
    "{PER} 선생님과 {PER:이} 만났다",
    "{PER:과} {PER:은} {LOC}에서 만났다",
    "{PER:은} {DATE}에 {LOC}에서 태어났다",
    "{PER:은} {DATE} 태어났다",
    "{PER:이} 쓴 책이 {LOC}에서 인기를 끌었다",
    "{PER}의 변호사가 {ORG:을} 비판했다",
    "{PER}에게 상이 돌아갔다",
    "{PER}, {PER}, {PER:이} 상을 받았다",
    "{ORG:이} {PER:을} 대표로 뽑았다",
    "{ORG:은} {LOC}에 지점을 열었다",
    "{ORG:이} {ORG:을} {NUMBER}억 원에 인수했다",
    "{ORG:과} {ORG:이} 계약을 맺었다",
    "{ORG:은} {LOC} 공장을 닫는다",
    "{ORG} 주가가 {NUMBER}퍼센트 떨어졌다",
    "{ORG}의 직원 {NUMBER}명이 {LOC:으로} 옮겼다",
    "{ORG:이라는} 회사가 {LOC}에 생겼다",
    "{ORG:은} {DATE}에 세워졌다",
    "{ORG} 연구진이 {LOC}에서 실험을 했다",
    "{LOC} 시장이 {PER:을} 초대했다",
    "{LOC} 정부는 {DATE}까지 답하기로 했다",
    "{LOC}의 날씨는 맑았다",
    "{LOC}에는 학교가 {NUMBER}개 있다",
    "{LOC:과} {LOC:은} 조약을 맺었다",
    "{LOC:은} {DATE}에 축제를 연다",
    "{LOC}에서 온 {PER:이} {ORG:을} 도왔다",
    "{LOC:으로} 가는 기차가 늦었다",
    "회의는 {DATE}에서 {DATE:으로} 미뤄졌다",
    "계약은 {DATE}에 끝난다",
    "법원은 {ORG}에 벌금을 물렸다",
    "경찰은 {LOC}에서 {PER:을} 붙잡았다",
    "기자들은 {PER}에게 {ORG}에 대해 물었다",
    "선생님은 {PER:을} 칭찬했다",
    "우리는 {LOC}에서 {NUMBER}일 동안 지냈다",
    "그는 {DATE}에 {PER:을} 처음 만났다",
    "그녀는 {LOC}에서 공부하고 {ORG}에 들어갔다",
    "투자자들은 {ORG:을} 믿는다",
    "은행은 {ORG}에 {NUMBER}억 원을 빌려주었다",
    "{DATE}부터 {DATE}까지 값이 두 배로 올랐다",
    "{DATE} 이후 많은 사람이 {LOC:을} 떠났다",
    "{DATE}에 {PER:이} 보낸 편지가 도착했다",
    "비행기가 늦고 호텔은 꽉 찼다",
    "새 법은 작은 회사를 돕는다",
    "값이 {NUMBER}원으로 올랐다",
    "사람들이 {NUMBER}시간 동안 기다렸다",
)
