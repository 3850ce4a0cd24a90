"""The tags of a PDF for screen readers: headings, paragraphs, table cells and figures.

reportlab writes no tags. Here, marked content is inserted into the code of a page, and the tag tree
into the document before it is saved (ISO 32000-1, 14.7 and 14.8). reportlab has no public way to do
either: ``_code``, ``_doc`` and the list of annotations belong to the pinned version, and the tests
of printed documents read the tags back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase.pdfdoc import (
    PDFArray,
    PDFDictionary,
    PDFName,
    PDFStream,
    PDFString,
)
from reportlab.pdfgen.canvas import Canvas


@dataclass(eq=False, slots=True)
class _Tag:
    """An element of the tree; a leaf has its page and the number of its marked content."""

    role: str
    alt: str = ""
    actual: str = ""
    children: list["_Tag"] = field(default_factory=list)
    page: int = 0
    number: int | None = None
    link: Any = None
    span: int = 1


PAGINATION = "Pagination"
"""The role of headings and footers that pages repeat, which screen readers skip."""
ROW_HEADER = "RowHeader"
"""The role of a row's first cell if it names the row: a TH with the scope of the row."""
_SCOPES = {"TH": "Column", ROW_HEADER: "Row"}
_PRINTED = 4
"""The flag of an annotation that is also printed."""
_IDENTIFIER = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
<pdfuaid:part>1</pdfuaid:part>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<dc:language><rdf:Bag><rdf:li>en-US</rdf:li></rdf:Bag></dc:language>
</rdf:Description></rdf:RDF></x:xmpmeta>
<?xpacket end="r"?>"""  # one element a line


def _build_identifier(info: Any) -> PDFStream:
    """Return the metadata that identify a PDF/UA-1 document (ISO 14289-1, 5)."""
    text = _IDENTIFIER.format(title=escape(str(info.title)))
    entries = PDFDictionary({"Type": PDFName("Metadata"), "Subtype": PDFName("XML")})
    return PDFStream(entries, text.encode("utf-8"))


class TagTree:
    """The tag tree of a document being drawn; ``page`` counts from 0."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._root = _Tag("Document")
        self._open = [self._root]
        self._leaves: list[list[_Tag]] = [[]]
        self._links: list[_Tag] = []

    def new_page(self) -> None:
        """Start numbering the marked content of another page."""
        self._leaves.append([])

    @contextmanager
    def part(self, role: str, *, span: int = 1) -> Iterator[None]:
        """Group what is marked inside as one element, such as a Table or a TR.

        ``span`` is the number of columns of a cell.
        """
        tag = _Tag(role, span=span)
        self._open[-1].children.append(tag)
        self._open.append(tag)
        try:
            yield
        finally:
            self._open.pop()

    @contextmanager
    def content(self, role: str, alt: str = "", actual: str = "") -> Iterator[None]:
        """Tag what is drawn inside as one element.

        ``alt`` describes a figure, and ``actual`` is a string whose letters are drawn in another
        order than they are read. With the role ``PAGINATION`` there is no element: every page
        repeats the line.
        """
        if role == PAGINATION:
            with self.ornament(" <</Type /Pagination>> BDC"):
                yield
            return
        leaves = self._leaves[-1]
        tag = _Tag(role, alt, actual, page=len(self._leaves) - 1, number=len(leaves))
        self._open[-1].children.append(tag)
        leaves.append(tag)
        with self._mark(f"/{'TH' if role == ROW_HEADER else role} <</MCID {tag.number}>> BDC"):
            yield

    def link(self, words: str, destination: str, frame: tuple[float, float, float, float]) -> None:
        """Add a link to a key of the document over a rectangle of the page."""
        canvas: Any = self._canvas
        canvas.linkRect(words, destination, frame, relative=0, thickness=0)
        link = canvas._doc.idToObject[canvas._annotationrefs[-1].name]
        tag = _Tag("Link", words, page=len(self._leaves) - 1, link=link)
        self._open[-1].children.append(tag)
        self._links.append(tag)

    @contextmanager
    def ornament(self, kind: str = " BMC") -> Iterator[None]:
        """Mark what is drawn inside as decoration that screen readers skip."""
        with self._mark(f"/Artifact{kind}"):
            yield

    @contextmanager
    def _mark(self, operator: str) -> Iterator[None]:
        code: list[str] = self._canvas._code  # type: ignore[attr-defined]
        code.append(operator)
        try:
            yield
        finally:
            code.append("EMC")

    def finish(self) -> None:
        """Insert the tree into the document once all pages are drawn."""
        document: Any = self._canvas._doc  # type: ignore[attr-defined]
        pages = document.Pages.pages
        root = PDFDictionary({"Type": PDFName("StructTreeRoot")})
        elements: dict[int, Any] = {}
        top = self._element(document, self._root, root, pages, elements)
        nums: list[Any] = []
        for number, leaves in enumerate(self._leaves[: len(pages)]):
            page = pages[number]
            page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
            page.StructParents, page.Tabs = number, PDFName("S")
            references = PDFArray([document.Reference(elements[id(leaf)]) for leaf in leaves])
            nums += [number, document.Reference(references)]
        for key, tag in enumerate(self._links, start=len(pages)):
            tag.link.permitted = (*tag.link.permitted, "StructParent", "F")
            tag.link.otherkw["StructParent"] = key
            tag.link.otherkw["F"] = _PRINTED
            nums += [key, document.Reference(elements[id(tag)])]
        root.dict["K"] = PDFArray([document.Reference(top)])
        root.dict["ParentTree"] = document.Reference(PDFDictionary({"Nums": PDFArray(nums)}))
        root.dict["ParentTreeNextKey"] = len(pages) + len(self._links)
        document.Catalog.StructTreeRoot = root
        document.Catalog.MarkInfo = PDFDictionary({"Marked": "true"})
        document.Catalog.Metadata = document.Reference(_build_identifier(document.info))

    def _element(
        self, document: Any, tag: _Tag, parent: Any, pages: Any, elements: dict[int, Any]
    ) -> Any:
        element = PDFDictionary(
            {
                "Type": PDFName("StructElem"),
                "S": PDFName("TH" if tag.role == ROW_HEADER else tag.role),
                "P": document.Reference(parent),
            }
        )
        if tag.alt:
            element.dict["Alt"] = PDFString(tag.alt)
        if tag.actual:
            element.dict["ActualText"] = PDFString(tag.actual)
        if scope := _SCOPES.get(tag.role):
            element.dict["A"] = PDFDictionary({"O": PDFName("Table"), "Scope": PDFName(scope)})
        if tag.span > 1:
            element.dict["A"] = PDFDictionary({"O": PDFName("Table"), "ColSpan": tag.span})
        if tag.link is not None:
            element.dict["K"] = PDFDictionary(
                {
                    "Type": PDFName("OBJR"),
                    "Obj": document.Reference(tag.link),
                    "Pg": document.Reference(pages[tag.page]),
                }
            )
        elif tag.number is not None:
            element.dict["K"] = tag.number
            element.dict["Pg"] = document.Reference(pages[tag.page])
        else:
            children = [
                self._element(document, child, element, pages, elements) for child in tag.children
            ]
            element.dict["K"] = PDFArray([document.Reference(child) for child in children])
        elements[id(tag)] = element
        return element
