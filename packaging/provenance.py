"""States the provenance of built files: which bytes, from which commit, with which packages.

``python packaging/provenance.py FILE... > dist/provenance.intoto.json`` states it, unsigned, as an
in-toto statement (v1) with SLSA's predicate (provenance v1); ``make dist`` and ``make deb`` do. It
fails if the checkout has uncommitted changes: its commit would not be the source.
"""

import json
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from license_texts import hash_file, list_parts

ROOT = Path(__file__).resolve().parents[1]
_BUILD_TYPE = "https://zoneplanner.invalid/make/v1"
_BUILDER = "https://zoneplanner.invalid/a-checkout-of-the-authors"


def run_git(*words: str) -> str:
    """Return git's output in this checkout."""
    asked = ["git", "-C", str(ROOT), *words]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def _digest_file(file: Path) -> dict[str, str]:
    return {"sha256": hash_file(file)}


def list_materials(commit: str) -> Iterator[dict[str, Any]]:
    """Yield the inputs of the build: the source, its pins, Python and the installed packages."""
    yield {"name": "zoneplanner", "digest": {"gitCommit": commit}}
    for pins in ("constraints.txt", "packaging/requirements.lock"):
        yield {"name": pins, "digest": _digest_file(ROOT / pins)}
    yield {"name": "CPython", "annotations": {"version": platform.python_version()}}
    for name, part in list_parts().items():
        yield {"name": name, "uri": f"pkg:pypi/{name}@{part.version}"}


def write_provenance(files: Iterable[Path], *, commit: str, at: datetime) -> str:
    """Return the statement about files that were built from a commit."""
    subjects = [{"name": file.name, "digest": _digest_file(file)} for file in files]
    statement = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": _BUILD_TYPE,
                "externalParameters": {"version": distribution("zoneplanner").version},
                "internalParameters": {"system": platform.platform()},
                "resolvedDependencies": list(list_materials(commit)),
            },
            "runDetails": {
                "builder": {"id": _BUILDER},
                "metadata": {"finishedOn": at.strftime("%Y-%m-%dT%H:%M:%SZ")},
            },
        },
    }
    return json.dumps(statement, indent=1) + "\n"


def main(argv: list[str]) -> int:
    """Print the statement about some files; return 1 if there are uncommitted changes."""
    if run_git("status", "--porcelain"):
        sys.stderr.write("The checkout has changes that are not committed: commit them first.\n")
        return 1
    files = [Path(one) for one in argv]
    commit = run_git("rev-parse", "HEAD")
    sys.stdout.write(write_provenance(files, commit=commit, at=datetime.now(UTC)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
