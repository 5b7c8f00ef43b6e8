"""Follows the layers of a project that are published, and tells when one differs from what is published of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, List, Optional, Set

from qgis.core import QgsMapLayer, QgsProject, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, Qt, QTimer, pyqtSignal
from qgis.PyQt.QtGui import QGuiApplication

from .layer_marks import EDITS
from .layer_memory import PROPERTY, LayerChanges, LayerMemory, changes, memory

PAUSE = 300  # ms that a layer must be left alone before it is looked at: styling and editing come in bursts


@dataclass(frozen=True)
class PublicationState:
    """What a published layer remembers, and what of it has changed since."""

    memory: LayerMemory
    changes: LayerChanges


class LayerWatch(QObject):
    """Knows the state of every published layer; those that are not published cost nothing but their signals."""

    changed = pyqtSignal(str)  # id of a layer whose state is another now; it may be gone

    def __init__(self, project: QgsProject, parent: Optional[QObject] = None) -> None:
        super().__init__(parent)
        self.states: Dict[str, PublicationState] = {}
        self._project = project
        self._stirred: Set[str] = set()
        self._pause = QTimer(self, singleShot=True, interval=PAUSE)
        self._pause.timeout.connect(self.look)
        project.layersAdded.connect(self._added)
        project.layersWillBeRemoved.connect(self._removed)
        QGuiApplication.instance().applicationStateChanged.connect(self._came_back)
        self._added(list(project.mapLayers().values()))

    def state(self, layer: Optional[QgsMapLayer]) -> Optional[PublicationState]:
        """Return the state of a layer, None for one that is not published."""
        return self.states.get(layer.id()) if layer is not None else None

    def close(self) -> None:
        """Follow nothing any more."""
        self._pause.stop()
        self._project.layersAdded.disconnect(self._added)
        self._project.layersWillBeRemoved.disconnect(self._removed)
        QGuiApplication.instance().applicationStateChanged.disconnect(self._came_back)
        for layer in self._project.mapLayers().values():
            if isinstance(layer, QgsVectorLayer):
                for signal, slot in self._followed(layer):
                    signal.disconnect(slot)
        self.states.clear()

    def look(self) -> None:
        """Find out the states of the layers that something happened to."""
        stirred, self._stirred = self._stirred, set()
        for identifier in stirred:
            layer = self._project.mapLayer(identifier)
            if isinstance(layer, QgsVectorLayer):
                self._become(identifier, _state(layer))

    def _added(self, layers: List[QgsMapLayer]) -> None:
        for layer in layers:
            if isinstance(layer, QgsVectorLayer):
                for signal, slot in self._followed(layer):
                    signal.connect(slot)
                self._stir(layer)

    def _removed(self, identifiers: List[str]) -> None:
        for identifier in identifiers:
            self._become(identifier, None)

    def _followed(self, layer: QgsVectorLayer) -> tuple:
        """Return the signals of a layer with what hears them: methods, for lambdas could not be let go."""
        stir = self._something
        return (
            (layer.styleChanged, stir),
            (layer.repaintRequested, stir),  # whatever is drawn anew: labels and opacity among it
            (layer.editCommandEnded, stir),
            (layer.editingStopped, stir),
            (layer.updatedFields, stir),
            (layer.dataChanged, stir),
            (layer.dataSourceChanged, stir),
            (layer.subsetStringChanged, stir),
            (layer.crsChanged, stir),
            (layer.customPropertyChanged, self._property),
            (layer.afterCommitChanges, self._saved),
        )

    def _something(self, *_what: object) -> None:
        self._stir(self.sender())

    def _property(self, name: str) -> None:
        if name == PROPERTY:
            self._stir(self.sender(), True)

    def _saved(self) -> None:
        """Count saved edits: of databases nothing else tells of them."""
        layer = self.sender()
        if isinstance(layer, QgsVectorLayer) and memory(layer) is not None:
            layer.setCustomProperty(EDITS, int(layer.customProperty(EDITS, 0) or 0) + 1)
            self._stir(layer)

    def _came_back(self, state: Qt.ApplicationState) -> None:
        """Look again at files that another program may have changed, when the user returns to QGIS."""
        if state == Qt.ApplicationState.ApplicationActive and self.states:
            self._stirred.update(self.states)
            self._pause.start()

    def _stir(self, layer: object, at_once: bool = False) -> None:
        if not isinstance(layer, QgsVectorLayer) or sip.isdeleted(layer):
            return
        if layer.customProperty(PROPERTY) or layer.id() in self.states:
            self._stirred.add(layer.id())
            self._pause.start(0 if at_once else PAUSE)

    def _become(self, identifier: str, state: Optional[PublicationState]) -> None:
        before = self.states.pop(identifier, None)
        if state is not None:
            self.states[identifier] = state
        if state != before:
            self.changed.emit(identifier)


def _state(layer: QgsVectorLayer) -> Optional[PublicationState]:
    kept = memory(layer)
    return PublicationState(kept, changes(layer, kept)) if kept is not None else None
