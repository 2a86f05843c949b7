"""Opinions in English and Korean → negative, neutral or positive, from templates over a lexicon of polarity.

A clause says of a thing how it was: a word's polarity (±1), doubled or halved by an intensifier (*very*, *slightly*),
turned by a negation (*not* −1, *far from* and *not at all* −2); *not very* is the same as *not*. A frame may turn
what is not turned yet (*I doubt that*) or only look as if it did (*I have no doubt that*). A sentence has one or two
clauses; the sign of their sum is its label. Neutral are sentences without an opinion, *not* or no *not*, and those of
two clauses that weigh the same.

Words come in families that share a root: *delightful, delightfully, delighted, delight*; *reliable* and, turned by its
prefix, *unreliable*; 재미있다 and 재미없다. Test rows are of two groups:

=================== ==========================================================================================
seen                new sentences of words that are in train
held-out-word       sentences whose polarity words are never in train, though their families are: another form
                    of the same polarity, or the word without the prefix or ending that turns it
=================== ==========================================================================================

Half of valid are sentences of held-out words, too: of others than those of test.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from seqpipe.files import SeqpipeError, write_json, write_text
from seqpipe.params import Count, Positive, Section, Share
from seqpipe.report import Note, Report

LABELS = {-1: "negative", 0: "neutral", 1: "positive"}
ENGLISH = """
+ adj:delightful adv:delightfully feel:delighted noun:delight; + adj:wonderful adv:wonderfully noun:wonder
+ adj:beautiful adv:beautifully noun:beauty; + adj:excellent adv:excellently; + adj:perfect adv:perfectly
+ adj:superb adv:superbly; + adj:brilliant adv:brilliantly; + adj:splendid adv:splendidly
+ adj:charming adv:charmingly feel:charmed; + adj:amazing adv:amazingly feel:amazed
+ adj:thrilling feel:thrilled noun:thrill; + adj:marvellous adv:marvellously noun:marvel
+ adj:magnificent adv:magnificently; + adj:fantastic adv:fantastically
+ adj:fascinating adv:fascinatingly feel:fascinated; + adj:elegant adv:elegantly; + adj:generous adv:generously
+ adj:masterful adv:masterfully noun:masterpiece; + adj:triumphant adv:triumphantly noun:triumph
+ adj:enchanting adv:enchantingly feel:enchanted; + adj:enjoyable adv:enjoyably noun:joy
+ adj:admirable adv:admirably; + adj:good; + adj:flawless adv:flawlessly
+ adj:pleasant adv:pleasantly feel:pleased noun:pleasure | adj:unpleasant adv:unpleasantly feel:displeased
+ adj:impressive adv:impressively feel:impressed | adj:unimpressive feel:unimpressed
+ adj:satisfying feel:satisfied | adj:unsatisfying feel:dissatisfied
+ adj:inspiring feel:inspired noun:inspiration | adj:uninspiring feel:uninspired
+ adj:convincing adv:convincingly feel:convinced | adj:unconvincing adv:unconvincingly feel:unconvinced
+ adj:comfortable adv:comfortably noun:comfort | adj:uncomfortable adv:uncomfortably noun:discomfort
+ adj:reliable adv:reliably | adj:unreliable adv:unreliably; + adj:friendly | adj:unfriendly
+ adj:helpful adv:helpfully | adj:unhelpful adv:unhelpfully
+ adj:professional adv:professionally | adj:unprofessional adv:unprofessionally
+ adj:appealing adv:appealingly | adj:unappealing
+ adj:attractive adv:attractively | adj:unattractive adv:unattractively
+ adj:imaginative adv:imaginatively | adj:unimaginative adv:unimaginatively
+ adj:remarkable adv:remarkably | adj:unremarkable; + adj:fair adv:fairly | adj:unfair adv:unfairly
+ adj:honest adv:honestly | adj:dishonest adv:dishonestly
+ adj:tasteful adv:tastefully | adj:tasteless adv:tastelessly; + adj:useful adv:usefully | adj:useless adv:uselessly
+ adj:careful adv:carefully | adj:careless adv:carelessly
+ adj:thoughtful adv:thoughtfully | adj:thoughtless adv:thoughtlessly
+ adj:graceful adv:gracefully | adj:graceless adv:gracelessly
+ adj:tactful adv:tactfully | adj:tactless adv:tactlessly; - adj:terrible adv:terribly feel:terrified
- adj:horrible adv:horribly feel:horrified noun:horror; - adj:awful adv:awfully; - adj:dreadful adv:dreadfully
- adj:disappointing adv:disappointingly feel:disappointed noun:disappointment
- adj:disgusting adv:disgustingly feel:disgusted; - adj:annoying adv:annoyingly feel:annoyed noun:annoyance
- adj:frustrating feel:frustrated noun:frustration; - adj:irritating feel:irritated noun:irritation
- adj:embarrassing feel:embarrassed noun:embarrassment; - adj:boring feel:bored noun:bore
- adj:depressing adv:depressingly feel:depressed; - adj:miserable adv:miserably noun:misery
- adj:pathetic adv:pathetically; - adj:painful adv:painfully noun:pain; - adj:shameful adv:shamefully noun:shame
- adj:disastrous adv:disastrously noun:disaster; - adj:clumsy adv:clumsily; - adj:shoddy adv:shoddily
- adj:tedious adv:tediously; - adj:dismal adv:dismally; - adj:appalling adv:appallingly feel:appalled
- adj:bad adv:badly; - adj:poor adv:poorly; - adj:rude adv:rudely; - adj:hideous adv:hideously
- adj:atrocious adv:atrociously noun:atrocity; - adj:abysmal adv:abysmally; - adj:insulting feel:insulted noun:insult
- adj:offensive adv:offensively feel:offended; + adj:great; + noun:treat; - noun:disgrace
"""
"""Families: a sign, its words by what they do in a clause, and after a bar those of the other sign."""
KOREAN = """
+ 훌륭하; + 완벽하; + 탁월하; + 근사하; + 우아하; + 상쾌하; + 신선하; + 쾌적하; + 뛰어나; + 사랑스럽; + 자랑스럽
+ 환상적이; + 인상적이; + 이상적이; + 창의적이; + 고급스럽; + 감동적이 감동스럽; + 성공적이 성공스럽
+ 멋있 멋스럽 | 멋없; + 매력적이 매력있 | 매력없; + 만족하 만족스럽 | 불만족하 불만족스럽; + 편하 | 불편하 불편스럽
+ 행복하 행복스럽 | 불행하 불행스럽; + 자연스럽 | 부자연스럽; + 친절하 | 불친절하; + 공정하 | 불공정하
+ 공평하 | 불공평하; + 평등하 | 불평등하; + 성실하 | 불성실하; + 충분하 | 불충분하; + 완전하 | 불완전하
+ 건전하 | 불건전하; + 명확하 | 불명확하; + 분명하 | 불분명하; + 투명하 | 불투명하; + 안정적이 | 불안정하
+ 유쾌하 | 불쾌하; + 유능하; - 무능하; + 유익하; - 무익하; + 정확하 | 부정확하; + 적절하 | 부적절하; + 정직하 | 부정직하
+ 합리적이 | 비합리적이; + 효율적이 | 비효율적이; + 협조적이 | 비협조적이; + 전문적이 | 비전문적이
+ 위생적이 | 비위생적이; + 생산적이 | 비생산적이; + 논리적이 | 비논리적이; + 도덕적이 | 비도덕적이
+ 인간적이 | 비인간적이; + 양심적이 양심있 | 비양심적이 양심없; + 재미있 | 재미없; + 맛있 | 맛없; + 쓸모있 | 쓸모없
+ 실속있 | 실속없; + 성의있 | 성의없; + 센스있 | 센스없; + 가치있 | 가치없; + 보람있 | 보람없; + 예의있 | 예의없
+ 개성있 | 개성없; + 교양있 | 교양없; + 품위있 | 품위없; + 재치있 | 재치없; + 생기있 | 생기없; - 끔찍하 끔찍스럽
- 한심하 한심스럽; - 답답하 답답스럽; - 실망스럽; - 조잡하 조잡스럽; - 무례하 무례스럽; - 짜증나 짜증스럽; - 혐오스럽
- 절망적이 절망스럽; - 충격적이 충격스럽; - 지루하; - 허술하; - 산만하; - 따분하; - 시시하; - 지저분하; - 무책임하
- 형편없; - 촌스럽; - 고통스럽; - 부담스럽; - 치명적이; - 폭력적이; - 비겁하
"""
"""The same: stems, to which endings are added."""

PLAIN, STRONG, WEAK, TURNED, WHOLLY_TURNED = 1.0, 2.0, 0.5, -1.0, -2.0
"""What becomes of a word's polarity."""
HOW_OFTEN = {PLAIN: 8, STRONG: 4, WEAK: 3, TURNED: 3, WHOLLY_TURNED: 2}
TURNING_FRAMES = 0.2  # share among sentences of one clause that is not turned yet

