"""Which layout a corpus has: each is asked in turn, the most particular first."""

from __future__ import annotations

from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from seqpipe.files import SeqpipeError
from seqpipe.readers.layouts import (
    archive,
    conll,
    conllu,
    labelled,
    labelled_lines,
    listed,
    lists,
    midi,
    music,
    parallel,
    plain,
    sequences,
    speech,
    tabled,
    tables,
)
from seqpipe.readers.layouts.files import below
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import SHOWN, check_texts

LAYOUTS: dict[str, Layout] = {
    "kaldi": lists.KALDI,
    "librispeech": speech.LIBRISPEECH,
    "common-voice": speech.COMMON_VOICE,
    "ljspeech": speech.LJSPEECH,
    "manifest": lists.MANIFEST,
    "listed": listed.LISTED,
    "class-folders": labelled.CLASSES,
    "file-names": labelled.NAMES,
    "ts-archive": archive.ARCHIVE,
    "parallel": parallel.PARALLEL,
    "conllu": conllu.CONLLU,
    "conll": conll.CONLL,
    "fasta": sequences.FASTA,
    "pitches": music.PITCHES,
    "midi": midi.MIDI,
    "labels-file": sequences.LABELS_FILE,
    "long-series": tables.LONG_SERIES,
    "wide-series": tables.WIDE,
    "matrix": tables.MATRIX,
    "table": tabled.TABLE,
    "label-lines": labelled_lines.LABEL_LINES,
    "plain": plain.PLAIN,
}
"""Name → layout, the most particular first: the first that fits is taken."""


def look(path: Path, layout: str = "") -> Found:
    """What a folder, or the one file ``path``, holds; with ``layout`` only that one is tried.

    A ``SeqpipeError`` says what was seen.
    """
    if layout and layout not in LAYOUTS:
        raise SeqpipeError(f"There is no layout '{layout}'; there are {', '.join(LAYOUTS)}.")
    if not path.exists():
        raise SeqpipeError(f"{path} is missing; name the folder or the file of a corpus.")
    found = _alone(path, layout) if path.is_file() else _tried(path, layout)
    if found:
        if found.modality == "text" and found.layout not in (layout, "class-folders"):
            check_texts(path, SHOWN)  # else a layout would be taken that passes over a broken file
        return found
    check_texts(path)
    names = [path.name] if path.is_file() else below(path, ("",))
    endings = sorted({Path(name).suffix or Path(name).name for name in names})
    has = f"files of {', '.join(endings[:8])}" if endings else "no file"
    about = tabled.unknown_columns(path) if layout in ("", "table") else ""
    raise SeqpipeError(
        f"{path} has {has}, which is not laid out as {layout or 'anything that is known'}; {about}the layouts are "
        f"{', '.join(LAYOUTS)}."
    )


def _tried(folder: Path, layout: str) -> Found | None:
    every = (LAYOUTS[one].look(folder) for one in ([layout] if layout else LAYOUTS))
    return next((found for found in every if found), None)


def _alone(file: Path, layout: str) -> Found | None:
    """What a file would be in a folder of its own."""
    with TemporaryDirectory() as folder:
        place = Path(folder, file.name)
        try:
            place.symlink_to(file)
        except OSError:  # where links are not allowed
            copyfile(file, place)
        found = _tried(Path(folder), layout)
        if not found:
            return None
        within = {split: names for split, names in found.splits.items() if all("#" in name for name in names)}
        return found._replace(splits=within)  # a name of its own makes no split, parts within do
