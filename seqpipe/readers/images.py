"""Pictures and videos: image files named by a table, and their pixels frame by frame (Pillow)."""

from __future__ import annotations

import io
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, ImageSequence, UnidentifiedImageError

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Example
from seqpipe.readers.pairs import read_pairs
from seqpipe.readers.paths import inside

MODES = {1: "L", 3: "RGB"}
GIF_END = b";"
LARGEST = 1 << 28  # pixels of all frames together
DEEP = 65535  # largest value of 16 bits a channel


def read_pictures(path: Path) -> Iterator[Example]:
    """Yield the rows of a TSV whose ``source`` is an image file, named relative to the TSV's folder.

    Raises ``SeqpipeError`` with the line for a file that is missing or lies outside that folder.
    """
    for example in read_pairs(path):
        where = str(path.parent / example.where)
        yield example._replace(source=inside(path.parent, example.source, "source", where))


def read_picture_inputs(paths: Sequence[str]) -> Iterator[Example]:
    """Yield one picture or video without a target for each path; ``-`` is one from standard input."""
    for path in paths:
        if path != "-" and not Path(path).is_file():
            raise SeqpipeError(f"{path} is {'a folder' if Path(path).is_dir() else 'missing'}; name image files.")
        name = "standard input" if path == "-" else path
        yield Example(name, Path(path), None, name)


def read_frames(path: Path, channels: int) -> list[Image.Image]:
    """Every frame of an image file (PNG, JPEG, GIF, APNG, TIFF …), grey (1 channel) or RGB (3).

    Other colours are converted, transparency is laid on white, 16 bits a channel become 8, and a photo is turned as
    its camera says. A file that is no picture, or broken or truncated, is a ``SeqpipeError``.
    """
    name = "standard input" if path == Path("-") else str(path)
    try:
        raw = sys.stdin.buffer.read() if path == Path("-") else path.read_bytes()
    except OSError as error:
        raise SeqpipeError(f"{name} cannot be read ({error.strerror}); check its permissions.") from None
    if not raw:
        raise SeqpipeError(f"{name} is empty (0 bytes); save the picture again or remove it.")
    try:
        with warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning):
            return _decoded(raw, name, channels)
    except SeqpipeError:
        raise
    except UnidentifiedImageError:
        raise SeqpipeError(f"{name} is not a picture that can be read; save it as PNG, JPEG, GIF or TIFF.") from None
    except Exception as error:  # Pillow's decoders raise nearly any kind at a broken file
        reason = " ".join(str(error).split()).rstrip(".")
        raise SeqpipeError(f"{name} is a broken or truncated picture ({reason}); save or copy it again.") from None


def _decoded(raw: bytes, name: str, channels: int) -> list[Image.Image]:
    with warnings.catch_warnings(action="ignore", category=UserWarning), Image.open(io.BytesIO(raw)) as image:
        if image.format == "GIF" and not raw.rstrip(b"\0").endswith(GIF_END):  # else the frames left are all there is
            raise SeqpipeError(f"{name} is truncated: the end of the GIF is missing; save or copy it again.")
        frames, size = [], 0
        for frame in ImageSequence.Iterator(image):
            size += frame.width * frame.height
            if size > LARGEST:
                raise SeqpipeError(f"{name} has more than {LARGEST} pixels in its frames; scale it down or part it.")
            frames.append(_converted(frame, name, channels))
        return frames


def _converted(frame: Image.Image, name: str, channels: int) -> Image.Image:
    """A frame upright, in eight bits and the colours asked for."""
    frame.load()
    if frame.mode.startswith("I"):
        values = np.asarray(frame)
        if values.min() < 0 or values.max() > DEEP:
            raise SeqpipeError(f"{name} holds values of more than 16 bits a channel; convert it to 8 or 16.")
        frame = Image.fromarray((values // 257).astype(np.uint8))  # 65535 → 255; Pillow would clip
    elif frame.mode == "F":
        raise SeqpipeError(f"{name} holds values with a decimal point; convert it to 8 or 16 bits a channel.")
    upright = ImageOps.exif_transpose(frame)
    if upright.has_transparency_data:
        coloured = upright.convert("RGBA")
        upright = Image.alpha_composite(Image.new("RGBA", coloured.size, "white"), coloured)
    return upright.convert(MODES[channels])
