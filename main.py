"""Start the planner: the window without arguments, a subcommand with them."""

import sys

from zoneplanner.__main__ import main

if __name__ == "__main__":
    if getattr(sys, "frozen", False):
        from multiprocessing import freeze_support

        freeze_support()
    raise SystemExit(main())
