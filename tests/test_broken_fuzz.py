"""Whatever happens to the bytes of a corpus, its readers give items or one sentence, and come to an end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from broken.clean import CLEAN
from broken.run import in_time, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.conll import read_conll
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.images import read_frames, read_pictures
from seqpipe.readers.look import LAYOUTS, look
from seqpipe.readers.pairs import read_pairs
from seqpipe.readers.plain import read_plain
from seqpipe.readers.recordings import Clip, read_manifest
from seqpipe.readers.series import Columns, read_series
from seqpipe.readers.sound import read_audio

TEXTS = [kind for kind, one in CLEAN.items() if one.text]
MEDIA: dict[str, Callable[[Path], object]] = {
    "sound_folders": lambda path: read_audio(Clip(path), 8000),
    "picture_folders": lambda path: read_frames(path, 1),
}
CANONICAL: dict[str, Callable[[Path], object]] = {
    "table": lambda path: list(read_pairs(path)),
    "plain": lambda path: list(read_plain(path)),
    "conll": lambda path: list(read_conll(path)),
    "manifest": lambda path: list(read_manifest(path)),
    "long_series": lambda path: read_series(str(path), Columns()),
    "picture_list": lambda path: list(read_pictures(path)),
}
"""Readers of raw data, and the clean corpus whose file is most like theirs."""
PIECES = [
    b"",
    b"\0",
    b"\xff",
    b"\t",
    b",",
    b'"',
    b"\n",
    b"\r",
    b"\n\n",
    b"@",
    b">",
    b"{",
    b"[",
    b"]",
    b":",
    b" ",
    b"nan",
]
PIECES += [
    b"nan",
    b"-1",
    b"1e999",
    "\u2028".encode(),
    "한".encode(),
    b"\xed\xa0\x80",
    b"../",
    b"#",
    b"I-X",
    b"\xef\xbb\xbf",
]
Damage = tuple[str, float, float, bytes]


def damaged(content: bytes, damages: list[Damage]) -> bytes:
    """Content after some damages: a place in it, a length, and what is put there."""
    for how, place, share, piece in damages:
        at = int(place * len(content))
        end = min(len(content), at + 1 + int(share * 40))
        if how == "cut":
            content = content[:at]
        elif how == "twice":
            content = content[:end] + content[at:]
        else:
            content = content[:at] + piece + content[end if how == "instead" else at :]
    return content


DAMAGES: st.SearchStrategy[list[Damage]] = st.lists(
    st.tuples(
        st.sampled_from(["insert", "instead", "cut", "twice"]),
        st.floats(0, 1),
        st.floats(0, 1),
        st.sampled_from(PIECES) | st.binary(max_size=5),
    ),
    min_size=1,
    max_size=4,
)


@contextmanager
def only_one_sentence() -> Iterator[None]:
    try:
        with in_time():
            yield
    except SeqpipeError as error:
        assert "\n" not in str(error)  # noqa: PT017 - what does not fail is as good
        assert str(error).endswith((".", ")"))  # noqa: PT017


def quick(examples: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("examples", [6, pytest.param(150, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", TEXTS)
def test_any_damage_to_a_text(kind: str, examples: int, tmp_path: Path) -> None:
    files = CLEAN[kind].files()
    corpus = write(tmp_path / "my", files)
    found, content, path = look(corpus), files[CLEAN[kind].text], corpus / CLEAN[kind].text
    assert isinstance(content, bytes)

    @quick(examples)
    @given(damages=DAMAGES)
    def check(damages: list[Damage]) -> None:
        path.write_bytes(damaged(content, damages))
        with only_one_sentence():
            look(corpus)
        with only_one_sentence():
            for item in LAYOUTS[found.layout].read(corpus, found.options, []):
                assert isinstance(item, Example | Dropped)
                assert not isinstance(item, Dropped) or (item.where and item.reason and "\n" not in item.reason)

    check()


@pytest.mark.parametrize("examples", [30, pytest.param(600, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", CANONICAL)
def test_any_damage_to_raw_data(kind: str, examples: int, tmp_path: Path) -> None:
    files = CLEAN[kind].files()
    content, path = files[CLEAN[kind].text], write(tmp_path / "my", files) / CLEAN[kind].text
    assert isinstance(content, bytes)

    @quick(examples)
    @given(damages=DAMAGES)
    def check(damages: list[Damage]) -> None:
        path.write_bytes(damaged(content, damages))
        with only_one_sentence():
            CANONICAL[kind](path)

    check()


@pytest.mark.parametrize("kind", MEDIA)
def test_any_damage_to_a_medium(kind: str, tmp_path: Path) -> None:
    name, content = next(iter(CLEAN[kind].files().items()))
    path = tmp_path / Path(name).name
    assert isinstance(content, bytes)

    @quick(150)
    @given(damages=DAMAGES)
    def check(damages: list[Damage]) -> None:
        path.write_bytes(damaged(content, damages))
        with only_one_sentence():
            MEDIA[kind](path)

    check()
