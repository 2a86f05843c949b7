"""What a terminal shows while a command works."""

import io

import pytest
from rich.console import Console

from seqpipe import console
from seqpipe.report import Note, Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("total", "shown"), [(7, "3/7"), (0, "3/?")])
def test_a_terminal_shows_a_bar_with_its_own_total_and_keeps_notes(
    monkeypatch: pytest.MonkeyPatch, total: int, shown: str
) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    shape = {"file": terminal, "force_terminal": True, "width": 100}
    monkeypatch.setattr("rich.console.Console", lambda highlight, **_: Console(highlight=highlight, **shape))
    with console.reporting() as report:
        report(Progress("preprocess words", 16800, 20000))
        report(Note("epoch 1 [of] 2"))
        report(Progress("train words", 3, total))
    assert shown in terminal.getvalue()
    assert "epoch 1 [of] 2" in terminal.getvalue()


def test_elsewhere_only_notes_are_written(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr("sys.stderr", pipe)
    with console.reporting() as report:
        report(Progress("train words", 3, 7))
        report(Note("words epoch 1"))
    assert pipe.getvalue() == "words epoch 1\n"
