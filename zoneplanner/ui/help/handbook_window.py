"""The handbook in a separate window: contents, search and linked pages."""

import re
from collections.abc import Mapping
from dataclasses import replace

from markdown_it import MarkdownIt
from PySide6.QtCore import QEvent, QRegularExpression, QSignalBlocker, QSize, Qt, QTimer, QUrl
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
from zoneplanner.app.help.question_words import list_search_words
from zoneplanner.domain.project import Project
from zoneplanner.messages import format_count
from zoneplanner.ui.widgets.layout.basic_widgets import (
    make_column_layout,
    make_filter_field,
    make_muted_label,
    make_row_layout,
)
from zoneplanner.ui.widgets.layout.layouts import make_splitter
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

_WINDOW_SIZE_PX, _COLUMN_WIDTHS_PX = (1100, 760), (290, 810)
_START_PAGE = "start"
_PAGE_KEY_ROLE = Qt.ItemDataRole.UserRole
_MAX_PICTURE_PX = 720
_ROW_PX = 22
_MATCH_ALPHA = 90


class HandbookWindow(QWidget):
    """Shows one page at a time and highlights the words being searched for."""

    def __init__(self, icons: Icons, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle("Handbook")
        screen = (parent or self).screen().availableGeometry()
        self.resize(fit_size_to_screen(QSize(*_WINDOW_SIZE_PX), screen))
        self._icons = icons
        self.pages = load_handbook({"keyboard": render_keyboard_page(write_native_keys)})
        self.key = _START_PAGE
        self._back_keys: list[str] = []
        self._forward_keys: list[str] = []
        name = "Search the handbook"
        self.search = make_filter_field(name, f"{name}…", self._search)
        self.contents, self.items = _build_contents_tree(self.pages)
        self.results = QListWidget()
        self.results.setAccessibleName("Pages found")
        self.results.setWordWrap(True)
        self.results.setSpacing(GRID_PX)
        self.result_count = make_muted_label()
        self.result_count.hide()
        self.lists = QStackedWidget()
        self.lists.addWidget(self.contents)
        self.lists.addWidget(self.results)
        self.view = QTextBrowser()
        self.view.setAccessibleName("Page")
        self.view.setOpenLinks(False)
        self.view.setFrameShape(QTextBrowser.Shape.NoFrame)
        self.view.document().setDocumentMargin(WIDE_MARGIN_PX)
        self.back, self.forward = QToolButton(), QToolButton()
        self._lay_out()
        self.search.returnPressed.connect(self._focus_first_result)
        self.contents.currentItemChanged.connect(self._show_contents_item)
        self.results.currentItemChanged.connect(self._show_result)
        self.view.anchorClicked.connect(self._follow_link)
        self.back.clicked.connect(self.go_back)
        self.forward.clicked.connect(self.go_forward)
        for keys, do in (
            ("Esc", self.close),
            ("Ctrl+F", self.search.setFocus),
            ("Alt+Left", self.go_back),
            ("Alt+Right", self.go_forward),
        ):
            QShortcut(QKeySequence(keys), self).activated.connect(do)
        self._open_page(_START_PAGE)

    def show_rules(self, project: Project) -> None:
        """Update the page of rules to the rules that a project follows."""
        self.pages["rules"] = replace(self.pages["rules"], text=render_rules_page(project))
        if self.key == "rules":
            self._draw()

    def show_page(self, key: str) -> None:
        """Show a page; an unknown key raises KeyError."""
        if key != self.key:
            self._back_keys.append(self.key)
            self._forward_keys.clear()
            self._open_page(key)

    def go_back(self) -> None:
        """Show the previous page."""
        self._step(self._back_keys, self._forward_keys)

    def go_forward(self) -> None:
        """Show the page that was left by going back."""
        self._step(self._forward_keys, self._back_keys)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the page in the colors of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._paint_buttons()
            self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Scale the pictures to the new width."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._draw()

    def showEvent(self, event: QShowEvent) -> None:
        """Scale the pictures once the window has been laid out."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._draw)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Return the keyboard focus to the parent window."""
        parent = self.parentWidget()
        if parent is not None:
            parent.activateWindow()
        super().closeEvent(event)

    def _step(self, source: list[str], target: list[str]) -> None:
        if source:
            target.append(self.key)
            self._open_page(source.pop())

    def _open_page(self, key: str) -> None:
        self.key = key
        self._draw()
        self.view.verticalScrollBar().setValue(0)
        self.setWindowTitle(f"{self.pages[key].title} — Handbook")
        self.back.setEnabled(bool(self._back_keys))
        self.forward.setEnabled(bool(self._forward_keys))
        self._select_contents_item()
        self._highlight_matches()

    def _draw(self) -> None:
        scroll_bar = self.view.verticalScrollBar()
        position = scroll_bar.value()
        self.view.document().setDefaultStyleSheet(_build_style_sheet(self.palette()))
        self.view.setHtml(self._render_html(self.pages[self.key].text))
        scroll_bar.setValue(position)

    def _render_html(self, text: str) -> str:
        """Return a page's text as HTML; a missing picture is replaced by its description."""
        dark = self.palette().color(QPalette.ColorRole.Window).lightness() < 128
        inner_px = self.view.viewport().width() - 2 * WIDE_MARGIN_PX - SPACING_PX
        width_px = min(max(240, inner_px), _MAX_PICTURE_PX)
        pictures: list[str] = []

        def place(match: re.Match[str]) -> str:
            pictures.append(_render_picture(match[2], match[1], width_px, dark=dark))
            return f"\n\nPICTURE{len(pictures) - 1}\n\n"

        text = PICTURE_MARKUP.sub(place, text)
        html: str = MarkdownIt("commonmark").enable("table").render(text)
        for index, picture in enumerate(pictures):
            html = html.replace(f"<p>PICTURE{index}</p>", f"<div>{picture}</div>")
        return html.replace("<table>", '<table cellspacing="0" width="100%">')

    def _select_contents_item(self) -> None:
        item = self.items.get(self.key)
        if item is not None:
            with QSignalBlocker(self.contents):
                self.contents.setCurrentItem(item)

    def _highlight_matches(self) -> None:
        """Highlight the words being searched for, and scroll to the first match."""
        color = QColor(self.palette().color(QPalette.ColorRole.Accent))
        color.setAlpha(_MATCH_ALPHA)
        highlight = QTextCharFormat()
        highlight.setBackground(color)
        selections, document = [], self.view.document()
        for word in list_search_words(self.search.text()):
            pattern = QRegularExpression(
                r"(?<!\w)" + QRegularExpression.escape(word).replace(r"\'", "['’]"),
                QRegularExpression.PatternOption.CaseInsensitiveOption,
            )
            cursor = document.find(pattern)
            while not cursor.isNull():
                selection = QTextEdit.ExtraSelection()
                selection.cursor, selection.format = cursor, highlight
                selections.append(selection)
                cursor = document.find(pattern, cursor)
        self.view.setExtraSelections(selections)
        if selections:
            first = min(selections, key=lambda selection: selection.cursor.selectionStart())
            cursor = QTextCursor(first.cursor)
            cursor.clearSelection()
            self.view.setTextCursor(cursor)
            self.view.ensureCursorVisible()

    def _search(self, text: str) -> None:
        hits = search_handbook(self.pages.values(), text)
        with QSignalBlocker(self.results):
            self.results.clear()
            for hit in hits:
                item = QListWidgetItem(f"{hit.page.title}\n{hit.around}")
                item.setData(_PAGE_KEY_ROLE, hit.page.key)
                self.results.addItem(item)
        searching = bool(text.strip())
        self.lists.setCurrentWidget(self.results if searching else self.contents)
        none = "Nothing found. Try fewer or different words."
        self.result_count.setText(format_count(len(hits), "page") if hits else none)
        self.result_count.setVisible(searching)
        self._highlight_matches()

    def _focus_first_result(self) -> None:
        if self.results.count():
            self.results.setCurrentRow(0)
            self.results.setFocus()

    def _show_contents_item(self, item: QTreeWidgetItem | None) -> None:
        key = item.data(0, _PAGE_KEY_ROLE) if item is not None else None
        if key is not None:
            self.show_page(key)

    def _show_result(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.show_page(item.data(_PAGE_KEY_ROLE))
            self._highlight_matches()

    def _follow_link(self, url: QUrl) -> None:
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
        rows = make_column_layout(left, top, self.result_count, (self.lists, 1))
        rows.setContentsMargins(PANEL_MARGIN_PX, PANEL_MARGIN_PX, SPACING_PX, PANEL_MARGIN_PX)
        splitter = make_splitter({left: 0, self.view: 1}, _COLUMN_WIDTHS_PX)
        make_column_layout(self, splitter, margin_px=0)


def _build_contents_tree(
    pages: Mapping[str, HandbookPage],
) -> tuple[QTreeWidget, dict[str, QTreeWidgetItem]]:
    """Return the table of contents, and its items by page key."""
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
        item.setData(0, _PAGE_KEY_ROLE, page.key)
        item.setToolTip(0, page.title)
        item.setSizeHint(0, QSize(0, _ROW_PX))
    tree.expandAll()
    return tree, items


def _render_picture(name: str, alt: str, max_width_px: int, *, dark: bool) -> str:
    file = find_picture_file(name, dark=dark)
    size = QImageReader(str(file)).size()
    if not size.isValid():
        return f"<em>{alt}</em>"
    width = min(size.width(), max_width_px)
    height = round(size.height() * width / size.width())
    url = QUrl.fromLocalFile(str(file)).toString()
    return f'<img src="{url}" width="{width}" height="{height}" alt="{alt}">'


def _build_style_sheet(palette: QPalette) -> str:
    """Return the style sheet of the pages in a palette's colors."""
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
