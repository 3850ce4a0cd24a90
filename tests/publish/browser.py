"""A real browser without a network, to open published pages in."""

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
OWN_SERVICES = ("google.com", "googleapis.com", "gstatic.com")
"""Where the browser itself asks for its time and updates, whatever page is open."""

needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")


@dataclass(frozen=True)
class Opened:
    """A page after its scripts ran: its DOM as text, and the addresses that it asked for."""

    dom: str
    asked: tuple[str, ...]


def opened(page: Path, folder: Path, *, after: str = "", size: str = "1280,800") -> Opened:
    """Open a page with the network off; ``after`` is added to its address."""
    log = folder / "net.json"
    run = subprocess.run(
        [
            *(str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"),
            *("--no-first-run", "--disable-background-networking", "--disable-component-update"),
            *("--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND"),
            *(f"--user-data-dir={folder / 'profile'}", f"--log-net-log={log}"),
            *(f"--window-size={size}", "--virtual-time-budget=2000", "--dump-dom"),
            page.as_uri() + after,
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    # The browser may be stopped before it ends the log's JSON: read the addresses as text.
    found = re.findall(r'"url":("(?:[^"\\]|\\.)*")', log.read_text(encoding="utf-8"))
    asked = {json.loads(url) for url in found}
    foreign = {
        url
        for url in asked
        if url.startswith(("http", "ws"))
        and not any(f"{service}/" in url for service in OWN_SERVICES)
    }
    return Opened(run.stdout, tuple(sorted(foreign)))
