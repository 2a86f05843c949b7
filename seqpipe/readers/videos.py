"""Video files, picture by picture (PyAV, the extra ``video``)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image

from seqpipe.files import SeqpipeError
from seqpipe.readers.images import MODES

VIDEOS = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg")
ROUNDING = 1e-6  # seconds
MOST = 20_000
"""Pictures of a video that are kept at most: more are no example for a recurrent model."""


def read_video(path: Path, channels: int, rate: float = 0) -> Iterator[Image.Image]:
    """The pictures of a video file, grey (1 channel) or RGB (3): all, or ``rate`` a second.

    With a rate, the picture that is shown at 0, 1/rate, 2/rate … seconds. A file that is no video, is broken, or has
    more than ``MOST`` of them is a ``SeqpipeError``.
    """
    if not path.is_file():
        raise SeqpipeError(f"{path} is missing; put it there.")
    count = 0
    for picture in _kept(path, rate):
        count += 1
        if count > MOST:
            raise SeqpipeError(f"{path} has more than {MOST} pictures; cut it, or set features.rate lower.")
        yield picture.convert(MODES[channels])
    if not count:
        raise SeqpipeError(f"{path} has no pictures; remove it.")


def _kept(path: Path, rate: float) -> Iterator[Image.Image]:
    if not rate:
        yield from (picture for _, picture in _decoded(path))
        return
    shown, time = 0, 0.0  # pictures given; when the one before came
    last: Image.Image | None = None
    for time, picture in _decoded(path):
        while last is not None and shown / rate < time - ROUNDING:
            yield last
            shown += 1
        last = picture
    if last is not None and shown / rate <= time + ROUNDING:
        yield last


def _decoded(path: Path) -> Iterator[tuple[float, Image.Image]]:
    """Seconds since the first picture, and the picture, as they are shown."""
    av = _library()
    try:
        with closing(av.open(str(path))) as file:
            begun: float | None = None
            for frame in file.decode(video=0):
                time = float(frame.time or 0)
                begun = time if begun is None else begun
                yield time - begun, frame.to_image()
    except (av.error.FFmpegError, IndexError, ValueError) as error:
        reason = " ".join(str(error).split()).rstrip(".")
        raise SeqpipeError(f"{path} is no whole video that can be read ({reason}); save or copy it again.") from None


def _library() -> Any:
    try:
        import av
    except ImportError:
        raise SeqpipeError("Video files need PyAV; install it with `pip install 'seqpipe[video]'`.") from None
    return av
