"""The open project: its state, its history, undo, and what other desks and programs did."""
