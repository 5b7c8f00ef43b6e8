"""Which of the datasheets are shown: by text, and by whether anything of them is published."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QModelIndex, QObject, QSortFilterProxyModel, Qt

from .publications_model import PublicationsModel


class PublicationsFilter(QSortFilterProxyModel):
    """Shows a datasheet with all its services when its name fits, and else with those that fit."""

    def __init__(self, model: PublicationsModel, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self._publications = model
        self._published: Optional[bool] = None
        self.setSourceModel(model)
        self.setRecursiveFilteringEnabled(True)
        self.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)

    @property
    def published(self) -> Optional[bool]:
        """Whether only published datasheets are shown, only the others, or, for None, all."""
        return self._published

    @published.setter
    def published(self, wanted: Optional[bool]) -> None:
        self._published = wanted
        self.invalidateFilter()

    def filterAcceptsRow(self, row: int, parent: QModelIndex) -> bool:
        """Say whether a row is shown by itself; a datasheet is also shown for its services."""
        sheet = self._publications.datasheet(self._publications.index(row, 0, parent))
        live = sheet is not None and any(service.offering for service in sheet.services)
        if self._published is not None and live is not self._published:
            return False
        if super().filterAcceptsRow(row, parent):
            return True
        return parent.isValid() and super().filterAcceptsRow(parent.row(), QModelIndex())
