"""A local tile server that can also misbehave."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtGui import QColor, QImage

COLOR = QColor("#3366CC")


class TileServer(ThreadingHTTPServer):
    """``manner`` is good, garbage, missing or silent; ``asked`` lists the requested paths."""

    daemon_threads = True

    def __init__(self, manner: str) -> None:
        super().__init__(("127.0.0.1", 0), _Desk)
        self.manner = manner
        self.asked: list[str] = []
        self.agents: set[str] = set()
        self.over = threading.Event()
        self.tile = png(256)

    @property
    def url(self) -> str:
        """The address of its tiles."""
        return f"http://127.0.0.1:{self.server_address[1]}/{{z}}/{{x}}/{{y}}.png"


class _Desk(BaseHTTPRequestHandler):
    server: TileServer

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.server.agents.add(self.headers["User-Agent"])
        if self.server.manner == "silent":
            self.server.over.wait(20)
            return
        if self.server.manner == "missing":
            self.send_error(404)
            return
        body = self.server.tile if self.server.manner == "good" else b"no picture at all"
        self.send_response(200)
        self.send_header("Content-Type", "image/png")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "max-age=86400")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextmanager
def served(manner: str) -> Iterator[TileServer]:
    """Run a server while the test lasts."""
    server = TileServer(manner)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()


def png(side_px: int) -> bytes:
    """Return a picture of one color."""
    image = QImage(side_px, side_px, QImage.Format.Format_RGB32)
    image.fill(COLOR)
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())
