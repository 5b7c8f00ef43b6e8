"""The list of targets in the settings; nothing is kept before the page is applied."""

from __future__ import annotations

from dataclasses import replace
from typing import List, Optional

from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QGroupBox, QHBoxLayout, QListWidget, QListWidgetItem, QPushButton, QVBoxLayout, QWidget

from ..backend.translation import tr
from ..publish.targets import Target, TargetKind, Targets
from .icons import target_icon
from .measures import scaled
from .target_dialog import TargetDialog

HEIGHT = 120  # pixels: four lines, the engine's settings stay in sight
_ID = Qt.ItemDataRole.UserRole


class TargetsBox(QGroupBox):
    """This computer, and the servers that were added, with buttons to add, change and remove."""

    def __init__(self, targets: Targets, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Where to publish"), parent)
        self._kept = targets
        self.targets: List[Target] = list(targets.all())
        self.dialog: Optional[TargetDialog] = None
        self.list = QListWidget(self)
        self.list.setFixedHeight(scaled(HEIGHT))
        self.list.setAccessibleName(self.title())
        self.add = QPushButton(tr("Add…"), self)
        self.edit = QPushButton(tr("Edit…"), self)
        self.remove = QPushButton(tr("Remove"), self)
        self.remove.setToolTip(tr("What is published there stays."))
        self.add.clicked.connect(self._add)
        self.edit.clicked.connect(self._edit)
        self.remove.clicked.connect(self._remove)
        self.list.currentRowChanged.connect(self._enable)
        self.list.itemDoubleClicked.connect(lambda _item: self.edit.isEnabled() and self._edit())
        buttons = QVBoxLayout()
        for button in (self.add, self.edit, self.remove):
            buttons.addWidget(button)
        buttons.addStretch()
        layout = QHBoxLayout(self)
        layout.addWidget(self.list, 1, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(buttons)
        self._show("")

    def apply(self) -> None:
        """Keep the targets as they are listed."""
        wanted = {target.id: target for target in self.targets if not target.embedded}
        for known in self._kept.all():
            if known.id not in wanted:
                self._kept.remove(known.id)
        for target in wanted.values():
            if self._kept.get(target.id) != target:
                self._kept.put(target)

    @property
    def current(self) -> Optional[Target]:
        """The target under the cursor."""
        item = self.list.currentItem()
        return next((one for one in self.targets if item is not None and one.id == item.data(_ID)), None)

    def _show(self, chosen: str) -> None:
        self.list.clear()
        for target in self.targets:
            words = target.title if target.embedded else f"{target.title} – {target.url}"
            item = QListWidgetItem(target_icon(target.kind), words, self.list)
            item.setData(_ID, target.id)
            item.setToolTip(words)
            if target.id == chosen:
                self.list.setCurrentItem(item)
        self._enable()

    def _enable(self, *_row: int) -> None:
        changeable = self.current is not None and not self.current.embedded
        self.edit.setEnabled(changeable)
        self.remove.setEnabled(changeable)

    def _add(self) -> None:
        self._ask(Target("", TargetKind.SERVER, ""))

    def _edit(self) -> None:
        if self.current is not None:
            self._ask(self.current)

    def _ask(self, target: Target) -> None:
        self.dialog = TargetDialog(target, self)
        self.dialog.accepted.connect(self._answered)
        self.dialog.finished.connect(self.dialog.deleteLater)
        self.dialog.open()

    def _answered(self) -> None:
        if self.dialog is None:
            return
        given = self.dialog.target
        if not given.id:
            taken = tuple(one.id for one in self.targets)
            given = replace(given, id=self._kept.free_id(given.title, taken))
            self.targets.append(given)
        else:
            self.targets = [given if one.id == given.id else one for one in self.targets]
        self._show(given.id)

    def _remove(self) -> None:
        gone = self.current
        self.targets = [one for one in self.targets if one != gone]
        self._show("")