PREDICATE = {
    PLAIN: ["{thing} {was} {word}"],
    STRONG: [f"{{thing}} {{was}} {very} {{word}}" for very in ("very", "really", "extremely", "so", "truly")],
    WEAK: [f"{{thing}} {{was}} {a_bit} {{word}}" for a_bit in ("slightly", "somewhat", "a bit", "a little")],
    TURNED: [f"{{thing}} {{was}} {no} {{word}}" for no in ("not", "not very", "hardly", "never", "not really")],
    WHOLLY_TURNED: [f"{{thing}} {{was}} {no} {{word}}" for no in ("not at all", "far from", "anything but")],
}
ENGLISH_CLAUSES = {
    "adj": PREDICATE,
    "feel": {
        factor: [way.replace("{thing} {was}", "I was") + " by {thing}" for way in ways]
        for factor, ways in PREDICATE.items()
    },
    "adv": {
        PLAIN: ["{thing} {worked} {word}"],
        STRONG: ["{thing} {worked} very {word}", "{thing} {worked} really {word}", "{thing} {worked} so {word}"],
        WEAK: ["{thing} {worked} slightly {word}", "{thing} {worked} somewhat {word}"],
        TURNED: ["{thing} did not {work} {word}", "{thing} never {worked} {word}", "{thing} hardly {worked} {word}"],
        WHOLLY_TURNED: ["{thing} did not {work} {word} at all", "{thing} {worked} anything but {word}"],
    },
    "noun": {
        PLAIN: ["{thing} {was} {a} {word}"],
        STRONG: ["{thing} {was} a real {word}", "{thing} {was} quite {a} {word}", "{thing} {was} such {a} {word}"],
        WEAK: ["{thing} {was} a bit of {a} {word}", "{thing} {was} something of {a} {word}"],
        TURNED: ["{thing} {was} not {a} {word}", "{thing} {was} no {word}", "{thing} {was} hardly {a} {word}"],
        WHOLLY_TURNED: ["{thing} {was} not {a} {word} at all", "{thing} {was} anything but {a} {word}"],
    },
}
"""English clauses by what the word is in them, then by what they do to its polarity."""
ENGLISH_FACTS = [
    *("{thing} {was} delivered on {day}", "{thing} {was} not delivered on {day}", "{thing} {was} made in {city}"),
    *("{thing} {was} not made in {city}", "{thing} {was} on the {number} floor", "{thing} {was} painted {colour}"),
    *("{thing} {was} not painted {colour}", "{thing} {was} the {number} on the list", "I saw {thing} in {city}"),
    *("I read about {thing} on {day}", "{thing} never came from {city}", "{thing} {was} very new in {city}"),
]
ENGLISH_FRAMES = {
    1: [
        *("{end}", "{end}", "{end}", "I think that {end}", "my friend said that {end}", "to be frank, {end}"),
        *("I have no doubt that {end}", "nobody would deny that {end}"),
    ],
    -1: ["I do not think that {end}", "I doubt that {end}", "it is not true that {end}"],
}
KOREAN_CLAUSES = {
    PLAIN: [""],
    STRONG: ["아주 ", "정말 ", "매우 ", "무척 ", "굉장히 "],
    WEAK: ["조금 ", "약간 ", "다소 "],
    TURNED: ["", "별로 ", "그다지 "],
    WHOLLY_TURNED: ["전혀 ", "조금도 "],
}
"""What stands before a Korean word; a turned one ends in 지 않다."""
KOREAN_FACTS = [
    *(
        "{thing} {day}에 도착했",
        "{thing} {day}에 도착하지 않았",
        "{thing} {city}에서 만들어졌",
        "{thing} {number} 층에 있",
    ),
    *("{thing} {city}에서 만들어지지 않았", "{thing} {colour} 색으로 칠해졌", "{thing} {colour} 색으로 칠해지지 않았"),
    *("{thing} {city}에 없었", "{thing} {day}에 보였", "{thing} 아주 새로 나왔"),
]
KOREAN_FRAMES = {
    1: [
        *("{end}", "{end}", "{end}", "솔직히 {end}", "제 생각에 {end}", "친구 말로는 {end}", "의심할 것 없이 {end}"),
        *("두말할 것 없이 {end}", "{stem}{quote} 생각해요", "{stem}{quote} 말할 수 있어요"),
    ],
    -1: ["{stem}{quote} 생각하지 않아요", "{stem}{quote} 말할 수 없어요", "{stem}{quote} 볼 수 없네요"],
}
ENDINGS = {
    "하": "해요 했어요 합니다 하네요 했습니다",
    "스럽": "스러워요 스러웠어요 스럽습니다 스럽네요 스러웠습니다",
    "적이": "적이에요 적이었어요 적입니다 적이네요 적이었습니다",
    "나": "나요 났어요 납니다 나네요 났습니다",
    "있": "있어요 있었어요 있습니다 있네요 있었습니다",
    "없": "없어요 없었어요 없습니다 없네요 없었습니다",
    "않": "않아요 않았어요 않습니다 않네요 않았습니다",
}
"""How a Korean sentence may end, by the stem's last syllables."""
FILLERS = {
    "en": {
        "thing": "room food hotel staff film music plot service camera phone battery screen lecture teacher seat chair "
        "book story acting design sound view weather trip garden coffee cake train guide concert",
        "day": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
        "city": "Seoul Busan London Paris Berlin Rome Oslo Lima",
        "number": "second third fourth fifth sixth seventh",
        "colour": "blue green red white black yellow grey",
    },
    "ko": {
        "thing": "방 음식 호텔 직원 영화 음악 줄거리 서비스 카메라 전화기 배터리 화면 강의 선생님 자리 의자 책 이야기 "
        "연기 디자인 소리 경치 날씨 여행 정원 커피 케이크 기차 안내 공연",
        "day": "월요일 화요일 수요일 목요일 금요일 토요일 일요일",
        "city": "서울 부산 런던 파리 베를린 로마 오슬로 리마",
        "number": "이 삼 사 오 육 칠",
        "colour": "파란 초록 빨간 하얀 까만 노란 회",
    },
}


