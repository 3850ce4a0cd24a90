"""Ask PyPI which known weaknesses the pinned parts have, where it answers for projects alone.

    python packaging/audit.py constraints.txt

pip-audit asks for each version. A mirror behind a firewall may have no answer for those, but one
for projects: the weaknesses of their newest version. A pin that is the newest is judged by it; any
other is listed as not asked. Exit status 1 where a weakness is known or a pin was not asked.
"""

import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

PAGE = "https://pypi.org/pypi/{}/json"
Ask = Callable[[str], dict[str, Any]]


def ask_pypi(name: str) -> dict[str, Any]:
    """Return what PyPI knows of a project."""
    with urlopen(PAGE.format(name), timeout=60) as answer:
        page: dict[str, Any] = json.load(answer)
    return page


def judge_pins(pins: Mapping[str, str], ask: Ask) -> tuple[dict[str, list[str]], list[str]]:
    """Return the known weaknesses by pin, and the pins for which there is no answer."""
    weak: dict[str, list[str]] = {}
    unasked: list[str] = []
    for name, version in pins.items():
        page = ask(name)
        if page["info"]["version"] != version or "vulnerabilities" not in page:
            unasked.append(f"{name} {version} (newest: {page['info']['version']})")
            continue
        known = [one["id"] for one in page["vulnerabilities"] if not one.get("withdrawn")]
        if known:
            weak[f"{name} {version}"] = known
    return weak, unasked


def main() -> int:
    """Print what is known of the pins of a file; say how many were asked."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    pins = dict(re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", text))
    weak, unasked = judge_pins(pins, ask_pypi)
    for pin, known in weak.items():
        print(f"known vulnerability: {pin}: {', '.join(known)}")
    for pin in unasked:
        print(f"no answer: {pin}")
    print(
        f"{len(pins)} pins, {len(pins) - len(unasked)} with an answer, "
        f"{len(weak)} with known vulnerabilities"
    )
    return bool(weak or unasked)


if __name__ == "__main__":
    sys.exit(main())
