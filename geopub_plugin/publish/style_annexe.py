"""The SLD of a publication as a public file beside its services, for clients that draw by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

from .client import Store
from .client.connection import segment
from .style_export import ExportedStyle
from .transport import FileSlice


def keep_slds(store: Store, datasheet: str, layer_name: str, style: ExportedStyle) -> None:
    """Store the SLDs of a layer as annexes of the datasheet: <layer>.sld is 1.0.0, which every client reads."""
    if style.sld10 is not None:
        _keep(store, datasheet, f"/styles/{layer_name}.sld", style.sld10)
    if style.sld is not None:
        _keep(
            store, datasheet, f"/styles/{layer_name}.1.1.sld" if style.sld10 else f"/styles/{layer_name}.sld", style.sld
        )


def _keep(store: Store, datasheet: str, path: str, sld: Path) -> None:
    """Store a file as an annexe, or replace the one that is there."""
    connection, root = store.connection, f"datastores/{segment(store.id)}/annexes"
    content = FileSlice(sld, 0, sld.stat().st_size)
    for known in connection.pages(root, {"path": path}):
        if path in (known.get("paths") or ()):
            connection.put_file(f"{root}/{segment(str(known['_id']))}", sld.name, content)
            return
    fields: Dict[str, object] = {
        "paths": path,
        "published": "true",
        "labels": [f"datasheet_name={datasheet}", "type=style"],
    }
    connection.post_file(root, sld.name, content, fields)
