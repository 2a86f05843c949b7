"""Sound through a pipe: the bits of the file it would be, and an end by Ctrl-C."""

from __future__ import annotations

import io
import os
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from seqpipe.files import SeqpipeError
from seqpipe.readers.interrupt import Interrupt
from seqpipe.readers.piped import read_pipe
from seqpipe.readers.recordings import Clip
from seqpipe.readers.sound import read_audio

RATE = 8000
PIPE = Clip(Path("-"))


def noise(count: int, channels: int = 1) -> np.ndarray:
    return np.random.default_rng(count).uniform(-1, 1, (count, channels))


def heard(content: bytes, seconds: float = 0.037) -> tuple[np.ndarray, list[str]]:
    remarks: list[str] = []
    return np.concatenate(
        list(read_pipe(io.BytesIO(content), Interrupt(), PIPE, RATE, seconds, remarks.append))
    ), remarks


def refused(content: bytes) -> str:
    with pytest.raises(SeqpipeError) as error:
        heard(content)
    assert "standard input" in str(error.value)
    return str(error.value)


def wav(path: Path, samples: np.ndarray, rate: int = RATE, **how: Any) -> bytes:
    soundfile.write(path, samples, rate, **how)
    return path.read_bytes()


def promising(content: bytes, length: int) -> bytes:
    """The same WAV with another length in its header."""
    at = content.index(b"data") + 4
    return content[:at] + length.to_bytes(4, "little") + content[at + 4 :]


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT", "DOUBLE"])
@pytest.mark.parametrize(("rate", "channels", "form"), [(RATE, 1, "WAV"), (44100, 2, "WAV"), (RATE, 3, "WAVEX")])
def test_wav_is_read_as_from_its_file(tmp_path: Path, subtype: str, rate: int, channels: int, form: str) -> None:
    content = wav(tmp_path / "a.wav", noise(3001, channels), rate, subtype=subtype, format=form)
    whole, remarks = read_audio(Clip(tmp_path / "a.wav"), RATE)
    for seconds in (0.0001, 0.01, 0.037, 5):
        found, said = heard(content, seconds)
        np.testing.assert_array_equal(found, whole)
        assert said == remarks


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFF000, 0])
def test_an_endless_header_promises_nothing(tmp_path: Path, length: int) -> None:
    content = wav(tmp_path / "a.wav", noise(500))
    whole, _ = read_audio(Clip(tmp_path / "a.wav"), RATE)
    np.testing.assert_array_equal(heard(promising(content, length))[0], whole)


def test_chunks_around_the_samples_are_no_sound(tmp_path: Path) -> None:
    content, note = wav(tmp_path / "a.wav", noise(500)), b"note\x03\0\0\0hey\0"
    np.testing.assert_array_equal(heard(content[:12] + note + content[12:] + note)[0], heard(content)[0])


@pytest.mark.parametrize("count", [1, 5, 6, 7, 900])
def test_what_is_no_wav_is_raw(count: int) -> None:
    samples = np.random.default_rng(count).integers(-(2**15), 2**15, count).astype("<i2")
    for seconds in (0.0001, 0.01, 5, 1e300):
        found, said = heard(samples.tobytes() + b"\0", seconds)  # half a sample
        np.testing.assert_array_equal(found, (samples / 2**15).astype(np.float32))
        assert said == ["taken as raw samples of 16 bits, one channel, 8000 Hz"]


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    content = wav(tmp_path / "a.wav", noise(500))
    assert "is empty" in refused(b"")
    assert "is empty" in refused(promising(content, 0)[:44])
    assert "is silent" in refused(bytes(100))
    assert "truncated: its header promises 1000 bytes of sound, but 990 have come" in refused(content[:-10])
    assert "is not sound that can be read" in refused(content[:36])
    assert "not finite" in refused(wav(tmp_path / "b.wav", np.array([0.5, np.nan]), subtype="FLOAT"))
    assert "WAV of format 7 with 8 bits" in refused(wav(tmp_path / "b.wav", noise(50), subtype="ULAW"))
    for name, kind in {"a.flac": "FLAC", "a.ogg": "Ogg", "a.aiff": "AIFF"}.items():
        assert f"standard input is {kind}, which cannot be read as it comes" in refused(wav(tmp_path / name, noise(50)))


def test_blocks_come_before_the_end() -> None:
    receiver, sender = os.pipe()
    with os.fdopen(receiver, "rb") as file, Interrupt() as interrupt:
        os.write(sender, b"\1\0" * 700)
        blocks = read_pipe(file, interrupt, PIPE, RATE, 0.05, print)
        assert len(next(blocks)) == 400
        os.write(sender, b"\1\0" * 100)
        assert len(next(blocks)) == 400
        os.close(sender)
        assert list(blocks) == []


def press() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_ends_a_wait_and_keeps_what_was_heard() -> None:
    receiver, sender = os.pipe()
    with os.fdopen(receiver, "rb") as file, Interrupt() as interrupt:
        os.write(sender, b"\1\0" * 500)
        blocks = read_pipe(file, interrupt, PIPE, RATE, 0.05, print)
        assert len(next(blocks)) == 400
        threading.Timer(0.2, press).start()
        assert len(next(blocks)) == 100  # it waits for more until the key is pressed
        assert list(blocks) == []
        os.close(sender)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_ctrl_c_lets_work_be_done_and_ends_the_next_wait() -> None:
    with Interrupt() as interrupt:
        blocks = read_pipe(io.BytesIO(b"\1\0" * 5000), interrupt, PIPE, RATE, 0.05, print)
        assert len(next(blocks)) == 400
        press()  # while the block is worked on
        press()
        assert list(blocks) == []


def test_a_promise_is_not_held_against_who_pressed_ctrl_c(tmp_path: Path) -> None:
    content = wav(tmp_path / "a.wav", noise(5000))
    with Interrupt() as interrupt:
        blocks = read_pipe(io.BytesIO(content), interrupt, PIPE, RATE, 0.05, print)
        assert len(next(blocks)) == 400
        press()
        assert list(blocks) == []


def test_an_interrupt_elsewhere_than_in_the_main_thread_is_left_alone() -> None:
    def work() -> None:
        with Interrupt() as interrupt:
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
            found.append(interrupt.wait(io.BytesIO(b"abc").read, 2))

    found: list[bytes] = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [b"ab"]
