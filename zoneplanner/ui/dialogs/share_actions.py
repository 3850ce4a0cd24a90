"""What the action “Hand out” asks and does: files are made beside the window, then opened."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.words import count


class ShareActions:
    """Make the web map, the zone sheets and the tables as a job."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        self._desk = desk
        self._parent = parent
        desk.actions.on("handout", self.ask)

    def ask(self) -> None:
        """Ask for whom, what and where."""
        from zoneplanner.ui.dialogs.handout import HandoutDialog

        HandoutDialog(self._folder(), self.publish, self._parent).ask()

    def publish(self, folder: Path, audience: str, parts: tuple[str, ...]) -> None:
        """Collect what is handed out now and write it as a job."""
        from zoneplanner.app.publishing import Wanted, collect, publish_handout

        content = collect(self._desk.session, Wanted(audience))
        self._desk.jobs.run(
            "Making the files",
            lambda report: publish_handout(content, folder, only=parts, report=report),
            on_done=lambda files: self._made(folder, files),
        )

    def _made(self, folder: Path, files: list[Path]) -> None:
        page = next((file for file in files if file.suffix == ".html"), None)
        shown = page or (files[0] if len(files) == 1 else folder)
        offer = "Open the map" if page else "Open the folder"
        self._desk.notices.tell(
            f"{count(len(files), 'file')} made in {folder.name}.",
            sign="done",
            offer=offer,
            on_offer=lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(shown))),
            details={"files": ", ".join(file.name for file in files), "folder": str(folder)},
            stays=True,
        )

    def _folder(self) -> Path:
        documents = QStandardPaths.StandardLocation.DocumentsLocation
        place = Path(QStandardPaths.writableLocation(documents))
        return place / f"{self._desk.session.project.name} handout"
