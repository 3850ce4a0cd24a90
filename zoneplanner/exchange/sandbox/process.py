"""A process of its own that reads a private copy of a foreign file, watched and stopped."""

import json
import multiprocessing
import sys
import time
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from zoneplanner.errors import ProgressReport, UserError

INDETERMINATE = -1.0
_POLL_S = 0.1
_PARTS, _PART = "parts", 5_000


def send_answer(to: Connection, found: Mapping[str, Any]) -> None:
    """Send what ``ask`` returns; long lists go in parts, so that reading one holds nobody up."""
    many = {key: own for key, own in found.items() if isinstance(own, list) and len(own) > _PART}
    starts = {key: range(0, len(own), _PART) for key, own in many.items()}
    head = {key: own for key, own in found.items() if key not in many}
    head[_PARTS] = {key: len(own) for key, own in starts.items()}
    to.send_bytes(json.dumps(head).encode())
    for key, own in many.items():
        for start in starts[key]:
            to.send_bytes(json.dumps(own[start : start + _PART]).encode())
    to.close()


def block_frame_imports() -> None:
    """Keep pyogrio from importing pandas, geopandas and pyarrow, which it does where they are.

    A file's process makes no frames, and they take half of its start: 0.52 s of processor time
    against 0.23 s, measured at every import and export.
    """
    for name in ("geopandas", "pandas", "pyarrow"):
        sys.modules.setdefault(name, None)  # type: ignore[arg-type]


def run_in_process(
    serve: Callable[..., None],
    copy: Path,
    name: str,
    asked: Mapping[str, Any],
    report: ProgressReport,
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

    def heard() -> Any:
        while not here.poll(_POLL_S):
            report(INDETERMINATE, name)
            if time.monotonic() > end:
                raise UserError(
                    f"“{name}” was given up after {asked['seconds']:.0f} s; "
                    "it is too large or damaged.",
                    code="too_large",
                )
        return json.loads(here.recv_bytes())

    try:
        found: dict[str, Any] = heard()
        for key, parts in found.get(_PARTS, {}).items():
            found[key] = [row for _ in range(parts) for row in heard()]
        return found
    except EOFError as error:
        raise UserError(
            f"“{name}” cannot be read: it is damaged, or needs more memory than a file may.",
            code="unreadable_file",
        ) from error
    finally:
        worker.kill()
        worker.join()
        here.close()
