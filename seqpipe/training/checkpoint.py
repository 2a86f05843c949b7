"""The state of a training on disk: what a killed run goes on from.

One file, ``.seqpipe/<name>-<fingerprint>/state``: 32 bytes, the SHA-256 of the rest, and what ``torch.save`` wrote of
tensors, numbers, texts, lists and dictionaries. It is written beside its name, flushed to the disk, then renamed, so
that there is always a whole state under the name; reading it can run no code.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from seqpipe.files import whole_file
from seqpipe.report import Note, Report

STATES = Path(".seqpipe")
DIGEST = hashlib.sha256().digest_size


class Checkpoint:
    """Where one training keeps its state, and when it last did. ``folder`` None keeps nothing."""

    def __init__(self, folder: Path | None = None, seconds: float = 60.0) -> None:
        self.folder, self.seconds, self.last = folder, seconds, time.monotonic()

    def due(self) -> bool:
        """Whether ``seconds`` have passed since the last state."""
        return self.folder is not None and time.monotonic() - self.last >= self.seconds

    def save(self, state: dict[str, Any]) -> None:
        """Replace the state on disk; after a crash at any point there is the old one or the new one."""
        if self.folder is None:
            return
        content = io.BytesIO()
        torch.save(state, content)
        raw = content.getbuffer()
        try:
            with whole_file(self.folder / "state") as temporary, temporary.open("wb") as file:
                file.write(hashlib.sha256(raw).digest())
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            _remove_empty(self.folder)
            raise
        _sync(self.folder)
        self.last = time.monotonic()

    def load(self, report: Report) -> dict[str, Any] | None:
        """The state that is there. One that is damaged is removed, with a note."""
        path = self.folder / "state" if self.folder else None
        if path is None or not path.exists():
            return None
        raw = path.read_bytes()
        try:
            if hashlib.sha256(raw[DIGEST:]).digest() != raw[:DIGEST]:
                raise ValueError("the content has changed since it was written")
            return torch.load(io.BytesIO(raw[DIGEST:]), map_location="cpu", weights_only=True)  # type: ignore[no-any-return]
        except (ValueError, RuntimeError, UnpicklingError, EOFError):
            report(Note(f"{path} is damaged; training starts afresh."))
            path.unlink()
            return None

    def clear(self) -> None:
        """Remove the state: it is no longer needed."""
        if self.folder is not None:
            (self.folder / "state").unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)
            _remove_empty(self.folder)


def remove_others(name: str, fingerprint: str, report: Report) -> None:
    """Remove states of the pipeline that were made from other parameters or data, with a note, and what a killed
    write has left."""
    for folder in sorted(STATES.glob(f"{name}-*")):
        if not re.fullmatch(rf"{re.escape(name)}-[0-9a-f]{{16}}", folder.name):
            continue
        if folder.name == f"{name}-{fingerprint}":
            for rest in folder.glob(".state.*.tmp"):
                rest.unlink(missing_ok=True)
        else:
            report(
                Note(
                    f"{name}: parameters, features, device, number of processes or seqpipe itself changed since the "
                    f"training that was interrupted; it starts afresh and {folder} is removed."
                )
            )
            shutil.rmtree(folder)


def _remove_empty(folder: Path) -> None:
    for place in (folder, STATES):
        with suppress(OSError):
            place.rmdir()


def _sync(folder: Path) -> None:
    """Let the new name reach the disk, too, where folders can be opened for that (not on Windows)."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
