"""Makes what is not committed: the kernel, if there is a compiler, and the fonts of printed pages.

It never fails the build.
"""

import sys
import sysconfig
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from compile_kernel import compile_kernel
from make_paper_fonts import make_paper_fonts


class KernelHook(BuildHookInterface):  # type: ignore[misc]
    """Compiles the kernel and marks the wheel for this machine."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile; a wheel without the compiled kernel is for every machine."""
        make_paper_fonts()
        library = compile_kernel()
        if library is not None:
            build_data["artifacts"].append(library.relative_to(self.root).as_posix())
            build_data["pure_python"] = False
            machine = sysconfig.get_platform().replace("-", "_").replace(".", "_")
            build_data["tag"] = f"py3-none-{machine}"
