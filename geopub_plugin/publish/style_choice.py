"""The style that was chosen for a table, as files: the layer's, another one that the layer has, or somebody's file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Optional, Tuple

from qgis.core import QgsVectorLayer, QgsWkbTypes

from ..backend.errors import GeoPubError, InvalidInput
from ..backend.faults import blocking
from ..backend.features.schema import ColumnKind, Field, TableSchema
from ..backend.styles.checks import check
from ..backend.translation import tr
from .layer_plan import tile_fields
from .plain_style import plain_style
from .proposal import STYLE_SUFFIXES, TableStyle
from .style_export import ExportedStyle, export_style
from .table_plan import FILE, LAYER, NAMED, NONE, StyleChoice


@dataclass(frozen=True)
class ChosenStyle:
    """The style of one table."""

    for_table: Optional[TableStyle]
    qml: bytes = b""  # b"" for a style that is no QML
    exported: Optional[ExportedStyle] = None  # of what QGIS wrote

    @property
    def plain(self) -> Optional[TableStyle]:
        """The style as SLD 1.0.0, for servers that draw with nothing else; None where it cannot be written so."""
        if self.exported is not None and self.exported.sld10 is not None:
            table = self.exported.sld10.name[: -len(".1.0.sld")]
            return TableStyle(table, f"{table}.sld", self.exported.sld10.read_bytes())
        try:
            return plain_style(self.for_table) if self.for_table is not None else None
        except InvalidInput:
            return None


def chosen_style(
    layer: QgsVectorLayer, table: str, choice: StyleChoice, folder: Path, plain: bool = False
) -> Optional[ChosenStyle]:
    """Return the style of a table; None where none is wanted.

    With `plain`, QML from a file is put on a copy of the layer, so that QGIS writes it as SLD too.

    Raises:
        OSError: a file cannot be read.
        InvalidInput: QGIS does not take the QML of a file.
    """
    if choice.kind == NONE:
        return None
    if choice.kind == FILE:
        style = TableStyle.read(table, Path(choice.value))
        if not style.filename.lower().endswith(".qml"):
            return ChosenStyle(style)
        exported = export_style(_drawn_with(layer, choice.value), table, folder) if plain else None
        return ChosenStyle(style, style.content, exported)
    exported = export_style(_styled(layer, choice), table, folder)
    if exported.qml is None:
        return ChosenStyle(None, b"", exported)
    style = TableStyle.read(table, exported.qml)
    return ChosenStyle(style, style.content, exported)


def style_names(layer: QgsVectorLayer) -> Tuple[str, ...]:
    """Return the names of a layer's styles besides the one that it is drawn with now."""
    manager = layer.styleManager()
    return tuple(name for name in manager.styles() if name != manager.currentStyle())


def style_fault(choice: StyleChoice, layer: QgsVectorLayer) -> str:
    """Return what is wrong with a choice, "" when nothing is."""
    if choice.kind == NAMED and choice.value not in layer.styleManager().styles():
        return tr("The layer has no style “{name}” any more.", name=choice.value)
    if choice.kind != FILE:
        return ""
    path = Path(choice.value)
    if not choice.value:
        return tr("Choose a file.")
    if path.suffix.lower() not in STYLE_SUFFIXES:
        return tr("A style is a QML file of QGIS or an SLD file.")
    try:
        faults = check(path.read_bytes(), _schema(layer))
    except OSError:
        return tr("The file cannot be read.")
    except GeoPubError as error:
        return str(error)
    return " ".join(fault.sentence for fault in blocking(faults)[:3])


def _styled(layer: QgsVectorLayer, choice: StyleChoice) -> QgsVectorLayer:
    if choice.kind == LAYER or choice.value == layer.styleManager().currentStyle():
        return layer
    copy = layer.clone()
    layer.styleManager().style(choice.value).writeToLayer(copy)
    return copy


def _drawn_with(layer: QgsVectorLayer, qml: str) -> QgsVectorLayer:
    copy = layer.clone()
    message, taken = copy.loadNamedStyle(qml)
    if not taken:  # the copy has the layer's own style still, which was not chosen
        raise InvalidInput(
            tr("The style file “{name}” cannot be used.", name=Path(qml).name),
            tr("QGIS says: {message}", message=message or tr("unknown error")),
            tr("Choose another style."),
        )
    return copy


def _schema(layer: QgsVectorLayer) -> TableSchema:
    """Return the table that a layer will be, as far as styles ask."""
    fields = tuple(Field(name, ColumnKind.TEXT, "TEXT") for name in tile_fields(layer))
    geometry = QgsWkbTypes.displayString(QgsWkbTypes.flatType(layer.wkbType())).upper()
    return TableSchema(layer.name(), "ogc_fid", "geom", geometry, False, False, None, fields)
