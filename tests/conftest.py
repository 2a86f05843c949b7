"""Fixtures of more than one test file."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path

import pytest
from hypothesis import settings
from trained_project import trained_project

os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch is not imported yet; threads that wait for a core cost the most
settings.register_profile("unhurried", deadline=None)  # machines are shared
settings.load_profile("unhurried")
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell that starts tests in the background has it ignored


@pytest.fixture
def project(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the tiny trained project, in which the test runs."""
    copy = tmp_path / "project"
    shutil.copytree(trained_project(tmp_path_factory.getbasetemp()), copy)
    monkeypatch.chdir(copy)
    return copy
