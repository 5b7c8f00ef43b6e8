"""The GeoPub page in the properties of a vector layer: how it is published, and its style in every format."""

from __future__ import annotations

from pathlib import Path
from typing import Dict, Optional

from qgis.core import QgsMapLayer, QgsVectorLayer
from qgis.gui import QgsMapCanvas, QgsMapLayerConfigWidget, QgsMapLayerConfigWidgetFactory
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QShowEvent
from qgis.PyQt.QtWidgets import (
    QApplication,
    QComboBox,
    QFileDialog,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ..backend.errors import InvalidInput
from ..backend.translation import tr
from ..publish.layer_memory import changes, memory
from ..publish.layer_watch import PublicationState
from ..publish.proposal import slug
from ..publish.style_formats import StyleFile, StyleFormat, style_files
from .address_list import AddressList
from .fault_label import FaultLabel
from .fidelity_view import FidelityView
from .icons import icon
from .indicators import sign, words
from .keyboard import order_tabs
from .layer_menu import PAGE
from .measures import icon_size


class LayerPage(QgsMapLayerConfigWidget):
    """Changes nothing of the layer: it tells, and writes files."""

    def __init__(self, layer: QgsVectorLayer, canvas: Optional[QgsMapCanvas], parent: Optional[QWidget] = None) -> None:
        super().__init__(layer, canvas, parent)
        self.setObjectName(PAGE)
        self.setPanelTitle("GeoPub")
        self._layer = layer
        self.files: Dict[StyleFormat, StyleFile] = {}
        layout = QVBoxLayout(self)
        layout.addWidget(self._make_publication())
        layout.addWidget(self._make_styles(), 1)
        self.tell()

    def tell(self) -> None:
        """Say how the layer is published."""
        kept = memory(self._layer)
        self.badge.setVisible(kept is not None)
        if kept is None:
            self.state.setText(
                tr("This layer is not published. Right-click on it in the layer tree, “Publish layer…”.")
            )
            self.addresses.show_addresses(())
            return
        state = PublicationState(kept, changes(self._layer, kept))
        self.badge.setPixmap(icon(sign(state)).pixmap(icon_size(24)))
        said = words(state).replace(tr("Click to update the publication."), "").strip()
        if state.changes.published:
            said += "\n" + tr("Right-click on the layer, “Update publication”.")
        self.state.setText(said)
        self.addresses.show_addresses(kept.addresses)

    def check(self) -> None:
        """Write the style in every format, in memory, and show what each keeps."""
        kept = memory(self._layer)
        table = (kept.table or kept.layer_name) if kept is not None else slug(self._layer.name())
        QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
        try:
            files = style_files(self._layer, table, kept.address("TMS") if kept is not None else "")
        finally:
            QApplication.restoreOverrideCursor()
        self.files = {file.format: file for file in files}
        self.fidelity.show_reports([file.report for file in files])
        self._choose()

    def save(self, path: Path) -> None:
        """Write the chosen format to a file; what goes wrong is said below the button."""
        try:
            written = self.files[self.chosen].save(path)
        except InvalidInput as error:
            self.fault.say(" ".join(error.sentences))
        except OSError as error:
            self.fault.say(tr("The file could not be written: {message}.", message=error.strerror or error))
        else:
            self.fault.say("")
            self.saved.setText(tr("Saved: {names}", names=", ".join(file.name for file in written)))

    @property
    def chosen(self) -> StyleFormat:
        """The format that will be saved."""
        return StyleFormat(self.format.currentData())

    def apply(self) -> None:
        """Change nothing: the page only tells."""

    def showEvent(self, event: QShowEvent) -> None:
        """Check the style when the page is first seen: it may take a moment."""
        super().showEvent(event)
        if not self.files:
            self.check()
        order_tabs(self)

    # Building ---------------------------------------------------------------------------------------------------

    def _make_publication(self) -> QGroupBox:
        box = QGroupBox(tr("Publication"), self)
        self.badge = QLabel(box)
        self.state = QLabel(box, wordWrap=True)
        self.addresses = AddressList(box)
        line = QHBoxLayout()
        line.addWidget(self.badge, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(self.state, 1)
        layout = QVBoxLayout(box)
        layout.addLayout(line)
        layout.addWidget(self.addresses)
        return box

    def _make_styles(self) -> QGroupBox:
        box = QGroupBox(tr("Style in other formats"), self)
        self.fidelity = FidelityView(box)
        self.fidelity.currentItemChanged.connect(self._read)
        self.format = QComboBox(box)
        for one in StyleFormat:
            self.format.addItem(one.title, one.value)
        self.format.currentIndexChanged.connect(self._choose)
        label = QLabel(tr("&Format"), box)
        label.setBuddy(self.format)
        self.save_button = QPushButton(tr("Save as…"), box)
        self.save_button.clicked.connect(self._ask_where)
        self.again = QPushButton(tr("Check again"), box)
        self.again.setToolTip(tr("Changes that are not applied yet are not seen."))
        self.again.clicked.connect(self.check)
        self.saved = QLabel(box, wordWrap=True)
        self.fault = FaultLabel(box)
        line = QHBoxLayout()
        for widget in (label, self.format, self.save_button):
            line.addWidget(widget)
        line.addStretch()
        line.addWidget(self.again)
        layout = QVBoxLayout(box)
        layout.addWidget(self.fidelity, 1)
        layout.addLayout(line)
        layout.addWidget(self.saved)
        layout.addWidget(self.fault)
        return box

    def _read(self, item: Optional[QTreeWidgetItem], _before: Optional[QTreeWidgetItem]) -> None:
        """Choose the format whose report is read."""
        while item is not None and item.parent() is not None:
            item = item.parent()
        if item is not None:
            self.format.setCurrentIndex(self.fidelity.indexOfTopLevelItem(item))

    def _choose(self, *_index: int) -> None:
        file = self.files.get(self.chosen)
        self.saved.setText("")
        self.save_button.setEnabled(file is not None and file.content is not None)

    def _ask_where(self) -> None:
        chosen = self.chosen
        name = slug(self._layer.name()) + chosen.suffix
        kinds = f"{chosen.title} (*{chosen.suffix})"
        path, _kind = QFileDialog.getSaveFileName(self, tr("Save the style"), str(Path.home() / name), kinds)
        if path:
            self.save(Path(path) if Path(path).suffix else Path(path + chosen.suffix))


class LayerPageFactory(QgsMapLayerConfigWidgetFactory):
    """Gives vector layers their GeoPub page."""

    def __init__(self) -> None:
        super().__init__("GeoPub", icon("geopub"))

    def supportsLayer(self, layer: QgsMapLayer) -> bool:
        """Return whether a layer gets the page: what can be published does."""
        return isinstance(layer, QgsVectorLayer) and layer.isSpatial()

    def supportLayerPropertiesDialog(self) -> bool:
        """Return that the page is in the dialog: QGIS 3.22 heeds no setter called from Python."""
        return True

    def createWidget(
        self, layer: QgsMapLayer, canvas: QgsMapCanvas, _dock: bool = False, parent: Optional[QWidget] = None
    ) -> LayerPage:
        """Return the page of one layer."""
        return LayerPage(layer, canvas, parent)
