"""The provenance of what was built: which bytes, from which commit, with which parts.

``python packaging/provenance.py FILE... > dist/provenance.intoto.json`` states it, unsigned, as an
in-toto statement (v1) with SLSA's predicate (provenance v1); ``make dist`` and ``make deb`` do. It
fails where the checkout has changes that no commit holds: its commit would not be the source.
"""

import hashlib
import json
import platform
import subprocess
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

from license_texts import list_parts

ROOT = Path(__file__).resolve().parents[1]
_BUILD_TYPE = "https://zoneplanner.invalid/make/v1"
_BUILDER = "https://zoneplanner.invalid/a-checkout-of-the-authors"


def run_git(*words: str) -> str:
    """Return what git answers in this checkout."""
    asked = ["git", "-C", str(ROOT), *words]
    return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def hash_file(file: Path) -> dict[str, str]:
    """Return the digest of a file's bytes."""
    with file.open("rb") as opened:
        return {"sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def list_materials(commit: str) -> Iterator[dict[str, Any]]:
    """Return what the build took in: the source, its pins, Python and the parts installed."""
    yield {"name": "zoneplanner", "digest": {"gitCommit": commit}}
    for pins in ("constraints.txt", "packaging/requirements.lock"):
        yield {"name": pins, "digest": hash_file(ROOT / pins)}
    yield {"name": "CPython", "annotations": {"version": platform.python_version()}}
    for name, part in list_parts().items():
        yield {"name": name, "uri": f"pkg:pypi/{name}@{part.version}"}


def write_provenance(files: Iterable[Path], *, commit: str, at: datetime) -> str:
    """Return the statement about some files that were built from a commit."""
    subjects = [{"name": file.name, "digest": hash_file(file)} for file in files]
    told = {
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
    return json.dumps(told, indent=1) + "\n"


def main(argv: list[str]) -> int:
    """Print the statement about the files named; 1 where no commit holds the source."""
    if run_git("status", "--porcelain"):
        sys.stderr.write("The checkout has changes that are not committed: commit them first.\n")
        return 1
    files = [Path(one) for one in argv]
    commit = run_git("rev-parse", "HEAD")
    sys.stdout.write(write_provenance(files, commit=commit, at=datetime.now(UTC)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
