"""Draws the program's icon for Windows and macOS from resources/icon.svg.

`python packaging/icons.py FOLDER` writes `zoneplanner.ico` and `zoneplanner.icns` there.
"""

import io
import sys
from pathlib import Path

from PIL import Image
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

DRAWING = Path(__file__).parents[1] / "resources/icon.svg"
WINDOWS_SIZES = (16, 20, 24, 32, 40, 48, 64, 256)


def draw_icon(size: int) -> Image.Image:
    """Return the drawing on a transparent ground, `size` pixels wide and high."""
    picture = QImage(size, size, QImage.Format.Format_ARGB32)
    picture.fill(0)
    painter = QPainter(picture)
    QSvgRenderer(str(DRAWING)).render(painter)
    painter.end()
    encoded = QByteArray()
    buffer = QBuffer(encoded)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    picture.save(buffer, "PNG")  # type: ignore[call-overload]
    return Image.open(io.BytesIO(encoded.data()))


def write_icons(folder: Path) -> None:
    """Write both files; each size is drawn on its own, so that lines stay sharp at 16 pixels."""
    folder.mkdir(parents=True, exist_ok=True)
    *small, large = (draw_icon(size) for size in WINDOWS_SIZES)
    large.save(
        folder / "zoneplanner.ico", append_images=small, sizes=[(s, s) for s in WINDOWS_SIZES]
    )
    draw_icon(1024).save(folder / "zoneplanner.icns")


if __name__ == "__main__":
    write_icons(Path(sys.argv[1]))
