"""Read a private copy of a foreign file in a separate process, which is watched and can be stopped.

All foreign bytes are parsed there: a parser may hang, use up memory or crash without harm to the
planner. A task is a module-level function ``run(copy, name, **options)`` that yields JSON values
and messages; ``name`` is what messages call the file. Answers come back as JSON and never as
pickles, so that a file that takes control of the reader can send nothing but data.
"""

import json
import multiprocessing
import sqlite3
import struct
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.util import get_temp_dir
from operator import index
from pathlib import Path
from typing import Any, SupportsIndex

from zoneplanner.errors import ProgressReport, UserError
from zoneplanner.exchange.row_results import SeveralLayers, UnknownCrs
from zoneplanner.exchange.sandbox.process_limits import limit_this_process
from zoneplanner.messages import Message

INDETERMINATE = -1.0
_POLL_S = 0.1
_MOST_ANSWER_BYTES = 2_000_000_000
_ANSWER, _ERROR, _BUG, _END = b"+", b"!", b"?", b"."
_ERROR_CLASSES = {cls.__name__: cls for cls in (UserError, SeveralLayers, UnknownCrs)}


class ReaderBug(Exception):
    """A bug in a task of ours; the text is the traceback from its process."""


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """The most that a process may use."""

    seconds: float = 60.0
    memory_bytes: int = 3_000_000_000


@dataclass(frozen=True, eq=False, slots=True)
class GuardedTask:
    """``run(copy, name, **options)``, a function of a module, and its limits.

    ``file_kind`` chooses the sentence about a damaged file.
    """

    run: Callable[..., Iterator[Any]]
    options: Mapping[str, Any]
    limits: ProcessLimits
    file_kind: str = "layer"


def run_guarded(
    task: GuardedTask, copy: Path, name: str, report: ProgressReport
) -> Generator[bytes, None, None]:
    """Run a task in a process and yield its answers as JSON strings.

    The process is stopped if it takes too long, if ``report`` raises, and when the iterator is
    closed.

    Raises
    ------
    UserError
        The task raised it, the file is damaged, or the process needed too much time or memory or
        died.
    ReaderBug
        The task failed in a way that no file can cause.
    """
    receiver, sender = multiprocessing.Pipe(duplex=False)
    worker = _start_worker((sender, task, str(copy), name))
    sender.close()
    deadline = time.monotonic() + task.limits.seconds
    room = _MOST_ANSWER_BYTES
    try:
        report(INDETERMINATE, name)  # a Stop in the meantime comes before any answer
        while True:
            while not receiver.poll(_POLL_S):
                report(INDETERMINATE, name)
                if time.monotonic() > deadline:
                    raise UserError("too_large.time", file=name, seconds=task.limits.seconds)
            try:
                message = receiver.recv_bytes(maxlength=room)
            except (EOFError, OSError) as error:
                raise UserError("unreadable_file.died", file=name) from error
            room -= len(message)
            kind, content = message[:1], message[1:]
            if kind == _END:
                return
            if kind == _ERROR:
                raise _read_error(content)
            if kind == _BUG:
                raise ReaderBug(content.decode())
            yield content
    finally:
        worker.kill()
        worker.join()
        receiver.close()


def _start_worker(args: tuple[object, ...]) -> BaseProcess:
    """Start a process that runs a task: forked by the fork server, or else spawned.

    In a window that has been open for weeks, the fork server's socket may have been swept away.
    """
    if multiprocessing.get_start_method(allow_none=True) == "forkserver":
        forked = multiprocessing.Process(target=_run_task, args=args, daemon=True)
        try:
            forked.start()
        except OSError:
            forked.close()
        else:
            return forked
    spawned = multiprocessing.get_context("spawn").Process(target=_run_task, args=args, daemon=True)
    spawned.start()
    return spawned


def fork_later_readers() -> None:
    """Load the readers' libraries once, in a process that forks each reader.

    For a window, or for many files: a layer is then read in 0.03 s instead of 0.28 s. The forking
    process reads no file itself and ends with this one. Only on Linux: other systems cannot fork,
    or not safely.
    """
    if sys.platform == "linux":
        get_temp_dir()  # fixes the folder of its socket before temporary files are redirected
        multiprocessing.set_start_method("forkserver", force=True)
        multiprocessing.set_forkserver_preload(["zoneplanner.exchange.sandbox.preload"])


