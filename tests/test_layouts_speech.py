"""Speech as it is published, read where it lies: small trees of the same layouts."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.speech import COMMON_VOICE, LIBRISPEECH, LJSPEECH
from seqpipe.readers.recordings import Clip


def sound(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.sin(np.arange(400) / 5), 8000)
    return path


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_librispeech_by_subset_and_speaker(tmp_path: Path) -> None:
    for subset, speaker in (("train-clean-100", "84"), ("dev-clean", "85"), ("test-clean", "86")):
        folder = tmp_path / subset / speaker / "12"
        first = sound(folder / f"{speaker}-12-0000.flac")
        write(folder / f"{speaker}-12.trans.txt", f"{speaker}-12-0000 GO ON\n{speaker}-12-0001 NO\n")
    found = LIBRISPEECH.look(tmp_path)
    assert found is not None
    assert found.splits == {"train": ["train-clean-100"], "valid": ["dev-clean"], "test": ["test-clean"]}
    test, missing = LIBRISPEECH.read(tmp_path, found.options, found.splits["test"])
    where = "test-clean/86/12/86-12.trans.txt line"
    assert test == Example("86-12-0000", Clip(first), "GO ON", f"{where} 1", unit="86")
    assert missing == Dropped(f"{where} 2", "test-clean/86/12/86-12-0001.flac is missing")
    assert len(list(LIBRISPEECH.read(tmp_path, {}, []))) == 6
    subset = LIBRISPEECH.look(tmp_path / "dev-clean")
    assert subset is not None
    assert subset.splits == {}


def test_common_voice_by_voice(tmp_path: Path) -> None:
    head = "client_id\tpath\tsentence\tup_votes\n"
    clip = sound(tmp_path / "clips/a.mp3")
    for name in ("train", "dev", "test", "validated"):
        write(tmp_path / f"{name}.tsv", f'{head}v1\ta.mp3\t"Ja", e\u0301\t2\nv2\tb.mp3\tnein\t1\nv3\ta.mp3\t\t1\nv4\n')
    write(tmp_path / "reported.tsv", "sentence\treason\n")
    found = COMMON_VOICE.look(tmp_path)
    assert found is not None
    assert found.splits == {"train": ["train.tsv"], "valid": ["dev.tsv"], "test": ["test.tsv"]}
    assert found.options == {"tables": ["validated.tsv"]}
    assert list(COMMON_VOICE.read(tmp_path, found.options, ["dev.tsv"])) == [
        Example("a", Clip(clip), '"Ja", é', "dev.tsv line 2", unit="v1"),
        Dropped("dev.tsv line 3", "clips/b.mp3 is missing"),
        Dropped("dev.tsv line 4", "it has no transcript"),
        Dropped("dev.tsv line 5", "it has 1 columns, the header has 4"),
    ]


def test_ljspeech_takes_what_is_written_out(tmp_path: Path) -> None:
    clip = sound(tmp_path / "wavs/LJ1.wav")
    write(tmp_path / "metadata.csv", 'LJ1|"in 1979|"in nineteen\nLJ1|only\nLJ2|a|b\nno\n')
    found = LJSPEECH.look(tmp_path)
    assert found is not None
    first, second, missing, short = LJSPEECH.read(tmp_path, found.options, [])
    assert (first, second.target) == (Example("LJ1", Clip(clip), '"in nineteen', "metadata.csv line 1"), "only")
    assert missing == Dropped("metadata.csv line 3", "wavs/LJ2.wav is missing")
    assert short == Dropped("metadata.csv line 4", "it has 1 columns, not 2 or 3 between |")


def test_other_folders_are_of_no_such_layout(tmp_path: Path) -> None:
    assert [layout.look(tmp_path) for layout in (LIBRISPEECH, COMMON_VOICE, LJSPEECH)] == [None] * 3


def test_a_path_that_leads_out_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "wavs").mkdir()
    write(tmp_path / "metadata.csv", "../../x|text\n")
    with pytest.raises(SeqpipeError, match=r"metadata\.csv line 1: 'wavs/\.\./\.\./x\.wav' leads out of"):
        list(LJSPEECH.read(tmp_path, {}, []))


@given(st.one_of(st.binary(max_size=120), st.text("a|\t\n./ \0é").map(str.encode)), st.booleans())
def test_any_bytes_give_items_or_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes, headed: bool) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    (folder / "clips").mkdir()
    (folder / "metadata.csv").write_bytes(raw)
    (folder / "train.tsv").write_bytes(b"client_id\tpath\tsentence\n" * headed + raw)
    (folder / "1-2.trans.txt").write_bytes(raw)
    for layout in (LIBRISPEECH, COMMON_VOICE, LJSPEECH):
        with suppress(SeqpipeError):
            assert all(isinstance(item, Dropped) for item in layout.read(folder, {"tables": ["train.tsv"]}, []))
