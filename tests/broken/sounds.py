"""Faults in sounds and pictures, and in what lists them."""

from __future__ import annotations

import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import soundfile
from broken.case import Case, Fault, add, change, put, swap
from broken.clean import RATE, wave
from PIL import Image

K, R, V, J, N, D, C, F = (
    "kaldi", "librispeech", "common-voice", "ljspeech", "manifest", "listed", "class-folders", "file-names",
)  # fmt: skip
WAV, PNG = "train/a/0.wav", "pictures/0.png"


def recorded(samples: np.ndarray, subtype: str = "PCM_16", rate: int = RATE, kind: str = "WAV") -> Fault:
    """The first recording, with other samples."""

    def fault(corpus: Path) -> None:
        soundfile.write(corpus / WAV, samples, rate, subtype=subtype, format=kind)

    return fault


def endless_flac(raw: bytes) -> bytes:
    """A FLAC whose header promises 2³⁶ − 1 samples."""
    file = io.BytesIO()
    soundfile.write(file, wave(0), RATE, format="FLAC")
    raw = file.getvalue()
    return raw[:21] + bytes([raw[21] | 0x0F]) + b"\xff" * 4 + raw[26:]


def drawn(kind: str, **options: object) -> bytes:
    """A picture of 60 × 12 points."""
    file = io.BytesIO()
    Image.fromarray(np.full((12, 60), 100, np.uint8)).save(file, kind, **options)
    return file.getvalue()


