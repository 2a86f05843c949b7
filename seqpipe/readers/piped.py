"""Sound that comes through a pipe, block by block: WAV, or raw samples, until it ends or somebody presses Ctrl-C."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from io import BufferedIOBase
from typing import NamedTuple

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.readers.interrupt import Interrupt
from seqpipe.readers.mixing import at_rate
from seqpipe.readers.recordings import Clip
from seqpipe.readers.sound import ENDLESS

Decoder = Callable[[bytes], np.ndarray]
"""From bytes to numbers in −1…1."""
LONGEST = 10**9
"""Seconds of a block; more is no different."""
MOST = 2**20
"""Bytes that are asked for at a time."""
EXTENSIBLE = 0xFFFE  # the code stands in a longer header
OTHERS = {b"fLaC": "FLAC", b"OggS": "Ogg", b"FORM": "AIFF", b"RIFX": "RIFX", b"RF64": "RF64", b"ID3": "MP3"}


class Pcm(NamedTuple):
    """How samples are written: ``size`` bytes each, channels side by side; ``length`` bytes in all, 0 if unknown."""

    rate: int
    channels: int
    size: int
    decoder: Decoder
    length: int = 0


def read_pipe(
    file: BufferedIOBase,
    interrupt: Interrupt,
    clip: Clip,
    rate: int,
    seconds: float,
    remark: Callable[[str], None],
) -> Iterator[np.ndarray]:
    """Blocks of some ``seconds``, float32[T] of one channel at ``rate`` Hz; joined, what ``read_audio`` reads.

    What does not begin as WAV is raw: 16-bit signed little-endian samples of one channel at ``rate`` Hz. Sound that is
    empty, silent, not finite, or ends before its header says, is a ``SeqpipeError``; Ctrl-C, in the context of
    ``interrupt``, ends it as if it were over.
    """
    head = file.read(12)
    if head[:4] == b"RIFF" and head[8:] == b"WAVE":
        head, pcm = b"", _wav(file, clip)
    else:
        for magic, name in OTHERS.items():
            if head.startswith(magic):
                raise SeqpipeError(
                    f"{clip.name} is {name}, which cannot be read as it comes; pipe WAV or raw 16-bit samples, or save "
                    "it and name the file."
                )
        pcm = Pcm(rate, 1, *DECODERS[1, 16])
        remark(f"taken as raw samples of 16 bits, one channel, {rate} Hz")
    blocks = _blocks(file, interrupt, head, pcm, seconds, clip)
    return at_rate(blocks, pcm.channels, pcm.rate, rate, clip, remark)


def _blocks(
    file: BufferedIOBase, interrupt: Interrupt, head: bytes, pcm: Pcm, seconds: float, clip: Clip
) -> Iterator[np.ndarray]:
    """Samples, float32[T, channels], of ``head`` and what comes after it; a part of a sample at the end is left out."""
    frame, heard, rest = pcm.size * pcm.channels, 0, bytearray(head)
    size, length = frame * max(1, round(min(seconds, LONGEST) * pcm.rate)), pcm.length // frame * frame
    while True:
        wanted = min(size, length - heard) if pcm.length else size
        while len(rest) < wanted and (some := interrupt.wait(file.read1, min(MOST, wanted - len(rest)))):
            rest += some
        block = bytes(rest[: len(rest) // frame * frame])
        del rest[: len(block)]
        if not block:
            break
        heard += len(block)
        yield pcm.decoder(block).reshape(-1, pcm.channels)
    if not heard:
        raise SeqpipeError(f"{clip.name} is empty: it has no samples; record it again or remove it.")
    if heard < length and not interrupt.came:
        raise SeqpipeError(
            f"{clip.name} is truncated: its header promises {pcm.length} bytes of sound, but {heard} have come; copy "
            "or record it again."
        )


def _wav(file: BufferedIOBase, clip: Clip) -> Pcm:
    """What the header says of the samples, which come next."""
    form = b""
    while len(header := file.read(8)) == 8:
        name, (length,) = header[:4], struct.unpack("<I", header[4:])
        if name == b"data" and len(form) >= 16:
            code, channels, rate, _, _, bits = struct.unpack("<HHIIHH", form[:16])
            if code == EXTENSIBLE:
                (code,) = struct.unpack("<H", form[24:26])
            if (code, bits) not in DECODERS or not channels or not rate:
                raise SeqpipeError(
                    f"{clip.name} is WAV of format {code} with {bits} bits, which cannot be read as it comes; pipe "
                    "16-bit samples."
                )
            return Pcm(rate, channels, *DECODERS[code, bits], length if length < ENDLESS else 0)
        content = file.read(length + length % 2)  # chunks begin at even places
        form = content if name == b"fmt " else form
    raise SeqpipeError(f"{clip.name} is not sound that can be read (its header has no samples behind it).")


def _unsigned(data: bytes) -> np.ndarray:
    return (np.frombuffer(data, np.uint8).astype(np.float32) - 128) / 128


def _signed(data: bytes) -> np.ndarray:
    """As 32 bits, from the upper end."""
    return np.frombuffer(data, "<i4").astype(np.float32) / 2**31


def _three_bytes(data: bytes) -> np.ndarray:
    wide = np.zeros((len(data) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(data, np.uint8).reshape(-1, 3)
    return _signed(wide.tobytes())


DECODERS: dict[tuple[int, int], tuple[int, Decoder]] = {
    (1, 8): (1, _unsigned),
    (1, 16): (2, lambda data: np.frombuffer(data, "<i2").astype(np.float32) / 2**15),
    (1, 24): (3, _three_bytes),
    (1, 32): (4, _signed),
    (3, 32): (4, lambda data: np.frombuffer(data, "<f4").astype(np.float32)),
    (3, 64): (8, lambda data: np.frombuffer(data, "<f8").astype(np.float32)),
}
"""Bytes a sample and how to read them, by WAV's code of the format (1 whole numbers, 3 floating point) and bits."""
