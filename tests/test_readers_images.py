"""Tables of pictures, and the pixels of image files, whole and broken."""

import io
import sys
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from seqpipe.files import SeqpipeError
from seqpipe.readers.images import read_frames, read_picture_inputs, read_pictures

GREY = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
COLOUR = np.random.default_rng(1).integers(0, 256, (5, 7, 3), dtype=np.uint8)
MOVING = np.random.default_rng(2).integers(0, 256, (4, 9, 6), dtype=np.uint8)


def saved(folder: Path, name: str, *frames: np.ndarray) -> Path:
    first, *more = [Image.fromarray(frame) for frame in frames]
    first.save(folder / name, save_all=bool(more), **({"append_images": more} if more else {}))
    return folder / name


def pixels(path: Path, channels: int) -> np.ndarray:
    return np.stack([np.asarray(frame) for frame in read_frames(path, channels)])


def test_a_table_names_pictures_beside_it(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    saved(tmp_path, "cats/a.png", GREY)
    (tmp_path / "train.tsv").write_text("source\ttarget\tgroup\ncats/a.png\ta cat\tindoors\n", encoding="utf-8")
    (found,) = read_pictures(tmp_path / "train.tsv")
    assert found[:5] == ("train-2", tmp_path / "cats" / "a.png", "a cat", "train.tsv line 2", "indoors")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("b.png", r"train\.tsv line 3: .*b\.png is missing; put it there"),
        ("../a.png", r"train\.tsv line 3: source '\.\./a\.png' leads out of"),
        ("/a.png", r"line 3: source '/a\.png' leads out of"),
        (".", r"line 3: .* is missing"),
    ],
)
def test_a_path_that_is_not_there_or_leads_out_is_said_with_its_line(tmp_path: Path, name: str, said: str) -> None:
    saved(tmp_path, "a.png", GREY)
    (tmp_path / "train.tsv").write_text(f"source\ttarget\na.png\tone\n{name}\ttwo\n", encoding="utf-8")
    with pytest.raises(SeqpipeError, match=said):
        list(read_pictures(tmp_path / "train.tsv"))


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.tiff", "a.bmp"])
def test_grey_pixels_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    np.testing.assert_array_equal(pixels(saved(tmp_path, name, GREY), 1), GREY[None])


def test_colour_and_grey_are_converted_into_each_other(tmp_path: Path) -> None:
    colour, grey = saved(tmp_path, "c.png", COLOUR), saved(tmp_path, "g.png", GREY)
    np.testing.assert_array_equal(pixels(colour, 3), COLOUR[None])
    np.testing.assert_array_equal(pixels(grey, 3), np.repeat(GREY[None, :, :, None], 3, axis=3))
    luma = COLOUR @ np.array([0.299, 0.587, 0.114])  # ITU-R 601
    np.testing.assert_allclose(pixels(colour, 1)[0], luma, atol=1)


@pytest.mark.parametrize("name", ["a.gif", "a.png", "a.tiff"])
def test_every_frame_of_a_video_comes_in_order(tmp_path: Path, name: str) -> None:
    np.testing.assert_array_equal(pixels(saved(tmp_path, name, *MOVING), 1), MOVING)


def test_sixteen_bits_become_eight_and_are_not_clipped(tmp_path: Path) -> None:
    deep = np.array([[0, 257, 1000], [32896, 65279, 65535]], np.uint16)
    np.testing.assert_array_equal(pixels(saved(tmp_path, "a.png", deep), 1)[0], deep // 257)


def test_transparency_is_white_paper(tmp_path: Path) -> None:
    see_through = np.zeros((2, 2, 4), np.uint8)
    see_through[0] = [200, 0, 0, 255]
    found = pixels(saved(tmp_path, "a.png", see_through), 3)[0]
    assert found[0].tolist() == [[200, 0, 0]] * 2
    assert found[1].tolist() == [[255, 255, 255]] * 2


def test_a_photo_stands_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # taken with the camera turned: to be shown a quarter turn clockwise
    Image.fromarray(COLOUR).save(tmp_path / "a.png", exif=exif)
    np.testing.assert_array_equal(pixels(tmp_path / "a.png", 3)[0], np.rot90(COLOUR, k=-1))


def test_a_file_cut_anywhere_is_an_error_never_a_shorter_video(tmp_path: Path) -> None:
    for name in ("a.gif", "a.png", "a.tiff", "a.jpg", "a.bmp"):
        frames = MOVING if name in ("a.gif", "a.png", "a.tiff") else MOVING[:1]
        whole = saved(tmp_path, name, *frames).read_bytes()
        path = tmp_path / f"cut-{name}"
        for cut in range(0, len(whole) - 16, 11):
            path.write_bytes(whole[:cut])
            with pytest.raises(SeqpipeError) as caught:
                read_frames(path, 1)
            assert str(path) in str(caught.value)
            assert "\n" not in str(caught.value)


def test_what_is_no_picture_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_text("Dear diary", encoding="utf-8")
    with pytest.raises(SeqpipeError, match=r"a\.png is not a picture that can be read"):
        read_frames(tmp_path / "a.png", 1)
    saved(tmp_path, "f.tiff", np.ones((2, 2), np.float32))
    with pytest.raises(SeqpipeError, match=r"f\.tiff holds values with a decimal point"):
        read_frames(tmp_path / "f.tiff", 1)


def test_new_pictures_are_named_or_piped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path, "a.png", GREY)
    one, piped = read_picture_inputs([str(path), "-"])
    assert (one.id, one.source, one.target) == (str(path), path, None)
    assert (piped.id, piped.source, piped.target) == ("standard input", Path("-"), None)
    monkeypatch.setattr(sys, "stdin", types.SimpleNamespace(buffer=io.BytesIO(path.read_bytes())))
    np.testing.assert_array_equal(pixels(piped.source, 1), GREY[None])
    with pytest.raises(SeqpipeError, match=r"standard input is empty \(0 bytes\)"):
        read_frames(piped.source, 1)
    for name, said in ((str(tmp_path), "is a folder; name image files"), ("no.png", "is missing; name image files")):
        with pytest.raises(SeqpipeError, match=said):
            list(read_picture_inputs([name]))
