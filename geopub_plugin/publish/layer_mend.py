"""What is wrong with a layer, mended in it with one click: in its edit buffer, where it can be undone."""

from __future__ import annotations

from time import monotonic
from typing import Dict, Iterator, Optional

from qgis.core import QgsFeature, QgsFeatureRequest, QgsVectorDataProvider, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer, pyqtSignal

from ..backend.errors import GeoPubError, InvalidInput
from ..backend.translation import tr
from .background import ends_work

SLICE = 0.02  # seconds of work in a turn of the event loop: QGIS stays quick
_EDIT = QgsVectorDataProvider.Capability.ChangeGeometries
_DELETE = QgsVectorDataProvider.Capability.DeleteFeatures


def mend_title(fault: str, layer: Optional[QgsVectorLayer]) -> str:
    """Return what a click would do about a fault, "" where nothing can be done in the layer."""
    if layer is None:
        return ""
    capabilities = layer.dataProvider().capabilities() if layer.isValid() else QgsVectorDataProvider.Capability(0)
    titles: Dict[str, str] = {
        "layer.unsaved-edits": tr("Save the edits"),
        "layer.filtered": "" if layer.isEditable() else tr("Remove the filter"),
        "geometry.invalid": tr("Repair the shapes") if capabilities & _EDIT else "",
    }
    for fault_id in ("geometry.null", "geometry.empty"):
        titles[fault_id] = tr("Delete these features") if capabilities & _DELETE else ""
    return titles.get(fault, "")


class LayerMend(QObject):
    """Mends one fault of a layer, a little in each turn of the event loop."""

    finished = pyqtSignal(int)  # features changed
    failed = pyqtSignal(str)

    def __init__(self, fault: str, layer: QgsVectorLayer, parent: Optional[QObject] = None) -> None:
        """Prepare to mend what the fault with this id says."""
        super().__init__(parent)
        self.task = mend_title(fault, layer)
        self._fault, self._layer = fault, layer
        self._features: Iterator[QgsFeature] = iter(())
        self._changed = 0
        self._mending = False

    @ends_work
    def start(self) -> None:
        """Start and return at once; what takes no time is done at once."""
        if self._fault == "layer.unsaved-edits":
            self._say(self._layer.commitChanges(False), "; ".join(self._layer.commitErrors()))
        elif self._fault == "layer.filtered":
            self._say(self._layer.setSubsetString(""), tr("Its filter could not be removed."))
        elif not self._layer.isEditable() and not self._layer.startEditing():
            self.failed.emit(tr("The layer cannot be edited."))
        else:
            self._mending = True
            self._layer.beginEditCommand(mend_title(self._fault, self._layer))
            self._features = self._layer.getFeatures(QgsFeatureRequest().setNoAttributes())
            QTimer.singleShot(0, self._go_on)

    def close(self) -> None:
        """Go no further; what is changed so far is one step, which can be undone."""
        if self._mending and not sip.isdeleted(self._layer):
            self._layer.endEditCommand()
            self._layer.triggerRepaint()
        self._mending = False

    def _say(self, done: bool, why: str) -> None:
        if done:
            self.finished.emit(0)
        else:
            self.failed.emit(why)

    @ends_work
    def _go_on(self) -> None:
        if not self._mending:
            return
        if sip.isdeleted(self._layer):  # the user has removed it
            raise InvalidInput(tr("The layer cannot be edited."))
        until = monotonic() + SLICE
        for feature in self._features:
            self._changed += self._mend(feature)
            if monotonic() >= until:
                QTimer.singleShot(0, self._go_on)
                return
        self.close()
        self.finished.emit(self._changed)

    def _fail(self, error: GeoPubError) -> None:
        self.close()
        self.failed.emit(" ".join(error.sentences))

    def _mend(self, feature: QgsFeature) -> int:
        geometry = feature.geometry()
        if self._fault != "geometry.invalid":
            # Without a shape or with an empty one is the same: the export may turn one into the other.
            return int((geometry.isNull() or geometry.isEmpty()) and self._layer.deleteFeature(feature.id()))
        if geometry.isNull() or geometry.isGeosValid():
            return 0
        made = geometry.makeValid()
        made.convertGeometryCollectionToSubclass(self._layer.geometryType())
        if self._layer.wkbType() and not made.isEmpty():
            coerced = made.coerceToType(self._layer.wkbType())
            made = coerced[0] if len(coerced) == 1 else made
        return int(not made.isEmpty() and self._layer.changeGeometry(feature.id(), made))
