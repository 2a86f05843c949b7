"""Texts become token ids and come back, at every level and in any script."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.commands.drops import Many
from seqpipe.features import features_of
from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN, Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.params.features import TextFeatures, TextSource, Tokens
from seqpipe.readers.example import Example
from seqpipe.report import silent

Level = Literal["unigram", "bpe", "char", "word"]
PAIRS = features_of("text", "seq2seq")
LEVELS: list[Level] = ["unigram", "bpe", "char", "word"]
CORPUS = [
    *("나는 오늘 학교에 갑니다", "오늘은 날씨가 참 좋다", "학교에 오늘 갑니다"),
    *("le 3 mai 1979", "3 May 1979", "1979년 5월 3일", "понедельник 3 мая"),
] * 3
WORDS = sorted({word for line in CORPUS for word in line.split()})
CHARACTERS = sorted({character for line in CORPUS for character in line if character != " "})


@pytest.fixture(scope="module", params=LEVELS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return Tokenizer.train(CORPUS, Tokens(level=request.param, vocabulary=400), "a corpus")


def test_a_corpus_comes_back(tokenizer: Tokenizer) -> None:
    for line in CORPUS:
        ids = tokenizer.encode(line)
        assert ids.dtype == np.int32
        assert ids.min() > END
        assert ids.max() < tokenizer.size
        assert tokenizer.decode(ids) == line
        assert "".join(tokenizer.pieces(ids)).replace("▁", " ").strip() == line


@settings(deadline=None)
@given(words=st.lists(st.sampled_from(WORDS), max_size=6))
def test_any_line_of_known_words_comes_back(tokenizer: Tokenizer, words: list[str]) -> None:
    assert tokenizer.decode(tokenizer.encode(" ".join(words))) == " ".join(words)


@settings(deadline=None)
@given(text=st.text(CHARACTERS, min_size=1, max_size=8))
@pytest.mark.parametrize("level", ["unigram", "bpe", "char"])
def test_new_words_of_known_characters_come_back(level: Level, text: str) -> None:
    tokenizer = KNOWN[level]
    assert tokenizer.decode(tokenizer.encode(text)) == text


KNOWN = {level: Tokenizer.train(CORPUS, Tokens(level=level, vocabulary=400), "a corpus") for level in LEVELS[:3]}


def test_control_tokens_have_their_ids_and_vanish(tokenizer: Tokenizer) -> None:
    assert tokenizer.pieces([PAD, UNKNOWN, BEGIN, END]) == ["<pad>", "<unk>", "<s>", "</s>"]
    ids = tokenizer.encode("le 3 mai 1979").tolist()
    assert tokenizer.decode([BEGIN, *ids[:1], PAD, *ids[1:], END, PAD]) == "le 3 mai 1979"
    assert tokenizer.decode([]) == ""
    assert tokenizer.decode([PAD, BEGIN, END]) == ""


def test_nothing_and_blanks_have_no_tokens(tokenizer: Tokenizer) -> None:
    for text in ("", " ", "  \u3000"):
        ids = tokenizer.encode(text)
        assert ids.shape == (0,)
        assert ids.dtype == np.int32


def test_unknown_characters_have_the_unknown_id(tokenizer: Tokenizer) -> None:
    assert UNKNOWN in tokenizer.encode("鬱")


def test_levels_cut_where_they_say() -> None:
    text = "le 3 mai 1979"
    pieces = {}
    for level in LEVELS:
        tokenizer = Tokenizer.train(CORPUS, Tokens(level=level, vocabulary=400), "a corpus")
        pieces[level] = tokenizer.pieces(tokenizer.encode(text))
    assert pieces["char"] == list("le▁3▁mai▁1979")
    assert pieces["word"] == ["▁le", "▁3", "▁mai", "▁1979"]
    assert pieces["bpe"] == ["▁le", "▁3", "▁mai", "▁1979"]
    assert len(pieces["unigram"]) < len(text)


@pytest.mark.parametrize("level", ["unigram", "bpe"])
def test_digits_can_be_tokens_of_their_own(level: Level) -> None:
    lines = [f"{year}년 May {year}" for year in range(1950, 2000)] * 3
    params = Tokens(level=level, vocabulary=300, split_digits=True)
    tokenizer = Tokenizer.train(lines, params, "a corpus")
    new = "1579년 May 9202"
    pieces = tokenizer.pieces(tokenizer.encode(new))
    assert [piece for piece in pieces if any(map(str.isdigit, piece))] == list("15799202")
    assert tokenizer.decode(tokenizer.encode(new)) == new
    joined = Tokenizer.train(lines, params.model_copy(update={"split_digits": False}), "a corpus")
    assert any(sum(map(str.isdigit, piece)) > 1 for piece in joined.pieces(joined.encode("1957년")))


def test_case_is_folded_where_asked() -> None:
    lines = ["May MAY may", "Straße ΣΊΣΥΦΟΣ"]
    folded = Tokenizer.train(lines, Tokens(level="char", normalization="nfkc_cf"), "a corpus")
    assert folded.decode(folded.encode("MAY")) == "may"
    kept = Tokenizer.train(lines, Tokens(level="char", normalization="nfkc"), "a corpus")
    assert kept.decode(kept.encode("MAY")) == "MAY"


def test_decomposed_hangul_is_composed_and_identity_leaves_it() -> None:
    composed = "학교에 갑니다"
    decomposed = unicodedata.normalize("NFD", composed)
    tokenizer = Tokenizer.train([composed], Tokens(level="char"), "a corpus")
    assert tokenizer.decode(tokenizer.encode(decomposed)) == composed
    as_it_is = Tokenizer.train([decomposed], Tokens(level="char", normalization="identity"), "a corpus")
    assert as_it_is.decode(as_it_is.encode(decomposed)) == decomposed


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("lines", [["a"], ["가"], ["ab", "ba"], ["aaaa"] * 9, ["\u200b x"]])
def test_tiny_corpora_give_small_vocabularies(level: Level, lines: list[str]) -> None:
    tokenizer = Tokenizer.train(iter(lines), Tokens(level=level, vocabulary=30000), "a corpus")
    assert END < tokenizer.size < 40
    for line in lines:
        assert UNKNOWN not in tokenizer.encode(line)


@pytest.mark.parametrize("level", ["unigram", "bpe", "char"])
def test_a_vocabulary_too_small_for_the_characters_says_how_many_it_needs(level: Level) -> None:
    needed = len(CHARACTERS) + len("▁") + len(["<pad>", "<unk>", "<s>", "</s>"])
    message = f"A {level} vocabulary of {needed - 1} cannot hold every character of the sources of a.tsv; "
    with pytest.raises(SeqpipeError) as caught:
        Tokenizer.train(CORPUS, Tokens(level=level, vocabulary=needed - 1), "the sources of a.tsv")
    assert str(caught.value) == f"{message}set `vocabulary` to {needed} or more."
    enough = Tokenizer.train(CORPUS, Tokens(level=level, vocabulary=needed), "the sources of a.tsv")
    assert enough.size == needed
    assert all(UNKNOWN not in enough.encode(line) for line in CORPUS)


def test_rare_words_are_unknown_at_word_level() -> None:
    tokenizer = Tokenizer.train([*["often"] * 9, *"abcdefgh"], Tokens(level="word", vocabulary=8), "a corpus")
    assert tokenizer.size == 8
    assert UNKNOWN not in tokenizer.encode("often")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("lines", [[], [""], [" ", "\t"]])
def test_no_text_is_no_corpus(level: Level, lines: list[str]) -> None:
    with pytest.raises(SeqpipeError) as caught:
        Tokenizer.train(lines, Tokens(level=level), "the targets of a.tsv")
    assert str(caught.value) == f"No {level} vocabulary can be trained on the targets of a.tsv: they hold no text."


def test_an_error_while_reading_lines_stays_as_it_is() -> None:
    def lines() -> Iterator[str]:
        yield "a"
        raise SeqpipeError("a.tsv line 2 is not UTF-8 text.")

    with pytest.raises(SeqpipeError) as caught:
        Tokenizer.train(lines(), Tokens(), "a corpus")
    assert str(caught.value) == "a.tsv line 2 is not UTF-8 text."


@pytest.mark.parametrize("level", LEVELS)
def test_training_twice_gives_the_same_bytes(level: Level) -> None:
    first, second = (Tokenizer.train(CORPUS, Tokens(level=level, vocabulary=90), "a corpus") for _ in range(2))
    assert first.model == second.model


def test_a_saved_tokenizer_is_the_same(tmp_path: Path) -> None:
    tokenizer = KNOWN["unigram"]
    tokenizer.save(tmp_path / "a.model")
    again = Tokenizer.load(tmp_path / "a.model")
    assert again.size == tokenizer.size
    assert [again.encode(line).tolist() for line in CORPUS] == [tokenizer.encode(line).tolist() for line in CORPUS]


def test_missing_and_broken_models_say_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    message = r"a\.model is missing or broken; run `seqpipe preprocess`"
    with pytest.raises(SeqpipeError, match=message):
        Tokenizer.load(path)
    for broken in (b"", b"x", b"not a model", KNOWN["unigram"].model[:-7]):
        path.write_bytes(broken)
        with pytest.raises(SeqpipeError, match=message):
            Tokenizer.load(path)


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    for split, rows in {"train": 5, "valid": 2, "test": 3}.items():
        lines = [f"{at} mai 19{at}9\t19{at}9-05\tseen" for at in range(rows)]
        (tmp_path / f"{split}.tsv").write_text("\n".join(["source\ttarget\tgroup", *lines, ""]))
    return tmp_path


def test_pairs_are_encoded_and_come_back(corpus: Path) -> None:
    features = PAIRS.fit(TextFeatures(target=Tokens(level="char")), corpus, silent)
    assert features.sizes == Sizes("tokens", features.source.tokenizer.size, features.target.size)
    examples = list(features.examples(corpus, "test"))
    assert len(examples) == 3
    row = features.encode(examples[2])
    assert set(row) == set(features.columns)
    assert (row["id"], row["group"]) == ("test-4", "seen")
    assert features.record(row) == {"source": "2 mai 1929", "reference": "1929-05"}
    assert features.source.tokenizer.decode(row["source"]) == "2 mai 1929"
    assert features.decode([*row["target"], END], row) == "1929-05"


def test_inputs_without_targets_have_empty_ones(corpus: Path) -> None:
    features = PAIRS.fit(TextFeatures(), corpus, silent)
    row = features.encode(Example("a", "3 mai", None, "a line 1"))
    assert row["target"].shape == (0,)
    assert row["target"].dtype == np.int32
    assert row["reference"] == ""


def test_vocabularies_come_from_train_alone(corpus: Path) -> None:
    (corpus / "test.tsv").write_text("source\ttarget\nЩ\tЩ\n")
    features = PAIRS.fit(TextFeatures(), corpus, silent)
    row = features.encode(next(features.examples(corpus, "test")))
    assert UNKNOWN in row["source"]
    assert UNKNOWN in row["target"]


def test_what_was_fitted_is_saved_and_opened(corpus: Path, tmp_path: Path) -> None:
    features = PAIRS.fit(TextFeatures(), corpus, silent)
    features.save(tmp_path / "out")
    again = PAIRS.load(TextFeatures(), tmp_path / "out", silent)
    example = next(features.examples(corpus, "valid"))
    assert again.sizes == features.sizes
    assert again.encode(example)["source"].tolist() == features.encode(example)["source"].tolist()


def test_a_bad_row_of_train_is_named_when_fitting(corpus: Path) -> None:
    (corpus / "train.tsv").write_bytes(b"source\ttarget\na\tb\n\xff\tb\n")
    with pytest.raises(SeqpipeError, match=r"train\.tsv line 3 is not UTF-8 text; convert"):
        PAIRS.fit(TextFeatures(), corpus, silent)


def test_a_side_without_text_is_named(corpus: Path) -> None:
    (corpus / "train.tsv").write_text("source\ttarget\na\t\n")
    with pytest.raises(SeqpipeError, match=r"trained on the targets of the training split of .*: they hold no text"):
        PAIRS.fit(TextFeatures(), corpus, silent)


@pytest.mark.parametrize("task", ["seq2seq", "classify", "language-model", "autoencode"])
@pytest.mark.parametrize("level", ["unigram", "jamo"])
def test_many_rows_are_those_of_each_example(tmp_path: Path, task: str, level: Literal["unigram", "jamo"]) -> None:
    for split in ("train", "valid"):
        rows = (f"{line}\t{line[::-1] if task == 'seq2seq' else 'ab'[at % 2]}\n" for at, line in enumerate(CORPUS))
        (tmp_path / f"{split}.tsv").write_text("source\ttarget\n" + "".join(rows), encoding="utf-8")
        (tmp_path / f"{split}.txt").write_text("\n".join(CORPUS), encoding="utf-8")
    tokens = Tokens(level=level, vocabulary=400)
    params = TextFeatures(source=tokens, target=tokens) if task == "seq2seq" else TextSource(source=tokens)
    features = features_of("text", task).fit(params, tmp_path, silent)
    examples = [item for item in features.examples(tmp_path, "valid") if isinstance(item, Example)]
    assert isinstance(features, Many)
    for row, example in zip(features.encode_many(examples, 2), examples, strict=True):
        alone = features.encode(example)
        assert isinstance(row, dict)
        assert list(row) == list(alone)
        for key, value in alone.items():
            np.testing.assert_array_equal(row[key], value, strict=not isinstance(value, str))
