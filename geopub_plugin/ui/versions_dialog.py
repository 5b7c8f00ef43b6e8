"""The versions of a datasheet's data and styles: what differs, and the way back."""

from __future__ import annotations

from typing import Any, Optional, Sequence

from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QComboBox,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..backend.amounts import size_text
from ..backend.translation import tr
from ..publish.client.revisions import Revision
from ..publish.versions import DATA, METADATA, STYLE, Versioned, told_difference
from .dialog import Dialog
from .moments import moment_text

_REVISION = Qt.ItemDataRole.UserRole


class VersionsDialog(Dialog):
    """Lists revisions, newest first; asks for comparisons and for the way back, and is told the answers."""

    least = (620, 460)

    comparison_asked = pyqtSignal(object, int, int)  # Versioned, before, after
    return_asked = pyqtSignal(object, int)  # Versioned, number

    def __init__(self, datasheet: str, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Versions of “{name}”", name=datasheet))
        self.versions: Sequence[Versioned] = ()
        self.choice = QComboBox(self)
        self.list = QTreeWidget(self)
        self.list.setHeaderLabels((tr("Version"), tr("Made on"), tr("Size"), tr("State")))
        self.list.setRootIsDecorated(False)
        self.choice.setAccessibleName(tr("Data, style or metadata"))
        self.list.setAccessibleName(self.windowTitle())
        header = self.list.header()
        for column in range(3):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.difference = QPlainTextEdit(self, readOnly=True)
        self.difference.setAccessibleName(tr("What has changed since"))
        self.difference.setPlaceholderText(tr("Select a former version to see what has changed since."))
        self.note = QLabel(tr("Asking for the versions…"), self, wordWrap=True)
        self._lay_out()
        self.choice.currentIndexChanged.connect(self._chosen)
        self.list.itemSelectionChanged.connect(self._selected)
        self.back.clicked.connect(self._back)

    @property
    def chosen(self) -> Optional[Versioned]:
        """What of the datasheet is looked at."""
        return (
            self.versions[self.choice.currentIndex()] if 0 <= self.choice.currentIndex() < len(self.versions) else None
        )

    @property
    def revision(self) -> Optional[Revision]:
        """The revision under the cursor."""
        items = self.list.selectedItems()
        return items[0].data(0, _REVISION) if items else None

    def show_versions(self, versions: Sequence[Versioned]) -> None:
        """Show what has revisions; what was looked at stays in sight."""
        before = self.chosen.id if self.chosen is not None else ""
        self.versions = tuple(versions)
        self.choice.blockSignals(True)
        self.choice.clear()
        for one in self.versions:
            kinds = {DATA: tr("Data"), STYLE: tr("Style"), METADATA: tr("Metadata")}
            self.choice.addItem(f"{kinds[one.kind]} – {one.name}")
        places = [one.id for one in self.versions]
        self.choice.setCurrentIndex(places.index(before) if before in places else 0)
        self.choice.blockSignals(False)
        self.note.setText("" if self.versions else tr("This server keeps no former versions."))
        self.note.setVisible(not self.versions)
        self._chosen(self.choice.currentIndex())

    def show_difference(self, versioned: Versioned, difference: Any) -> None:
        """Show what a comparison found."""
        if self.chosen is not None and self.chosen.id == versioned.id:
            self.difference.setPlainText("\n".join(told_difference(versioned.kind, difference)))

    def _lay_out(self) -> None:
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        self.back: QPushButton = self.buttons.addButton(
            tr("Bring this version back"), QDialogButtonBox.ButtonRole.ActionRole
        )
        self.back.setToolTip(tr("The services show it at once; no version is lost."))
        self.back.setEnabled(False)
        self.buttons.rejected.connect(self.reject)
        parts = QSplitter(Qt.Orientation.Vertical, self)
        parts.addWidget(self.list)
        parts.addWidget(self.difference)
        layout = QVBoxLayout(self)
        layout.addWidget(self.choice)
        layout.addWidget(parts, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)

    def _chosen(self, _index: int) -> None:
        self.list.clear()
        self.difference.clear()
        for one in self.chosen.revisions if self.chosen is not None else ():
            state = tr("Shown now") if one.current else ""
            texts = (str(one.number), moment_text(one.created), size_text(one.size), state)
            QTreeWidgetItem(self.list, texts).setData(0, _REVISION, one)
        self._selected()

    def _selected(self) -> None:
        revision, versioned = self.revision, self.chosen
        former = revision is not None and not revision.current
        self.back.setEnabled(former)
        if versioned is None or revision is None:
            return
        current = next((one for one in versioned.revisions if one.current), None)
        if former and current is not None:
            self.difference.setPlainText(tr("Comparing…"))
            self.comparison_asked.emit(versioned, revision.number, current.number)
        else:
            self.difference.clear()

    def _back(self) -> None:
        if self.chosen is not None and self.revision is not None:
            self.back.setEnabled(False)
            self.return_asked.emit(self.chosen, self.revision.number)
