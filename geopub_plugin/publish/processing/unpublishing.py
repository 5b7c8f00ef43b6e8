"""Take a publication off."""

from __future__ import annotations

from typing import Any, Dict, Iterable, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterString,
)

from ...backend.translation import tr
from ..client import Store
from ..layer_memory import forget, memory
from ..removal import delete_datasheet, unpublish
from .algorithm import INPUT, About, GeoPubAlgorithm, asked, layer_parameter, target_parameter
from .publishing import NAME, services_named

DELETE = "DELETE_DATASHEET"


class Unpublish(GeoPubAlgorithm):
    """Takes the services of a publication off."""

    def about(self) -> About:
        """Return what the toolbox says of it."""
        words = tr(
            "Takes every service of a technical name off: its addresses answer no more. The data stay in the store, "
            "unless the whole datasheet is deleted with everything that belongs to it: that cannot be undone."
        )
        return About("unpublish", "unpublish", tr("Unpublish"), words)

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        return (
            layer_parameter(tr("Published layer"), optional=True),
            QgsProcessingParameterString(NAME, tr("or technical name of the publication"), optional=True),
            QgsProcessingParameterBoolean(DELETE, tr("Delete the whole datasheet with its data"), False),
            target_parameter(),
        )

    def outputs(self) -> Iterable[QgsProcessingOutputDefinition]:
        """Return what comes out."""
        return (QgsProcessingOutputNumber("COUNT", tr("Number of services taken off")),)

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
        source = self.source_of(kept) if kept and here else self.source(parameters, context)
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
