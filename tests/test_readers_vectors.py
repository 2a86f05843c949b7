"""Word vectors are read the same from every format, only those wanted are kept, and broken files are named."""

from __future__ import annotations

import codecs
import gzip
import re
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.vectors import read_vectors
from seqpipe.report import silent

WORDS = {"the": [0.5, -1.25, 3.0], ",": [1.0, 0.0, 2.0], "학교": [-0.125, 7.0, 0.0], "naïve": [1e-3, 2.0, -4.0]}
Words = dict[str, list[float]]


def glove(words: Words) -> bytes:
    return "".join(f"{word} {' '.join(map(str, vector))}\n" for word, vector in words.items()).encode()


def header(words: Words) -> bytes:
    return f"{len(words)} {len(next(iter(words.values())))}\n".encode()


def word2vec(words: Words) -> bytes:
    return header(words) + glove(words)


def fasttext(words: Words) -> bytes:
    return header(words) + glove(words).replace(b"\n", b" \n")


def windows(words: Words) -> bytes:
    return glove(words).replace(b"\n", b"\r\n").replace(b" ", b"\t")


def binary(words: Words, after: bytes = b"\n") -> bytes:
    parts = (word.encode() + b" " + struct.pack(f"<{len(of)}f", *of) + after for word, of in words.items())
    return header(words) + b"".join(parts)


def google(words: Words) -> bytes:
    return binary(words, after=b"")


FORMATS: list[Callable[[Words], bytes]] = [glove, word2vec, fasttext, windows, binary, google]
every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.__name__)


def put(folder: Path, content: bytes, name: str = "some.vec") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


@every_format
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_every_format_says_the_same(
    tmp_path: Path, form: Callable[[Words], bytes], pack: Callable[[bytes], bytes]
) -> None:
    size, found = read_vectors(put(tmp_path, pack(form(WORDS)), "named.txt"), {"학교", "the", ",", "absent"}, silent)
    assert size == 3
    assert set(found) == {"학교", "the", ","}
    for word, vector in found.items():
        assert vector.dtype == np.float32
        assert vector.tolist() == pytest.approx(WORDS[word], rel=1e-6)


numbers = st.floats(width=32, allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_characters=" \t\r\n\ufeff", exclude_categories=["Cs", "Cc", "Z"]), min_size=1)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=st.dictionaries(texts, st.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=8),
    form=st.sampled_from(FORMATS),
)
def test_any_words_and_numbers_come_back(tmp_path: Path, words: Words, form: Callable[[Words], bytes]) -> None:
    composed = {word: vector for word, vector in words.items() if word == normalize("NFC", word)}
    found = read_vectors(put(tmp_path, form(words)), set(composed), silent).found
    assert {word: vector.tolist() for word, vector in found.items()} == composed


def test_decomposed_words_are_composed_and_the_first_of_two_stands(tmp_path: Path) -> None:
    path = put(tmp_path, "nai\u0308ve 1 2\nthe 3 4\nna\u00efve 5 6\nthe 7 8\n".encode())
    found = read_vectors(path, {"na\u00efve", "the"}, silent).found
    assert {word: vector.tolist() for word, vector in found.items()} == {"na\u00efve": [1, 2], "the": [3, 4]}


