"""The choice of a generalisation in one line; the wizard has the pictures."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QComboBox, QWidget

from ..backend.translation import tr
from ..publish.generalisations import generalisations


class GeneralisationField(QComboBox):
    """The seven of the platform, and what a plan had before."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(parent)
        for one in generalisations():
            self.addItem(one.title, one.flags)

    @property
    def flags(self) -> str:
        """The flags that are chosen."""
        return str(self.currentData() or "")

    @flags.setter
    def flags(self, flags: str) -> None:
        if self.findData(flags) < 0:
            self.addItem(flags or tr("as the server does"), flags)
        self.setCurrentIndex(self.findData(flags))
