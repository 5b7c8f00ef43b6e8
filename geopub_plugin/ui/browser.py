"""GeoPub in QGIS's Browser panel: targets, their datasheets, and services that can be dragged into the project.

Every item is made in the GUI thread, from what is known; what is not is asked for, and the item refreshed.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, List, Optional

from qgis.core import (
    Qgis,
    QgsDataCollectionItem,
    QgsDataItem,
    QgsDataItemProvider,
    QgsErrorItem,
    QgsLayerItem,
)
from qgis.PyQt import sip
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QAction, QWidget

from ..backend.translation import tr
from ..publish.client.datasheets import Datasheet
from ..publish.compat import NETWORK_SOURCES
from ..publish.known_datasheets import KnownDatasheets
from ..publish.live_layers import LiveService, tms_source, wfs_source, wms_source
from ..publish.targets import Target
from .icons import icon, target_icon, theme_icon
from .publications_model import live_services
from .publications_view import shared_address

NAME, ROOT = "GeoPub", "geopub:"
FAST = Qgis.BrowserItemCapabilities(Qgis.BrowserItemCapability.Fast | Qgis.BrowserItemCapability.Fertile)
_PROVIDERS: Dict[str, str] = {"WFS": "WFS", "WMS": "wms", "TMS": "vectortile"}
Make = Callable[["Folder"], List[QgsDataItem]]


class Folder(QgsDataCollectionItem):
    """A collection whose children are made from what is known, and kept: QGIS does not own what Python made."""

    def __init__(self, parent: Optional[QgsDataItem], name: str, path: str, make: Make) -> None:
        super().__init__(parent, name, path, NAME)
        self._make = make
        self._kept: List[QgsDataItem] = []
        self.setCapabilitiesV2(FAST)

    def createChildren(self) -> List[QgsDataItem]:
        """Return the children."""
        self._kept = self._make(self)
        return list(self._kept)


class ServiceItem(QgsLayerItem):
    """A live service; dragged into the map, it is a layer of QGIS's own provider."""

    def __init__(self, parent: QgsDataItem, service: LiveService, path: str) -> None:
        kinds = Qgis.BrowserLayerType
        kind = {"WFS": kinds.Vector, "WMS": kinds.Raster, "TMS": kinds.VectorTile}[service.kind]
        source = _source(service)
        super().__init__(parent, f"{service.title} ({service.kind})", path, source, kind, _PROVIDERS[service.kind])
        self._service = service
        self.setIcon(icon(service.kind.lower()))
        self.setToolTip(service.url)
        self.setState(Qgis.BrowserItemState.Populated)

    def actions(self, parent: QWidget) -> List[QAction]:
        """Return what its menu offers besides QGIS's own."""
        copy = QAction(tr("Copy the address"), parent)
        copy.triggered.connect(lambda: QGuiApplication.clipboard().setText(shared_address(self._service.url)))
        return [copy]


class RestrictedItem(QgsDataItem):
    """A live service that asks for a key: QGIS's provider would wait for one, so it is no layer here."""

    def __init__(self, parent: QgsDataItem, service: LiveService, path: str) -> None:
        super().__init__(Qgis.BrowserItemType.Custom, parent, f"{service.title} ({service.kind})", path)
        self.setIcon(theme_icon("locked"))
        self.setToolTip(tr("Restricted: the GeoPub panel previews it, and adds it to the project."))
        self.setState(Qgis.BrowserItemState.Populated)


