"""Who does costly work: this thread, others with or without processes, or a Dask cluster; results come in order."""

from __future__ import annotations

import gc
import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

from seqpipe.files import SeqpipeError
from seqpipe.helpers import Crew

AHEAD = 4  # pieces of work that each worker has before it
MOST = 8  # processes where their number is not given: writing what they prepare keeps one thread busy before that
WAIT = 10  # seconds for a scheduler to answer

Item, Result = TypeVar("Item"), TypeVar("Result")


class Promise(Protocol):
    """What will be a result."""

    def result(self) -> Any:
        """The result, once it is there."""


class Workers(NamedTuple):
    """``submit(function, argument)`` gives a promise; ``ahead`` of them are worth having at a time.

    A function that a cluster runs must be a module's own, and its argument one that pickles.
    """

    submit: Callable[..., Promise]
    ahead: int

    def ordered(self, promised: Iterable[Promise]) -> Iterator[Any]:
        """The results of promises in their order; only ``ahead`` are made before they are asked for."""
        waiting: deque[Promise] = deque()
        for promise in promised:
            waiting.append(promise)
            if len(waiting) > self.ahead:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)


def _first(waiting: deque[Promise]) -> Any:
    """The first result. Until it is there, this thread does what no other has begun, the first or else the last."""
    first = waiting.popleft()
    if isinstance(first, Shared) and not first.take():
        for promise in reversed(waiting):
            if first.future.done():
                break
            if isinstance(promise, Shared):
                promise.take()
    return first.result()


class Shared:
    """A promise of a call that is made by another thread, or by this one if it has the time before."""

    def __init__(self, call: Callable[[], Any], future: Future[Any]) -> None:
        self.call, self.future = call, future

    def result(self) -> Any:
        """The result, once it is there."""
        return self.future.result()

    def take(self) -> bool:
        """Make the call here, if no other thread has begun it; whether that was so."""
        if not self.future.cancel():
            return False
        self.future = Future()
        try:
            self.future.set_result(self.call())
        except Exception as error:  # which is told when it is asked for
            self.future.set_exception(error)
        return True


def _shared(submit: Callable[..., Future[Any]], function: Callable[..., Any], *arguments: Any) -> Promise:
    return Shared(partial(function, *arguments), submit(function, *arguments))


class Known(NamedTuple):
    """A promise that is kept already."""

    value: Any

    def result(self) -> Any:
        """The value."""
        return self.value


class Later(NamedTuple):
    """A promise that is kept when it is asked for, by whoever asks."""

    make: Callable[[], Any]

    def result(self) -> Any:
        """Do the work now."""
        return self.make()


def _later(function: Callable[..., Any], *arguments: Any) -> Promise:
    return Later(partial(function, *arguments))


ALONE = Workers(_later, 0)
"""This thread, which does the work when its result is asked for."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processes(jobs: int | None) -> int:
    """How many work for ``jobs``: without a number as many as there are cores, ``MOST`` at the most."""
    return jobs or min(cores(), MOST)


@contextmanager
def workers(load: Callable[[], Any], jobs: int | None = None, cluster: str | None = None) -> Iterator[Workers]:
    """``processes(jobs)`` threads, each of which but this one has a process that makes its calls; or the workers of a
    Dask scheduler.

    A process first calls ``load``, which makes it ready for others; until it is, this thread does its work. Functions,
    arguments and results must pickle.
    """
    if cluster is not None:
        with _cluster(cluster) as found:
            yield found
        return
    count = processes(jobs)
    if count == 1:
        yield ALONE
        return
    with Crew(count - 1, load) as crew:
        yield Workers(partial(_shared, crew.submit), AHEAD * count)


@contextmanager
def at_most(count: int, ahead: int) -> Iterator[Workers]:
    """This thread and ``count`` others, with at most ``ahead`` pieces of work waiting."""
    if not count:
        yield ALONE
        return
    with ThreadPoolExecutor(count) as threads:
        try:
            yield Workers(partial(_shared, threads.submit), ahead)
        finally:
            threads.shutdown(cancel_futures=True)


@contextmanager
def gc_frozen() -> Iterator[None]:
    """What lives already is no business of the garbage collector, whose rounds many new objects set off."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@contextmanager
def _cluster(address: str) -> Iterator[Workers]:
    try:
        from distributed import Client
    except ImportError:
        raise SeqpipeError("--cluster needs Dask; install it with `pip install 'seqpipe[dask]'`.") from None
    try:
        client: Any = Client(address, timeout=WAIT, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError):  # TimeoutError is an OSError
        raise SeqpipeError(
            f"No Dask scheduler answers at {address}; start one with `dask scheduler`, and give its address as "
            "tcp://HOST:8786."
        ) from None
    with client:
        cores = sum(client.ncores().values())
        if not cores:
            raise SeqpipeError(f"The Dask scheduler at {address} has no workers; start some with `dask worker`.")
        yield Workers(partial(client.submit, pure=False), AHEAD * cores)
