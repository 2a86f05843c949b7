"""Tagged sentences come with their places; what is no BIO column is refused with its line. Words are cut by rule."""

from __future__ import annotations

import itertools
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.bio import OUTSIDE, Span, may_begin, may_follow, names, spans, written
from seqpipe.readers.conll import read_conll
from seqpipe.readers.sentences import words

LABELS = names(["A", "B"])


def file(folder: Path, raw: str | bytes) -> Path:
    path = folder / "train.conll"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


def test_sentences_have_words_labels_places_and_what_comments_tell(tmp_path: Path) -> None:
    raw = (
        "# made by hand\n# group = new\n# text = Anna's in Oslo.\n"
        "Anna\tNNP\tB-PER\n's\tPOS\tO\nin\tIN\tO\nOslo\tNNP\tB-LOC\n.\t.\tO\n\n\n"
        "김철수가\tNNP\tB-PER\n"
    )
    first, second = read_conll(file(tmp_path, raw))
    assert first.source.words == ["Anna", "'s", "in", "Oslo", "."]
    assert (first.source.text, first.group) == ("Anna's in Oslo.", "new")
    assert first.target == ["B-PER", "O", "O", "B-LOC", "O"]
    assert (second.source.text, second.target, second.group) == ("김철수가", ["B-PER"], "")
    assert (first.id, second.where) == ("train-4", "train.conll line 11")


def test_spaces_part_columns_too_and_documents_are_no_sentences(tmp_path: Path) -> None:
    raw = "-DOCSTART- -X- O O\n\nU.N. NNP I-NP I-ORG\r\nofficial NN I-NP O\r\n"
    (sentence,) = read_conll(file(tmp_path, raw))
    assert sentence.source.words == ["U.N.", "official"]
    assert sentence.target == ["B-ORG", "O"]  # IOB1 begins with I-


def test_text_is_composed(tmp_path: Path) -> None:
    (sentence,) = read_conll(file(tmp_path, unicodedata.normalize("NFD", "김철수가\tB-PER\n")))
    assert sentence.source.words == ["김철수가"]


def test_a_hash_may_be_a_word(tmp_path: Path) -> None:
    raw = "# all about # signs\n# text = # #one is O\n#\tO\n#one O\n# O\n#no label\n#none\n"
    (sentence,) = read_conll(file(tmp_path, raw))
    assert sentence.source == ("# #one is O", ["#", "#one", "#"])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("", r"train\.conll is empty; it needs lines with a word and its label\."),
        ("\n# nothing\n\n", r"train\.conll holds no sentence; it needs"),
        ("-DOCSTART- O\n", r"train\.conll holds no sentence"),
        ("a O\nb\n", r"train\.conll line 2 has one column; put the word first and its label last"),
        ("a\tO\n\nb\tX\tO\n", r"train\.conll line 3 has 3 columns, but the lines before have 2"),
        ("a\tS-PER\n", r"line 1 has the label 'S-PER', which is not BIO; write O, B-type or I-type\."),
        ("a\tB-\n", r"line 1 has the label 'B-', which is not BIO"),
        ("a\t\n", r"line 1 has the label '', which is not BIO"),
        ("\tO\n", r"line 1 has no word before its label 'O'"),
        (b"a\tO\n\xb3\xaf\tO\n", r"train\.conll line 2 is not UTF-8 text"),
    ],
)
def test_what_is_no_column_of_labels_is_refused(tmp_path: Path, raw: str | bytes, message: str) -> None:
    with pytest.raises(SeqpipeError, match=message):
        list(read_conll(file(tmp_path, raw)))


@given(st.lists(st.sampled_from(LABELS), max_size=8))
def test_spans_are_whole_apart_and_written_back_as_they_were_read(labels: list[str]) -> None:
    found = spans(labels)
    bio = written(found, len(labels))
    assert spans(bio) == found
    assert [label == OUTSIDE for label in bio] == [label == OUTSIDE for label in labels]
    assert [label[1:] for label in bio] == [label[1:] for label in labels]
    ids = [LABELS.index(label) for label in bio]
    assert not ids or may_begin(5)[ids[0]]
    assert all(may_follow(5)[one, two] for one, two in itertools.pairwise(ids))


def test_what_may_follow_what() -> None:
    expected = np.array([[later[0] != "I" or earlier[1:] == later[1:] for later in LABELS] for earlier in LABELS])
    assert np.array_equal(may_follow(5), expected)
    assert may_begin(5).tolist() == [label[0] != "I" for label in LABELS]


def test_a_span_may_follow_another_of_its_type() -> None:
    assert spans(["B-A", "B-A", "I-A", "I-B"]) == [Span("A", 0, 1), Span("A", 1, 3), Span("B", 3, 4)]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Anna's in Oslo, Norway.", "Anna|'s|in|Oslo|,|Norway|."),
        ("김철수가 (주) 한빛에서 1979년 5월 3일에!", "김철수가|(|주|)|한빛에서|1979년|5월|3일에|!"),
        ("O’Brien paid $1,000.50 on 2021-05-03", "O’Brien|paid|$|1,000.50|on|2021-05-03"),
        ("Guinea-Bissau 3.5.", "Guinea-Bissau|3.5|."),
        ("नमस्ते दुनिया", "नमस्ते|दुनिया"),
        (" \t", ""),
    ],
)
def test_words_and_signs_stand_apart(sentence: str, expected: str) -> None:
    assert "|".join(word.text for word in words(sentence)) == expected


@given(st.text(max_size=30))
def test_words_lose_nothing_but_spaces(sentence: str) -> None:
    found = words(sentence)
    assert all(sentence[start:stop] == text and text for text, start, stop in found)
    assert "".join(word.text for word in found) == "".join(sentence.split())
