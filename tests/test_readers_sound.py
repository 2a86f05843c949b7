"""Sound files of every kind, whole and broken."""

import io
import math
import os
import struct
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.mixing import resampled
from seqpipe.readers.recordings import Clip
from seqpipe.readers.sound import read_audio, read_blocks

RATE = 8000


def tone(seconds: float, rate: int = RATE, pitch: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * math.pi * pitch * np.arange(round(seconds * rate)) / rate + 0.3)


def refused(path: Path, **clip: float) -> str:
    with pytest.raises(SeqpipeError) as error:
        read_audio(Clip(path, **clip), RATE)
    assert str(path) in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("kind", ["a.wav", "a.flac", "a.aiff", "a.ogg"])
def test_one_channel_at_the_right_rate_is_read_as_it_is(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    soundfile.write(path, tone(0.25), RATE)
    samples, remarks = read_audio(Clip(path), RATE)
    assert (samples.dtype, samples.shape, remarks) == (np.float32, (2000,), [])
    np.testing.assert_allclose(samples, tone(0.25), atol=0.05 if kind == "a.ogg" else 1e-4)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
@pytest.mark.parametrize("kind", ["wav", "flac", "ogg"])
def test_a_name_need_not_be_utf_8(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    soundfile.write(path, tone(0.25), RATE)
    named = path.rename(tmp_path / f"{os.fsdecode(bytes([255]))} 음성.{kind}")
    assert read_audio(Clip(named), RATE)[0].shape == (2000,)


def test_channels_are_averaged_and_it_is_said(tmp_path: Path) -> None:
    left, right = tone(0.1), tone(0.1, pitch=300)
    soundfile.write(tmp_path / "a.wav", np.stack([left, right], axis=1), RATE, subtype="FLOAT")
    samples, remarks = read_audio(Clip(tmp_path / "a.wav"), RATE)
    np.testing.assert_allclose(samples, (left + right) / 2, atol=1e-6)
    assert remarks == ["mixed down from 2 channels to one"]


def test_another_rate_is_resampled_and_it_is_said(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", tone(0.5, 22050), 22050)
    samples, remarks = read_audio(Clip(tmp_path / "a.wav"), RATE)
    assert remarks == ["resampled from 22050 to 8000 Hz"]
    np.testing.assert_allclose(samples[200:-200], tone(0.5)[200:-200], atol=1e-3)  # the same tone, inside the edges


@given(st.integers(1, 300), st.sampled_from([8000, 11025, 16000, 22050, 44100]), st.sampled_from([8000, 16000, 24000]))
def test_the_resampled_length_is_the_ceiling(length: int, old: int, new: int) -> None:
    result = np.concatenate(list(resampled([np.ones(length, np.float32)], old, new)))
    assert (len(result), result.dtype) == (math.ceil(length * new / old), np.float32)


def test_a_clip_is_a_part_of_its_file(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(1), RATE, subtype="FLOAT")
    samples, _ = read_audio(Clip(path, 0.29, 0.5), RATE)
    np.testing.assert_allclose(samples, tone(1)[2320:6320], atol=1e-6)
    samples, _ = read_audio(Clip(path, 0.75, 0.28), RATE)  # rounded times may reach a little past the end
    np.testing.assert_allclose(samples, tone(1)[6000:], atol=1e-6)
    assert "lasts 1 s, but offset and duration reach to 1.5 s" in refused(path, offset=0.75, duration=0.75)
    assert "lasts 1 s" in refused(path, offset=2)
    assert "holds no samples" in refused(path, offset=0.5, duration=0.0)


@pytest.mark.parametrize("kind", ["a.wav", "a.aiff", "a.flac"])
def test_a_truncated_file_is_refused_wherever_it_is_cut(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    soundfile.write(path, np.random.default_rng(0).uniform(-1, 1, 2001), RATE)
    whole = path.read_bytes()
    for cut in (len(whole) - 1, len(whole) - 3, len(whole) // 2, 100):
        path.write_bytes(whole[:cut])
        said = refused(path)
        assert "truncated" in said or "not sound that can be read" in said, said


def test_chunks_of_odd_length_before_the_sound_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(0.1), RATE)
    whole = path.read_bytes()
    note = b"note" + struct.pack("<I", 3) + b"hey\0"
    path.write_bytes(whole[:12] + note + whole[12:])
    samples, _ = read_audio(Clip(path), RATE)
    assert len(samples) == 800
    path.write_bytes((whole[:12] + note + whole[12:])[:-10])
    assert "truncated: its header promises 1600 bytes of sound, but 1590 are there" in refused(path)


def test_a_file_written_to_a_pipe_promises_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, tone(0.1), RATE)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"data") + 4
    whole[4:8] = whole[at : at + 4] = b"\xff" * 4
    path.write_bytes(whole)
    assert len(read_audio(Clip(path), RATE)[0]) == 800


@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros(0), "is empty: it has no samples"),
        (np.zeros(100), "is silent"),
        (np.stack([tone(0.1), -tone(0.1)], axis=1), "is silent"),
        (np.array([0.5, np.nan]), "not finite"),
        (np.array([0.5, np.inf]), "not finite"),
    ],
)
def test_sound_without_content_is_refused(tmp_path: Path, samples: np.ndarray, said: str) -> None:
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    assert said in refused(tmp_path / "a.wav")


