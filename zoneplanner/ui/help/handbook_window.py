"""The handbook in a window of its own: contents, search, and pages that lead to each other."""

from collections.abc import Mapping
from dataclasses import replace

from markdown_it import MarkdownIt
from PySide6.QtCore import QEvent, QSize, Qt, QTimer, QUrl
from PySide6.QtGui import (
    QCloseEvent,
    QColor,
    QImageReader,
    QKeySequence,
    QPalette,
    QResizeEvent,
    QShortcut,
    QShowEvent,
    QTextCharFormat,
    QTextCursor,
)
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QSplitter,
    QStackedWidget,
    QTextBrowser,
    QTextEdit,
    QToolButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from zoneplanner.app.help.action_specs import render_keyboard_page
from zoneplanner.app.help.handbook import (
    PICTURE_MARKUP,
    HandbookPage,
    find_picture_file,
    load_handbook,
    render_rules_page,
    search_handbook,
)
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_filter_field,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.layout.window_geometry import fit_size_to_screen
from zoneplanner.ui.widgets.services.ui_context import write_native_keys
from zoneplanner.ui.widgets.style.theme import (
    GRID_PX,
    PANEL_MARGIN_PX,
    SPACING_PX,
    WIDE_MARGIN_PX,
    Icons,
    make_strong_font,
)

_SIZE, _SPLIT = (1100, 760), (290, 810)
_FIRST = "start"
_KEY = Qt.ItemDataRole.UserRole
_WIDEST_PX = 720
_ROW_PX = 22
_FOUND_ALPHA = 90


