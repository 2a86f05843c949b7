"""Kaldi's data folders and NeMo's manifests, read where they lie."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.lists import KALDI, MANIFEST
from seqpipe.readers.recordings import Clip


def test_kaldi_segments_speakers_and_pipes(tmp_path: Path) -> None:
    folder = tmp_path / "train"
    folder.mkdir()
    (tmp_path / "r.wav").touch()
    (folder / "wav.scp").write_text(f"r {tmp_path / 'r.wav'}\np sph2pipe x |\nq r2.wav\n")
    (folder / "text").write_text("u1\tGO ON\nu2 NO\nu3 NO\nu4\nu5 NO\n")
    (folder / "segments").write_text("u1\tr 0.5\t2.0\nu2 p 0 1\nu3 q 0 1\nu5 r 2 1\n")
    (folder / "utt2spk").write_text("u1 ann\n")
    found = KALDI.look(tmp_path)
    assert found is not None
    assert found.splits == {"train": ["train"]}
    first, *dropped = KALDI.read(tmp_path, found.options, ["train"])
    assert first == Example("u1", Clip(tmp_path / "r.wav", 0.5, 1.5), "GO ON", "train/text line 1", unit="ann")
    assert dropped == [
        Dropped("train/text line 2", "wav.scp has a command for 'p'; only files are read"),
        Dropped("train/text line 3", "r2.wav is missing"),
        Dropped("train/text line 4", "it has no transcript"),
        Dropped("train/text line 5", "segments has 'u5' from 2 to 1 s"),
    ]


def test_manifests(tmp_path: Path) -> None:
    (tmp_path / "r.wav").touch()
    rows = [
        {"audio_filepath": "r.wav", "text": "go", "offset": 1, "duration": 2.5, "speaker": "s"},
        {"audio_filepath": "no.wav", "text": "go"},
        {"audio_filepath": "r.wav", "text": 3},
    ]
    (tmp_path / "train_manifest.json").write_text("\n".join(map(json.dumps, rows)))
    found = MANIFEST.look(tmp_path)
    assert found is not None
    assert found.splits == {"train": ["train_manifest.json"]}
    first, missing, bad = MANIFEST.read(tmp_path, {}, found.splits["train"])
    where = "train_manifest.json line"
    assert first == Example("train_manifest.json-1", Clip(tmp_path / "r.wav", 1, 2.5), "go", f"{where} 1", unit="s")
    assert missing == Dropped(f"{where} 2", "no.wav is missing")
    assert bad.where == f"{where} 3"  # type: ignore[union-attr]
    (tmp_path / "train_manifest.json").write_text('{"audio_filepath": "/x.wav", "text": "go"}')
    with pytest.raises(SeqpipeError, match=r"line 1: '/x\.wav' leads out of"):
        list(MANIFEST.read(tmp_path, {}, []))


@given(st.one_of(st.binary(max_size=99), st.text('{}[]"audio_filepth:,x 019.|\n').map(str.encode)))
def test_any_bytes_give_items_or_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("wav.scp", "text", "segments", "a.json"):
        (folder / name).write_bytes(raw)
    for layout, names in ((KALDI, []), (MANIFEST, ["a.json"])):
        with suppress(SeqpipeError):
            assert all(isinstance(item, Dropped) for item in layout.read(folder, {}, names))
