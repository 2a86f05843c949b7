"""Two training processes that take turns: one makes some updates while the other waits, so a busy machine hurts both.

``Runner`` is the parent's side, ``take_turns`` the worker's. Torch calls a hook after every update, whoever wrote the
training loop: that is where a worker stops and waits, so both run their own loops, unchanged.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class Turn(NamedTuple):
    """What a worker did in one turn: seconds by the clock and of the processor, the target tokens it learned from, its
    updates; is training over?"""

    seconds: float
    processor: float
    tokens: int
    updates: int
    over: bool


class Runner:
    """A worker process; it starts working at the first call."""

    def __init__(self, command: list[str], log: Path) -> None:
        self._log = log
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log.open("w", encoding="utf-8"),
            text=True,
            env={**os.environ, **ONE_THREAD},
        )

    def ask(self, what: object) -> Any:
        """Send one value, wait for the answer."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(what) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # the empty answer says so
        answer = self._process.stdout.readline()
        if not answer:
            raise SystemExit(f"A worker ended early; the end of its log:\n{self._log.read_text()[-2000:]}")
        return json.loads(answer)

    def turn(self, updates: int) -> Turn:
        """Let it make so many updates."""
        return Turn(*self.ask(updates))

    def stop(self) -> None:
        """End the process, wherever it is."""
        self._process.kill()
        self._process.wait()


def answer_questions(answer: Callable[[Any], Any]) -> None:
    """In a worker: answer what the parent asks, until there are no more questions."""
    answers = _to_the_parent()
    for line in sys.stdin:
        answers(answer(json.loads(line)))


def _to_the_parent() -> Callable[[Any], None]:
    """What sends the parent a value; from now on, what a library prints goes to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def send(value: Any) -> None:
        answers.write(json.dumps(value) + "\n")
        answers.flush()

    return send


def take_turns(tokens: Callable[[], int]) -> tuple[Callable[[], None], Callable[[Any], None]]:
    """In a worker: wait for the first turn, and from then on after the last update of every turn.

    ``tokens()`` is the number of target tokens learned from so far. Returns what to call when training is over, which
    waits for the parent's next question, and what answers it.
    """
    from torch.optim.optimizer import register_optimizer_step_post_hook

    answer = _to_the_parent()
    began, worked, before, wanted, done = 0.0, 0.0, 0, 0, 0

    def wait() -> None:
        nonlocal began, worked, before, wanted, done
        wanted, done = int(json.loads(sys.stdin.readline())), 0
        began, worked, before = time.perf_counter(), time.process_time(), tokens()

    def tell(over: bool) -> None:
        answer(Turn(time.perf_counter() - began, time.process_time() - worked, tokens() - before, done, over))

    def after_update(*_: Any) -> None:
        nonlocal done
        done += 1
        if done == wanted:
            tell(over=False)
            wait()

    def over() -> None:
        tell(over=True)
        sys.stdin.readline()

    register_optimizer_step_post_hook(after_update)
    wait()
    return over, answer
