"""Graphics that a style names: files beside it, files elsewhere, and those that are packed into the style itself.

A style is drawn on another computer than the one it was made on, and nothing is fetched while it is drawn: a graphic
travels inside of the style or not at all. QML packs it as QGIS does ("base64:…"), SLD as a data URI (RFC 2397).
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from enum import Enum
from typing import Callable, Dict, Iterator, List, Optional, Set, Tuple
from urllib.parse import unquote

from ..errors import InvalidInput
from ..faults import Fault, Severity
from ..safe_xml import Element, local_name, parse, serialise
from ..translation import tr
from .recognition import StyleDocument, StyleKind, read

LARGEST = 1_000_000  # bytes of one graphic
HREF = "{http://www.w3.org/1999/xlink}href"
_FILES: Dict[str, str] = {  # class of a symbol layer -> its property that names a file
    "SvgMarker": "name",
    "SVGFill": "svgFile",
    "RasterMarker": "imageFile",
    "AnimatedMarker": "imageFile",
    "RasterFill": "imageFile",
    "RasterLine": "imageFile",
}
_MAGIC = {
    b"\x89PNG\r\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
    b"RIFF": "image/webp",
}


class Where(Enum):
    """Where a graphic is."""

    INSIDE = "inside"
    REMOTE = "remote"
    FILE = "file"


@dataclass(frozen=True)
class Graphic:
    """One mention of a graphic in a style."""

    element: Element
    attribute: str
    reference: str  # as the style names it

    @property
    def where(self) -> Where:
        """Where it is to be looked for."""
        if not self.reference or self.reference.startswith(("base64:", "data:")):
            return Where.INSIDE
        scheme = self.reference.partition("://")[0].lower() if "://" in self.reference else ""
        return Where.REMOTE if scheme and scheme != "file" else Where.FILE


def path_of(reference: str) -> str:
    """Return the path that a reference to a file means: it may be written as a file URI."""
    if not reference.lower().startswith("file://"):
        return reference
    path = unquote(reference[7:])
    path = path[len("localhost") :] if path.startswith("localhost/") else path
    return path[1:] if re.match(r"/[A-Za-z]:", path) else path  # file:///C:/…


def graphics(document: StyleDocument) -> Iterator[Graphic]:
    """Yield every graphic that a style names."""
    if document.kind is StyleKind.SLD:
        yield from _of_sld(document.root)
    else:
        yield from _of_qml(document.root)


def media_type(content: bytes) -> str:
    """Return the media type of a graphic, "" for what is none."""
    for magic, kind in _MAGIC.items():
        if content.startswith(magic):
            return kind if kind != "image/webp" or content[8:12] == b"WEBP" else ""
    try:
        return "image/svg+xml" if local_name(parse(content, doctype=True)) == "svg" else ""
    except InvalidInput:
        return ""


def pack(style: bytes, take: Callable[[Graphic], Optional[bytes]]) -> Tuple[bytes, Tuple[Fault, ...]]:
    """Return a style with graphics packed in, byte for byte the same where there are none, and what was done.

    Args:
        style: QML or SLD.
        take: returns the content of a graphic, None to leave it as it is.

    Raises:
        InvalidInput: it is no style.
    """
    document = read(style)
    packed: List[str] = _inline(document)
    unfit: Set[str] = set()
    for graphic in graphics(document):
        content = take(graphic) if graphic.where is not Where.INSIDE else None
        if content is None:
            continue
        kind = media_type(content) if len(content) <= LARGEST else ""
        if not kind:
            unfit.add(graphic.reference)
            continue
        text = base64.b64encode(content).decode("ascii")
        start = "base64:" if document.kind is StyleKind.QML else f"data:{kind};base64,"
        graphic.element.set(graphic.attribute, start + text)
        packed.append(graphic.reference)
    faults = (*_packed(packed), *_unfit(sorted(unfit)))
    return (serialise(document.root) if packed else style), faults


def _inline(document: StyleDocument) -> List[str]:
    """Write what SLD 1.1 packs as InlineContent (OGC 05-077r4 §11.3) as a data URI, which more programs read."""
    found = []
    for element in document.root.iter() if document.kind is StyleKind.SLD else ():
        if local_name(element) != "ExternalGraphic":
            continue
        kind = next(((child.text or "").strip() for child in element if local_name(child) == "Format"), "")
        for child in element:
            if local_name(child) == "InlineContent" and child.get("encoding") == "base64" and kind:
                text = "".join((child.text or "").split())
                child.tag = child.tag.replace("InlineContent", "OnlineResource")
                child.text = None
                del child.attrib["encoding"]
                child.set(HREF, f"data:{kind};base64,{text}")
                found.append("InlineContent")
    return found


def left_outside(document: StyleDocument, table: str) -> Iterator[Fault]:
    """Yield what is wrong with a QML whose graphics are elsewhere: it is drawn without them."""
    found: Dict[Where, List[str]] = {Where.REMOTE: [], Where.FILE: []}
    for graphic in graphics(document):
        if graphic.where is Where.REMOTE or (graphic.where is Where.FILE and _is_absolute(graphic.reference)):
            found[graphic.where].append(graphic.reference)
    remote, files = (tuple(dict.fromkeys(found[where])) for where in (Where.REMOTE, Where.FILE))
    if remote:
        yield Fault(
            "style.external-graphic",
            Severity.WARNING,
            tr("Graphics of the style that lie outside of it: {count}.", count=len(remote)),
            tr("GeoPub fetches nothing from elsewhere when it draws."),
            tr("Let them be fetched once and packed in, or embed them in QGIS: beside the path, Embed File."),
            table=table,
            count=len(remote),
            examples=remote[:10],
        )
    if files:
        yield Fault(
            "style.local-graphic",
            Severity.WARNING,
            tr("Graphics of the style that are files of one computer: {count}.", count=len(files)),
            tr("The server that draws has no such files, unless it is that computer."),
            tr("Publish the style from where these files are: they are packed in. Or embed them in QGIS."),
            table=table,
            count=len(files),
            examples=files[:10],
        )


def _of_sld(root: Element) -> Iterator[Graphic]:
    for element in root.iter():
        if local_name(element) == "ExternalGraphic":
            for child in element:
                if local_name(child) == "OnlineResource":
                    yield Graphic(child, HREF, child.get(HREF, "").strip())


def _of_qml(root: Element) -> Iterator[Graphic]:
    for layer in root.iter("layer"):
        wanted = _FILES.get(layer.get("class", ""))
        for element in layer.iter() if wanted else ():
            if element.tag == "prop" and element.get("k") == wanted:
                yield Graphic(element, "v", element.get("v", ""))
            elif element.tag == "Option" and element.get("name") == wanted and element.get("type") == "QString":
                yield Graphic(element, "value", element.get("value", ""))
    for background in root.iter("background"):  # of labels
        if background.get("shapeSVGFile"):
            yield Graphic(background, "shapeSVGFile", background.get("shapeSVGFile", ""))


def _is_absolute(reference: str) -> bool:
    """Tell a path of one computer from the name of a symbol that every QGIS brings along."""
    return path_of(reference).startswith(("/", "\\\\")) or bool(re.match(r"[A-Za-z]:[\\/]", path_of(reference)))


def _packed(references: List[str]) -> Iterator[Fault]:
    if references:
        yield Fault(
            "style.packed-graphic",
            Severity.REPAIRED,
            tr("Graphics that were packed into the style: {count}.", count=len(set(references))),
            tr("They are drawn wherever the style is."),
            count=len(set(references)),
            examples=tuple(dict.fromkeys(references))[:10],
        )


def _unfit(references: List[str]) -> Iterator[Fault]:
    if references:
        yield Fault(
            "style.unfit-graphic",
            Severity.WARNING,
            tr("Graphics of the style that cannot be packed in: {count}.", count=len(references)),
            tr("Only SVG, PNG, JPEG, GIF and WebP of at most {size} kB are.", size=LARGEST // 1000),
            tr("Make them smaller, or use other ones."),
            count=len(references),
            examples=tuple(references[:10]),
        )
