"""Read a page of a PDF, or a picture, as a new picture made from its pixels.

Nothing else of the file gets through: no script, no hidden layer, no place where a photo was taken
and no author's name.
"""

import base64
import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from zoneplanner.errors import UserError
from zoneplanner.exchange.sandbox.process import refuse_library_errors

LONGEST_SIDE_PX = 2400
_MOST_PIXELS = 80_000_000
_MOST_COLORS = 256
_QUALITY = 85
_PDF_SIGNATURE = b"%PDF-"
_FORMATS = ("PNG", "JPEG", "TIFF", "BMP", "GIF", "WEBP")


def read_picture(copy: Path, name: str, *, page: int) -> Iterator[dict[str, Any]]:
    """Yield the picture of a page, counted from 1: media type, size in pixels, base64, pages.

    Raises
    ------
    UserError
        The file is neither a PDF nor a picture, or has no such page or too many pixels.
    """
    with copy.open("rb") as source:
        is_pdf = _PDF_SIGNATURE in source.read(1024)
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
        sheet = document[page - 1]
        longest = max(sheet.get_size())
        if longest < 1:
            raise UserError("unreadable_file.picture", file=name)
        image = sheet.render(scale=LONGEST_SIDE_PX / longest).to_pil()
        return image.convert("RGB").copy(), pages


def _open_picture(copy: Path, name: str, page: int) -> tuple[Any, int]:
    Image.MAX_IMAGE_PIXELS = None  # the pixels are counted here, before any is decoded
    with refuse_library_errors(UserError("unreadable_file.picture", file=name)):
        image = Image.open(copy, formats=_FORMATS)
        pages = getattr(image, "n_frames", 1)
        _check_page(page, pages, name)
        image.seek(page - 1)
        if image.width * image.height > _MOST_PIXELS:
            raise UserError("too_large.picture", file=name, width=image.width, height=image.height)
        upright = ImageOps.exif_transpose(image).convert("RGBA")
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright.getchannel("A"))
    return paper, pages


def _check_page(page: int, pages: int, name: str) -> None:
    if not 1 <= page <= pages:
        raise UserError("no_such_page", file=name, page=page, pages=pages)


def _encode(image: Any) -> tuple[str, bytes]:
    """Return the smaller of a PNG, usually of a drawing, and a JPEG, usually of a photo."""
    png, jpeg = io.BytesIO(), io.BytesIO()
    image.quantize(_MOST_COLORS).save(png, "PNG", optimize=True)
    image.save(jpeg, "JPEG", quality=_QUALITY)
    encodings = (("image/png", png.getvalue()), ("image/jpeg", jpeg.getvalue()))
    return min(encodings, key=lambda encoding: len(encoding[1]))
