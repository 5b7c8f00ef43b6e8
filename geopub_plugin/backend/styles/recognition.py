"""What kind of style a file holds, told by its content and never by its name."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from ..errors import InvalidInput
from ..safe_xml import Element, local_name, parse
from ..translation import tr


class StyleKind(str, Enum):
    """The languages a style may be written in; the value is the usual file extension."""

    QML = "qml"
    SLD = "sld"


@dataclass(frozen=True)
class StyleDocument:
    """A style that was read: its kind and its XML."""

    kind: StyleKind
    root: Element
    version: str  # QGIS's "3.22.16-Białowieża" or SLD's "1.0.0"; "" when not said


def read(style: bytes) -> StyleDocument:
    """Return what a style file holds; raise InvalidInput when it is unsafe, malformed or no style."""
    root = parse(style, doctype=True)  # QML opens with a document type
    name = local_name(root)
    if name == "qgis":
        return StyleDocument(StyleKind.QML, root, root.get("version", ""))
    if name == "StyledLayerDescriptor":
        return StyleDocument(StyleKind.SLD, root, root.get("version", ""))
    raise InvalidInput(
        tr("This is not a style that GeoPub can use."),
        tr("Its outermost element is <{name}>; QML has <qgis> and SLD has <StyledLayerDescriptor>.", name=name),
        tr("In QGIS: layer properties, Style, Save Style, and choose QML or SLD."),
    )


def recognise(style: bytes) -> StyleKind:
    """Return the kind of a style; raise InvalidInput when it is none."""
    return read(style).kind
