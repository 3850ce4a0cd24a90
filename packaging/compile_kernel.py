"""Compiles the search's inner loops from C if there is a compiler; without one, Python runs them.

Run by the build (``hatch_hook.py``), or by hand: ``python packaging/compile_kernel.py``.
"""

import os
import shlex
import shutil
import subprocess
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "zoneplanner/analysis/districting/kernel/kernel.c"
COMPILERS = ("cc", "gcc", "clang", "cl")
# without fused multiply-add, so that plans are the same as in Python to the last bit
FLAGS = ("-O2", "-std=c11", "-ffp-contract=off", "-shared", "-fPIC")


def compile_kernel(source: Path = SOURCE) -> Path | None:
    """Return the library, which is put next to its source; None if it could not be built."""
    target = source.with_suffix(".dll" if os.name == "nt" else ".so")
    target.unlink(missing_ok=True)
    chosen = shlex.split(os.environ.get("CC", ""))
    for command in [chosen] if chosen else [[name] for name in COMPILERS]:
        if shutil.which(command[0]) is None:
            continue
        options = (
            ["/LD", "/O2", "/fp:strict", str(source), f"/Fe:{target}"]
            if command[0] == "cl"
            else [*FLAGS, str(source), "-o", str(target), "-lm"]
        )
        try:
            subprocess.run([*command, *options], check=True, capture_output=True, cwd=source.parent)
        except (OSError, subprocess.CalledProcessError):
            target.unlink(missing_ok=True)
            continue
        return target
    return None


if __name__ == "__main__":
    print(compile_kernel() or "There is no compiler, or it failed, so plans are made in Python.")
