"""A list of which any number can be chosen, by mouse or with the space bar."""

from __future__ import annotations

from typing import Mapping, Optional, Sequence, Tuple

from qgis.PyQt.QtCore import QSize, Qt, pyqtSignal
from qgis.PyQt.QtWidgets import QListWidget, QListWidgetItem, QWidget

_KEY = Qt.ItemDataRole.UserRole


class Checklist(QListWidget):
    """Items with a box each."""

    edited = pyqtSignal()  # by the person, not by `chosen = …`

    def __init__(self, items: Mapping[str, str], rows: int = 6, parent: Optional[QWidget] = None) -> None:
        """Show `items`, key and text of each, `rows` of them at a time."""
        super().__init__(parent)
        self._rows = rows
        for key, text in items.items():
            item = QListWidgetItem(text, self)
            item.setData(_KEY, key)
            item.setToolTip(text)
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable)
            item.setCheckState(Qt.CheckState.Unchecked)
        self.itemChanged.connect(lambda _item: self.edited.emit())
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.setTabKeyNavigation(False)  # the tab key leaves the list

    @property
    def chosen(self) -> Tuple[str, ...]:
        """The keys of the items that are checked."""
        items = (self.item(row) for row in range(self.count()))
        return tuple(str(item.data(_KEY)) for item in items if item.checkState() == Qt.CheckState.Checked)

    @chosen.setter
    def chosen(self, keys: Sequence[str]) -> None:
        self.blockSignals(True)
        first = None
        for row in range(self.count()):
            item = self.item(row)
            checked = item.data(_KEY) in keys
            item.setCheckState(Qt.CheckState.Checked if checked else Qt.CheckState.Unchecked)
            first = item if checked and first is None else first
        self.blockSignals(False)
        if first is not None:
            self.scrollToItem(first)
        self.viewport().update()

    def sizeHint(self) -> QSize:
        """Return room for the rows that are to be seen at a time."""
        height = self.sizeHintForRow(0) if self.count() else self.fontMetrics().height()
        rows = min(max(self.count(), 2), self._rows)
        return QSize(super().sizeHint().width(), rows * height + 2 * self.frameWidth() + 2)

    def minimumSizeHint(self) -> QSize:
        """Never show less."""
        return self.sizeHint()