class HandbookWindow(QWidget):
    """A page at a time. What is searched for is marked on the page that is shown."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Handbook")
        room = (parent or self).screen().availableGeometry()
        self.resize(fit_size_to_screen(QSize(*_SIZE), room))
        self._icons = icons
        self.pages = load_handbook({"keyboard": render_keyboard_page(write_native_keys)})
        self.key = ""
        self._before: list[str] = []
        self._after: list[str] = []
        hint = "Search the handbook…"
        self.search = make_filter_field("Search the handbook", hint, self._search)
        self.contents, self.items = _contents(self.pages)
        self.found = QListWidget()
        self.found.setAccessibleName("Pages found")
        self.found.setWordWrap(True)
        self.found.setSpacing(GRID_PX)
        self.counted = make_muted_label()
        self.counted.hide()
        self.lists = QStackedWidget()
        self.lists.addWidget(self.contents)
        self.lists.addWidget(self.found)
        self.view = QTextBrowser()
        self.view.setAccessibleName("Page")
        self.view.setOpenLinks(False)
        self.view.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.view.document().setDocumentMargin(WIDE_MARGIN_PX)
        self.back, self.forward = QToolButton(), QToolButton()
        self._lay_out()
        self.search.returnPressed.connect(self._first_found)
        self.contents.currentItemChanged.connect(self._choose)
        self.found.currentItemChanged.connect(self._choose_found)
        self.view.anchorClicked.connect(self._follow)
        self.back.clicked.connect(self.go_back)
        self.forward.clicked.connect(self.go_forward)
        for keys, do in (
            ("Esc", self.close),
            ("Ctrl+F", self.search.setFocus),
            ("Alt+Left", self.go_back),
            ("Alt+Right", self.go_forward),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(do)
        self.show_page(_FIRST)

    def show_rules(self, project: Project) -> None:
        """Show the rules as a project follows them."""
        self.pages["rules"] = replace(self.pages["rules"], text=render_rules_page(project))
        if self.key == "rules":
            self._draw(self.pages["rules"])

    def show_page(self, key: str) -> None:
        """Show a page; an unknown one is a KeyError."""
        page = self.pages[key]
        if key == self.key:
            return
        if self.key:
            self._before.append(self.key)
            self._after.clear()
        self._put(page)

    def go_back(self) -> None:
        """Show the page that was shown before."""
        self._step(self._before, self._after)

    def go_forward(self) -> None:
        """Show the page that one came back from."""
        self._step(self._after, self._before)

    def changeEvent(self, event: QEvent) -> None:
        """Draw the page in the colors of another theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.key:
            self._paint_buttons()
            self._draw(self.pages[self.key])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Let pictures follow the room."""
        super().resizeEvent(event)
        if self.key and event.size().width() != event.oldSize().width():
            self._draw(self.pages[self.key])

    def showEvent(self, event: QShowEvent) -> None:
        """Give pictures the room that the page has once the window is laid out."""
        super().showEvent(event)
        QTimer.singleShot(0, self, lambda: self._draw(self.pages[self.key]))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Give the keys back to the window below."""
        parent = self.parentWidget()
        if parent is not None:
            parent.activateWindow()
        super().closeEvent(event)

    def _step(self, here: list[str], there: list[str]) -> None:
        if here:
            there.append(self.key)
            self._put(self.pages[here.pop()])

    def _put(self, page: HandbookPage) -> None:
        self.key = page.key
        self._draw(page)
        self.view.verticalScrollBar().setValue(0)
        self.setWindowTitle(f"{page.title} — Handbook")
        self.back.setEnabled(bool(self._before))
        self.forward.setEnabled(bool(self._after))
        self._mark_contents()
        self._mark_words()

    def _draw(self, page: HandbookPage) -> None:
        at = self.view.verticalScrollBar().value()
        self.view.document().setDefaultStyleSheet(_style(self.palette()))
        self.view.setHtml(self._html(page))
        self.view.verticalScrollBar().setValue(at)

    def _html(self, page: HandbookPage) -> str:
        """Return the page as HTML; a picture that is not there leaves its words."""
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        inner_px = self.view.viewport().width() - 2 * WIDE_MARGIN_PX - SPACING_PX
        room = min(max(240, inner_px), _WIDEST_PX)
        pictures: list[str] = []

        def place(found: object) -> str:
            alt, name = found[1], found[2]  # type: ignore[index]
            pictures.append(_picture(name, alt, room, dark=dark))
            return f"\n\nPICTURE{len(pictures) - 1}\n\n"

        text = PICTURE_MARKUP.sub(place, page.text)
        html: str = MarkdownIt("commonmark").enable("table").render(text)
        for at, picture in enumerate(pictures):
            html = html.replace(f"<p>PICTURE{at}</p>", f"<div>{picture}</div>")
        return html.replace("<table>", '<table cellspacing="0" width="100%">')

    def _mark_contents(self) -> None:
        item = self.items.get(self.key)
        if item is not None:
            blocked = self.contents.blockSignals(True)
            self.contents.setCurrentItem(item)
            self.contents.blockSignals(blocked)

    def _mark_words(self) -> None:
        """Mark each place of the words that are searched for, and show the first."""
        words = self.search.text().split()
        color = QColor(self.palette().color(QPalette.ColorRole.Accent))
        color.setAlpha(_FOUND_ALPHA)
        look = QTextCharFormat()
        look.setBackground(color)
        marks, document = [], self.view.document()
        for word in words:
            cursor = document.find(word)
            while not cursor.isNull():
                mark = QTextEdit.ExtraSelection()
                mark.cursor, mark.format = cursor, look
                marks.append(mark)
                cursor = document.find(word, cursor)
        self.view.setExtraSelections(marks)
        if marks:
            first = min(marks, key=lambda mark: mark.cursor.selectionStart())
            at = QTextCursor(first.cursor)
            at.clearSelection()
            self.view.setTextCursor(at)
            self.view.ensureCursorVisible()

    def _search(self, text: str) -> None:
        hits = search_handbook(self.pages.values(), text)
        blocked = self.found.blockSignals(True)
        self.found.clear()
        for hit in hits:
            item = QListWidgetItem(f"{hit.page.title}\n{hit.around}")
            item.setData(_KEY, hit.page.key)
            self.found.addItem(item)
        self.found.blockSignals(blocked)
        asked = bool(text.strip())
        self.lists.setCurrentWidget(self.found if asked else self.contents)
        none = "Nothing found. Try fewer or different words."
        self.counted.setText(format_count(len(hits), "page") if hits else none)
        self.counted.setVisible(asked)
        self._mark_words()

    def _first_found(self) -> None:
        if self.found.count():
            self.found.setCurrentRow(0)
            self.found.setFocus()

    def _choose(self, item: QTreeWidgetItem | None) -> None:
        key = item.data(0, _KEY) if item is not None else None
        if key is not None:
            self.show_page(key)

    def _choose_found(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.show_page(item.data(_KEY))
            self._mark_words()

    def _follow(self, url: QUrl) -> None:
        key = url.fileName().removesuffix(".md")
        if key in self.pages:
            self.show_page(key)

    def _paint_buttons(self) -> None:
        self.back.setIcon(self._icons("previous"))
        self.forward.setIcon(self._icons("next"))

    def _lay_out(self) -> None:
        for button, name in ((self.back, "Back (Alt+Left)"), (self.forward, "Forward (Alt+Right)")):
            button.setAutoRaise(True)
            button.setToolTip(name)
            button.setAccessibleName(name.partition(" ")[0])
        self._paint_buttons()
        top = make_row_layout(self.back, self.forward, (self.search, 1), spacing_px=GRID_PX)
        left = QWidget()
        rows = make_column_layout(left, top, self.counted, (self.lists, 1))
        rows.setContentsMargins(PANEL_MARGIN_PX, PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX)
        whole = QSplitter()
        whole.setChildrenCollapsible(False)
        whole.addWidget(left)
        whole.addWidget(self.view)
        whole.setSizes(_SPLIT)
        whole.setStretchFactor(1, 1)
        make_column_layout(self, whole, margin_px=0)


def _contents(pages: Mapping[str, HandbookPage]) -> tuple[QTreeWidget, dict[str, QTreeWidgetItem]]:
    """Return the tree of the contents, and its rows by page."""
    tree = QTreeWidget()
    tree.setAccessibleName("Contents")
    tree.setHeaderHidden(True)
    tree.setRootIsDecorated(False)
    tree.setIndentation(WIDE_MARGIN_PX)
    groups: dict[str, QTreeWidgetItem] = {}
    items: dict[str, QTreeWidgetItem] = {}
    for page in pages.values():
        if page.group not in groups:
            group = groups[page.group] = QTreeWidgetItem(tree, [page.group])
            group.setFont(0, make_strong_font())
            group.setFlags(Qt.ItemFlag.ItemIsEnabled)
            group.setSizeHint(0, QSize(0, _ROW_PX + GRID_PX))
        item = items[page.key] = QTreeWidgetItem(groups[page.group], [page.title])
        item.setData(0, _KEY, page.key)
        item.setToolTip(0, page.title)
        item.setSizeHint(0, QSize(0, _ROW_PX))
    tree.expandAll()
    return tree, items


def _picture(name: str, alt: str, room: int, *, dark: bool) -> str:
    file = find_picture_file(name, dark=dark)
    size = QImageReader(str(file)).size()
    if not size.isValid():
        return f"<em>{alt}</em>"
    wide = min(size.width(), room)
    high = QSize(wide, round(size.height() * wide / size.width())).height()
    url = QUrl.fromLocalFile(str(file)).toString()
    return f'<img src="{url}" width="{wide}" height="{high}" alt="{alt}">'


def _style(palette: QPalette) -> str:
    """Return the style of pages in a palette's colors."""
    border = palette.color(QPalette.ColorRole.Mid).name()
    quiet = palette.color(QPalette.ColorRole.AlternateBase).name()
    link = palette.color(QPalette.ColorRole.Link).name()
    return (
        "h1 { font-size: 22px; font-weight: 600; margin-bottom: 8px; }"
        "h2 { font-size: 16px; font-weight: 600; margin-top: 16px; margin-bottom: 6px; }"
        "p, li { margin-bottom: 6px; line-height: 130%; }"
        f"a {{ color: {link}; text-decoration: none; }}"
        f"code {{ background-color: {quiet}; }}"
        "th { text-align: left; font-weight: 600; padding: 4px 12px 4px 0; }"
        f"td {{ padding: 4px 12px 4px 0; border-top: 1px solid {border}; }}"
    )
