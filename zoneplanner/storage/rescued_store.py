"""A damaged project file, open for reading only: what could be saved of it."""

from pathlib import Path
from tempfile import TemporaryDirectory

from zoneplanner.errors import ProgressReport
from zoneplanner.storage import rescue
from zoneplanner.storage.opening import open_project_file
from zoneplanner.storage.rescue import RecoveredProject
from zoneplanner.storage.store import Store
from zoneplanner.storage.values import JournalHead, Verification, VerificationFinding

_REPORTED_TABLES = {
    "site": ("site", "sites"),
    "plan": ("plan", "plans"),
    "zone": ("zone", "zones"),
    "assignment": ("assignment of a site", "assignments of sites"),
    "shift": ("shift", "shifts"),
    "edit": ("step of the history", "steps of the history"),
    "journal_entry": ("journal entry", "journal entries"),
}


class RecoveredStore(Store):
    """What was saved of a damaged file; it lies in a copy that goes when it is closed."""

    damaged = True

    def __init__(self, found: RecoveredProject, path: Path) -> None:
        self._folder = TemporaryDirectory(prefix="zoneplanner-")
        try:
            copy = Path(self._folder.name) / "saved.gpkg"
            self._counts = rescue.write_recovered_copy(found, copy)
            home = open_project_file(copy, found.look, read_only=True, patience_s=0.0, called=path)
            super().__init__(home, found.look)
            self._lost = [
                name
                for name, rows in found.tables.items()
                if not rows.whole or self._counts[name] < len(rows.found)
            ]
            self.notice = self._told()
        except BaseException:
            self._folder.cleanup()
            raise

    def close(self) -> None:
        """Let go of the copy."""
        super().close()
        self._folder.cleanup()

    def verify(
        self, report: ProgressReport | None = None, *, anchor: JournalHead | None = None
    ) -> Verification:
        """Say what is lost, and what is wrong with what was saved."""
        saved = super().verify(report, anchor=anchor)
        lost = (
            f"A part of the table {name} is lost; rows that could be read: {self._counts[name]}."
            for name in self._lost
        )
        told = ("The file is damaged; restore a backup.", *lost)
        findings = (*(VerificationFinding("database", text) for text in told), *saved.findings)
        return saved._replace(ok=False, findings=findings)

    def _told(self) -> str:
        """Say how much came through, and what did not."""
        head, there = self.head(), self._counts
        counts = ", ".join(
            f"{there[name]} {words[there[name] != 1]}"
            for name, words in _REPORTED_TABLES.items()
            if there.get(name) or name in self._lost
        )
        if head.entries:
            counts += f" (the last is number {head.entries}, with the hash {head.hash[:12]}…)"
        told = f"“{self.name}” is damaged; what can be read of it is shown: {counts}."
        lost = [many for name, (_, many) in _REPORTED_TABLES.items() if name in self._lost]
        others = len(self._lost) - len(lost)
        lost += [f"{others} other tables"] if others else []
        return f"{told} Lost in part or whole: {', '.join(lost)}." if lost else told
