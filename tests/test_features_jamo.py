"""Korean at every level: syllables come apart into letters and together again, whatever the text."""

from __future__ import annotations

from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.features import jamo
from seqpipe.features.tokens import UNKNOWN, Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.params.features import Tokens

EVERY = ["나는 오늘 학교에 갑니다", "값이 싸다", "The 3 쌀밥!"] * 3
HANGUL = st.text(st.one_of(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), st.sampled_from("aZ 3.!")))
LETTERS = "".join(map(chr, range(0x1100, 0x1113))), "".join(map(chr, range(0x1161, 0x1176)))
FINAL = "".join(map(chr, range(0x11A8, 0x11C3)))
FULL = Tokenizer.train(
    [f"{lead}{vowel}{final} aZ3.!" for lead in LETTERS[0] for vowel in LETTERS[1] for final in FINAL[:: len(LETTERS)]]
    + [f"{LETTERS[0][0]}{LETTERS[1][0]}{final}" for final in FINAL],
    Tokens(level="jamo", vocabulary=100, normalization="identity"),
    "all letters",
)


@given(HANGUL)
def test_any_korean_text_comes_back(text: str) -> None:
    line = " ".join(text.split())  # as sentencepiece writes spaces
    ids = FULL.encode(line)
    assert UNKNOWN not in ids
    assert FULL.decode(ids) == normalize("NFC", line)


@given(st.text())
def test_what_is_hidden_is_shown_again(text: str) -> None:
    clean = "".join(character for character in text if ord(character) not in jamo.SHOW)
    assert jamo.together(jamo.hidden(clean)) == normalize("NFC", clean)
    assert not any("가" <= character <= "힣" for character in jamo.hidden(clean))


@pytest.mark.parametrize("normalization", ["nfkc", "nfkc_cf", "nmt_nfkc", "identity"])
def test_letters_are_the_tokens_at_level_jamo(normalization: str) -> None:
    tokenizer = Tokenizer.train(EVERY, Tokens.model_validate({"level": "jamo", "normalization": normalization}), "it")
    assert tokenizer.pieces(tokenizer.encode("값")) == list(normalize("NFD", "값"))
    assert tokenizer.decode(tokenizer.encode("값이 싸다")) == "값이 싸다"
    assert len(tokenizer.encode(normalize("NFD", "학교"))) == len(tokenizer.encode("학교")) == 5
    again = Tokenizer(tokenizer.model)
    assert np.array_equal(again.encode("오늘 쌀밥"), tokenizer.encode("오늘 쌀밥"))


def test_new_syllables_of_known_letters_are_read() -> None:
    tokenizer = Tokenizer.train(EVERY, Tokens(level="jamo"), "it")
    assert "갈" not in "".join(EVERY)
    assert tokenizer.decode(tokenizer.encode("갈")) == "갈"
    with pytest.raises(SeqpipeError, match="A jamo vocabulary of 8 cannot hold every character"):
        Tokenizer.train(EVERY, Tokens(level="jamo", vocabulary=8), "it")


def test_syllables_keep_the_commonest_characters() -> None:
    lines = ["가가가가 나나나 다다 라"] * 2
    tokenizer = Tokenizer.train(lines, Tokens(level="syllable", vocabulary=8), "it")
    assert tokenizer.size == 8
    assert tokenizer.pieces(tokenizer.encode("가나다")) == ["가", "나", "다"]
    assert tokenizer.encode("라").tolist() == [UNKNOWN]
    assert tokenizer.decode(tokenizer.encode("가나 다")) == "가나 다"
