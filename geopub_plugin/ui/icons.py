"""The icons: our own for what is ours, QGIS's theme for everything usual."""

from __future__ import annotations

from qgis.core import QgsApplication
from qgis.PyQt.QtGui import QIcon

from ..backend.locations import shipped
from ..publish.targets import TargetKind

_TARGETS = {TargetKind.EMBEDDED: "computer", TargetKind.SERVER: "server", TargetKind.GEOPLATEFORME: "platform"}


def icon(name: str) -> QIcon:
    """Return an icon of GeoPub: "publish", "wfs", "wms", "tms", "datasheet", "preview", "geopub"."""
    return QIcon(str(shipped("resources", "icons", f"{name}.svg")))


def theme_icon(name: str) -> QIcon:
    """Return an icon of QGIS's theme, such as "mActionRefresh"."""
    return QgsApplication.getThemeIcon(f"/{name}.svg")


def target_icon(kind: TargetKind) -> QIcon:
    """Return the icon of a kind of target."""
    return icon(_TARGETS[kind])
