"""A style that somebody brings, made ready for one table: mended, its graphics packed in, its names set, checked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Iterator, Mapping, Optional, Tuple

from ..errors import InvalidInput
from ..faults import Fault, Severity, blocking
from ..features.schema import TableSchema
from ..safe_xml import Element, local_name, serialise
from ..translation import tr
from .checks import check
from .graphics import Graphic, pack
from .recognition import StyleKind, read
from .rename import rename

# Prefixes that people use in SLD and forget to declare
_NAMESPACES = {
    b"sld": b"http://www.opengis.net/sld",
    b"se": b"http://www.opengis.net/se",
    b"ogc": b"http://www.opengis.net/ogc",
    b"gml": b"http://www.opengis.net/gml",
    b"xlink": b"http://www.w3.org/1999/xlink",
}
_ROOT = re.compile(rb"<(?:\w+:)?StyledLayerDescriptor\b")


@dataclass(frozen=True)
class Intake:
    """A style as it is kept, and what is wrong with it or was done to it."""

    content: bytes
    kind: Optional[StyleKind]  # None for what is no style
    faults: Tuple[Fault, ...]

    @property
    def accepted(self) -> bool:
        """Whether nothing forbids its use."""
        return not blocking(self.faults)


def take_in(
    style: bytes,
    schema: TableSchema,
    names: Mapping[str, str],
    take: Callable[[Graphic], Optional[bytes]],
    layer: str = "",
) -> Intake:
    """Return a QML or SLD made ready for a published table.

    Args:
        style: as somebody brings it.
        schema: of the table.
        names: original name of each column -> the published one.
        take: returns the content of a graphic outside of the style, None to leave it there.
        layer: the name that an SLD's layer gets; "" for the table's.
    """
    mended, done = mend(style)
    try:
        kind = read(mended).kind
        packed, graphics = pack(mended, take)
        exact = {field.name: field.name for field in schema.fields}  # in an SLD, which other programs read
        renamed = rename(packed, {**exact, **names}, exact=True) if kind is StyleKind.SLD else rename(packed, names)
        named = _named(renamed, layer or schema.name)
    except InvalidInput as error:
        unreadable = Fault("style.unreadable", Severity.ERROR, error.what, error.why, error.cure, table=schema.name)
        return Intake(style, None, (unreadable,))
    return Intake(named, kind, (*done, *graphics, *check(named, schema)))


def mend(style: bytes) -> Tuple[bytes, Tuple[Fault, ...]]:
    """Declare the well-known prefixes that an SLD uses and does not declare; leave everything else as it is."""
    root = _ROOT.search(style)
    if root is None:
        return style, ()
    used = set(re.findall(rb"[<\s/](\w+):[A-Za-z]", style))
    missing = sorted(
        prefix for prefix in used & set(_NAMESPACES) if not re.search(rb"\sxmlns:" + prefix + rb"\s*=", style)
    )
    if not missing:
        return style, ()
    declared = b"".join(b' xmlns:%s="%s"' % (prefix, _NAMESPACES[prefix]) for prefix in missing)
    fault = Fault(
        "style.undeclared-prefix",
        Severity.REPAIRED,
        tr("The SLD uses prefixes that it does not declare: {names}.", names=", ".join(map(bytes.decode, missing))),
        tr("They were declared as these prefixes usually are."),
    )
    return style[: root.end()] + declared + style[root.end() :], (fault,)


def _named(style: bytes, layer: str) -> bytes:
    """Return an SLD whose layers and styles have the name of the published table, as the platform demands it."""
    document = read(style)
    if document.kind is not StyleKind.SLD:
        return style
    changed = False
    for element in _name_elements(document.root):
        if (element.text or "").strip() != layer:
            element.text, changed = layer, True
    return serialise(document.root) if changed else style


def _name_elements(root: Element) -> Iterator[Element]:
    for layer in root:
        if local_name(layer) in ("NamedLayer", "UserLayer"):
            for part in (layer, *(child for child in layer if local_name(child) == "UserStyle")):
                yield from [child for child in part if local_name(child) == "Name"][:1]
