"""The checks before anything is sent: every finding, with a way to the feature and a click that mends it."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Optional, Sequence, Tuple

from qgis.core import QgsVectorLayer
from qgis.gui import QgsMapCanvas
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtWidgets import (
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ..backend.errors import GeoPubError
from ..backend.faults import blocking
from ..backend.translation import tr
from ..publish.layer_check import Finding, LayerCheck
from ..publish.layer_mend import LayerMend, mend_title
from .dialog import Dialog
from .notes import mark


class FindingsDialog(Dialog):
    """Checks layers as soon as it is open, and shows what was found."""

    least = (620, 420)

    def __init__(
        self,
        layers: Sequence[QgsVectorLayer],
        tables: Sequence[str],
        srs: str = "",
        parent: Optional[QWidget] = None,
        canvas: Optional[QgsMapCanvas] = None,
    ) -> None:
        """Check `layers`, which are to be `tables`; `canvas` shows the features that a finding names."""
        super().__init__(parent)
        self._layers, self._tables, self._srs = tuple(layers), tuple(tables), srs
        self._canvas = canvas or _main_canvas(parent)
        self.check: Optional[LayerCheck] = None
        self._mend: Optional[LayerMend] = None
        self.findings: Tuple[Finding, ...] = ()
        self.setWindowTitle(tr("Checks"))
        self.summary = QLabel(self)
        self.summary.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.area = QScrollArea(self)
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.buttons.button(QDialogButtonBox.StandardButton.Close).setText(tr("Close"))
        self.again = self.buttons.addButton(tr("Check again"), QDialogButtonBox.ButtonRole.ActionRole)
        self.again.clicked.connect(lambda _checked=False: self.start())
        self.buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.summary, self.bar, self.area, self.buttons):
            layout.addWidget(widget)
        self.start()

    def done(self, result: int) -> None:
        """Close, and end the check, or what mends."""
        if self._mend is not None:
            self._mend.close()
        if self.check is not None:
            self.check.close()
        super().done(result)

    def start(self) -> None:
        """Check, from the beginning."""
        if self.check is not None and not self.check.ended:
            return
        self.again.setEnabled(False)
        self.area.hide()
        self.bar.setValue(0)
        self.bar.show()
        self.summary.setText(tr("The checks of the store, on this computer: nothing is sent."))
        self.check = LayerCheck(self._layers, self._tables, self._srs, self)
        self.check.moved.connect(lambda share, _step: self.bar.setValue(round(share * 1000)))
        self.check.finished.connect(self._checked)
        self.check.failed.connect(self._failed)
        self.check.start()

    # Outcome ----------------------------------------------------------------------------------------------------

    def _checked(self, findings: Tuple[Finding, ...]) -> None:
        self.findings = findings
        self._end()
        errors = len(blocking(finding.fault for finding in findings))
        if errors:
            self.summary.setText(tr("Faults that forbid publishing: {count}.", count=errors))
        else:
            told = tr("Nothing forbids publishing.")
            self.summary.setText(f"{told} {tr('Findings: {count}.', count=len(findings))}" if findings else told)
        content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(0, 0, 6, 0)
        for finding in findings:
            layout.addWidget(self._row(finding, content))
        layout.addStretch()
        self.area.setWidget(content)
        self.area.setVisible(bool(findings))
        self.area.setEnabled(True)

    def _failed(self, error: GeoPubError) -> None:
        self._end()
        self.summary.setText(str(error))

    def _end(self) -> None:
        self.bar.hide()
        self.again.setEnabled(True)

    def _row(self, finding: Finding, parent: QWidget) -> QWidget:
        row = QFrame(parent)
        row.setFrameShape(QFrame.Shape.StyledPanel)
        fault = finding.fault
        text = QLabel(f"{mark(fault)} {escape(fault.sentence)}", row)
        text.setWordWrap(True)
        text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(row)
        layout.addWidget(text)
        buttons = QHBoxLayout()
        if fault.id.startswith("geometry.") and fault.examples and finding.layer is not None:
            zoom = QPushButton(tr("Zoom to the features"), row)
            zoom.setEnabled(self._canvas is not None)
            zoom.clicked.connect(partial(self._zoom, finding))
            buttons.addWidget(zoom)
        title = mend_title(fault.id, finding.layer)
        if title:
            mend = QPushButton(title, row)
            mend.clicked.connect(partial(self._start_mend, finding))
            buttons.addWidget(mend)
        if buttons.count():
            buttons.addStretch()
            layout.addLayout(buttons)
        return row

    def _zoom(self, finding: Finding, _checked: bool = False) -> None:
        identifiers = list(finding.feature_ids())
        if not identifiers or finding.layer is None or self._canvas is None:
            return
        finding.layer.selectByIds(identifiers)
        self._canvas.zoomToFeatureIds(finding.layer, identifiers)
        self._canvas.flashFeatureIds(finding.layer, identifiers)

    def _start_mend(self, finding: Finding, _checked: bool = False) -> None:
        """Mend one thing at a time: each is one step in the layer's history."""
        if finding.layer is None:
            return
        self.area.setEnabled(False)
        self.again.setEnabled(False)
        self._mend = LayerMend(finding.fault.id, finding.layer, self)
        self._mend.finished.connect(lambda _count: self.start())
        self._mend.failed.connect(self._not_mended)
        self._mend.start()

    def _not_mended(self, why: str) -> None:
        self.summary.setText(why)
        self.area.setEnabled(True)
        self.again.setEnabled(True)


def _main_canvas(parent: Optional[QWidget]) -> Optional[QgsMapCanvas]:
    """Return the map of QGIS's main window, None where there is none."""
    while parent is not None:
        found = parent.findChild(QgsMapCanvas, "theMapCanvas")
        if found is not None:
            return found
        parent = parent.parentWidget()
    return None
