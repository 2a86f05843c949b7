"""Manifests of recordings, and the mistakes they may hold."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from seqpipe.files import SeqpipeError
from seqpipe.readers.recordings import Clip, read_manifest, read_recordings


def manifest(folder: Path, *rows: object) -> Path:
    soundfile.write(folder / "a.wav", np.full(80, 0.5), 8000)
    path = folder / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_every_key_lands_in_the_example(tmp_path: Path) -> None:
    rows = [
        {"audio_filepath": "a.wav", "text": "one", "group": "en", "speaker": "me"},
        {"audio_filepath": "./a.wav", "text": "둘", "offset": 1, "duration": 0.5},
    ]
    first, second = read_manifest(manifest(tmp_path, *rows))
    assert first[:5] == ("train-1", Clip(tmp_path / "a.wav"), "one", "train.jsonl line 1", "en")
    assert second[:5] == ("train-2", Clip(tmp_path / "a.wav", 1.0, 0.5), "둘", "train.jsonl line 2", "")
    assert str(first.source) == str(tmp_path / "a.wav")
    assert str(second.source) == f"{tmp_path / 'a.wav'} from 1 s"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"text": "one"}, "has no key 'audio_filepath' (it has text)"),
        ({"audio_filepath": "a.wav"}, "has no key 'text' (it has audio_filepath)"),
        ({}, "has no key 'audio_filepath' (it has none)"),
        ({"audio_filepath": "a.wav", "text": 1}, "text is 1, but must be text in quotes"),
        ({"audio_filepath": "a.wav", "text": "one", "group": None}, "group is None"),
        ({"audio_filepath": "b.wav", "text": "one"}, "b.wav is missing"),
        ({"audio_filepath": "", "text": "one"}, "is missing"),
        ({"audio_filepath": "../a.wav", "text": "one"}, "leads out of"),
        ({"audio_filepath": "x/../../a.wav", "text": "one"}, "leads out of"),
        ({"audio_filepath": "/a.wav", "text": "one"}, "leads out of"),
        ({"audio_filepath": "a.wav", "text": "one", "offset": -1}, "offset is -1, but must be a time in seconds"),
        ({"audio_filepath": "a.wav", "text": "one", "duration": "1"}, "duration is '1'"),
        ({"audio_filepath": "a.wav", "text": "one", "duration": True}, "duration is True"),
        ({"audio_filepath": "a.wav", "text": "one", "duration": float("nan")}, "duration is nan"),
        (["a.wav", "one"], "is not a JSON object"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, row: object, said: str) -> None:
    path = manifest(tmp_path, {"audio_filepath": "a.wav", "text": "fine"}, row)
    with pytest.raises(SeqpipeError) as error:
        list(read_manifest(path))
    assert str(error.value).startswith(f"{path} line 2")
    assert said in str(error.value)


def test_an_empty_manifest_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match="is empty"):
        list(read_manifest(manifest(tmp_path)))


def test_files_may_be_links_to_a_cache_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    path = manifest(tmp_path, {"audio_filepath": "linked.wav", "text": "one"})
    (tmp_path / "raw" / "linked.wav").symlink_to(tmp_path / "a.wav")
    path = path.rename(tmp_path / "raw" / "train.jsonl")
    (example,) = read_manifest(path)
    assert example.source.path == tmp_path / "raw" / "linked.wav"


def test_new_recordings_have_no_target_and_must_be_there(tmp_path: Path) -> None:
    manifest(tmp_path)
    sound = str(tmp_path / "a.wav")
    first, second = read_recordings([sound, "-"])
    assert (first.source, first.target, first.id) == (Clip(Path(sound)), None, sound)
    assert second.source == Clip(Path("-"))
    with pytest.raises(SeqpipeError, match=r"b\.wav is missing"):
        list(read_recordings([str(tmp_path / "b.wav")]))
    with pytest.raises(SeqpipeError, match="is a folder"):
        list(read_recordings([str(tmp_path)]))
