"""How the publishing engine of this computer runs: folder, port, and whether others may see its services."""

from __future__ import annotations

from pathlib import Path
from typing import Optional

from qgis.gui import QgsFileWidget
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import QCheckBox, QFormLayout, QGroupBox, QLabel, QSpinBox, QWidget

from ..backend.translation import tr
from ..publish.embedded_process import data_folder
from ..publish.embedded_settings import HIGHEST_PORT, LOWEST_PORT, EmbeddedSettings, network_address
from .fault_label import FaultLabel

AUTOMATIC = LOWEST_PORT - 1  # shown in words


class EmbeddedBox(QGroupBox):
    """The settings of the embedded backend."""

    def __init__(self, settings: EmbeddedSettings, parent: Optional[QWidget] = None) -> None:
        super().__init__(tr("This computer"), parent)
        self._before = settings
        self.folder = QgsFileWidget(self)
        self.folder.setStorageMode(QgsFileWidget.StorageMode.GetDirectory)
        self.folder.setFilePath(str(settings.folder))
        self.folder_note = QLabel(tr("What is published now stays in the former folder."), self, wordWrap=True)
        self.port = QSpinBox(self)
        self.port.setRange(AUTOMATIC, HIGHEST_PORT)
        self.port.setSpecialValueText(tr("Automatic"))
        self.port.setValue(settings.port or AUTOMATIC)
        self.port.setToolTip(tr("Part of the addresses of the services. Automatic keeps the one of the last time."))
        self.shared = QCheckBox(tr("Let others in the local network see what I publish"), self)
        self.shared.setChecked(settings.shared)
        self.shared_note = QLabel(self, wordWrap=True)
        self.shared_note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.fault = FaultLabel(self)
        form = QFormLayout(self)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow(tr("Data folder"), self.folder)
        form.addRow("", self.folder_note)
        form.addRow("", self.fault)
        form.addRow(tr("Port"), self.port)
        form.addRow(self.shared)
        form.addRow(self.shared_note)
        self.folder.fileChanged.connect(self._check)
        self.port.valueChanged.connect(self._check)
        self.shared.toggled.connect(self._check)
        self._check()

    @property
    def settings(self) -> EmbeddedSettings:
        """The settings as the fields say them; without a folder, that of the profile."""
        path = self.folder.filePath().strip()
        port = 0 if self.port.value() == AUTOMATIC else self.port.value()
        return EmbeddedSettings(Path(path) if path else data_folder(), port, self.shared.isChecked())

    @property
    def usable(self) -> bool:
        """Whether these settings can work."""
        return not self.fault.text()

    def _check(self, *_value: object) -> None:
        folder = self.settings.folder
        self.folder_note.setVisible(folder != self._before.folder)
        self.fault.say(
            ""
            if folder.is_absolute() and not folder.is_file()
            else tr("It must be a folder, given from its root: {example}", example=data_folder())
        )
        self.shared_note.setText(self._sharing())

    def _sharing(self) -> str:
        if not self.shared.isChecked():
            return tr("Only programs on this computer reach the services. Nothing leaves it.")
        outside = network_address() or tr("this computer's address")
        port = tr("port") if self.port.value() == AUTOMATIC else self.port.value()
        return tr(
            "Everybody in the network can open http://{address}:{port} and read what you publish, without a password, "
            "as long as QGIS is open. Nobody but you can change it. The firewall of this computer may ask you to allow "
            "it. Do not share in networks that you do not trust, such as that of a hotel.",
            address=outside,
            port=port,
        )