def test_a_word_may_hold_spaces_and_broken_letters(tmp_path: Path) -> None:
    """As in GloVe's 840B, and in GoogleNews."""
    path = put(tmp_path, b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\n\xff\xfe 7 8\n\nlast 9 10\n")
    found = read_vectors(path, {". . .", "at", "last"}, silent).found
    assert {word: vector.tolist() for word, vector in found.items()} == {". . .": [3, 4], "last": [9, 10]}


@every_format
def test_a_byte_order_mark_is_no_part_of_the_first_word(tmp_path: Path, form: Callable[[Words], bytes]) -> None:
    found = read_vectors(put(tmp_path, codecs.BOM_UTF8 + form(WORDS)), {"the"}, silent).found
    assert found["the"].tolist() == WORDS["the"]


@pytest.mark.parametrize("look", [b"\n \n ", b"text", b"1.x "])
def test_floats_that_look_like_text_are_numbers(tmp_path: Path, look: bytes) -> None:
    (odd,) = struct.unpack("<f", look)
    words = {"a": [odd, 1.0], "b": [odd, odd]}
    found = read_vectors(put(tmp_path, binary(words)), {"a", "b"}, silent).found
    assert {word: vector.tolist() for word, vector in found.items()} == words


BROKEN = {
    "glove short": (b"a 1 2\nb 1\nc 1 2\n", "line 2 has 1 numbers after its word, not 2 like the first one"),
    "glove long": (b"a 1 2\nb 1 2\nc 1 2 3\n", "line 3 has 3 numbers after its word, not 2 like the first one"),
    "word alone": (b"a 1 2\nb\n", "line 2 has 0 numbers after its word, not 2 like the first one"),
    "no word": (b"a 1 2\n 1 2\n", "line 2 has 1 numbers after its word, not 2 like the first one"),
    "no number": (b"a 1 2\nb 1 x\n", "line 2 has something else than finite numbers after 'b'"),
    "not finite": (b"a 1 2\nb 1 nan\n", "line 2 has something else than finite numbers after 'b'"),
    "too large": (b"a 1 2\nb 1 1e99\n", "line 2 has something else than finite numbers after 'b'"),
    "fewer": (b"3 2\na 1 2\nb 1 2\n", "line 1 promises 3 words, but 2 follow; download it again"),
    "more": (b"1 2\na 1 2\nb 1 2\n", "line 1 promises 1 words, but 2 follow; download it again"),
    "another size": (b"2 3\na 1 2\nb 1 2\n", "line 2 has 2 numbers after its word, not 3 like the first one"),
    "binary cut": (binary(WORDS)[:-6], "line 1 promises 4 words, but 3 follow; download it again"),
    "binary more": (binary(WORDS) + b"more", "line 1 promises 4 words, but more follow; download it again"),
    "binary nan": (binary({"a": [1.0, 2.0], "b": [1.0, np.nan]}), "word 2 has something else than finite numbers"),
    "empty": (b"", "does not begin as a file of word vectors"),
    "prose": (b"Once upon a time\n", "does not begin as a file of word vectors"),
    "zip": (b"PK\x03\x04" + bytes(30), "does not begin as a file of word vectors"),
    "fasttext's own": (struct.pack("<ii", 793712314, 12) + bytes(90), "does not begin as a file of word vectors"),
    "cut gzip": (gzip.compress(glove(WORDS) * 50)[:-9], "is not a whole gzip file; download it again"),
    "bad gzip": (b"\x1f\x8b" + bytes(20), "is not a whole gzip file; download it again"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files_are_named_with_the_place(tmp_path: Path, case: str) -> None:
    content, message = BROKEN[case]
    with pytest.raises(SeqpipeError, match=re.escape(message)) as caught:
        read_vectors(put(tmp_path, content), {"a", "b", "c", "the"}, silent)
    assert str(caught.value).startswith(str(tmp_path / "some.vec"))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "some.vec"):
        with pytest.raises(SeqpipeError, match=r"is not there; put the word vectors there, or correct `features\.vec"):
            read_vectors(path, {"a"}, silent)


def test_a_line_without_end_is_no_line(tmp_path: Path) -> None:
    path = put(tmp_path, b"a 1 2\nb" + b" 1" * (1 << 22))
    with pytest.raises(SeqpipeError, match="line 2 is longer than a line of word vectors can be"):
        read_vectors(path, {"a"}, silent)


@pytest.mark.parametrize("form", [glove, binary])
def test_what_is_not_wanted_takes_no_memory(tmp_path: Path, form: Callable[[Words], bytes]) -> None:
    path = put(tmp_path, form({f"w{at}": [float(at)] * 50 for at in range(30_000)}))
    assert path.stat().st_size > 6_000_000
    tracemalloc.start()
    found = read_vectors(path, {"w3", "w29999"}, silent).found
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert {word: vector[0] for word, vector in found.items()} == {"w3": 3.0, "w29999": 29999.0}
    assert peak < 4_000_000