def png_bomb(_: bytes) -> bytes:
    """A PNG of 60,000 × 60,000 points in few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


def gif_bomb(raw: bytes) -> bytes:
    """A GIF of many large frames, each small when packed."""
    file = io.BytesIO()
    frames = [Image.new("L", (8000, 8000), at) for at in range(5)]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


def row(**values: object) -> str:
    return json.dumps({"audio_filepath": "wavs/0.wav", "text": "a b", **values}) + "\n"


UNTIMED = ("train.json line 5", "times in seconds")
SOUNDS = [
    Case(C, "eight bits", recorded(wave(0), "PCM_U8"), "same"),
    Case(C, "24 bits", recorded(wave(0), "PCM_24"), "same"),
    Case(C, "32 bits", recorded(wave(0), "PCM_32"), "same"),
    Case(C, "floats", recorded(wave(0), "FLOAT"), "same"),
    Case(C, "doubles", recorded(wave(0), "DOUBLE"), "same"),
    Case(C, "µ-law", recorded(wave(0), "ULAW"), "same"),
    Case(C, "two channels", recorded(np.stack([wave(0)] * 2, 1)), "same"),
    Case(C, "FLAC named .wav", recorded(wave(0), "PCM_16", RATE, "FLAC"), "same"),
    Case(C, "no bytes", put(WAV, b""), "dropped", ("train/a/0.wav", "is empty (0 bytes); record it again"), 1),
    Case(C, "no samples", recorded(np.zeros(0)), "dropped", (WAV, "it has no samples"), 1),
    Case(C, "silence", recorded(np.zeros(1600)), "dropped", (WAV, "is silent"), 1),
    Case(C, "not numbers", recorded(np.full(1600, np.nan), "FLOAT"), "dropped", (WAV, "not finite"), 1),
    Case(C, "infinite", recorded(np.full(1600, np.inf), "FLOAT"), "dropped", (WAV, "not finite"), 1),
    Case(C, "one sample a second", recorded(wave(0), rate=1), "dropped", (WAV, "has 1 samples a second", "mend its header"), 1),
    Case(C, "one sample", recorded(wave(0)[:1]), "fine"),
    Case(C, "truncated", change(WAV, lambda raw: raw[:-200]), "dropped", (WAV, "is truncated"), 1),
    Case(C, "half a header", change(WAV, lambda raw: raw[:20]), "dropped", (WAV, "is not sound"), 1),
    Case(C, "text", put(WAV, "no sound"), "dropped", (WAV, "is not sound"), 1),
    Case(C, "zeros", put(WAV, bytes(500)), "dropped", (WAV, "is not sound"), 1),
    Case(C, "a rate of zero", change(WAV, lambda raw: raw[:24] + bytes(4) + raw[28:]), "dropped", (WAV,), 1),
    Case(C, "a FLAC that promises too much", change(WAV, endless_flac), "dropped", (WAV, "is truncated"), 1),
    Case(C, "a class that train lacks", lambda at: (at / "test/a").rename(at / "test/z"), "dropped", ("label 'z'",), 1),
    Case(K, "a recording that is missing", lambda at: (at / "wavs/0.wav").unlink(), "dropped", ("text line 1", "wavs/0.wav is missing"), 1),
    Case(K, "a path that leads out", swap("train/wav.scp", "wavs/0.wav", "../../0.wav"), "error", ("line 1: '../../0.wav' leads out of",)),
    Case(K, "an absolute path", swap("train/wav.scp", "wavs/0.wav", "/etc/passwd"), "error", ("'/etc/passwd' leads out of",)),
    Case(K, "a command", swap("train/wav.scp", "wavs/0.wav", "sox 0.wav |"), "dropped", ("has a command for 'r0'",), 1),
    Case(K, "no recording", swap("train/wav.scp", "r0 wavs/0.wav\n", ""), "dropped", ("has no file for 'r0'",), 1),
    Case(K, "a recording twice", add("train/wav.scp", "r0 wavs/1.wav\n"), "error", ("wav.scp line 5 tells of 'r0' another time",)),
    Case(K, "an utterance twice", add("train/text", "u0 b a\n"), "dropped", ("train/text line 5", "its id 'u0'"), 1),
    Case(K, "no segment", swap("train/segments", "u0 r0 0.0 0.2\n", ""), "dropped", ("segments has no recording, start and end of 'u0'",), 1),
    Case(K, "times that are none", swap("train/segments", "u0 r0 0.0 0.2", "u0 r0 0.0 soon"), "dropped", ("from 0.0 to soon s",), 1),
    Case(K, "times backwards", swap("train/segments", "u0 r0 0.0 0.2", "u0 r0 0.2 0.1"), "dropped", ("from 0.2 to 0.1 s",), 1),
    Case(K, "absurd times", swap("train/segments", "u0 r0 0.0 0.2", "u0 r0 0.0 1e308"), "dropped", ("to 1e308 s",), 1),
    Case(K, "times past the end", swap("train/segments", "u0 r0 0.0 0.2", "u0 r0 0.1 0.9"), "dropped", ("lasts 0.2 s", "mend"), 1),
    Case(K, "no transcript", swap("train/text", "u0 a b", "u0"), "dropped", ("train/text line 1", "no transcript"), 1),
    Case(K, "too long a transcript", swap("train/text", "u0 a b", "u0" + " a" * 99), "dropped", ("frames, but its 197 labels need",), 1),
    Case(R, "a recording that is missing", add("train-x/0/1/0-1.trans.txt", "0-1-9 A\n"), "dropped", ("line 5", "0-1-9.flac is missing"), 1),
    Case(R, "a path that leads out", add("train-x/0/1/0-1.trans.txt", "../../../../9 A\n"), "error", ("line 5", "leads out of")),
    Case(R, "no transcript", add("train-x/0/1/0-1.trans.txt", "0-1-0\n"), "dropped", ("line 5", "no transcript"), 1),
    Case(V, "a clip that is missing", add("train.tsv", "v\t99.wav\ta\n"), "dropped", ("train.tsv line 6", "clips/99.wav is missing"), 1),
    Case(V, "a clip twice", add("train.tsv", "v\t0.wav\ta\n"), "dropped", ("train.tsv line 6", "its id '0'"), 1),
    Case(V, "a path that leads out", add("train.tsv", "v\t../../9.wav\ta\n"), "error", ("train.tsv line 6", "leads out of")),
    Case(V, "a column less", add("train.tsv", "v\t0.wav\n"), "dropped", ("train.tsv line 6", "2 columns"), 1),
    Case(V, "another header", swap("train.tsv", "sentence", "words"), "error", ("train.tsv line 1 has no column 'sentence'",)),
    Case(J, "a recording that is missing", add("metadata.csv", "L99|a|a\n"), "dropped", ("metadata.csv line 25", "wavs/L99.wav is missing"), 1),
    Case(J, "commas for bars", add("metadata.csv", "L9,a,a\n"), "dropped", ("metadata.csv line 25", "1 columns"), 1),
    Case(J, "an id twice", add("metadata.csv", "L0|a|a\n"), "dropped", ("metadata.csv line 25", "its id 'L0'"), 1),
    Case(J, "a path that leads out", add("metadata.csv", "../../x|a|a\n"), "error", ("metadata.csv line 25", "leads out of")),
    Case(N, "a recording that is missing", add("train.json", row(audio_filepath="no.wav")), "dropped", ("line 5", "no.wav is missing"), 1),
    Case(N, "a path that leads out", add("train.json", row(audio_filepath="../x.wav")), "error", ("train.json line 5", "leads out of")),
    Case(N, "a name with a line end", add("train.json", row(audio_filepath="a\nb")), "dropped", ("line 5", "a b is missing"), 1),
    Case(N, "a name with a zero", add("train.json", row(audio_filepath="a\0b")), "dropped", ("line 5", "is missing"), 1),
    Case(N, "half a character", add("train.json", row(audio_filepath="\ud800")), "dropped", UNTIMED, 1),
    Case(N, "a name of a million signs", add("train.json", row(audio_filepath="x" * 50_000)), "dropped", ("line 5", "is missing"), 1),
    Case(N, "no JSON", add("train.json", "{]\n"), "dropped", UNTIMED, 1),
    Case(N, "cut off", change("train.json", lambda raw: raw[:-9]), "dropped", ("train.json line 4", "is no JSON"), 1),
    Case(N, "no text", add("train.json", row(text="")), "dropped", UNTIMED, 1),
    Case(N, "a number for a text", add("train.json", row(text=7)), "dropped", UNTIMED, 1),
    Case(N, "a time that is none", add("train.json", row(duration=float("nan"))), "dropped", UNTIMED, 1),
    Case(N, "an endless time", add("train.json", row(duration=float("inf"))), "dropped", UNTIMED, 1),
    Case(N, "a time below zero", add("train.json", row(offset=-1)), "dropped", UNTIMED, 1),
    Case(N, "a time of 400 figures", add("train.json", row(offset=10**400)), "dropped", UNTIMED, 1),
    Case(N, "a time past the end", add("train.json", row(offset=5, duration=1)), "dropped", ("lasts 0.2 s",), 1),
    Case(D, "a picture that is missing", add("train.csv", "pictures/99.png,a\n"), "dropped", ("train.csv line 6", "is missing"), 1),
    Case(D, "a path that leads out", add("train.csv", "../x.png,a\n"), "error", ("train.csv line 6", "leads out of")),
    Case(D, "a label missing", add("train.csv", "pictures/0.png,\n"), "dropped", ("train.csv line 6", "no target"), 1),
    Case(D, "a label that train lacks", add("test.csv", "pictures/0.png,z\n"), "dropped", ("test.csv line 4 has the label 'z'",), 1),
    Case(D, "a picture of no bytes", put(PNG, b""), "dropped", (PNG, "is empty (0 bytes)"), 1),
    Case(D, "truncated", change(PNG, lambda raw: raw[:-60]), "dropped", (PNG, "broken or truncated"), 1),
    Case(D, "half a JPEG", put(PNG, drawn("JPEG")[:-20]), "dropped", (PNG, "broken or truncated|is not a picture"), 1),
    Case(D, "half a GIF", put(PNG, drawn("GIF")[:-20]), "dropped", (PNG, "is truncated"), 1),
    Case(D, "no picture", put(PNG, "text"), "dropped", (PNG, "is not a picture"), 1),
    Case(D, "a bomb", change(PNG, png_bomb), "dropped", (PNG, "broken or truncated picture"), 1),
    Case(D, "a bomb of many frames", change(PNG, gif_bomb), "dropped", (PNG, "pixels in its frames"), 1),
    Case(F, "a picture that is cut off", change("axq.png", lambda raw: raw[:-60]), "dropped", ("axq.png", "broken or trunc"), 1),
    Case(F, "hidden files", put("._axq.png", "text"), "same"),
    Case(F, "what systems leave behind", put("Thumbs.db", b"\xd0\xcf\0"), "same"),
]  # fmt: skip