class BrowserProvider(QgsDataItemProvider):
    """What the Browser is given: one root."""

    def __init__(self, known: KnownDatasheets) -> None:
        super().__init__()
        self._known = known
        self._folders: Dict[str, List[Folder]] = {}  # by path
        known.changed.connect(self._changed)
        known.described.connect(self._described)
        known.stores.targets.changed.connect(lambda: self._refresh(ROOT))

    def name(self) -> str:
        """Return the name by which QGIS knows the provider."""
        return NAME

    def dataProviderKey(self) -> str:
        """Return no key: the layers belong to QGIS's own providers."""
        return ""

    def capabilities(self) -> Any:
        """Say that what is found comes from a network."""
        return NETWORK_SOURCES

    def createDataItem(self, path: str, parent: Optional[QgsDataItem]) -> Optional[QgsDataItem]:
        """Return the root; everything else hangs below it."""
        if path or parent is not None:
            return None
        root = self._folder(None, NAME, ROOT, self._targets)
        root.setIcon(icon("geopub"))
        return root

    # Children ---------------------------------------------------------------------------------------------------

    def _targets(self, root: Folder) -> List[QgsDataItem]:
        return [self._target(root, target) for target in self._known.stores.targets.all()]

    def _target(self, root: Folder, target: Target) -> QgsDataItem:
        item = self._folder(
            root, target.title, f"{ROOT}{target.id}", lambda parent: self._datasheets(parent, target.id)
        )
        item.setIcon(target_icon(target.kind))
        item.setSortKey(f"{0 if target.embedded else 1} {target.title.casefold()}")
        return item

    def _datasheets(self, parent: Folder, target: str) -> List[QgsDataItem]:
        sheets, fault = self._known.of(target), self._known.fault(target)
        if fault is not None:
            return [QgsErrorItem(parent, " ".join(fault.sentences), f"{parent.path()}/error")]
        if sheets is None:
            self._known.ask(target)
            return []
        shown = [sheet for sheet in sheets if live_services(sheet)]
        return [self._datasheet(parent, target, sheet) for sheet in shown]

    def _datasheet(self, parent: Folder, target: str, sheet: Datasheet) -> QgsDataItem:
        path = f"{parent.path()}/{sheet.name.replace('/', '_')}"
        item = self._folder(parent, sheet.name, path, lambda made: self._services(made, target, sheet.name))
        item.setIcon(icon("datasheet"))
        return item

    def _services(self, parent: Folder, target: str, name: str) -> List[QgsDataItem]:
        children: List[QgsDataItem] = []
        present = next((sheet for sheet in self._known.of(target) or () if sheet.name == name), None)
        for service in live_services(present):
            known = self._known.live(service)
            if not known.open:
                children.append(RestrictedItem(parent, known, f"{parent.path()}/{known.kind}"))
            elif known.kind == "TMS" and not known.known:
                self._known.describe(service)
            else:
                children.append(ServiceItem(parent, known, f"{parent.path()}/{known.kind}"))
        return children

    # Refreshing -------------------------------------------------------------------------------------------------

    def _folder(self, parent: Optional[Folder], name: str, path: str, make: Make) -> Folder:
        """Return a new folder, kept to be refreshed: each Browser has folders of its own for a path."""
        folder = Folder(parent, name, path, make)
        self._folders[path] = [*self._there(path), folder]
        return folder

    def _there(self, path: str) -> List[Folder]:
        return [folder for folder in self._folders.get(path, ()) if not sip.isdeleted(folder)]

    def _refresh(self, path: str) -> None:
        for folder in self._there(path):
            folder.refresh()

    def _changed(self, target: str) -> None:
        """Show what a target holds now: QGIS keeps items whose path has stayed, with what is in them."""
        self._refresh(f"{ROOT}{target}")
        for path in [known for known in self._folders if known.startswith(f"{ROOT}{target}/")]:
            for folder in self._there(path):
                if folder.state() == Qgis.BrowserItemState.Populated:
                    folder.refresh()

    def _described(self, _service: LiveService) -> None:
        for path in [known for known in self._folders if "/" in known]:
            for folder in self._there(path):
                if folder.state() == Qgis.BrowserItemState.Populated:
                    folder.refresh()


def _source(service: LiveService) -> str:
    if service.kind == "WFS":
        return wfs_source(service.url)
    return wms_source(service.url) if service.kind == "WMS" else tms_source(service.url, service.levels or (0, 14))