def test_what_is_no_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"")
    assert "is empty (0 bytes)" in refused(path)
    path.write_bytes(b"once upon a time, there was a text")
    assert "is not sound that can be read" in refused(path)
    assert "cannot be read (No such file or directory)" in refused(tmp_path / "b.wav")
    assert "cannot be read (Is a directory)" in refused(tmp_path)


def test_standard_input_is_one_recording(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    soundfile.write(tmp_path / "a.wav", tone(0.1), RATE)
    piped = types.SimpleNamespace(buffer=io.BytesIO((tmp_path / "a.wav").read_bytes()))
    monkeypatch.setattr(sys, "stdin", piped)
    assert len(read_audio(Clip(Path("-")), RATE)[0]) == 800
    with pytest.raises(SeqpipeError, match=r"standard input is empty \(0 bytes\)"):
        read_audio(Clip(Path("-")), RATE)


@pytest.mark.parametrize("kind", ["a.wav", "a.flac", "a.ogg", "a.mp3", "a.aiff"])
@pytest.mark.parametrize("rate", [RATE, 44100])
def test_blocks_are_the_whole_to_the_bit(tmp_path: Path, kind: str, rate: int) -> None:
    left, right = tone(0.7, rate), tone(0.7, rate, pitch=300)
    soundfile.write(tmp_path / kind, np.stack([left, right, left], axis=1)[:, : 2 if kind == "a.mp3" else 3], rate)
    clip = Clip(tmp_path / kind, 0.05)
    whole, remarks = read_audio(clip, RATE)
    for seconds in (0.01, 0.037, 0.2, 5):
        said: list[str] = []
        blocks = list(read_blocks(clip, RATE, seconds, said.append))
        np.testing.assert_array_equal(np.concatenate(blocks), whole)
        assert said == remarks
        assert max(map(len, blocks)) <= max(seconds, 0.1) * RATE  # resampling waits for some


@given(st.lists(st.integers(1, 900), min_size=1, max_size=8), st.sampled_from([8000, 11025, 44100, 48000]))
def test_any_blocks_resample_to_the_same_bits(sizes: list[int], old: int) -> None:
    samples = np.random.default_rng(sum(sizes)).normal(size=sum(sizes)).astype(np.float32)
    blocks = np.split(samples, np.cumsum(sizes)[:-1])
    (whole, rest), found = resampled([samples], old, 16000), resampled(blocks, old, 16000)
    np.testing.assert_array_equal(np.concatenate(list(found)), np.concatenate([whole, rest]))


def test_a_fault_further_on_is_met_there(tmp_path: Path) -> None:
    samples = np.concatenate([tone(0.5), [np.nan]])
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    blocks = read_blocks(Clip(tmp_path / "a.wav"), RATE, 0.1, print)
    for _ in range(5):
        assert len(next(blocks)) == 800
    with pytest.raises(SeqpipeError, match="not finite"):
        next(blocks)
