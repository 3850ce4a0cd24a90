"""Read a page of a PDF, or a picture: what comes out is made anew from its dots.

Nothing of the file itself is kept, so no script, no layer that is switched off, no place where a
photo was taken and no name of who drew it goes on.
"""

import base64
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from zoneplanner.errors import UserError

LONGEST_SIDE_PX = 2400
_MOST_DOTS = 80_000_000
_MOST_COLORS = 256
_QUALITY = 85
_PDF = b"%PDF-"
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")


def read_picture(copy: Path, name: str, *, page: int) -> Iterator[dict[str, Any]]:
    """Yield the picture of a page, counted from 1: media type, size in dots, base64, pages.

    Raises
    ------
    UserError
        It is neither a PDF nor a picture, has no such page, or far too many dots.
    """
    with copy.open("rb") as source:
        is_pdf = _PDF in source.read(1024)
    image, pages = _render_pdf(copy, name, page) if is_pdf else _open_picture(copy, name, page)
    image.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX))
    media_type, data = _encode(image)
    yield {
        "media_type": media_type,
        "width": image.width,
        "height": image.height,
        "pages": pages,
        "data": base64.b64encode(data).decode("ascii"),
    }


def _render_pdf(copy: Path, name: str, page: int) -> tuple[Any, int]:
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(copy)
    except pypdfium2.PdfiumError as error:
        raise UserError("unreadable_file.picture", file=name) from error
    with closing(document):
        pages = len(document)
        _check_page(page, pages, name)
        one = document[page - 1]
        longest = max(one.get_size())
        if longest < 1:
            raise UserError("unreadable_file.picture", file=name)
        dots = one.render(scale=LONGEST_SIDE_PX / longest).to_pil()
        return dots.convert("RGB").copy(), pages


def _open_picture(copy: Path, name: str, page: int) -> tuple[Any, int]:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # the dots are counted here, before any is unpacked
    try:
        image = Image.open(copy, formats=_FORMATS)
        pages = getattr(image, "n_frames", 1)
        _check_page(page, pages, name)
        image.seek(page - 1)
        if image.width * image.height > _MOST_DOTS:
            raise UserError("too_large.picture", file=name, width=image.width, height=image.height)
        turned = ImageOps.exif_transpose(image).convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError) as error:
        raise UserError("unreadable_file.picture", file=name) from error
    paper = Image.new("RGB", turned.size, "white")
    paper.paste(turned, mask=turned.getchannel("A"))
    return paper, pages


def _check_page(page: int, pages: int, name: str) -> None:
    if not 1 <= page <= pages:
        raise UserError("no_such_page", file=name, page=page, pages=pages)


def _encode(image: Any) -> tuple[str, bytes]:
    """Return a drawing as PNG and a photo as JPEG: whichever is smaller."""
    found = {}
    for media_type, kind, own, how in (
        ("image/png", "PNG", image.quantize(_MOST_COLORS), {"optimize": True}),
        ("image/jpeg", "JPEG", image, {"quality": _QUALITY}),
    ):
        buffer = io.BytesIO()
        own.save(buffer, kind, **how)
        found[media_type] = buffer.getvalue()
    return min(found.items(), key=lambda item: len(item[1]))
