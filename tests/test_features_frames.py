"""Pictures and videos as frames of pixels, and back."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from seqpipe.features import features_of
from seqpipe.features.frames import Pictures
from seqpipe.features.sizes import Sizes
from seqpipe.files import SeqpipeError
from seqpipe.params.features import FramesFeatures, PictureTextFeatures
from seqpipe.readers.example import Example
from seqpipe.report import silent
from seqpipe.store import Store, Writer

RNG = np.random.default_rng(0)
GREY = RNG.integers(0, 256, (6, 9), dtype=np.uint8)
COLOUR = RNG.integers(0, 256, (6, 4, 3), dtype=np.uint8)
VIDEO = RNG.integers(0, 256, (5, 6, 8), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    Image.fromarray(GREY).save(tmp_path / "grey.png")
    Image.fromarray(COLOUR).save(tmp_path / "colour.png")
    first, *more = map(Image.fromarray, VIDEO)
    first.save(tmp_path / "video.gif", save_all=True, append_images=more)
    for split in ("train", "valid", "test"):
        (tmp_path / f"{split}.tsv").write_text("source\ttarget\ngrey.png\tab\ncolour.png\tba\n", encoding="utf-8")
    return tmp_path


def codec(folder: Path, **params: Any) -> Pictures:
    found = Pictures.fit(FramesFeatures.model_validate(params), folder, silent)
    found.measure(found.prepare(example) for example in found.examples(folder, "train"))
    return found


def encoded(found: Pictures, path: Path) -> np.ndarray:
    return found.encode(Example("a", path, "ab", "train.tsv line 2"))


def test_a_step_of_an_image_is_a_column_from_the_top_down(folder: Path) -> None:
    plain = codec(folder, kind="image", height=6, normalize="none")
    np.testing.assert_allclose(encoded(plain, folder / "grey.png"), GREY.T / 255, rtol=1e-6)
    assert plain.sizes == Sizes("image", 6, 0, height=6, channels=1)
    colours = codec(folder, kind="image", height=6, channels=3, normalize="none")
    source = encoded(colours, folder / "colour.png")
    np.testing.assert_allclose(source.reshape(4, 6, 3), COLOUR.swapaxes(0, 1) / 255, rtol=1e-6)
    assert (colours.column, source.dtype) == ("frames:18", np.float32)
    assert colours.sizes == Sizes("image", 18, 0, height=6, channels=3)


def test_a_step_of_a_video_is_a_picture_row_by_row(folder: Path) -> None:
    plain = codec(folder, height=6, width=8, normalize="none")
    np.testing.assert_allclose(encoded(plain, folder / "video.gif"), VIDEO.reshape(5, 48) / 255, rtol=1e-6)
    assert plain.sizes == Sizes("video", 48, 0, height=6, channels=1)
    assert encoded(plain, folder / "grey.png").shape == (1, 48)  # a picture is a video of one frame


@pytest.mark.parametrize(("size", "width"), [((40, 20), 24), ((3, 60), 1), ((1, 500), 1), ((25, 12), 25)])
def test_the_width_of_an_image_follows_its_height(folder: Path, size: tuple[int, int], width: int) -> None:
    Image.new("L", size, 51).save(folder / "a.png")
    found = encoded(codec(folder, kind="image", height=12, normalize="none"), folder / "a.png")
    assert found.shape == (width, 12)
    np.testing.assert_allclose(found, 0.2)


def test_shrinking_keeps_the_mean_and_loses_no_thin_line(folder: Path) -> None:
    line = np.zeros((64, 64), np.uint8)
    line[:, 30] = 255
    Image.fromarray(line).save(folder / "a.png")
    found = encoded(codec(folder, kind="image", height=16, normalize="none"), folder / "a.png")
    assert found.mean() == pytest.approx(line.mean() / 255, rel=0.05)
    assert found.max(axis=1).argmax() in (7, 8)


def test_corpus_statistics_are_the_training_splits_own(folder: Path) -> None:
    Image.fromarray(np.full((6, 5), 255, np.uint8)).save(folder / "white.png")
    (folder / "test.tsv").write_text("source\ttarget\nwhite.png\tab\n", encoding="utf-8")
    found = codec(folder, kind="image", height=6, channels=3)
    pixels = np.vstack([np.repeat(GREY.reshape(-1, 1), 3, axis=1), COLOUR.reshape(-1, 3)]) / 255
    np.testing.assert_allclose(found.mean, pixels.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found.deviation, pixels.std(axis=0), rtol=1e-5)
    rows = np.vstack([encoded(found, folder / name).reshape(-1, 3) for name in ("grey.png", "colour.png")])
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(rows.std(axis=0), 1, atol=1e-5)


def test_a_picture_by_itself_is_the_same_whatever_its_contrast(folder: Path) -> None:
    faint = (GREY // 4 * 2 + 100).astype(np.uint8)
    Image.fromarray(faint).save(folder / "faint.png")
    Image.fromarray((faint - 90).astype(np.uint8)).save(folder / "dark.png")
    found = codec(folder, kind="image", height=6, normalize="picture")
    one, other = encoded(found, folder / "faint.png"), encoded(found, folder / "dark.png")
    np.testing.assert_allclose(one, other, atol=1e-4)
    assert one.mean() == pytest.approx(0, abs=1e-5)
    assert one.std() == pytest.approx(1, abs=1e-5)
    Image.new("L", (5, 6), 77).save(folder / "even.png")
    np.testing.assert_allclose(encoded(found, folder / "even.png"), 0, atol=1e-4)


@pytest.mark.parametrize("normalize", ["corpus", "picture", "none"])
@pytest.mark.parametrize("task", ["seq2seq", "ctc"])
def test_what_is_saved_encodes_the_same(folder: Path, tmp_path: Path, task: str, normalize: str) -> None:
    params = PictureTextFeatures.model_validate({"height": 6, "normalize": normalize})
    door = features_of("frames", task)
    fitted = door.fit(params, folder, silent)
    (tmp_path / "saved").mkdir()
    fitted.save(tmp_path / "saved")
    loaded = door.load(params, tmp_path / "saved", silent)
    assert fitted.sizes == loaded.sizes
    rows = [fitted.encode(example) for example in fitted.examples(folder, "train")]
    with Writer(tmp_path / "a.arrow", fitted.columns) as writer:
        for row in rows:
            writer.add(row)
    for example, row, kept in zip(loaded.examples(folder, "train"), rows, Store(tmp_path / "a.arrow"), strict=False):
        again = loaded.encode(example)
        np.testing.assert_array_equal(again["source"], row["source"])
        np.testing.assert_array_equal(kept["source"], row["source"])
        assert loaded.decode(again["target"], again) == example.target
        assert loaded.record(again) == {"source": str(example.source), "reference": example.target}


def test_new_input_has_no_target_and_is_read_as_training_was(folder: Path) -> None:
    found = codec(folder, kind="image", height=6)
    (example,) = found.given([str(folder / "grey.png")])
    assert example.target is None
    np.testing.assert_array_equal(found.encode(example), encoded(found, folder / "grey.png"))


def test_mistakes_name_the_line_in_a_corpus_and_the_file_in_new_input(folder: Path) -> None:
    found = codec(folder, kind="image", height=6)
    with pytest.raises(SeqpipeError, match=r"^train\.tsv line 2: .*video\.gif holds 5 frames, but features\.kind is"):
        encoded(found, folder / "video.gif")
    (folder / "grey.png").write_bytes((folder / "grey.png").read_bytes()[:60])
    with pytest.raises(SeqpipeError, match=r"^train\.tsv line 2: .*grey\.png is a broken or truncated picture"):
        encoded(found, folder / "grey.png")
    (example,) = found.given([str(folder / "grey.png")])
    with pytest.raises(SeqpipeError, match=r"^[^:]*grey\.png is a broken or truncated picture"):
        found.encode(example)


@pytest.mark.parametrize("text", ["{}", '{"mean": [1], "deviation": [1]}', '{"mean": "a", "deviation": [1, 1, 1]}'])
def test_broken_statistics_are_said(folder: Path, text: str) -> None:
    (folder / "statistics.json").write_text(text, encoding="utf-8")
    params = FramesFeatures.model_validate({"channels": 3})
    with pytest.raises(SeqpipeError, match=r"statistics\.json does not hold the statistics of 3 channels"):
        Pictures.load(params, folder, silent)
