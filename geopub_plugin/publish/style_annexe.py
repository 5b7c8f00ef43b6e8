"""The SLD of a publication as a public file beside its services, for clients that draw by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Dict

from .client import Store
from .client.connection import segment
from .transport import FileSlice


def keep_sld(store: Store, datasheet: str, layer_name: str, sld: Path) -> None:
    """Store the SLD as an annexe of the datasheet, or replace the one that is there."""
    connection, root = store.connection, f"datastores/{segment(store.id)}/annexes"
    path = f"/styles/{layer_name}.sld"
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