class Source(Section):
    """What to write."""

    languages: Annotated[tuple[Literal["en", "ko"], ...], Field(min_length=1)] = ("en", "ko")
    """Languages, as many rows of each."""
    train: Positive = 12000
    """Rows to learn from."""
    valid: Annotated[int, Field(ge=2)] = 1000
    """Rows to choose the best epoch by."""
    test: Annotated[int, Field(ge=2)] = 2000
    """Rows to score, half of each group."""
    two_clauses: Share = 0.2
    """Share of sentences with two clauses."""
    held_out_words: Annotated[float, Field(gt=0, lt=0.5)] = 0.12
    """Share of the words kept for test; two thirds as many more are kept for valid."""
    seed: Count = 1
    """Seed of every choice."""


class Word(NamedTuple):
    """A word or stem with a polarity, what it does in a clause, the number of its family, and whether it is derived:
    whether it stands after the bar."""

    text: str
    kind: str
    polarity: int
    family: int
    derived: bool


class Clause(NamedTuple):
    """What is said, its worth, its two shapes (before a joint, and at a sentence's end), and whether it is turned."""

    value: float
    stem: str
    end: str
    turned: bool = False


class Language(NamedTuple):
    """How a language writes clauses and sentences."""

    lexicon: str
    opinion: Callable[[Word, float, random.Random], Clause]
    fact: Callable[[random.Random], Clause]
    frames: dict[int, list[str]]
    and_joint: str
    but_joint: str


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.tsv``, ``valid.tsv``, ``test.tsv`` (source, target, group) and ``held-out.json``."""
    splits: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    held_out: dict[str, dict[str, list[str]]] = {}
    for at, name in enumerate(dict.fromkeys(source.languages)):
        # chances of their own: other rows never change which words are held out
        chance = random.Random(f"{source.seed} rows of {name}")
        words = words_of(LANGUAGES[name].lexicon)
        seen, valid_words, test_words = _parted(
            words, source.held_out_words, random.Random(f"{source.seed} words of {name}")
        )
        held_out[name] = {"test": [word.text for word in test_words], "valid": [word.text for word in valid_words]}
        taken: set[str] = set()
        for split, share, new_words in (("train", 0.0, seen), ("valid", 0.5, valid_words), ("test", 0.5, test_words)):
            total = getattr(source, split)
            rows = total * (at + 1) // len(source.languages) - total * at // len(source.languages)
            new = round(rows * share)
            splits[split] += _rows(LANGUAGES[name], new_words, new, "held-out-word", source, chance, taken)
            splits[split] += _rows(LANGUAGES[name], seen, rows - new, "seen", source, chance, taken)
        report(Note(f"sentiment: {len(seen)} words of {name} to learn, {len(test_words)} held out for test"))
    for split, rows_of_split in splits.items():
        random.Random(f"{source.seed} {split}").shuffle(rows_of_split)
        write_text(folder / f"{split}.tsv", "\n".join(["source\ttarget\tgroup", *rows_of_split, ""]))
    write_json(folder / "held-out.json", held_out)


def words_of(lexicon: str) -> list[Word]:
    """The words of a lexicon, in its order."""
    words = []
    for number, family in enumerate(re.split("; |\\n", lexicon.strip())):
        sign = 1 if family[0] == "+" else -1
        for derived, half in enumerate(family[2:].split(" | ")):
            for entry in half.split():
                kind, _, text = entry.rpartition(":")
                words.append(Word(text, kind, -sign if derived else sign, number, bool(derived)))
    return words


def _parted(words: list[Word], share: float, chance: random.Random) -> tuple[list[Word], list[Word], list[Word]]:
    """Words to learn, those of valid, those of test; at most one of a family is held out, if what stays tells it.

    What stays tells a word by another of its family with the same polarity, or by the one it is derived from.
    """
    free, used = [], set()
    for word in chance.sample(words, len(words)):
        told = [
            other
            for other in words
            if other.family == word.family and other != word and (other.polarity == word.polarity or word.derived)
        ]
        if told and word.family not in used:
            free.append(word)
            used.add(word.family)
    test, valid = round(share * len(words)), round(share * len(words) * 2 / 3)
    if test + valid > len(free):
        raise SeqpipeError(
            f"sentiment.source.held_out_words is {share}, but of {len(words)} words only {len(free)} can be held out; "
            "lower it."
        )
    held_out = set(free[: test + valid])
    return [word for word in words if word not in held_out], free[test : test + valid], free[:test]


def _rows(
    language: Language,
    words: Sequence[Word],
    count: int,
    group: str,
    source: Source,
    chance: random.Random,
    taken: set[str],
) -> list[str]:
    """Draw sentences that are not ``taken``; they are taken then."""
    rows: list[str] = []
    for _ in range(10 * count + 1000):
        if len(rows) == count:
            return rows
        value, text = _sentence(language, words, group == "seen", source.two_clauses, chance)
        if text not in taken:
            taken.add(text)
            rows.append(f"{text}\t{LABELS[(value > 0) - (value < 0)]}\t{group}")
    raise SeqpipeError(
        f"sentiment.source asks for {count} different '{group}' rows, but finds {len(rows)}; ask for fewer."
    )


def _sentence(
    language: Language, words: Sequence[Word], facts: bool, two_clauses: float, chance: random.Random
) -> tuple[float, str]:
    """A sentence and its worth; without ``facts``, every clause has one of the words."""

    def clause() -> Clause:
        if facts and chance.random() < 0.3:
            return language.fact(chance)
        (factor,) = chance.choices(list(HOW_OFTEN), list(HOW_OFTEN.values()))
        return language.opinion(chance.choice(words), factor, chance)

    first = clause()
    if chance.random() < two_clauses:
        second = clause()
        joint = language.but_joint if first.value * second.value < 0 else language.and_joint
        value, stem, end = first.value + second.value, first.stem + joint + second.stem, first.stem + joint + second.end
        turn = 1
    else:
        value, stem, end, turned = first
        turn = -1 if not turned and chance.random() < TURNING_FRAMES else 1
    quote = "라고" if stem.endswith("이") else "다고"
    text = chance.choice(language.frames[turn]).format(stem=stem, end=end, quote=quote)
    return value * turn, f"{text[0].upper()}{text[1:]}."


def _fill(template: str, language: str, chance: random.Random) -> dict[str, str]:
    return {key: chance.choice(values.split()) for key, values in FILLERS[language].items() if f"{{{key}}}" in template}


def _english_opinion(word: Word, factor: float, chance: random.Random) -> Clause:
    template = chance.choice(ENGLISH_CLAUSES[word.kind][factor])
    work, worked = chance.choice([("work", "worked"), ("perform", "performed"), ("turn out", "turned out")])
    text = template.format(
        word=word.text,
        thing=f"the {chance.choice(FILLERS['en']['thing'].split())}",
        was=chance.choice(["was", "was", "is"]),
        a="an" if word.text[0] in "aeiou" else "a",
        work=work,
        worked=worked,
    )
    return Clause(word.polarity * factor, text, text, factor < 0)


def _english_fact(chance: random.Random) -> Clause:
    template = chance.choice(ENGLISH_FACTS)
    values = _fill(template, "en", chance)
    text = template.format(**{**values, "thing": f"the {values['thing']}", "was": chance.choice(["was", "was", "is"])})
    return Clause(0, text, text)


def _korean_opinion(word: Word, factor: float, chance: random.Random) -> Clause:
    stem = f"{_topic(chance)} {chance.choice(KOREAN_CLAUSES[factor])}{word.text}"
    if factor < 0:
        stem += "지 않"
    (last,) = (last for last in ENDINGS if stem.endswith(last))
    end = chance.choice(ENDINGS[last].split())
    return Clause(word.polarity * factor, stem, stem.removesuffix(last) + end, factor < 0)


def _korean_fact(chance: random.Random) -> Clause:
    template = chance.choice(KOREAN_FACTS)
    stem = template.format(**{**_fill(template, "ko", chance), "thing": _topic(chance)})
    return Clause(0, stem, f"{stem}{chance.choice(['어요', '습니다', '네요'])}")


def _topic(chance: random.Random) -> str:
    """A thing with its particle, which depends on whether its last syllable ends in a consonant."""
    thing = chance.choice(FILLERS["ko"]["thing"].split())
    closed = (ord(thing[-1]) - ord("가")) % 28 > 0
    return thing + chance.choice("은이" if closed else "는가")


LANGUAGES = {
    "en": Language(ENGLISH, _english_opinion, _english_fact, ENGLISH_FRAMES, " and ", ", but "),
    "ko": Language(KOREAN, _korean_opinion, _korean_fact, KOREAN_FRAMES, "고 ", "지만 "),
}
