"""Sounds and pictures that a table lists."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.listed import LISTED


def test_pictures_with_labels(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "train.csv").write_text('filename,label\na.png,"cat, big"\nb.png,dog\na.png,\na.png\n')
    found = LISTED.look(tmp_path)
    assert found is not None
    assert (found.modality, found.task, found.splits) == ("frames", "classify", {"train": ["train.csv"]})
    assert list(LISTED.read(tmp_path, found.options, found.splits["train"])) == [
        Example("train.csv-2", tmp_path / "a.png", "cat, big", "train.csv line 2"),
        Dropped("train.csv line 3", "b.png is missing"),
        Dropped("train.csv line 4", "it has no target"),
        Dropped("train.csv line 5", "it has 1 columns, the header has 2"),
    ]


@given(st.one_of(st.binary(max_size=99), st.text('pathlbe.wv,"\n').map(str.encode)))
def test_any_bytes_give_items_or_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "a.csv").write_bytes(b"path,label\n" + raw)
    options = {"modality": "audio", "file": "path", "target": "label", "tables": ["a.csv"]}
    with suppress(SeqpipeError):
        LISTED.look(folder)
        assert all(isinstance(item, Dropped) for item in LISTED.read(folder, options, []))
