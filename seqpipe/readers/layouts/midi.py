"""MIDI files as text for language models: words of pitches, as of ``music``, on a grid of time (symusic, extra
``music``)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import below, chosen, splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.music import word

ENDINGS = (".mid", ".midi")
GRID = 4
"""Steps a quarter note: sixteenths."""
LONGEST = 1 << 15  # steps of a piece


def look_midi(path: Path) -> Found | None:
    """Files of MIDI, perhaps in folders of splits."""
    files = list(below(path, ENDINGS))
    if not files:
        return None
    heads = sorted({name.partition("/")[0] for name in files})
    said = f"Music (MIDI): {len(files)} pieces, a step a sixteenth"
    return Found("midi", "text", "language-model", {"steps": GRID}, splits_of(heads), said)


def read_midi(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the pieces, ``steps`` words a quarter note: the pitches of all tracks but drums that sound then."""
    steps = options["steps"]
    if not isinstance(steps, int) or isinstance(steps, bool) or not 1 <= steps <= 96:
        raise SeqpipeError(f"source.options has the steps {steps!r}; they are a number from 1 to 96 a quarter note.")
    for name in below(path, ENDINGS):
        if chosen(name, names):
            try:
                yield Example(name, " ".join(words(path / name, steps)), None, name)
            except ValueError as error:
                yield Dropped(name, str(error))


def words(path: Path, steps: int) -> list[str]:
    """A word a step; a ``ValueError`` says why there are none."""
    symusic = _library()
    try:
        score = symusic.Score(str(path))
    except Exception as error:  # symusic raises kinds of its own
        raise ValueError(f"it is no MIDI file that can be read ({' '.join(str(error).split())})") from None
    quarter = max(1, int(score.ticks_per_quarter))
    notes = [note for track in score.tracks if not track.is_drum for note in track.notes]
    spans = [(round(note.start * steps / quarter), round(note.end * steps / quarter), note.pitch) for note in notes]
    if not spans:
        raise ValueError("it has no notes")
    first, last = min(start for start, _, _ in spans), max(end for _, end, _ in spans)
    if last - first > LONGEST:
        raise ValueError(f"it has more than {LONGEST} steps")
    sounding: list[list[int]] = [[] for _ in range(max(1, last - first))]
    for start, end, pitch in spans:
        for step in range(start, max(end, start + 1)):  # a note shorter than half a step sounds for one
            if step - first < len(sounding):
                sounding[step - first].append(pitch)
    return [word(pitches) for pitches in sounding]


def _library() -> Any:
    try:
        import symusic
    except ImportError:
        raise SeqpipeError("MIDI files need symusic; install it with `pip install 'seqpipe[music]'`.") from None
    return symusic


MIDI = Layout(look_midi, read_midi)
