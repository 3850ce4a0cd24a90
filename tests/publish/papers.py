"""What is looked at in printed pages: their words and where each stands."""

import io
import re
import subprocess
from pathlib import Path

from pypdf import PdfReader

WORD = re.compile(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">')
PAGE = re.compile(r'<page width="([\d.]+)" height="([\d.]+)">')


def page_texts(pdf: bytes) -> list[str]:
    """Return the text of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]


def words_off_the_page(pdf: bytes, folder: Path, edge_pt: float = 12.0) -> list[str]:
    """Return the boxes of words that reach nearer to the paper's edge than a printer prints."""
    path = folder / "looked-at.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    off = []
    width = height = 0.0
    for line in told.splitlines():
        if page := PAGE.search(line):
            width, height = map(float, page.groups())
        elif word := WORD.search(line):
            left, top, right, bottom = map(float, word.groups())
            inside = edge_pt <= left and right <= width - edge_pt
            if not (inside and edge_pt <= top and bottom <= height - edge_pt):
                off.append(line.strip())
    return off
