"""The band above a copy of a project that lives on a server: it is for reading, and says so."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from zoneplanner.app.places import place_of
from zoneplanner.storage import Address
from zoneplanner.storage.superseding import day_words
from zoneplanner.ui.kit.desk import Desk
from zoneplanner.ui.kit.theme import GAP, GRID, MARGIN
from zoneplanner.ui.kit.widgets import wrapped

SIGN_PX = 18


class SharedCopyBanner(QFrame):
    """Says since when the project lives elsewhere. ``open_asked`` carries its address."""

    open_asked = Signal(object)

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("sharedCopy")
        self.setStyleSheet("#sharedCopy { border: 0; border-bottom: 1px solid palette(mid); }")
        self.setAccessibleName("Copy of a shared project")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.text = wrapped()
        self.open_button = QPushButton("Open it there")
        self.open_button.setAutoDefault(False)
        self.open_button.setProperty("compact", True)
        sign = QLabel()
        sign.setPixmap(desk.icons("info", "accent").pixmap(SIGN_PX, SIGN_PX))
        row = QHBoxLayout(self)
        row.setContentsMargins(MARGIN, GRID, GAP, GRID)
        row.setSpacing(GAP)
        for part in (sign, self.text, self.open_button):
            row.addWidget(part, 1 if part is self.text else 0)
        store = desk.session.store
        self.setVisible(bool(store.shared_to))
        if not store.shared_to:
            return
        address = place_of(store.shared_to)
        assert isinstance(address, Address)
        self.text.setText(
            f"This copy was shared on {day_words(store.shared_on)}; the "
            f"project lives at {address.name}. Here it can only be read."
        )
        self.open_button.setToolTip(f"Open the project at {address.server}.")
        self.open_button.clicked.connect(lambda: self.open_asked.emit(address))
