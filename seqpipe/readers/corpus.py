"""Corpora that are read where they lie, in their own layout: ``corpus.json`` says where and how."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params.corpus import CorpusSource
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import below
from seqpipe.readers.look import LAYOUTS
from seqpipe.readers.once import once
from seqpipe.readers.splitting import HELD_OUT, split_by_hash

MANIFEST = "corpus.json"
KINDS = {str: "a text", list: "a list of files", bool: "true or false"}
Items = Iterator[Example | Dropped]
Canonical = Callable[[Path, str], Items]
"""From a folder of raw data and a split: what is read where there is no ``corpus.json``."""


def take(folder: Path, source: CorpusSource) -> None:
    """Write ``corpus.json`` into ``folder``; a ``SeqpipeError`` if the corpus is not laid out as ``source`` says."""
    if source.layout not in LAYOUTS:
        raise SeqpipeError(f"There is no layout '{source.layout}'; `layout` is one of {', '.join(LAYOUTS)}.")
    for names in source.splits.values() if source.splits else [[]]:
        if not any(isinstance(item, Example) for item in _read(source, names)):
            what = f"{', '.join(names)} of {source.path}" if names else source.path
            raise SeqpipeError(f"{what} has no example that can be read as {source.layout}; look at `source`.")
    values = {**source.model_dump(mode="json"), "fingerprint": fingerprint(Path(source.path))}
    write_json(folder / MANIFEST, values)


def fingerprint(corpus: Path) -> str:
    """A hash over names, sizes and times of change of the files of a corpus."""
    digest = blake2b(digest_size=16)
    for name in [""] if corpus.is_file() else below(corpus, ("",)):
        status = _status(corpus / name)
        digest.update(f"{name}\0{status.st_size}\0{status.st_mtime_ns}\n".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _status(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except OSError:  # a link that leads nowhere
        return path.lstat()


def examples(folder: Path, split: str, canonical: Canonical) -> Items:
    """The items of a split: of the corpus that ``folder/corpus.json`` names, or what ``canonical`` reads in ``folder``.

    Splits that a corpus has itself are taken as they are; those it lacks are taken out of its train by hash. What is
    dropped there is train's, so that it comes out once.
    """
    if not (folder / MANIFEST).exists():
        yield from canonical(folder, split)
        return
    source = _manifest(folder / MANIFEST)
    if split != "train" and split in source.splits:
        yield from _read(source, source.splits[split])
        return
    shares = {one: getattr(source, one) for one in HELD_OUT if one not in source.splits}
    count = others = 0
    for item in _read(source, source.splits.get("train", [])):
        of = split_by_hash(item, shares, source.seed) if isinstance(item, Example) else "train"
        if of == split:
            count += isinstance(item, Example)
            yield item
        else:
            others += 1
    if others and not count:
        raise SeqpipeError(
            f"None of {source.path}'s {others} examples falls into {split}; give more data, or set source.seed or "
            f"source.{split if split != 'train' else 'valid'} otherwise."
        )


def whole(folder: Path, canonical: Callable[[Path], Items]) -> Items:
    """All items of a corpus, whatever its splits: for series that are split by time."""
    if not (folder / MANIFEST).exists():
        return canonical(folder)
    return _read(_manifest(folder / MANIFEST), [])


def read(path: Path, layout: str, options: dict[str, Any], names: list[str]) -> Items:
    """The items of a corpus: of the split that holds ``names``, or all where there are none."""
    if path.is_file():
        return LAYOUTS[layout].read(path.parent, options, names or [path.name])  # the file, or parts within it
    if not path.is_dir():
        raise SeqpipeError(f"{path} is missing; put the corpus there, or correct `path` in params.yaml.")
    return LAYOUTS[layout].read(path, options, names)


def _read(source: CorpusSource, names: list[str]) -> Items:
    _check(source, names)
    return once(read(Path(source.path), source.layout, source.options, names))


def _check(source: CorpusSource, names: list[str]) -> None:
    """Raise ``SeqpipeError`` where ``options`` lack what the layout needs, or files are named outside the corpus."""
    for key, needed in LAYOUTS[source.layout].needs.items():
        value = source.options.get(key)
        if value not in needed if isinstance(needed, tuple) else not isinstance(value, needed):
            kind = f"one of {', '.join(needed)}" if isinstance(needed, tuple) else KINDS[needed]
            raise SeqpipeError(f"source.options.{key} of {source.layout} is {value!r}, but must be {kind}; correct it.")
    for one in source.options.values():
        listed = one if isinstance(one, list) else [one] if isinstance(one, str) else []
        names = [*names, *(str(name) for name in listed)]
    for name in names:
        inner = os.path.normpath(name)
        if os.path.isabs(inner) or inner.split(os.sep)[0] == os.pardir:
            raise SeqpipeError(f"'{name}' leads out of {source.path}; name files inside it in `source`.")


def _manifest(path: Path) -> CorpusSource:
    values: Any = read_json(path)
    try:
        source = CorpusSource.model_validate({key: values[key] for key in CorpusSource.model_fields})
    except (TypeError, KeyError, ValueError):
        source = None
    if source is None or source.layout not in LAYOUTS:
        raise SeqpipeError(f"{path} is broken; run `seqpipe source {path.parent.name}` (or `dvc repro`) again.")
    return source
