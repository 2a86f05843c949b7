"""Whatever bytes a file has, readers give examples and drops, or an error of one sentence; they raise nothing else."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from broken.clean import CLEAN, wave
from broken.everywhere import MAIN
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from seqpipe.files import SeqpipeError, read_json, read_jsonl, read_lines
from seqpipe.readers.arpa import read_arpa
from seqpipe.readers.cases import read_cases
from seqpipe.readers.conll import read_conll
from seqpipe.readers.corpus import LAYOUTS, look
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.images import read_frames, read_pictures
from seqpipe.readers.pairs import read_pairs, read_text_inputs
from seqpipe.readers.plain import read_plain
from seqpipe.readers.recordings import Clip, read_manifest
from seqpipe.readers.series import Columns, read_series
from seqpipe.readers.signals import SignalColumns, read_signals
from seqpipe.readers.sound import read_audio
from seqpipe.readers.vectors import read_vectors
from seqpipe.report import silent

FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
MANY = settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
BITS = st.sampled_from(
    [b"\n", b"\r", b"\t", b",", b"|", b'"', b"'", b" ", b"\0", b"\xff", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"#", b":", b";",
     b"{", b"}", b"[", b"]", b"-1", b"1e999", b"NaN", b"null", b"9" * 5000, b"[" * 3000, b"@data", b">", b"B-", b"../", b"/"]
)  # fmt: skip
CHANGES = st.lists(st.tuples(st.sampled_from("cut drop put double flip".split()), st.floats(0, 1), BITS), max_size=4)
"""What is done to a file, where, and what is put there."""


def changed(raw: bytes, changes: list[tuple[str, float, bytes]]) -> bytes:
    """A file after some changes."""
    for kind, share, some in changes:
        at = int(share * len(raw))
        lines = raw.split(b"\n")
        line = int(share * (len(lines) - 1))
        raw = {
            "cut": raw[:at],
            "drop": raw[:at] + raw[at + len(some) :],
            "put": raw[:at] + some + raw[at:],
            "double": b"\n".join([*lines[: line + 1], *lines[line:]]),
            "flip": raw[:at] + bytes([raw[at] ^ 0x55]) + raw[at + 1 :] if at < len(raw) else raw,
        }[kind]
    return raw


def survives(read: Callable[[], Any]) -> None:
    """What is read is of the kinds that there are, or an error of one line, with an end and not too long."""
    try:
        found = read()
        for item in found if isinstance(found, Iterable) else []:
            if isinstance(item, Dropped):
                assert item.reason
            elif isinstance(item, Example):
                assert item.id
                assert item.where
    except SeqpipeError as error:
        assert len(str(error).splitlines()) == 1
        assert str(error).endswith(".")
        assert len(str(error)) < 1300
        str(error).encode()


@cache
def corpus_of(layout: str, base: Path) -> Path:
    folder = base / f"fuzz-{layout}".replace(" ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    CLEAN[layout](folder)
    return folder


def tried(layout: str, base: Path, content: bytes | list[tuple[str, float, bytes]]) -> None:
    corpus = corpus_of(layout, base)
    path = corpus / MAIN[layout]
    clean = path.read_bytes()
    found = look(corpus)
    try:
        path.write_bytes(content if isinstance(content, bytes) else changed(clean, content))
        survives(lambda: look(corpus) and None)
        survives(lambda: LAYOUTS[found.layout].read(corpus, found.options, []))
    finally:
        path.write_bytes(clean)


CONTENTS = st.one_of(CHANGES, CHANGES, st.binary(max_size=60))


@pytest.mark.parametrize("layout", MAIN)
@FEW
@given(content=CONTENTS)
def test_layouts(tmp_path_factory: pytest.TempPathFactory, layout: str, content: Any) -> None:
    tried(layout, tmp_path_factory.getbasetemp(), content)


@pytest.mark.slow
@pytest.mark.parametrize("layout", MAIN)
@MANY
@given(content=CONTENTS)
def test_layouts_at_length(tmp_path_factory: pytest.TempPathFactory, layout: str, content: Any) -> None:
    tried(layout, tmp_path_factory.getbasetemp(), content)


def packed(write: Callable[[io.BytesIO], object]) -> bytes:
    file = io.BytesIO()
    write(file)
    return file.getvalue()


def sounding(kind: str) -> bytes:
    return packed(lambda file: soundfile.write(file, wave(0, 400), 8000, format=kind))


def seen(kind: str) -> bytes:
    points = np.random.default_rng(1).integers(0, 255, (9, 20, 3), np.uint8)
    return packed(lambda file: Image.fromarray(points).save(file, kind))


ARPA = b"\\data\\\nngram 1=3\nngram 2=1\n\n\\1-grams:\n-1 <s> -0.3\n-1 </s>\n-1 a -0.2\n\n\\2-grams:\n-0.5 <s> a\n\n\\end\\\n"
READERS: dict[str, tuple[bytes, Callable[[Path], Any]]] = {
    "lines": (b"a\nb\n", read_lines),
    "JSON": (b'{"a": [1, 2]}', read_json),
    "JSON lines": (b'{"a": 1}\n{"a": 2}\n', read_jsonl),
    "pairs": (b"source\ttarget\na\tb\nc\td\n", read_pairs),
    "pictures": (b"source\ttarget\na.png\tb\n", read_pictures),
    "inputs": (b"a\nb\n", lambda path: read_text_inputs([str(path)])),
    "plain": (b"a b\n\nc\n", read_plain),
    "conll": (b"Anna\tB-PER\nsaw\tO\n\n# text = a\nBo\tB-PER\n", read_conll),
    "plain conll": (b"a\tDET\ndog\tNOUN\n\n", lambda path: read_conll(path, "plain")),
    "manifest": (b'{"audio_filepath": "a.wav", "text": "a", "offset": 1, "duration": 2}\n', read_manifest),
    "series": (b"unique_id,ds,y\nA,2001,1\nA,2002,2\n", lambda path: read_series(str(path), Columns())),
    "signals": (b"unique_id,label,y,z\nA,,1,2\nA,x,2,3\n", lambda path: read_signals(str(path), SignalColumns())),
    "cases": (b"@classLabel true x y\n@data\n1,2:1,2:x\n3,4:3,4:y\n", read_cases),
    "ARPA": (ARPA, read_arpa),
    "vectors": (b"2 3\na 1 2 3\nb 4 5 6\n", lambda path: read_vectors(path, ["a", "b"], silent)),
    **{kind: (sounding(kind), lambda path: read_audio(Clip(path), 8000)[1]) for kind in ("WAV", "FLAC", "OGG", "AIFF")},
    **{kind: (seen(kind), lambda path: read_frames(path, 1) and None) for kind in ("PNG", "JPEG", "GIF", "TIFF", "BMP")},
}
"""A small file of each kind, and what reads it."""


def read_changed(kind: str, base: Path, content: bytes | list[tuple[str, float, bytes]]) -> None:
    raw, reader = READERS[kind]
    path = base / "fuzz.any"
    path.write_bytes(content if isinstance(content, bytes) else changed(raw, content))
    survives(lambda: reader(path))


@pytest.mark.parametrize("kind", READERS)
@FEW
@given(content=CONTENTS)
def test_readers(tmp_path_factory: pytest.TempPathFactory, kind: str, content: Any) -> None:
    read_changed(kind, tmp_path_factory.getbasetemp(), content)


@pytest.mark.slow
@pytest.mark.parametrize("kind", READERS)
@MANY
@given(content=CONTENTS)
def test_readers_at_length(tmp_path_factory: pytest.TempPathFactory, kind: str, content: Any) -> None:
    read_changed(kind, tmp_path_factory.getbasetemp(), content)
