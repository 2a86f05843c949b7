"""Which tokens of a vocabulary have a pretrained vector, and how much of the text that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqpipe.features.pretrained import FILE, Pretrained, coverage, find
from seqpipe.features.tokens import Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.params.features import Tokens
from seqpipe.report import silent

VECTORS = "the 1 0\nThe 2 0\npar 3 0\nparis 4 0\n, 5 0\ning 6 0\na 7 0\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "some.vec").write_text(VECTORS, encoding="utf-8")
    return tmp_path / "some.vec"


def test_words_are_found_as_they_are_else_in_lower_case(path: Path) -> None:
    words = [None, "", "The", "THE", "Paris", "absent", ",", ""]
    found = find(words, path, silent)
    assert found.pretrained.ids.tolist() == [2, 3, 4, 6]
    assert found.pretrained.vectors.tolist() == [[2, 0], [1, 0], [4, 0], [5, 0]]
    assert found.pretrained.vectors.dtype == np.float32
    assert found.lowered.tolist() == [3, 4]


@pytest.mark.parametrize("with_characters", [False, True])
def test_coverage_counts_the_vocabulary_and_the_running_tokens(path: Path, with_characters: bool) -> None:
    words = [None, "", "The", "Paris", "absent"]
    found = find(words, path, silent)
    rows = [np.array(ids, np.int32) for ids in ([0, 2, 2, 4, 1], [0, 3], [0])]
    shaped = [np.column_stack([ids, ids + 1, ids]) if with_characters else ids for ids in rows]
    assert coverage(found, words, ({"source": ids} for ids in shaped)) == {
        "size": 2,
        "found": 2,
        "vocabulary": 0.5,  # The and Paris, of four with the unknown
        "tokens": 0.6,  # The, The and Paris, of five without the begins
        "lowered_vocabulary": 0.25,
        "lowered_tokens": 0.2,
    }


def test_only_pieces_that_are_whole_words_or_signs_have_a_word() -> None:
    lines = ["parking parked, parks the park", "the king , the kings", "a park, a king"] * 9
    tokenizer = Tokenizer.train(lines, Tokens(level="bpe", vocabulary=60), "a corpus")
    words, pieces = tokenizer.words(), tokenizer.pieces(range(tokenizer.size))
    assert words[:4] == [None, "", None, None]  # padding, unknown, begin, end
    for word, piece in zip(words[4:], pieces[4:], strict=True):
        if piece == ",":
            assert word == ","
        else:
            assert word == (piece[1:] if piece.startswith("▁") else "")
    assert {"the", "park", ","} <= set(words)
    within = {piece for piece in pieces[4:] if not piece.startswith("▁") and piece != ","}
    assert within  # so that there was something to leave out


def test_what_is_saved_comes_back_and_nothing_else_does(tmp_path: Path) -> None:
    given = Pretrained(np.array([3, 1]), np.array([[1, 2], [3, 4.5]], np.float32))
    given.save(tmp_path)
    again = Pretrained.load(tmp_path)
    assert again.ids.tolist() == [3, 1]
    assert again.vectors.tolist() == [[1, 2], [3, 4.5]]
    (tmp_path / FILE).write_bytes(b"broken")
    with pytest.raises(SeqpipeError, match=r"vectors\.safetensors is missing or broken; run `seqpipe preprocess`"):
        Pretrained.load(tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(SeqpipeError, match=r"vectors\.safetensors is missing or broken"):
        Pretrained.load(tmp_path)


def test_a_file_that_has_nothing_for_the_vocabulary_is_a_mistake(path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"some\.vec has no vector for any token of the vocabulary"):
        find([None, "", "zebra"], path, silent)
