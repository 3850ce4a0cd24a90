"""A disk that fails at the n-th operation, for every n: nothing acknowledged may be lost.

python tests/torture/sweep.py [--points N] [--record FILE] [SCENARIO...]

Each scenario runs in its own process on a copy of the same folder with the ``faults.c`` layer
loaded. ``--points`` limits how many evenly spread values of n are tried for each kind of fault.
"""

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter

HERE = Path(__file__).parent
KINDS = ("kill", "power", "torn", "write", "read", "fsync")
STOPS = ("kill", "power", "torn")
_NEVER = 1_000_000_000
Say = Callable[[str], None]


@dataclass(frozen=True)
class Scenario:
    """An action on a folder, and a check of the result against what it reported."""

    name: str
    prepare: Callable[[Path], None]
    act: Callable[[Path, Say], None]
    check: Callable[[Path, list[str]], None]
    needs_server: bool = False


@dataclass(frozen=True)
class Outcome:
    """The result of sweeping one scenario with one kind of fault."""

    scenario: str
    kind: str
    operations: int
    tried: int
    acknowledged: int
    refused: int
    failures: tuple[str, ...]


def build_layer(folder: Path) -> Path | None:
    """Compile the fault layer; None if that is not possible here."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None or sys.platform != "linux":
        return None
    made = folder / "faults.so"
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(made), str(HERE / "faults.c"), "-ldl"]
    done = subprocess.run([*command, "-lpthread"], capture_output=True, check=False)
    return made if done.returncode == 0 else None


def _run_once(scenario: Scenario, folder: Path, kind: str, n: int) -> tuple[list[str], int]:
    """Run the scenario with a fault at ``n``; return its report and how many operations it took."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _act(scenario, folder, kind, n, into)
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as told:
        lines = told.read().split("\n")[:-1]
    os.waitpid(child, 0)
    counted = next((int(line.split()[1]) for line in lines if line.startswith("counted ")), 0)
    return [line for line in lines if not line.startswith("counted ")], counted


def _act(scenario: Scenario, folder: Path, kind: str, n: int, into: int) -> None:
    from zoneplanner.errors import UserError

    layer = ctypes.CDLL(None)

    def say(line: str) -> None:
        os.write(into, f"{line}\n".encode())

    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    os.environ["XDG_DATA_HOME"] = str(folder / "data")
    layer.faults_arm(kind.encode(), ctypes.c_long(n), ctypes.c_uint(n), str(folder).encode())
    try:
        scenario.act(folder, say)
        with suppress(OSError):
            (folder / "end").write_bytes(b"x")  # the last fault comes after everything was reported
    except UserError as error:
        say(f"refused {error.template}")
    except BaseException:
        say("broke " + traceback.format_exc().replace("\n", " | "))
    layer.faults_counted.restype = ctypes.c_long
    say(f"counted {layer.faults_counted()}")
    layer.faults_disarm()
    os._exit(0)


def _check(scenario: Scenario, folder: Path, said: list[str]) -> str:
    """Check the result in its own process; return what is wrong, or nothing."""
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.environ["XDG_DATA_HOME"] = str(folder / "data")
        found = ""
        try:
            broke = [line for line in said if line.startswith("broke ")]
            assert not broke, broke[0]
            scenario.check(folder, said)
        except BaseException:
            found = traceback.format_exc()
        os.write(into, found.encode())
        os._exit(0)
    os.close(into)
    with os.fdopen(out, encoding="utf-8") as told:
        text = told.read()
    os.waitpid(child, 0)
    return text


