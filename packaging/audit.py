"""Asks PyPI for known vulnerabilities of the pinned packages, where it only answers for projects.

    python packaging/audit.py constraints.txt

pip-audit asks for each version. A mirror behind a firewall may only answer for projects, with the
vulnerabilities of their newest version. That settles a pin that is the newest version; any other is
listed as having no answer. The exit status is 1 if a vulnerability is known or an answer missing.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

PAGE = "https://pypi.org/pypi/{}/json"


def ask_pypi(name: str) -> dict[str, Any]:
    """Return PyPI's data about a project."""
    with urlopen(PAGE.format(name), timeout=60) as answer:
        page: dict[str, Any] = json.load(answer)
    return page


def check_pins(
    pins: Mapping[str, str], ask: Callable[[str], dict[str, Any]]
) -> tuple[dict[str, list[str]], list[str]]:
    """Return the known vulnerabilities by pin, and the pins for which there is no answer."""
    vulnerable: dict[str, list[str]] = {}
    unanswered: list[str] = []
    for name, version in pins.items():
        page = ask(name)
        if page["info"]["version"] != version or "vulnerabilities" not in page:
            unanswered.append(f"{name} {version} (newest: {page['info']['version']})")
            continue
        known = [one["id"] for one in page["vulnerabilities"] if not one.get("withdrawn")]
        if known:
            vulnerable[f"{name} {version}"] = known
    return vulnerable, unanswered


def main() -> int:
    """Print what is known of a file's pins, and for how many there was an answer."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    pins = dict(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", text))
    vulnerable, unanswered = check_pins(pins, ask_pypi)
    for pin, known in vulnerable.items():
        print(f"known vulnerability: {pin}: {', '.join(known)}")
    for pin in unanswered:
        print(f"no answer: {pin}")
    print(
        f"{len(pins)} pins, {len(pins) - len(unanswered)} with an answer, "
        f"{len(vulnerable)} with known vulnerabilities"
    )
    return bool(vulnerable or unanswered)


if __name__ == "__main__":
    sys.exit(main())