def block_frame_imports() -> None:
    """Keep pyogrio from importing pandas, geopandas and pyarrow, which no task uses.

    They take half of a reader's start: 0.52 s of processor time with them, 0.23 s without.
    """
    for name in ("geopandas", "pandas", "pyarrow"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


@contextmanager
def refuse_library_errors(refusal: UserError) -> Iterator[None]:
    """Raise ``refusal`` for anything that a library raises about a file.

    For libraries such as openpyxl that raise whatever bad XML or bytes lead to. Only their calls
    belong inside: a bug of ours in there would pass for a damaged file.
    """
    try:
        yield
    except (UserError, MemoryError):
        raise
    except Exception as error:
        raise refusal from error


def _run_task(sender: Connection, task: GuardedTask, copy: str, name: str) -> None:
    """Run a task and send its answers; this runs in the guarded process."""
    limit_this_process(task.limits.memory_bytes, task.limits.seconds)
    warnings.simplefilter("ignore")
    try:
        for answer in task.run(Path(copy), name, **task.options):
            sender.send_bytes(_ANSWER + encode_answer(answer))
    except UserError as error:
        _send_error(sender, error)
    except MemoryError:
        _send_error(sender, UserError("unreadable_file.memory", file=name))
    except Exception as error:
        if _is_caused_by_file(error):
            reason = str(error).replace(copy, name)[:300] or type(error).__name__
            code = f"unreadable_file.{task.file_kind}"
            _send_error(sender, UserError(code, file=name, reason=reason))
        else:
            sender.send_bytes(_BUG + traceback.format_exc().encode())
    else:
        sender.send_bytes(_END)
    sender.close()


def _is_caused_by_file(error: Exception) -> bool:
    """Return whether a foreign file can cause an error; all others come from a bug of ours.

    Files cause text that is not a number, figures out of range, bytes that end too early, and the
    errors of the libraries: GDAL, PROJ, osmium and pdfium raise a RuntimeError.
    """
    from shapely.errors import ShapelyError  # 0.1 s that a window would need before it is shown

    library_errors = RuntimeError, struct.error, sqlite3.Error, ShapelyError
    return isinstance(error, (ValueError, ArithmeticError, EOFError, OSError, *library_errors))


def encode_answer(answer: object) -> bytes:
    """Return an answer of a task as JSON; ``decode_message`` reads a message in it."""
    return json.dumps(answer, default=_encode_value).encode()


def _encode_value(value: object) -> object:
    return _encode_message(value) if isinstance(value, Message) else str(value)


def _encode_message(message: Message) -> tuple[str, object]:
    return message.template, _encode_facts(message.facts)


def _encode_facts(facts: Mapping[str, Any]) -> dict[str, object]:
    return {name: _encode_fact(value) for name, value in facts.items()}


def _encode_fact(value: object) -> object:
    """Return a fact as JSON; what JSON does not have is an object with its kind as the key."""
    if isinstance(value, Message):
        return {"message": _encode_message(value)}
    if isinstance(value, date):
        kind = "moment" if isinstance(value, datetime) else "day"
        return {kind: value.isoformat()}
    if isinstance(value, list | tuple):
        return [_encode_fact(item) for item in value]
    if isinstance(value, Mapping):
        return {"facts": _encode_facts(value)}
    if isinstance(value, SupportsIndex) and not isinstance(value, bool):
        return index(value)  # a whole number of NumPy's
    return value


def decode_message(answer: Sequence[Any]) -> Message:
    """Return a message that is part of a task's answer."""
    template, facts = answer
    return Message(template, **_decode_facts(facts))


def _decode_facts(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _decode_fact(value) for name, value in facts.items()}


def _decode_fact(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode_fact(item) for item in value]
    if not isinstance(value, dict):
        return value
    ((kind, content),) = value.items()
    return _FACT_DECODERS[kind](content)


_FACT_DECODERS: Mapping[str, Callable[[Any], object]] = {
    "message": decode_message,
    "moment": datetime.fromisoformat,
    "day": date.fromisoformat,
    "facts": _decode_facts,
}


def _send_error(sender: Connection, error: UserError) -> None:
    facts = [type(error).__name__, error.template, _encode_facts(error.details), error.code]
    sender.send_bytes(_ERROR + json.dumps(facts, default=str).encode())


def _read_error(content: bytes) -> UserError:
    kind, template, details, code = json.loads(content)
    return _ERROR_CLASSES[kind](template, _decode_facts(details), code=code)
