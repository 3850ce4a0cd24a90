"""One dialog for every file that comes in: what it is, how it is read, what becomes of each row."""

from zoneplanner.ui.dialogs.importing.dialog import ImportDialog

__all__ = ["ImportDialog"]
