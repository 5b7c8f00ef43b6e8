"""The SLDs of a publication as public files beside its services, for clients that draw by themselves."""

from __future__ import annotations

from .client import Store
from .client.configurations import WFS
from .client.entity import objects, text
from .client.listed_styles import StylePart
from .style_export import ExportedStyle
from .style_place import style_place


def keep_slds(store: Store, datasheet: str, layer_name: str, style: ExportedStyle, table: str = "") -> None:
    """Store the SLDs of a layer, or of a table in it, as annexes: ….sld is 1.0.0, which every client reads."""
    labels = (f"datasheet_name={datasheet}", "type=style")
    place = style_place(store, layer_name, table)
    plain = f"{place}.sld"
    read = style.sld10 or style.sld
    if read is not None:
        kept = store.annexes.keep(plain, read, labels)
        if not table:
            _list(store, layer_name, plain, kept)
    if style.sld is not None and style.sld10 is not None:
        store.annexes.keep(f"{place}.1.1.sld", style.sld, labels)


def _list(store: Store, layer_name: str, path: str, annexe: str) -> None:
    """Name the SLD among the styles of the features that it is for."""
    for known in store.configurations.list(layer_name=layer_name, type=WFS):
        used = objects(store.configurations.get(known.id).type_infos, "used_data")
        tables = [text(one, "public_name") for item in used for one in objects(item, "relations")]
        url = store.styles.annexe_address(known.id) + path
        parts = [StylePart(table, annexe, url) for table in tables[:1]]  # a publication from QGIS has one
        store.styles.link(known.id, known.name, layer_name, parts)
