"""GeoPub: publish QGIS layers as live WFS, WMS and vector tile services."""

from __future__ import annotations


def classFactory(iface):  # noqa: N802 - the name is QGIS's
    """Return the plugin that QGIS is to load."""
    from .plugin import GeoPubPlugin

    return GeoPubPlugin(iface)
