"""A style that is brought for a service: from files or from a layer, examined before it is sent."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsVectorLayer
from qgis.PyQt.QtCore import Qt, pyqtSignal
from qgis.PyQt.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..backend.errors import GeoPubError
from ..backend.faults import Fault
from ..backend.translation import tr
from ..publish.client.configurations import TMS, WMS
from ..publish.client.listed_styles import ServiceStyle
from ..publish.service_styles import Brought, StyledService, brought_files, brought_layer
from ..publish.style_input import Examined
from .dialog import Dialog
from .fault_label import FaultLabel
from .fidelity_view import FidelityView
from .icons import icon
from .notes import Notes

ELSEWHERE = frozenset({"style.external-graphic", "style.remote-sprite"})  # findings that fetching mends


class StyleEntryDialog(Dialog):
    """Asks for an examination whenever something else is chosen; only what was accepted can be used."""

    least = (640, 560)

    examination_asked = pyqtSignal(object, bool)  # Brought, whether remote graphics are fetched
    agreed = pyqtSignal(object, str, bool)  # Examined, name, whether it is to be current

    def __init__(
        self,
        styled: StyledService,
        style: Optional[ServiceStyle],
        layers: Sequence[QgsVectorLayer],
        plain: bool = False,
        parent: Optional[QWidget] = None,
    ) -> None:
        """Bring a new style, or one in the place of `style`.

        Args:
            styled: the service.
            style: whose files are replaced, None to add one.
            layers: whose styles are offered, the likeliest first.
            plain: the store takes SLD 1.0.0 only.
            parent: whom it lies on.
        """
        super().__init__(parent)
        self.styled, self.style_replaced = styled, style
        self.paths: Tuple[Path, ...] = ()
        self.examined: Optional[Examined] = None
        self._layers, self._plain = tuple(layers), plain
        self._asked: Optional[Brought] = None  # what is being examined
        self.setWindowTitle(tr("Add a style") if style is None else tr("Replace “{style}”", style=style.name))
        self.setWindowIcon(icon("style"))
        self._make_fields()
        self._lay_out()

    def start(self) -> None:
        """Have what is proposed examined, once somebody listens."""
        self._source_changed()

    def take_files(self, paths: Sequence[Path]) -> None:
        """Take the style from files."""
        self.paths = tuple(paths)
        self.files_told.setText(", ".join(path.name for path in self.paths))
        if not self.name.text().strip() and self.paths:
            self.name.setText(self.paths[0].stem)
        if self.from_file.isChecked():
            self._source_changed()
        else:
            self.from_file.setChecked(True)  # which tells of the change

    def show_examined(self, brought: Brought, examined: Examined) -> None:
        """Show what is to be said of a style, unless another one was chosen since."""
        if brought is not self._asked:
            return
        self.examined = examined
        told = _each_once(examined.faults, len(self.styled.tables))
        self.notes.say(told)
        self.area.setVisible(bool(examined.faults))
        self.fidelity.show_reports(examined.reports)
        self.fidelity.setVisible(bool(examined.reports))
        if not examined.accepted:
            words = tr("The style cannot be used.")
        elif examined.faults:
            words = tr("The style can be used. Findings: {count}.", count=len(told))
        else:
            words = tr("Nothing is wrong with the style.")
        if not self.fetch.isChecked() and any(fault.id in ELSEWHERE for fault in examined.faults):
            words += " " + tr("Tick the box above if its graphics may be fetched from where they are.")
        self.state.setText(words)
        self._enable()

    def show_refused(self, error: GeoPubError) -> None:
        """Say why the style could not be examined, or was not taken."""
        self.state.setText("")
        self.setEnabled(True)
        self.fault.say(" ".join(error.sentences))

    # Building ---------------------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        self.name = QLineEdit(self)
        self.name.textChanged.connect(lambda _text: self._enable())
        self.current = QCheckBox(tr("Draw with it from now on."), self)
        self.current.setChecked(not self.styled.styles)
        self.from_file = QRadioButton(tr("From a file"), self)
        self.from_layer = QRadioButton(tr("From a layer of the project"), self)
        self.browse = QPushButton(tr("Browse…"), self)
        self.browse.setAutoDefault(False)
        self.files_told = QLabel(self._formats_told(), self, wordWrap=True)
        self.layer = QComboBox(self)
        for layer in self._layers:
            self.layer.addItem(layer.name())
        self.layer.setAccessibleName(self.from_layer.text())
        self.from_layer.setEnabled(bool(self._layers))
        self.layer.setEnabled(bool(self._layers))
        self.table = QComboBox(self)
        self.table.addItem(tr("All tables"), "")
        for table in self.styled.tables:
            self.table.addItem(table, table)
        self.fetch = QCheckBox(tr("Fetch graphics that lie elsewhere once, and keep them with the style."), self)
        (self.from_layer if self._layers else self.from_file).setChecked(True)
        self.browse.clicked.connect(self._browse)
        self.from_file.toggled.connect(lambda _on: self._source_changed())
        self.layer.activated.connect(self._layer_chosen)
        self.table.currentIndexChanged.connect(lambda _index: self._source_changed())
        self.fetch.toggled.connect(lambda _on: self._source_changed())

    def _lay_out(self) -> None:
        form = QFormLayout()
        if self.style_replaced is None:
            form.addRow(tr("Name"), self.name)
        files = QHBoxLayout()
        files.addWidget(self.browse)
        files.addWidget(self.files_told, 1)
        form.addRow(self.from_layer, self.layer)
        form.addRow(self.from_file, files)
        if len(self.styled.tables) > 1:
            form.addRow(tr("For"), self.table)
        self.table.setVisible(len(self.styled.tables) > 1)
        form.addRow(self.fetch)
        if self.style_replaced is None:
            form.addRow(self.current)
        self.name.setVisible(self.style_replaced is None)
        self.current.setVisible(self.style_replaced is None)
        self.state, self.notes = QLabel(self, wordWrap=True), Notes()
        self.fidelity, self.fault = FidelityView(self), FaultLabel(self)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.notes.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.area.setWidget(self.notes)
        self.area.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setText(tr("Cancel"))
        verb = tr("Add") if self.style_replaced is None else tr("Replace")
        self.go: QPushButton = buttons.addButton(verb, QDialogButtonBox.ButtonRole.ActionRole)
        self.go.clicked.connect(self._agree)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.state)
        layout.addWidget(self.area, 1)
        layout.addWidget(self.fidelity, 1)
        layout.addStretch()
        layout.addWidget(self.fault)
        layout.addWidget(buttons)
        self.fidelity.hide()

    # Choosing ---------------------------------------------------------------------------------------------------

    def _formats_told(self) -> str:
        if self.styled.service.type == TMS:
            return tr("QML, SLD or Mapbox style; several files are named like their tables.")
        if self._only_sld:
            return tr("SLD; several files are named like their tables.")
        return tr("QML or SLD; several files are named like their tables.")

    @property
    def _only_sld(self) -> bool:
        """Whether the store draws with nothing else."""
        return self._plain and self.styled.service.type == WMS

    def _browse(self, _checked: bool = False) -> None:
        kinds = " ".join(f"*{suffix}" for suffix in self.styled.suffixes if suffix != ".qml" or not self._only_sld)
        start = str(self.paths[0].parent if self.paths else Path.home())
        chosen, _kind = QFileDialog.getOpenFileNames(self, tr("Choose a style"), start, f"{tr('Styles')} ({kinds})")
        if chosen:
            self.take_files([Path(path) for path in chosen])

    def _layer_chosen(self, _index: int) -> None:
        if self.from_layer.isChecked():
            self._source_changed()
        else:
            self.from_layer.setChecked(True)  # which tells of the change

    def _source_changed(self) -> None:
        """Have what is chosen now examined; what was found before is void."""
        self.examined = None
        self.fault.say("")
        self.area.hide()
        self.fidelity.hide()
        self.state.setText("")
        brought = self._asked = self._brought()
        if brought is not None:
            self.state.setText(tr("Examining the style…"))
            self.examination_asked.emit(brought, self.fetch.isChecked())
        self._enable()

    def _brought(self) -> Optional[Brought]:
        service, table = self.styled.service.type, self.table.currentData() or ""
        if self.from_layer.isChecked():
            layer = self._layers[self.layer.currentIndex()]
            return brought_layer(layer, table, service, self._plain)
        if not self.paths:
            self.state.setText(tr("Choose a file."))
            return None
        try:
            return brought_files(self.paths, table, self.styled.tables, service == TMS)
        except OSError as error:
            self.fault.say(tr("The file could not be read: {message}.", message=error.strerror or error))
            return None

    def _enable(self) -> None:
        accepted = self.examined is not None and self.examined.accepted
        taken = self.style_replaced is None and self.styled.name_fault(self.name.text())
        self.go.setEnabled(accepted and not taken)
        self.go.setToolTip(tr("Give it a name that no other style of the service has.") if accepted and taken else "")

    def _agree(self, _checked: bool = False) -> None:
        if self.examined is not None:
            self.setEnabled(False)
            self.fault.say("")
            self.agreed.emit(self.examined, self.name.text().strip(), self.current.isChecked())


def _each_once(faults: Sequence[Fault], tables: int) -> Tuple[Fault, ...]:
    """Return findings each once, named after the tables that they are true of where that is not all of them."""
    found: Dict[Tuple[str, str], List[Fault]] = {}
    for fault in faults:
        found.setdefault((fault.id, fault.sentence), []).append(fault)
    told = []
    for same in found.values():
        names = list(dict.fromkeys(fault.table for fault in same if fault.table))
        everywhere = not names or len(names) >= tables
        named = tr("{name}: {told}", name=", ".join(names), told=same[0].what)
        told.append(same[0] if everywhere else replace(same[0], what=named))
    return tuple(told)
