"""GeoPub: publish QGIS layers as live WFS, WMS and vector tile services."""

from __future__ import annotations


def classFactory(iface):
    """Return the plugin that QGIS is to load."""
    from .plugin import GeoPubPlugin

    return GeoPubPlugin(iface)
