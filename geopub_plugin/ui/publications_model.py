"""The datasheets of a store as a tree: datasheet, then its services."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, Optional, Tuple, Union

from qgis.PyQt.QtCore import QAbstractItemModel, QModelIndex, QObject, Qt

from ..backend.translation import tr
from ..publish.client.datasheets import Datasheet, Service, state_text
from ..publish.live_layers import LiveService, sld_address
from .icons import icon

NAME, STATE = range(2)
KIND_OF = {"WFS": "WFS", "WMS-VECTOR": "WMS", "WMTS-TMS": "TMS"}
_TOP = 0  # internal id of a datasheet's index; a service's is its datasheet's row + 1


class PublicationsModel(QAbstractItemModel):
    """What is published, and in what state."""

    def __init__(self, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.datasheets: Tuple[Datasheet, ...] = ()

    def show(self, datasheets: Tuple[Datasheet, ...]) -> None:
        """Show these datasheets; nothing moves on screen when they are the same as before."""
        if datasheets != self.datasheets:
            self.beginResetModel()
            self.datasheets = datasheets
            self.endResetModel()

    def item(self, index: QModelIndex) -> Union[Datasheet, Service, None]:
        """Return the datasheet or the service at an index."""
        if not index.isValid():
            return None
        if index.internalId() == _TOP:
            return self.datasheets[index.row()]
        return self.datasheets[index.internalId() - 1].services[index.row()]

    def datasheet(self, index: QModelIndex) -> Optional[Datasheet]:
        """Return the datasheet that an index belongs to."""
        if not index.isValid():
            return None
        return self.datasheets[index.row() if index.internalId() == _TOP else index.internalId() - 1]

    def names(self) -> Dict[str, str]:
        """Return which datasheet each technical name belongs to."""
        return {service.layer_name: sheet.name for sheet in self.datasheets for service in sheet.services}

    # What Qt asks for -------------------------------------------------------------------------------------------

    def index(self, row: int, column: int, parent: QModelIndex = QModelIndex()) -> QModelIndex:  # noqa: B008
        """Return the index of a row under a parent."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, parent.row() + 1 if parent.isValid() else _TOP)

    def parent(self, index: QModelIndex) -> QModelIndex:
        """Return the datasheet's index of a service's index."""
        if not index.isValid() or index.internalId() == _TOP:
            return QModelIndex()
        return self.createIndex(index.internalId() - 1, 0, _TOP)

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of datasheets, or of a datasheet's services."""
        if not parent.isValid():
            return len(self.datasheets)
        if parent.internalId() != _TOP or parent.column() > 0:
            return 0
        return len(self.datasheets[parent.row()].services)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:  # noqa: B008
        """Return the number of columns: name and state."""
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return the title of a column."""
        if orientation == Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return (tr("Publication"), tr("State"))[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows."""
        item = self.item(index)
        if isinstance(item, Datasheet):
            return _datasheet_data(item, index.column(), role)
        if isinstance(item, Service):
            return _service_data(item, index.column(), role)
        return None


def live_services(item: Union[Datasheet, Service, None]) -> Tuple[LiveService, ...]:
    """Return the services of a datasheet, or the one service, that are live, as QGIS can load them."""
    if isinstance(item, Datasheet):
        found = (live for service in item.services for live in live_services(service))
        return tuple(replace(live, title=item.name) for live in found)
    if not isinstance(item, Service) or not item.offering:
        return ()
    kind = KIND_OF.get(item.type, "")
    title = item.title or item.layer_name
    live = tuple(LiveService(kind, title, address.url, item.open) for address in item.urls if address.type == kind)
    return tuple(replace(one, sld_url=sld_address(one.url, item.styles)) for one in live) if kind == "WFS" else live


def address(item: Union[Datasheet, Service, None]) -> str:
    """Return the address of a service, "" when it has none."""
    live = live_services(item) if isinstance(item, Service) else ()
    return live[0].url if live else ""


def service_state(service: Service) -> str:
    """Return the state of a service in the user's language."""
    if not service.offering:
        return tr("Not published")
    words = {"PUBLISHING": tr("Being made"), "UNPUBLISHING": tr("Being taken off"), "UNSTABLE": tr("Faulty")}
    return words.get(service.status, tr("Published"))


def _datasheet_data(datasheet: Datasheet, column: int, role: int) -> Any:
    if role == Qt.ItemDataRole.DisplayRole:
        return (datasheet.name, state_text(datasheet.state))[column]
    if role == Qt.ItemDataRole.DecorationRole and column == NAME:
        return icon("datasheet")
    if role == Qt.ItemDataRole.ToolTipRole:
        return datasheet.title
    return None


def _service_data(service: Service, column: int, role: int) -> Any:
    kind = KIND_OF.get(service.type, service.type)
    if role == Qt.ItemDataRole.DisplayRole:
        return (f"{kind} – {service.layer_name}", service_state(service))[column]
    if role == Qt.ItemDataRole.DecorationRole and column == NAME:
        return icon(kind.lower())
    if role == Qt.ItemDataRole.ToolTipRole:
        return address(service) or None
    return None
