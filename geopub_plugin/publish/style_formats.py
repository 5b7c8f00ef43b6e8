"""A layer's style in every format that GeoPub writes, each with what the format keeps, approximates and loses."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Dict, FrozenSet, List, Mapping, Optional, Tuple

from qgis.core import QgsField, QgsVectorLayer

from ..backend.errors import InvalidInput
from ..backend.faults import Fault
from ..backend.ingest.names import RESERVED, standard_names
from ..backend.styles.fidelity import FidelityReport, Finding, Ledger
from ..backend.styles.mapbox import MapboxLayers, TileLayer, style_document, to_mapbox
from ..backend.styles.sprites import Sprite
from ..backend.translation import tr
from .map_style import GLYPHS, SHEETS, SOURCE
from .sprite_sheets import drawn_sheets
from .style_export import ExportedStyle, export_style

NOWHERE = "https://example.org"  # where a map style looks for tiles that are not published
_LEFT_OUT = re.compile(rb"<!--(.*?) not implemented yet-->", re.DOTALL)


class StyleFormat(str, Enum):
    """A format of styles."""

    QML = "qml"
    SLD11 = "sld11"
    SLD10 = "sld10"
    MAPBOX = "mapbox"

    @property
    def title(self) -> str:
        """The format's name, the same in every language."""
        return {"qml": "QML", "sld11": "SLD 1.1.0", "sld10": "SLD 1.0.0", "mapbox": "Mapbox"}[self.value]

    @property
    def suffix(self) -> str:
        """How the names of such files end."""
        return {"qml": ".qml", "sld11": ".sld", "sld10": ".sld", "mapbox": ".json"}[self.value]


@dataclass(frozen=True)
class StyleFile:
    """A layer's style in one format."""

    format: StyleFormat
    content: Optional[bytes]  # None: it cannot be written, the report says why
    report: FidelityReport
    beside: Tuple[Tuple[str, bytes], ...] = ()  # endings of the name, and contents, of files that belong to it

    def save(self, path: Path) -> Tuple[Path, ...]:
        """Write the file, and what belongs to it beside it; return what was written.

        Raises:
            InvalidInput: the style cannot be written in this format.
            OSError: the folder cannot be written.
        """
        if self.content is None:
            raise InvalidInput(
                tr("The style cannot be written as {format}.", format=self.format.title),
                " ".join(finding.what for finding in self.report.findings),
                tr("Choose another format."),
            )
        written = [path, *(path.with_name(path.stem + ending) for ending, _content in self.beside)]
        for file, content in zip(written, (self.content, *(content for _ending, content in self.beside))):
            file.write_bytes(content)
        return tuple(written)


def style_files(layer: QgsVectorLayer, table: str, tiles: str = "") -> Tuple[StyleFile, ...]:
    """Return a layer's style in every format; `tiles` is the address of its published TMS, "" when there is none."""
    with tempfile.TemporaryDirectory(prefix="geopub-style-") as folder:
        style = export_style(layer, table, Path(folder))
        qml = style.qml.read_bytes() if style.qml is not None else None
        sld = style.sld.read_bytes() if style.sld is not None else None
        sld10 = style.sld10.read_bytes() if style.sld10 is not None else None
    return (
        _qml(qml, style.faults),
        _sld11(sld, style),
        StyleFile(StyleFormat.SLD10, sld10, _sld10_report(style)),
        _mapbox(layer, table, qml, style.faults, tiles),
    )


def _qml(content: Optional[bytes], faults: Tuple[Fault, ...]) -> StyleFile:
    ledger = Ledger()
    if content is None:
        _note_faults(ledger, faults)
    else:
        ledger.kept(tr("Everything: QGIS and the maps of GeoPub draw with it."))
    return StyleFile(StyleFormat.QML, content, ledger.report(StyleFormat.QML.title))


def _sld11(content: Optional[bytes], style: ExportedStyle) -> StyleFile:
    ledger = Ledger()
    rules = _rules(content) if content is not None else 0
    for match in _LEFT_OUT.finditer(content or b""):
        ledger.lost(tr("QGIS has no SLD for: {symbol}.", symbol=match.group(1).decode("utf-8", "replace").strip()))
    if content is None or not rules:
        _note_faults(ledger, style.faults)
    else:
        ledger.kept(tr("Rules: {count}.", count=rules))
    return StyleFile(StyleFormat.SLD11, content if rules else None, ledger.report(StyleFormat.SLD11.title))


def _rules(sld: bytes) -> int:
    return len(re.findall(rb"<(?:\w+:)?Rule[\s>]", sld))


def _sld10_report(style: ExportedStyle) -> FidelityReport:
    if style.reports:
        return style.reports[0]
    ledger = Ledger()
    _note_faults(ledger, style.faults)
    return ledger.report(StyleFormat.SLD10.title)


def _mapbox(
    layer: QgsVectorLayer, table: str, qml: Optional[bytes], faults: Tuple[Fault, ...], tiles: str
) -> StyleFile:
    ledger = Ledger()
    if qml is None:
        _note_faults(ledger, faults)
        return StyleFile(StyleFormat.MAPBOX, None, ledger.report(StyleFormat.MAPBOX.title))
    names = standard_names(layer.fields().names(), RESERVED)
    tile_layer = TileLayer(SOURCE, table, {old.lower(): new for old, new in names.items()}, _numeric(layer, names))
    made = to_mapbox(qml, tile_layer)
    host = tiles.partition("/tms/")[0] or NOWHERE
    address = tiles.rstrip("/") or f"{NOWHERE}/tms/1.0.0/{table}"
    document = style_document(
        layer.name(),
        SOURCE,
        f"{address}/metadata.json",
        made.layers,
        sprite=f"{host}/styles/{table}/sprite" if made.sprites else None,
        glyphs=host + GLYPHS if made.has_labels else None,
    )
    report = FidelityReport(made.report.target, (*made.report.findings, *_to_be_completed(made, tiles)))
    return StyleFile(StyleFormat.MAPBOX, document if made.layers else None, report, _sheets(qml, made.sprites))


def _to_be_completed(made: MapboxLayers, tiles: str) -> Tuple[Finding, ...]:
    """Return what whoever takes the style elsewhere has to do."""
    ledger = Ledger()
    if not made.layers:
        ledger.lost(tr("Nothing of the style can be drawn by a map in the browser."))
    elif not tiles:
        ledger.approximated(
            tr("The layer is not published yet: put the address of its tiles for “{address}”.", address=NOWHERE)
        )
    if made.sprites:
        ledger.approximated(tr("The symbols are pictures in files beside the style: put their address as “sprite”."))
    return ledger.report("").findings


def _sheets(qml: bytes, sprites: Tuple[Sprite, ...]) -> Tuple[Tuple[str, bytes], ...]:
    if not sprites:
        return ()
    draw = drawn_sheets(qml)
    beside: List[Tuple[str, bytes]] = []
    for ratio, suffix in SHEETS.items():
        index, sheet = draw(sprites, ratio)
        beside += [(f"-sprite{suffix}.json", index), (f"-sprite{suffix}.png", sheet)]
    return tuple(beside)


def _numeric(layer: QgsVectorLayer, names: Mapping[str, str]) -> FrozenSet[str]:
    fields: Dict[str, QgsField] = {field.name(): field for field in layer.fields()}
    return frozenset(new for old, new in names.items() if fields[old].isNumeric())


def _note_faults(ledger: Ledger, faults: Tuple[Fault, ...]) -> None:
    for fault in faults:
        ledger.lost(f"{fault.what} {fault.why}".strip())
