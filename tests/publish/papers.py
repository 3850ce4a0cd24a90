"""Readers of printed pages: their words and where each one is."""

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


def read_actual_texts(pdf: bytes) -> set[str]:
    """Return the texts that a screen reader reads in place of the drawn content."""
    reader = PdfReader(io.BytesIO(pdf))
    found: set[str] = set()
    left = [reader.trailer["/Root"]["/StructTreeRoot"]["/K"][0].get_object()]
    while left:
        element = left.pop()
        found.add(str(element.get("/ActualText", "")))
        below = element.get("/K", 0)
        left += [one.get_object() for one in below] if isinstance(below, list) else []
    return found


def find_words_off_page(pdf: bytes, folder: Path, edge_pt: float = 12.0) -> list[str]:
    """Return the boxes of words that reach into the unprintable margin."""
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


def find_overlapping_words(
    pdf: bytes, folder: Path, slack_pt: float = 1.0
) -> list[tuple[str, str]]:
    """Return pairs of words printed over each other; a word's own halo does not count."""
    path = folder / "looked-at.pdf"
    path.write_bytes(pdf)
    told = subprocess.run(
        ["pdftotext", "-bbox", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    pairs = []
    words: list[tuple[str, list[float]]] = []
    for line in told.splitlines():
        if PAGE.search(line):
            words = []
        elif word := WORD.search(line):
            text = line.split(">", 1)[1].removesuffix("</word>")
            left, top, right, bottom = map(float, word.groups())
            third = (bottom - top) / 3
            box = [left + slack_pt, top + third, right - slack_pt, bottom - third]
            pairs += [
                (text, other) for other, their in words if text != other and _overlap(box, their)
            ]
            words.append((text, box))
    return pairs


def _overlap(one: list[float], other: list[float]) -> bool:
    across = one[0] < other[2] and other[0] < one[2]
    return across and one[1] < other[3] and other[1] < one[3]
