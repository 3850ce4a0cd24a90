"""A process of its own that reads a private copy of a foreign file, watched and stopped.

All parsing of foreign bytes happens there: it may hang, swell or crash without harm to the planner.
A task is a module-level function ``run(copy, name, **asked)`` that yields JSON values; ``name`` is
what messages call the file. Answers come back as JSON, never as pickles, so that a reader which a
file has taken over can send nothing but data.
"""

import json
import multiprocessing
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir
from pathlib import Path
from typing import Any

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import SeveralLayers, UnknownCrs
from zoneplanner.exchange.sandbox.process_limits import limit_this_process

INDETERMINATE = -1.0
_POLL_S = 0.1
_MOST_ANSWER_BYTES = 2_000_000_000
_ANSWER, _ERROR, _END = b"+", b"!", b"."
_ERROR_CLASSES = {own.__name__: own for own in (UserError, SeveralLayers, UnknownCrs)}


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What a process may take."""

    seconds: float = 60.0
    memory_bytes: int = 3_000_000_000


@dataclass(frozen=True, eq=False, slots=True)
class GuardedTask:
    """``run(copy, name, **asked)``, a function of a module, and what it may take.

    ``what`` is the kind of file for the sentence about one that is damaged.
    """

    run: Callable[..., Iterator[Any]]
    asked: Mapping[str, Any]
    limits: ProcessLimits
    what: str = "layer"


def run_guarded(
    task: GuardedTask, copy: Path, name: str, report: ProgressReport
) -> Generator[bytes, None, None]:
    """Run a task in a process and yield its answers as JSON texts.

    It is stopped where it takes too long, when ``report`` raises, and when the iterator is closed.

    Raises
    ------
    UserError
        What the task raised, or that it took too long, too much memory, or died.
    """
    here, there = multiprocessing.Pipe(duplex=False)
    worker = _start_worker((there, task, str(copy), name))
    there.close()
    end = time.monotonic() + task.limits.seconds
    room = _MOST_ANSWER_BYTES
    try:
        report(INDETERMINATE, name)  # who has stopped meanwhile is heard before any answer
        while True:
            while not here.poll(_POLL_S):
                report(INDETERMINATE, name)
                if time.monotonic() > end:
                    raise UserError("too_large.time", file=name, seconds=task.limits.seconds)
            try:
                message = here.recv_bytes(maxlength=room)
            except (EOFError, OSError) as error:
                raise UserError("unreadable_file.died", file=name) from error
            room -= len(message)
            if message[:1] == _END:
                return
            if message[:1] == _ERROR:
                raise _read_error(message[1:])
            yield message[1:]
    finally:
        worker.kill()
        worker.join()
        here.close()


def _start_worker(given: tuple[object, ...]) -> BaseProcess:
    """Start a process that serves a task: forked from the one that waits for that, else anew.

    A window that stands open for weeks may find the socket of the one that waits swept away.
    """
    if multiprocessing.get_start_method(allow_none=True) == "forkserver":
        forked = multiprocessing.Process(target=_serve, args=given, daemon=True)
        try:
            forked.start()
        except OSError:
            forked.close()
        else:
            return forked
    fresh = multiprocessing.get_context("spawn").Process(target=_serve, args=given, daemon=True)
    fresh.start()
    return fresh


def fork_later_readers() -> None:
    """Have one process load what readers need and fork each of them: for a window, or many files.

    A layer is read in 0.03 s then instead of 0.28 s. That process reads no file itself and ends
    with this one. On Linux alone: elsewhere a fork is not there, or not safe.
    """
    if sys.platform == "linux":
        get_temp_dir()  # its socket lies there, wherever files under way go later
        multiprocessing.set_start_method("forkserver", force=True)
        multiprocessing.set_forkserver_preload(["zoneplanner.exchange.sandbox.preload"])


def block_frame_imports() -> None:
    """Keep pyogrio from importing pandas, geopandas and pyarrow: no task makes frames.

    They take half of such a process's start: 0.52 s of processor time against 0.23 s.
    """
    for name in ("geopandas", "pandas", "pyarrow"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def _serve(to: Connection, task: GuardedTask, copy: str, name: str) -> None:
    """Run a task and send its answers; the process's own part."""
    limit_this_process(task.limits.memory_bytes, task.limits.seconds)
    warnings.simplefilter("ignore")
    try:
        for answer in task.run(Path(copy), name, **task.asked):
            to.send_bytes(_ANSWER + json.dumps(answer).encode())
    except UserError as error:
        _send_error(to, error)
    except MemoryError:
        _send_error(to, UserError("unreadable_file.memory", file=name))
    except Exception as error:  # a parser of foreign bytes may raise anything
        reason = str(error).replace(copy, name)[:300] or type(error).__name__
        _send_error(to, UserError(f"unreadable_file.{task.what}", file=name, reason=reason))
    else:
        to.send_bytes(_END)
    to.close()


def _send_error(to: Connection, error: UserError) -> None:
    told = [type(error).__name__, error.template, error.details, error.code]
    to.send_bytes(_ERROR + json.dumps(told, default=str).encode())


def _read_error(message: bytes) -> UserError:
    kind, template, details, code = json.loads(message)
    return _ERROR_CLASSES[kind](template, details, code=code)
