"""Runs what reads a foreign file in a process of its own, and ends it when it takes too long."""

import json
import multiprocessing
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from zoneplanner.errors import UserError

Report = Callable[[float, str], None]
Serve = Callable[[Connection, str, str, dict[str, Any]], None]

UNKNOWN = -1.0
POLL_S = 0.1


def ask_apart(
    serve: Serve,
    file: Path,
    name: str,
    asked: Mapping[str, Any],
    *,
    seconds: float,
    report: Report,
) -> dict[str, Any]:
    """Let ``serve`` read a private copy in another process and return its JSON answer.

    ``name`` is what messages call the file; ``report`` is called ten times a second and may raise
    to give up. The process is gone when this returns, however it returns.

    Raises
    ------
    UserError
        It took more than ``seconds``, or the process died on the file.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=serve, args=(there, str(file), name, dict(asked)), daemon=True)
    worker.start()
    there.close()
    end = time.monotonic() + seconds
    try:
        while not here.poll(POLL_S):
            report(UNKNOWN, f"Reading {name}")
            if time.monotonic() > end:
                raise UserError(
                    f"“{name}” was given up after {seconds:.0f} s; it is too large or damaged."
                )
        found: dict[str, Any] = json.loads(here.recv_bytes())
        return found
    except EOFError as error:
        raise UserError(
            f"“{name}” cannot be read: it is damaged, or needs more memory than a file may."
        ) from error
    finally:
        worker.kill()
        worker.join()
        here.close()
