"""Take a publication off."""

from __future__ import annotations

from typing import Any, Dict, List, Optional

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
)

from ...backend.translation import tr
from ..client import Store
from ..layer_memory import forget, memory
from ..removal import delete_datasheet, unpublish
from .algorithm import INPUT, GeoPubAlgorithm, asked
from .publishing import NAME, services_named

DELETE = "DELETE_DATASHEET"


class Unpublish(GeoPubAlgorithm):
    """Takes the services of a publication off."""

    picture = "unpublish"

    def name(self) -> str:
        """Return the algorithm's id."""
        return "unpublish"

    def displayName(self) -> str:
        """Return the algorithm's title."""
        return tr("Unpublish")

    def shortHelpString(self) -> str:
        """Return what the algorithm does."""
        return tr(
            "Takes every service of a technical name off: its addresses answer no more. The data stay in the store, "
            "unless the whole datasheet is deleted with everything that belongs to it: that cannot be undone."
        )

    def initAlgorithm(self, configuration: Optional[Dict[str, Any]] = None) -> None:
        """Declare parameters and outputs."""
        kind = QgsProcessing.SourceType.TypeVectorAnyGeometry
        layer = QgsProcessingParameterVectorLayer(INPUT, tr("Published layer"), [kind], optional=True)
        self.addParameter(layer)
        name = tr("or technical name of the publication")
        self.addParameter(QgsProcessingParameterString(NAME, name, optional=True))
        delete = tr("Delete the whole datasheet with its data")
        self.addParameter(QgsProcessingParameterBoolean(DELETE, delete, False))
        self.add_target()
        self.addOutput(QgsProcessingOutputNumber("COUNT", tr("Number of services taken off")))

    def processAlgorithm(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Take the services off."""
        layer = self.parameterAsVectorLayer(parameters, INPUT, context)
        kept = memory(layer)
        name = self.parameterAsString(parameters, NAME, context).strip() or (kept.layer_name if kept else "")
        if not name:
            raise QgsProcessingException(tr("Give a published layer or a technical name."))
        here = kept is not None and kept.layer_name == name
        source = self._stores().source(kept.target) if kept and here else self.source(parameters, context)
        whole = self.parameterAsBool(parameters, DELETE, context)
        gone: List[str] = asked(source, self.displayName(), lambda store: _taken_off(store, name, whole), feedback)
        for one in gone:
            feedback.pushInfo(one)
        if layer is not None and here:
            forget(layer)
        return {"COUNT": len(gone)}


def _taken_off(store: Store, name: str, whole: bool) -> List[str]:
    found = services_named(store, name)
    if whole:
        delete_datasheet(store, found[0][0])
    else:
        for _sheet, service in found:
            unpublish(store, service)
    return [f"{service.type} {service.layer_name}" for _sheet, service in found]