def sweep(scenario: Scenario, kind: str, points: int) -> Outcome:
    """Try one scenario with one kind of fault at a number of points."""
    with tempfile.TemporaryDirectory(prefix="torture-") as room:
        whole = Path(room) / "whole"
        whole.mkdir()
        scenario.prepare(whole)

        def run(n: int) -> tuple[list[str], int, str]:
            folder = Path(shutil.copytree(whole, Path(room) / "tried"))
            said, counted = _run_once(scenario, folder, kind, n)
            problem = _check(scenario, folder, said)
            shutil.rmtree(folder)
            return said, counted, problem

        said, operations, problem = run(_NEVER)
        failures = [f"without a fault: {problem}"] if problem else []
        step = max(1, -(-operations // points))
        tried = acknowledged = refused = 0
        for n in sorted({*range(1, operations + 1, step), operations} - {0}):
            said, _, problem = run(n)
            tried += 1
            acknowledged += sum(line.startswith("done ") for line in said)
            refused += sum(line.startswith("refused ") for line in said)
            if problem:
                failures.append(f"n={n}, said {said}: {problem}")
        return Outcome(
            scenario.name, kind, operations, tried, acknowledged, refused, tuple(failures)
        )


def collect_scenarios(server: object) -> dict[str, Scenario]:
    from scenarios import list_scenarios

    return {one.name: one for one in list_scenarios(server)}


@contextmanager
def _server(wanted: bool) -> Iterator[object]:
    from cluster import find_programs, running_cluster

    with running_cluster() if wanted and find_programs() else nullcontext() as cluster:
        yield cluster


def main() -> int:
    """Sweep the named scenarios, or all; print a line for each and what failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*")
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--record", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    if "faults.so" not in os.environ.get("LD_PRELOAD", ""):
        with tempfile.TemporaryDirectory(prefix="torture-") as folder:
            layer = build_layer(Path(folder))
            if layer is None:
                print("The layer cannot be built here: it needs Linux and a C compiler.")
                return 3
            env = {**os.environ, "LD_PRELOAD": str(layer)}
            return subprocess.run([sys.executable, *sys.argv], env=env, check=False).returncode
    tests = HERE.parent
    sys.path[:0] = [str(HERE), str(tests), str(tests / "storage")]
    wanted = [name for name in given.names if name != "share"] != given.names or not given.names
    found = []
    with _server(wanted) as server:
        scenarios = collect_scenarios(server)
        names = given.names or list(scenarios)
        for name in names:
            if name not in scenarios:
                print(f"{name} needs PostgreSQL, which is not installed", file=sys.stderr)
                continue
            for kind in given.kinds.split(","):
                begun = perf_counter()
                one = sweep(scenarios[name], kind, given.points)
                found.append(one)
                if given.record is not None:  # results so far survive an interrupted sweep
                    given.record.write_text(_record(found, given.points), encoding="utf-8")
                line = f"{name:8} {kind:6} {one.tried:4} of {one.operations:5} places, "
                line += f"{one.acknowledged:5} acknowledged, {one.refused:4} refused, "
                line += f"{len(one.failures)} failed, {perf_counter() - begun:.0f} s"
                print(line, file=sys.stderr if given.json else sys.stdout, flush=True)
                for failure in one.failures[:3]:
                    print(failure, file=sys.stderr)
    if given.json:
        print(json.dumps([one.__dict__ for one in found]))
    return 1 if any(one.failures for one in found) else 0


_MEANING: Mapping[str, str] = {
    "kill": "the process is killed before the n-th change of a file; what was written before stays",
    "power": "the power fails before the n-th change; everything that was not synced is lost",
    "torn": "the same, but chance decides which of the writes that were not synced are lost",
    "write": "the n-th write or truncation fails once (EIO)",
    "read": "the n-th read fails once (EIO)",
    "fsync": "the n-th fsync fails once (EIO)",
}


def _record(found: list[Outcome], points: int) -> str:
    from zoneplanner.bundled import program_version

    lines = [
        "# What a failing disk does",
        "",
        f"`tests/torture/sweep.py --points {points}` (`make torture` takes 200) on "
        f"{datetime.now(UTC):%Y-%m-%d}, version {program_version()}.",
        "",
        "Each act is repeated on copies of the same folder, each time with a fault at the n-th "
        f"disk operation. For each kind of fault, at most {points} values of n are tried, spread "
        "over all operations. After each fault, everything acknowledged must be there and the "
        "project must be intact. The plan must be as it was before the act or as it is after it, "
        "and nothing may end in an unexpected exception.",
        "",
        *(f"- **{kind}**: {text}." for kind, text in _MEANING.items()),
        "",
        "| act | fault | operations | tried | acknowledged | refused | failed |",
        "|---|---|---:|---:|---:|---:|---:|",
        *(
            f"| {one.scenario} | {one.kind} | {one.operations} | {one.tried} | {one.acknowledged} "
            f"| {one.refused} | {len(one.failures)} |"
            for one in found
        ),
        "",
        f"There were {sum(one.tried for one in found):,} faults. `tests/torture/sweep.py` wrote "
        "this page; the acts are in `tests/torture/scenarios.py`, and the fault layer is in "
        "`tests/torture/faults.c`.",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
