"""The base map of previews in projects that have chosen none."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtWidgets import QComboBox, QFormLayout, QGroupBox, QLabel, QWidget

from ..backend.translation import tr
from ..publish.base_maps import connections, default_name, set_default


class BaseMapBox(QGroupBox):
    """Chooses among QGIS's XYZ connections."""

    def __init__(self, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("Preview"), parent)
        self.choice = QComboBox(self)
        self.choice.addItem(tr("No base map"), "")
        chosen = default_name()
        for name in sorted({*connections(), *filter(None, (chosen,))}, key=str.casefold):
            self.choice.addItem(name, name)
        self.choice.setCurrentIndex(self.choice.findData(chosen))
        note = QLabel(
            tr(
                "For projects in which none is chosen. These are the XYZ connections of QGIS's Browser; "
                "their server is told which places you look at."
            ),
            self,
            wordWrap=True,
        )
        form = QFormLayout(self)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Base map"), self.choice)
        form.addRow(note)

    def apply(self) -> None:
        """Keep the choice."""
        set_default(self.choice.currentData())
