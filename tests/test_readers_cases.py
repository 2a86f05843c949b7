"""Labelled series in .ts files: what the format means, and what cannot be used."""

from __future__ import annotations

import io
import sys
import types
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.cases import Header, read_cases, read_header
from seqpipe.readers.example import Dropped, Example

HEAD = "# told\n@problemName p\n@timeStamps false\n@dimensions 2\n@classLabel true a 나\n@data\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "train.ts"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "said"),
    [("", " has no line @data"), ("1,2:a\n", " line 1 stands above @data"), (HEAD, " has no case below")],
)
def test_standard_input_is_called_that(text: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(text.encode())))
    with pytest.raises(SeqpipeError, match=f"^standard input{said}"):
        list(read_cases(Path("-")))


def test_cases_have_their_own_lengths_and_labels(tmp_path: Path) -> None:
    path = write(tmp_path, HEAD + "1,2,3:4,5,6:a\n\n-1e3: .5 :나\n")
    first, second = read_cases(path)
    assert isinstance(first, Example)
    assert isinstance(second, Example)
    np.testing.assert_array_equal(first.source, [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(second.source, [[-1000, 0.5]])
    assert (first.id, first.target, first.where) == ("train-7", "a", "train.ts line 7")
    assert (second.id, second.target) == ("train-9", "나")
    assert read_header(path) == Header(True, ("a", "나"), 2)


def test_cases_without_labels_have_no_target(tmp_path: Path) -> None:
    (found,) = read_cases(write(tmp_path, "@classLabel false\n@DATA\n1,2\n"))
    assert isinstance(found, Example)
    assert found.target is None


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("1,?:2,3:a", "dimension 1 has a missing value"),
        ("1,2:2,:a", "dimension 2 has a missing value"),
        ("1,NaN:2,3:a", "dimension 1 has a missing or infinite value"),
        ("1,2:x,3:a", "dimension 2 has 'x', which is no number"),
        ("1,2:1_0,3:a", "dimension 2 has '1_0', which is no number"),
        ("1,2:3:a", "its dimensions have unequal lengths (1 to 2)"),
        ("1,2:a", "it has 1 dimensions, the others have 2"),
        ("1,2:3,4:b", "its label 'b' is not one of @classLabel"),
        ("1,2:3,4:", "it has no label"),
    ],
)
def test_a_case_that_cannot_be_used_is_dropped(tmp_path: Path, case: str, reason: str) -> None:
    bad, good = read_cases(write(tmp_path, f"{HEAD}{case}\n1:2:a\n"))
    assert bad == Dropped("train.ts line 7", reason)
    assert isinstance(good, Example)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,2:a\n", "train.ts line 1 stands above @data"),
        ("@dimensions 2\n", "train.ts has no line @data"),
        ("", "train.ts has no line @data"),
        ("@data\n", "train.ts has no case below @data"),
        ("@timeStamps true\n@data\n", "line 1: cases with time stamps are not read"),
        ("@dimensions ²\n@data\n", "@dimensions is '²', but must be a number"),
        ("@targetLabel true\n@data\n", "targets are numbers"),
    ],
)
def test_a_broken_file_is_an_error(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SeqpipeError, match=message):
        list(read_cases(write(tmp_path, text)))


@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.text("@data classLbtruemnisoD0123456789.,:?-e_\n\0 ٣"), max_size=9).map(
            lambda parts: "".join(parts).encode()
        ),
        st.text("0123456789.,:?-e_a\n ٣").map(lambda text: (HEAD + text).encode()),
    )
)
def test_any_bytes_give_cases_drops_or_one_sentence(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("fuzz") / "train.ts"
    path.write_bytes(raw)
    with suppress(SeqpipeError):
        for item in read_cases(path):
            assert isinstance(item, Dropped) or (np.isfinite(item.source).all() and item.source.size)
