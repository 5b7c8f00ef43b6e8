"""Badges in the layer tree: published, changed since, changed so that its addresses would give something else."""

from __future__ import annotations

from typing import Callable, Dict, List

from qgis.core import QgsLayerTree, QgsLayerTreeLayer, QgsLayerTreeNode, QgsMapLayer
from qgis.gui import QgsLayerTreeView, QgsLayerTreeViewIndicator
from qgis.PyQt.QtCore import QModelIndex, QObject

from ..backend.translation import tr
from ..publish.layer_memory import OTHER, former
from ..publish.layer_watch import LayerWatch, PublicationState
from .icons import icon


class Indicators(QObject):
    """Keeps a badge beside each published layer; a click on it opens what can be done with the layer."""

    def __init__(self, view: QgsLayerTreeView, watch: LayerWatch, opened: Callable[[QgsMapLayer], None]) -> None:
        super().__init__(view)
        self.shown: Dict[str, QgsLayerTreeViewIndicator] = {}  # by id of the layer
        self._nodes: Dict[str, QgsLayerTreeLayer] = {}  # that they are beside
        self._view, self._watch, self._opened = view, watch, opened
        self._root = view.layerTreeModel().rootGroup()
        self._root.addedChildren.connect(self._grown)
        self._root.willRemoveChildren.connect(self._pruned)
        watch.changed.connect(self.refresh)
        for identifier in watch.states:
            self.refresh(identifier)

    def refresh(self, identifier: str) -> None:
        """Show the state of a layer as it is now."""
        node = self._root.findLayer(identifier)
        if node is not None:
            self._mark(node)
        else:
            self._take_away(identifier)

    def _mark(self, node: QgsLayerTreeLayer) -> None:
        identifier = node.layerId()
        state = self._watch.states.get(identifier)
        if state is None or self._nodes.get(identifier, node) is not node:
            self._take_away(identifier)
        if state is None:
            return
        badge = self.shown.get(identifier)
        if badge is None:
            badge = self.shown[identifier] = QgsLayerTreeViewIndicator(self)
            badge.clicked.connect(self._clicked)
            self._nodes[identifier] = node
            self._view.addIndicator(node, badge)
        badge.setIcon(icon(sign(state)))
        badge.setToolTip(words(state))
        self._repaint(node)

    def close(self) -> None:
        """Take every badge away."""
        self._watch.changed.disconnect(self.refresh)
        self._root.addedChildren.disconnect(self._grown)
        self._root.willRemoveChildren.disconnect(self._pruned)
        for identifier in list(self.shown):
            self._take_away(identifier)

    def _take_away(self, identifier: str) -> None:
        badge, node = self.shown.pop(identifier, None), self._nodes.pop(identifier, None)
        if badge is not None and node is not None:
            self._view.removeIndicator(node, badge)
            self._repaint(node)
            badge.deleteLater()

    def _grown(self, parent: QgsLayerTreeNode, first: int, last: int) -> None:
        """Give badges to nodes that came: QGIS makes new ones of those that the user moves."""
        for node in _layers_in(parent, first, last):
            self._mark(node)

    def _pruned(self, parent: QgsLayerTreeNode, first: int, last: int) -> None:
        for node in _layers_in(parent, first, last):
            if self._nodes.get(node.layerId()) is node:
                self._take_away(node.layerId())

    def _clicked(self, index: QModelIndex) -> None:
        node = self._view.index2node(index)
        if QgsLayerTree.isLayer(node) and node.layer() is not None:
            self._view.setCurrentLayer(node.layer())
            self._opened(node.layer())

    def _repaint(self, node: QgsLayerTreeNode) -> None:
        self._view.update(self._view.node2index(node))  # QGIS hears of new badges, not of another icon in one


def _layers_in(parent: QgsLayerTreeNode, first: int, last: int) -> List[QgsLayerTreeLayer]:
    nodes = parent.children()[first : last + 1]
    in_groups = [layer for node in nodes if QgsLayerTree.isGroup(node) for layer in node.findLayers()]
    return [node for node in nodes if QgsLayerTree.isLayer(node)] + in_groups


def sign(state: PublicationState) -> str:
    """Return the name of the icon for a state."""
    if state.changes.schema:
        return "schema_changed"
    return "changed" if state.changes else "published"


def words(state: PublicationState) -> str:
    """Return a state as sentences."""
    kept, changed = state.memory, state.changes
    lines = [tr("Published by GeoPub as “{name}” in “{datasheet}”.", name=kept.layer_name, datasheet=kept.datasheet)]
    if changed.schema:
        lines.append(tr("The fields or the kind of geometry have changed since: clients may notice an update."))
    if former("data") in kept.shown:
        lines.append(tr("The services show a former version of the data."))
    elif changed.data and not changed.schema:
        lines.append(tr("The data has changed since."))
    if former("style") in kept.shown:
        lines.append(tr("The services show a former version of the style."))
    elif changed.style:
        lines.append(tr("The style has changed since."))
    if changed.metadata:
        lines.append(tr("The catalogue shows a former version of the metadata record."))
    if changed.drawn:
        kinds = sorted(flag[len(OTHER) :].upper() for flag in kept.shown if flag.startswith(OTHER))
        lines.append(tr("Another style was made current in: {kinds}.", kinds=", ".join(kinds)))
    if changed.published:
        lines.append(tr("Click to update the publication."))
    return "\n".join(lines)
