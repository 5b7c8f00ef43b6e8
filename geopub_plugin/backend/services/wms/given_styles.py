"""Styles that a request brings along: SLD_BODY (OGC 05-078r4 §9.2, OGC 02-070 §6.3), within limits.

Anybody may send one. So it is small, fetches and embeds nothing, calls no function that reads the server, and draws
only layers of the request.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Dict, Iterator, List, Mapping, Tuple

from ...errors import InvalidInput
from ...faults import Severity
from ...features.geopackage_schema import feature_tables
from ...safe_xml import Element, local_name, serialise
from ...styles.checks import check
from ...styles.recognition import StyleKind, read
from ...translation import tr
from ..owscommon import Parameters, invalid
from ..publications import MapLayer
from .exceptions import ServiceException

LARGEST_STYLE = 256 * 1024  # bytes
_FETCHED = ("OnlineResource", "InlineContent", "RemoteOWS", "InlineFeature")


@dataclass(frozen=True)
class GivenStyles:
    """What an SLD_BODY says: styles of its own, and names of styles that layers have."""

    layers: Tuple[str, ...]  # in its order, the bottom first
    own: Mapping[str, bytes]  # by layer: an SLD with this layer only
    named: Mapping[str, str]  # by layer


NO_STYLES = GivenStyles((), {}, {})


def given_styles(parameters: Parameters) -> GivenStyles:
    """Return the styles of SLD_BODY; raise for one that is not safe or not understood, and for one to be fetched."""
    if parameters.get("SLD"):
        raise invalid(
            "SLD",
            parameters.get("SLD"),
            tr("GeoPub fetches nothing from elsewhere when it draws."),
            tr("Send the style itself as SLD_BODY."),
        )
    body = parameters.get("SLD_BODY").encode("utf-8", "replace")
    if not body:
        return NO_STYLES
    if len(body) > LARGEST_STYLE:
        raise _refused(
            tr("The style in SLD_BODY is too large."), tr("It may have {size} kB.", size=LARGEST_STYLE // 1024)
        )
    return _read(body)


def _read(body: bytes) -> GivenStyles:
    document = read(body)
    if document.kind is not StyleKind.SLD:
        raise _refused(tr("SLD_BODY holds no SLD."), tr("Only SLD 1.0.0 and 1.1.0 are read here."))
    root = document.root
    fetched = sorted({local_name(element) for element in root.iter()} & set(_FETCHED))
    if fetched:
        raise _refused(
            tr("The style in SLD_BODY brings or fetches graphics or features: {names}.", names=", ".join(fetched)),
            tr("Only marks, lines, fills and texts are drawn from a style that a request brings along."),
        )
    own: Dict[str, bytes] = {}
    named: Dict[str, str] = {}
    layers: List[str] = []
    for element in root:
        if local_name(element) in ("NamedLayer", "UserLayer"):
            name = _text(element, "Name")
            layers.append(name)
            styles = [child for child in element if local_name(child) in ("UserStyle", "NamedStyle")]
            if styles and local_name(styles[0]) == "UserStyle":
                own[name] = _only(root, element)
            elif styles:
                named[name] = _text(styles[0], "Name")
    return GivenStyles(tuple(dict.fromkeys(layers)), own, named)


def _text(element: Element, name: str) -> str:
    return next(((child.text or "").strip() for child in element if local_name(child) == name), "")


def _only(root: Element, wanted: Element) -> bytes:
    """Return the document with one of its layers."""
    position = list(root).index(wanted)
    alone = copy.deepcopy(root)
    for number, element in reversed(list(enumerate(alone))):
        if number != position and local_name(element) in ("NamedLayer", "UserLayer"):
            alone.remove(element)
    return serialise(alone)


@contextmanager
def dressed(layers: Tuple[MapLayer, ...], given: GivenStyles) -> Iterator[Tuple[MapLayer, ...]]:
    """Lend the layers with the styles that a request brought along, as files that go when it is answered."""
    if not given.own:
        yield layers
        return
    folder = Path(tempfile.mkdtemp(prefix="geopub-sld-"))
    try:
        yield tuple(_dressed(layer, given.own, folder / str(number)) for number, layer in enumerate(layers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _dressed(layer: MapLayer, own: Mapping[str, bytes], path: Path) -> MapLayer:
    style = own.get(layer.name)
    if style is None:
        return layer
    for table in layer.tables:
        _examine(style, table.data, table.table)
    path = path.with_suffix(".sld")
    path.write_bytes(style)
    return replace(layer, tables=tuple(replace(table, style=path) for table in layer.tables))


def _examine(style: bytes, data: Path, table: str) -> None:
    """Raise what is wrong with a style for a table, all of it."""
    schema = next((schema for schema in feature_tables(data) if schema.name == table), None)
    if schema is None:  # the renderer says that the file is missing
        return
    faults = [fault for fault in check(style, schema) if fault.severity is Severity.ERROR]
    if faults:
        why = " ".join(part for fault in faults for part in (fault.what, fault.why) if part)
        raise _refused(tr("The style in SLD_BODY cannot be drawn on “{table}”.", table=table), why, faults[0].cure)


def examine_names(given: GivenStyles, layers: Tuple[MapLayer, ...]) -> None:
    """Raise ServiceException for a layer of SLD_BODY that is not among those asked for."""
    known = {layer.name for layer in layers}
    for name in given.layers:
        if name not in known:
            raise ServiceException(
                "LayerNotDefined",
                tr("The layer “{layer}” is in SLD_BODY but not in LAYERS.", layer=name[:80]),
                cure=tr("Name it in LAYERS too, or leave it out."),
            )


def _refused(what: str, why: str = "", cure: str = "") -> InvalidInput:
    return ServiceException("StyleNotDefined", what, why, cure)
