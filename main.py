"""Start the planner: the window without arguments, a subcommand with them."""

from zoneplanner.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
