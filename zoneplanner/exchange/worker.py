"""A process of its own that reads a private copy of a foreign file, watched and stopped."""

import json
import multiprocessing
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from zoneplanner.errors import UserError

Report = Callable[[float, str], None]
UNKNOWN = -1.0
POLL_S = 0.1


def ask(
    serve: Callable[..., None], copy: Path, name: str, asked: Mapping[str, Any], report: Report
) -> dict[str, Any]:
    """Let a process run ``serve(connection, copy, name, asked)`` and return its answer.

    It is stopped after ``asked["seconds"]`` and when ``report`` raises.

    Raises
    ------
    UserError
        It took too long, or died without an answer.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    worker = context.Process(target=serve, args=(there, str(copy), name, dict(asked)), daemon=True)
    worker.start()
    there.close()
    end = time.monotonic() + float(asked["seconds"])
    try:
        while not here.poll(POLL_S):
            report(UNKNOWN, name)
            if time.monotonic() > end:
                raise UserError(
                    f"“{name}” was given up after {asked['seconds']:.0f} s; "
                    "it is too large or damaged."
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
