"""The base map of previews: one of QGIS's XYZ connections for all projects, or a layer of one project."""

from __future__ import annotations

from typing import Dict, Optional

from qgis.core import QgsApplication, QgsLayerItem, QgsMapLayer, QgsProject, QgsRasterLayer, QgsSettings

ROOM, ENTRY = "geopub", "/base-map"  # of a project: the id of a layer, NONE, or "" for what the settings say
NONE = "none"
SETTING = "geopub/base-map"  # the name of an XYZ connection, "" for none
_PROVIDER = "XYZ Tiles"  # of QGIS's Browser; the keys of the connections are others in each version of QGIS


def connections() -> Dict[str, str]:
    """Return the sources of QGIS's XYZ connections, by name."""
    provider = QgsApplication.dataItemProviderRegistry().provider(_PROVIDER)
    root = provider.createDataItem("", None) if provider is not None else None
    items = root.createChildren() if root is not None else []
    return {item.name(): item.uri() for item in items if isinstance(item, QgsLayerItem)}


def default_name() -> str:
    """Return the name of the connection that is the base map where a project says nothing, "" for none."""
    return str(QgsSettings().value(SETTING, "") or "")


def set_default(name: str) -> None:
    """Set the base map of projects that say nothing, "" for none."""
    QgsSettings().setValue(SETTING, name)


def of_project() -> str:
    """Return what the project says: the id of a layer, NONE, or "" for what the settings say."""
    return str(QgsProject.instance().readEntry(ROOM, ENTRY, "")[0])


def set_for_project(what: str) -> None:
    """Set what the project says, see `of_project`; it is saved with the project."""
    if what:
        QgsProject.instance().writeEntry(ROOM, ENTRY, what)
    else:
        QgsProject.instance().removeEntry(ROOM, ENTRY)


class BaseMap:
    """The base map as a layer; one of a connection is made when it is first drawn, and kept."""

    def __init__(self) -> None:
        self._name = ""
        self._layer: Optional[QgsRasterLayer] = None

    def layer(self) -> Optional[QgsMapLayer]:
        """Return the layer that previews are laid over, None when none is set or it is gone."""
        said = of_project()
        if said:
            return QgsProject.instance().mapLayer(said)
        name = default_name()
        if name != self._name:
            source = connections().get(name, "") if name else ""
            self._name, self._layer = name, QgsRasterLayer(source, name, "wms") if source else None
        return self._layer if self._layer is not None and self._layer.isValid() else None

    def clear(self) -> None:
        """Let go of the layer."""
        self._name, self._layer = "", None
