"""The SLDs of a publication as public files beside its services, for clients that draw by themselves."""

from __future__ import annotations

from .client import Store
from .style_export import ExportedStyle


def keep_slds(store: Store, datasheet: str, layer_name: str, style: ExportedStyle) -> None:
    """Store the SLDs of a layer as annexes of the datasheet: <layer>.sld is 1.0.0, which every client reads."""
    labels = (f"datasheet_name={datasheet}", "type=style")
    plain = f"/styles/{layer_name}.sld"
    if style.sld10 is not None:
        store.annexes.keep(plain, style.sld10, labels)
    if style.sld is not None:
        store.annexes.keep(f"/styles/{layer_name}.1.1.sld" if style.sld10 else plain, style.sld, labels)
