"""The program on a virtual screen with a window manager, driven by X events."""

import os
import select
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

TOOLS = ("Xvfb", "openbox", "xdotool", "import")
PATIENCE_S = 60.0
LOOK_S, QUIET_LOOKS = 0.04, 6
_DRAG_STEPS = 8
PROGRAM = shlex.split(os.environ.get("ZONEPLANNER_PROGRAM", ""))
"""A program to test instead of this checkout, such as an installed package."""


def missing_tools() -> list[str]:
    """List the programs that a virtual screen needs and that are not installed."""
    return [tool for tool in TOOLS if shutil.which(tool) is None]


def wait_until(holds: Callable[[], object], what: str, seconds: float = PATIENCE_S) -> None:
    """Wait until a condition holds, or fail with its name."""
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s for {what}")
        time.sleep(0.1)


class Screen:
    """One virtual screen; all its windows share the desk's folder ``home``."""

    def __init__(self, display: str, home: Path) -> None:
        self.home = home
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "QT_QPA_PLATFORM"},
            "DISPLAY": display,
            "HOME": str(home),
            **{f"XDG_{kind}_HOME": str(home / kind) for kind in ("CONFIG", "DATA", "CACHE")},
        }

    def open(self, *args: str, scale: float = 1.0) -> "Program":
        """Start the program and wait for its window."""
        environment = {**self.environment, "QT_SCALE_FACTOR": f"{scale:g}"}
        log = (self.home / "program.log").open("ab")
        process = subprocess.Popen(
            [*(PROGRAM or [sys.executable, "-m", "zoneplanner"]), *args],
            env=environment,
            stdout=log,
            stderr=log,
        )
        log.close()
        program = Program(self, process)
        wait_until(lambda: program.windows("."), "the program's window")
        return program

    def run(self, tool: str, *args: str) -> str:
        """Run an X tool on this screen and return what it prints."""
        done = subprocess.run(
            [tool, *args], env=self.environment, capture_output=True, text=True, check=False
        )
        return done.stdout

    def shot(self, file: Path) -> Path:
        """Save a screenshot of the whole screen."""
        self.run("import", "-window", "root", str(file))
        return file


class Program:
    """A running program, driven by keys and mouse through X."""

    def __init__(self, screen: Screen, process: "subprocess.Popen[bytes]") -> None:
        self.screen, self.process = screen, process

    def windows(self, name: str) -> list[str]:
        """List the program's visible windows with a matching title."""
        pid = str(self.process.pid)
        both = ("--all", "--onlyvisible", "--pid", pid, "--name", name)
        return self.screen.run("xdotool", "search", *both).split()

    def key(self, *keys: str) -> None:
        """Press keys in sequence, such as ``ctrl+k`` or ``Return``."""
        self.screen.run("xdotool", "key", "--delay", "60", *keys)
        time.sleep(0.3)

    def type(self, text: str, *, delay_ms: int = 40) -> None:
        """Type text at a person's speed."""
        self.screen.run("xdotool", "type", "--delay", str(delay_ms), text)
        time.sleep(0.3)

    def click(self, x: int, y: int, button: int = 1) -> None:
        """Click a point on the screen."""
        self.screen.run("xdotool", "mousemove", str(x), str(y), "click", str(button))
        time.sleep(0.3)

    def drag(self, start: tuple[int, int], end: tuple[int, int]) -> None:
        """Drag between two points at a hand's speed."""
        run = self.screen.run
        run("xdotool", "mousemove", *map(str, start), "mousedown", "1")
        for step in range(1, _DRAG_STEPS + 1):
            at = [
                one + (two - one) * step // _DRAG_STEPS for one, two in zip(start, end, strict=True)
            ]
            run("xdotool", "mousemove", *map(str, at))
            time.sleep(0.05)
        run("xdotool", "mouseup", "1")
        time.sleep(0.3)

    def wheel(self, x: int, y: int, *, down: bool = True, steps: int = 3) -> None:
        """Turn the wheel over a point on the screen."""
        button = "5" if down else "4"
        self.screen.run("xdotool", "mousemove", str(x), str(y))
        self.screen.run("xdotool", "click", "--repeat", str(steps), "--delay", "40", button)
        time.sleep(0.3)

    def activate(self) -> None:
        """Bring the window to the front so that it receives the keys."""
        run = self.screen.run
        wait_until(lambda: self.windows("Patrol Zone Planner"), "the window's title")
        shown = self.windows("Patrol Zone Planner")[0]
        run("xdotool", "windowactivate", shown)
        wait_until(lambda: run("xdotool", "getactivewindow").strip() == shown, "the window")

    def settle(self) -> None:
        """Wait until the window is idle, so that no key is delayed."""
        stat = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/stat")
        quiet = last = 0
        end = time.monotonic() + PATIENCE_S
        while quiet < QUIET_LOOKS and time.monotonic() < end:
            time.sleep(LOOK_S)
            state, *rest = stat.read_text().rpartition(")")[2].split()
            ticks = int(rest[10]) + int(rest[11])
            quiet = quiet + 1 if state == "S" and ticks - last <= 1 else 0
            last = ticks

    def close(self) -> int:
        """Quit with the keyboard and return the exit status."""
        self.key("ctrl+q")
        return self.process.wait(PATIENCE_S)

    def kill(self) -> None:
        """Kill the program, as a power failure would."""
        self.process.kill()
        self.process.wait(PATIENCE_S)


@contextmanager
def screen(home: Path, size: str = "1600x1000") -> Iterator[Screen]:
    """Run a virtual screen with a window manager; its programs end with it."""
    home.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
        pass_fds=(writing,),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    manager = None
    try:
        assert select.select([reading], [], [], PATIENCE_S)[0], "the virtual screen does not start"
        made = Screen(f":{os.read(reading, 16).decode().strip()}", home)
        manager = subprocess.Popen(
            ["openbox"],
            env=made.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(1.0)
        yield made
    finally:
        os.close(reading)
        for process in (manager, server):
            if process is not None:
                process.terminate()
                process.wait(PATIENCE_S)
