"""Videos and MIDI: what was written is what is read, and what is broken is told."""

from __future__ import annotations

import builtins
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqpipe.commands.corpus import init_corpus
from seqpipe.commands.preprocess import preprocess
from seqpipe.commands.source import source
from seqpipe.files import SeqpipeError
from seqpipe.project import read_pipelines
from seqpipe.readers import videos
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.midi import words
from seqpipe.readers.look import LAYOUTS, look
from seqpipe.readers.videos import read_video
from seqpipe.report import silent
from seqpipe.store import Store

av = pytest.importorskip("av")
symusic = pytest.importorskip("symusic")


def video(path: Path, shades: list[int], rate: int = 10) -> Path:
    """A picture a shade; without loss but for rounding."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("mpeg4" if path.suffix != ".mkv" else "ffv1", rate=Fraction(rate))
        stream.width, stream.height = 48, 32
        stream.pix_fmt = "yuv420p"
        for shade in shades:
            picture = Image.fromarray(np.full((32, 48, 3), shade, np.uint8))
            file.mux(stream.encode(av.VideoFrame.from_image(picture)))
        file.mux(stream.encode(None))
    return path


def shades(path: Path, rate: float = 0) -> list[int]:
    return [round(float(np.asarray(picture).mean())) for picture in read_video(path, 1, rate)]


@pytest.mark.parametrize("ending", [".mp4", ".avi", ".mkv"])
def test_every_picture_of_a_video_comes_in_order(tmp_path: Path, ending: str) -> None:
    path = video(tmp_path / f"a{ending}", list(range(20, 240, 10)))
    np.testing.assert_allclose(shades(path), range(20, 240, 10), atol=4)
    assert next(iter(read_video(path, 3))).mode == "RGB"


@pytest.mark.parametrize(("rate", "every"), [(5, 2), (2, 5), (20, 0.5), (10, 1)])
def test_a_rate_keeps_the_picture_that_is_shown_at_each_moment(tmp_path: Path, rate: float, every: float) -> None:
    given = list(range(20, 240, 10))  # ten a second
    path = video(tmp_path / "a.mkv", given)
    count = int((len(given) - 1) / every) + 1
    expected = [given[min(len(given) - 1, int(number * every + 1e-9))] for number in range(count)]
    np.testing.assert_allclose(shades(path, rate), expected, atol=4)


def test_broken_and_endless_videos_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = video(tmp_path / "a.mp4", [10, 20, 30])
    for content in (b"", b"no video", path.read_bytes()[:200]):
        (tmp_path / "b.mp4").write_bytes(content)
        with pytest.raises(SeqpipeError, match=r"b\.mp4 is no whole video that can be read"):
            list(read_video(tmp_path / "b.mp4", 1))
    with pytest.raises(SeqpipeError, match=r"none\.mp4 is missing"):
        list(read_video(tmp_path / "none.mp4", 1))
    monkeypatch.setattr(videos, "MOST", 2)
    with pytest.raises(SeqpipeError, match="more than 2 pictures; cut it"):
        list(read_video(path, 1))


def test_a_folder_of_videos_per_class_becomes_a_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(40):
        folder = tmp_path / "clips" / ("up" if at % 2 else "down")
        folder.mkdir(parents=True, exist_ok=True)
        video(folder / f"{at}.avi", [60, 120, 180, 240] if at % 2 else [240, 180, 120, 60])
    monkeypatch.chdir(init_corpus(tmp_path / "new", tmp_path / "clips", silent))
    (pipeline,) = read_pipelines().values()
    assert (pipeline.modality, pipeline.task, pipeline.features.kind) == ("frames", "classify", "video")
    source(pipeline, silent)
    store = Store(preprocess(pipeline, silent).folder / "train.arrow")
    assert store[0]["source"].shape == (4, 32 * 32)
    for row in (store[at] for at in range(len(store))):
        assert (row["source"].mean(axis=1)[0] < row["source"].mean(axis=1)[-1]) == (row["reference"] == "up")


def midi(path: Path, notes: list[tuple[int, int, int]], drums: bool = False) -> Path:
    """Notes of start, duration and pitch, 480 ticks a quarter."""
    score = symusic.Score(480)
    track = symusic.Track(program=0, is_drum=drums)
    for start, duration, pitch in notes:
        track.notes.append(symusic.Note(start, duration, pitch, 80))
    score.tracks.append(track)
    score.dump_midi(str(path))
    return path


def test_a_word_is_what_sounds_in_a_sixteenth(tmp_path: Path) -> None:
    path = midi(tmp_path / "a.mid", [(960, 240, 60), (960, 120, 64), (1320, 20, 67), (1440, 120, 60)])
    assert words(path, 4) == ["60-64", "60", "R", "67", "60"]  # a note of 20 ticks sounds for one step all the same
    assert words(path, 1)[0] == "60-64"


def test_pieces_of_a_folder_are_found_and_what_is_broken_is_dropped(tmp_path: Path) -> None:
    for split, count in (("train", 5), ("test", 2)):
        (tmp_path / split).mkdir()
        for at in range(count):
            midi(tmp_path / split / f"{at}.mid", [(120 * step, 120, 60 + step + at) for step in range(4)])
    (tmp_path / "train" / "bad.mid").write_bytes(b"MThd no music")
    midi(tmp_path / "train" / "drums.mid", [(0, 120, 40)], drums=True)
    found = look(tmp_path)
    assert (found.layout, found.task, found.splits) == (
        "midi",
        "language-model",
        {"train": ["train"], "test": ["test"]},
    )
    items = list(LAYOUTS["midi"].read(tmp_path, found.options, ["train"]))
    assert [one.source for one in items if isinstance(one, Example)][1] == "61 62 63 64"
    reasons = {one.where: one.reason for one in items if isinstance(one, Dropped)}
    assert reasons["train/bad.mid"].startswith("it is no MIDI file that can be read")
    assert reasons["train/drums.mid"] == "it has no notes"
    with pytest.raises(SeqpipeError, match="steps 0; they are a number from 1 to 96"):
        list(LAYOUTS["midi"].read(tmp_path, {"steps": 0}, []))


@pytest.mark.parametrize(("library", "extra"), [("av", "video"), ("symusic", "music")])
def test_a_library_that_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, library: str, extra: str
) -> None:
    before = builtins.__import__

    def without(name: str, *others: Any) -> Any:
        if name == library:
            raise ImportError(name)
        return before(name, *others)

    midi(tmp_path / "a.mid", [(0, 9, 60)])
    video(tmp_path / "a.mp4", [10, 20])
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SeqpipeError, match=rf"pip install 'seqpipe\[{extra}\]'"):
        list(read_video(tmp_path / "a.mp4", 1)) if library == "av" else words(tmp_path / "a.mid", 4)
