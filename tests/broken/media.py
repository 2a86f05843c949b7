"""Faults of recordings and pictures, of the lists that name them, and of paths."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import soundfile
from PIL import Image

from broken.cases import Case, Kept, drop, error, put, swap, turned, without
from broken.clean import lines, picture, sound

WAV, PNG = "dog/1.wav", "dog/1.png"


def waves(values: np.ndarray, kind: str = "FLOAT") -> bytes:
    file = io.BytesIO()
    soundfile.write(file, values, 8000, subtype=kind, format="WAV")
    return file.getvalue()


def with_rate(rate: int) -> bytes:
    """A WAV file whose header tells another rate."""
    content = bytearray(sound())
    content[24:28] = struct.pack("<I", rate)
    return bytes(content)


def vast_picture() -> bytes:
    """A PNG of 60,000 by 60,000 white dots in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 60_000, 60_000, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def moving() -> bytes:
    file = io.BytesIO()
    frames = [Image.new("L", (24, 12), shade) for shade in (0, 90, 200)]
    frames[0].save(file, format="GIF", save_all=True, append_images=frames[1:])
    return file.getvalue()


SOUNDS = [
    Case("0 bytes", "sound_folders", put(WAV, b""), drop("dog/1.wav", "is empty (0 bytes)")),
    Case("a header alone", "sound_folders", put(WAV, waves(np.zeros(0))), drop("dog/1.wav", "no samples")),
    Case("cut", "sound_folders", put(WAV, sound()[:-1000]), drop("dog/1.wav", "is truncated")),
    Case("half a header", "sound_folders", put(WAV, sound()[:20]), drop("dog/1.wav", "not sound that can be read")),
    Case("text", "sound_folders", put(WAV, b"no sound\n"), drop("dog/1.wav", "not sound that can be read")),
    Case("another header", "sound_folders", put(WAV, b"RIFX" + sound()[4:]), drop("dog/1.wav")),
    Case("NaN", "sound_folders", put(WAV, waves(np.array([0.1, np.nan] * 1200))), drop("dog/1.wav", "finite")),
    Case("infinite", "sound_folders", put(WAV, waves(np.array([0.1, np.inf] * 1200))), drop("dog/1.wav", "finite")),
    Case("silent", "sound_folders", put(WAV, waves(np.zeros(2400))), drop("dog/1.wav", "silent")),
    Case("1 Hz", "sound_folders", put(WAV, with_rate(1)), drop("dog/1.wav", "1 Hz")),
    Case("0 Hz", "sound_folders", put(WAV, with_rate(0)), drop("dog/1.wav")),
    Case("4 GHz", "sound_folders", put(WAV, with_rate(4_000_000_000)), drop("dog/1.wav")),
    Case("8 bits", "sound_folders", put(WAV, sound(1, kind="PCM_U8")), Kept()),
    Case("24 bits", "sound_folders", put(WAV, sound(1, kind="PCM_24")), Kept()),
    Case("32 bits", "sound_folders", put(WAV, sound(1, kind="PCM_32")), Kept()),
    Case("floating point", "sound_folders", put(WAV, sound(1, kind="FLOAT")), Kept()),
    Case("doubles", "sound_folders", put(WAV, sound(1, kind="DOUBLE")), Kept()),
    Case("µ-law", "sound_folders", put(WAV, sound(1, kind="ULAW")), Kept()),
    Case("stereo", "sound_folders", put(WAV, sound(1, channels=2)), Kept("mixed down from 2 channels to one")),
    Case("another rate", "sound_folders", put(WAV, sound(1, rate=16000)), Kept("resampled from 16000 to 8000 Hz")),
    Case("a broken MP3", "sound_folders", put("dog/x.mp3", b"\xff\xfb\x90\0" + bytes(99)), drop("dog/x.mp3")),
    Case("a broken FLAC", "sound_folders", put("dog/x.flac", b"fLaC" + bytes(99)), drop("dog/x.flac")),
    Case("a link to nothing", "sound_folders", put("dog/x.wav", "nowhere.wav"), drop("dog/x.wav")),
    Case("a cycle of links", "sound_folders", put("dog/again", ".."), Kept()),
    Case("a link to itself", "sound_folders", put("dog/x.wav", "x.wav"), drop("dog/x.wav")),
    Case("another name", "sound_names", put("dog.wav", sound()), error("not laid out")),
]
LISTS = [
    Case("no file", "kaldi", without("wav/u1.wav"), drop("text line 2", "wav/u1.wav is missing")),
    Case("not listed", "kaldi", swap("wav.scp", "u1 wav/u1.wav\n", ""), drop("text line 2", "no file for 'u1'")),
    Case("a command", "kaldi", swap("wav.scp", "wav/u1.wav", "cat u1.wav |"), drop("text line 2", "a command")),
    Case("outside", "kaldi", swap("wav.scp", "wav/u1.wav", "../../u1.wav"), error("text line 2", "leads out of")),
    Case("no transcript", "kaldi", swap("text", "u1 dog", "u1"), drop("text line 2", "no transcript")),
    Case("an id twice", "kaldi", swap("text", "u1 dog", "u0 dog"), drop("text line 2", "id 'u0'")),
    Case("backwards", "segments", swap("segments", "0.30 0.55", "0.55 0.30"), drop("text line 2", "from 0.55 to 0.3")),
    Case("no time", "segments", swap("segments", "0.30 0.55", "0.30 x"), drop("text line 2", "to x s")),
    Case("after the end", "segments", swap("segments", "0.30 0.55", "90.30 90.55"), drop("text line 2", "lasts 33 s")),
    Case("endless", "segments", swap("segments", "0.30 0.55", "0.30 inf"), drop("text line 2")),
    Case("NaN", "segments", swap("segments", "0.30 0.55", "nan 0.55"), drop("text line 2")),
    Case("no sound", "librispeech", without("all/11/1/11-1-0001.wav"), drop("11-1.trans.txt line 1", "missing")),
    Case("no words", "librispeech", swap("all/11/1/11-1.trans.txt", " dog", ""), drop("line 1", "no transcript")),
    Case("no clip", "common_voice", without("clips/1.wav"), drop("validated.tsv line 3", "clips/1.wav is missing")),
    Case("a cell less", "common_voice", swap("validated.tsv", "1.wav\tdog", "1.wav"), drop("line 3", "2 columns")),
    Case("outside", "common_voice", swap("validated.tsv", "\t1.wav", "\t../../1.wav"), error("line 3", "leads out of")),
    Case("one column", "ljspeech", swap("metadata.csv", "L1|dog|dog", "L1"), drop("metadata.csv line 2", "1 columns")),
    Case("no wav", "ljspeech", without("wavs/L1.wav"), drop("metadata.csv line 2", "wavs/L1.wav is missing")),
    Case("no words", "ljspeech", swap("metadata.csv", "L1|dog|dog", "L1||"), drop("line 2", "no transcript")),
    Case(
        "too long", "ljspeech", swap("metadata.csv", "L1|dog|dog", f"L1|d|{'dog ' * 30}"), drop("line 2", "labels need")
    ),
    Case(
        "not JSON", "manifest", swap("all.json", '{"audio_filepath": "wav/1.wav"', "{"), drop("line 2", "JSON object")
    ),
    Case("no file", "manifest", without("wav/1.wav"), drop("all.json line 2", "wav/1.wav is missing")),
    Case("outside", "manifest", swap("all.json", "wav/1.wav", "../1.wav"), error("all.json line 2", "leads out of")),
    Case("of the system", "manifest", swap("all.json", "wav/1.wav", "/etc/passwd"), error("line 2", "leads out of")),
    Case(
        "a NUL in a name", "manifest", swap("all.json", "wav/1.wav", "wav/\\u0000"), drop("all.json line 2", "missing")
    ),
    Case("a long name", "manifest", swap("all.json", "wav/1.wav", "a" * 5000), drop("all.json line 2", "missing")),
    Case("before the start", "manifest", swap("all.json", '"duration"', '"offset": -1, "duration"'), drop("line 1")),
    Case("after the end", "manifest", swap("all.json", '"duration"', '"offset": 9, "duration"'), drop("lasts 0.3 s")),
    Case("no time", "manifest", swap("all.json", '"duration": 0.3', '"duration": "x"'), drop("line 1", "seconds")),
    Case("a number", "manifest", swap("all.json", '"text": "cat"', '"text": 7'), drop("line 1", "text")),
    Case("no file", "listed", without("wav/1.wav"), drop("all.csv line 3", "wav/1.wav is missing")),
    Case("no label", "listed", swap("all.csv", "wav/1.wav,dog", "wav/1.wav,"), drop("all.csv line 3", "no target")),
    Case("a cell less", "listed", swap("all.csv", "wav/1.wav,dog", "wav/1.wav"), drop("line 3", "1 columns")),
    Case("outside", "listed", swap("all.csv", "wav/1.wav", "../1.wav"), error("all.csv line 3", "leads out of")),
    Case("a folder", "listed", swap("all.csv", "wav/1.wav", "wav"), drop("all.csv line 3", "wav is missing")),
]
PICTURES = [
    Case("0 bytes", "picture_folders", put(PNG, b""), drop("dog/1.png", "is empty (0 bytes)")),
    Case("cut", "picture_folders", put(PNG, picture()[:50]), drop("dog/1.png", "broken or truncated")),
    Case("text", "picture_folders", put(PNG, b"none\n"), drop("dog/1.png", "not a picture that can be read")),
    Case("vast", "picture_folders", put(PNG, vast_picture()), drop("dog/1.png", "exceeds limit")),
    Case("moving", "picture_folders", put("dog/x.gif", moving()), drop("dog/x.gif", "3 frames")),
    Case("colours", "picture_folders", put(PNG, picture(1, "RGB")), Kept()),
    Case("transparent", "picture_folders", put(PNG, picture(1, "RGBA")), Kept()),
    Case("a palette", "picture_folders", put(PNG, picture(1, "P")), Kept()),
    Case("a dot a bit", "picture_folders", put(PNG, picture(1, "1")), Kept()),
    Case("16 bits", "picture_folders", put(PNG, picture(1, "I;16")), Kept()),
    Case("CMYK", "picture_folders", put("dog/x.jpg", picture(1, "CMYK", "JPEG")), Kept()),
    Case("one dot", "picture_folders", put(PNG, picture(1, size=(1, 1))), Kept()),
    Case(
        "cut JPEG", "picture_folders", put("dog/x.jpg", picture(1, "L", "JPEG")[:300]), drop("dog/x.jpg", "truncated")
    ),
    Case("cut GIF", "picture_folders", put("dog/x.gif", picture(1, "L", "GIF")[:-9]), drop("dog/x.gif", "truncated")),
    Case("no file", "picture_list", without("img/1.png"), drop("all.csv line 3", "img/1.png is missing")),
    Case("outside", "picture_list", swap("all.csv", "img/1.png", "../1.png"), error("all.csv line 3", "leads out of")),
    Case(
        "an open quote", "picture_list", turned("all.csv", lambda it: it + lines('"img')), error("all.csv line", "CSV")
    ),
]
CASES = SOUNDS + LISTS + PICTURES
