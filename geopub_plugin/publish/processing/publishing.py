"""Publish a layer, and publish again what is published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, FrozenSet, Optional, Tuple

from qgis.core import (
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterNumber,
    QgsProcessingParameterString,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
)

from ...backend.errors import NotFound
from ...backend.faults import Severity
from ...backend.translation import tr
from ..client import Store
from ..client.datasheets import Datasheet, Service
from ..layer_faults import layer_faults, needs_crs
from ..layer_memory import memory
from ..layer_plan import LayerPlan, name_fault, propose_plan, remembered_plan
from ..layer_publication import DATA, METADATA, STYLE, LayerPublication
from ..proposal import SERVICES, slug
from ..publication import PublicationResult
from ..publication_plan import LEVELS
from ..service_definitions import CONFIGURATION_TYPES
from ..store_source import StoreSource
from .algorithm import INPUT, GeoPubAlgorithm, asked, told, waited

NAME, TITLE, SERVICES_KEY, STYLED = "NAME", "TITLE", "SERVICES", "STYLED"
TOP, BOTTOM, CRS, PARTS = "TOP_LEVEL", "BOTTOM_LEVEL", "CRS", "PARTS"
ALL_PARTS = (DATA, STYLE, METADATA)
ADDRESSES = ("WFS", "WMS", "TMS")


class _Publishing(GeoPubAlgorithm):
    """What publishing and updating share: the addresses that they return."""

    def add_outputs(self) -> None:
        """Add the addresses and names that come out."""
        for kind in ADDRESSES:
            self.addOutput(QgsProcessingOutputString(kind, tr("{kind} address", kind=kind)))
        self.addOutput(QgsProcessingOutputString("DATASHEET", tr("Datasheet")))
        self.addOutput(QgsProcessingOutputString("LAYER_NAME", tr("Technical name")))

    def publish(
        self,
        layer: QgsVectorLayer,
        plan: LayerPlan,
        source: StoreSource,
        feedback: QgsProcessingFeedback,
        parts: FrozenSet[str] = frozenset(ALL_PARTS),
    ) -> Dict[str, Any]:
        """Publish a layer and return the outputs."""
        faults = layer_faults(layer)
        told(faults, feedback)
        if any(fault.severity is Severity.ERROR for fault in faults):
            raise QgsProcessingException(tr("The layer cannot be published; see above why."))
        publication = LayerPublication(layer, plan, source, parts=parts)
        said: Dict[str, str] = {"step": ""}

        def moved(share: float, step: str) -> None:
            feedback.setProgress(share * 100)
            if step.partition(" – ")[0] != said["step"]:
                said["step"] = step.partition(" – ")[0]
                feedback.pushInfo(said["step"])

        publication.moved.connect(moved)
        result: PublicationResult = waited(
            publication, publication.finished, publication.failed, feedback, publication.cancelled
        )
        told(result.faults, feedback)
        live = {url.type: url.url for url in result.urls}
        for kind, url in live.items():
            feedback.pushInfo(f"{kind}: {url}")
        named = {"DATASHEET": result.datasheet, "LAYER_NAME": result.layer_name}
        return {**named, **{kind: live[kind] for kind in ADDRESSES if kind in live}}


class PublishLayer(_Publishing):
    """Publishes a layer as live services."""

    picture = "publish"

    def name(self) -> str:
        """Return the algorithm's id."""
        return "publish"

    def displayName(self) -> str:
        """Return the algorithm's title."""
        return tr("Publish layer")

    def shortHelpString(self) -> str:
        """Return what the algorithm does."""
        return tr(
            "Publishes a layer as live services (WFS, WMS, vector tiles) with its style: what the layer shows, filter, "
            "joins and edits not saved yet included.\nEverything that is left empty is proposed from the layer. "
            "A layer that is published already under the same name is updated, and its addresses stay.\n"
            "In qgis_process the engine of this computer ends with the algorithm; what was published is live again "
            "when QGIS, or `geopub serve`, next starts it."
        )

    def initAlgorithm(self, configuration: Optional[Dict[str, Any]] = None) -> None:
        """Declare parameters and outputs."""
        kind = QgsProcessing.SourceType.TypeVectorAnyGeometry
        low, high = LEVELS
        self.addParameter(QgsProcessingParameterVectorLayer(INPUT, tr("Layer to publish"), [kind]))
        self.addParameter(QgsProcessingParameterString(TITLE, tr("Title (none: the layer’s)"), optional=True))
        name = QgsProcessingParameterString(NAME, tr("Technical name (none: made of the title)"), optional=True)
        self.addParameter(name)
        names = [service.upper() for service in SERVICES]
        every = list(range(len(names)))
        services = QgsProcessingParameterEnum(SERVICES_KEY, tr("Services"), names, True, every)
        self.addParameter(services)
        self.addParameter(QgsProcessingParameterBoolean(STYLED, tr("Publish with the layer's style"), True))
        for key, text in ((TOP, tr("Top level of the tiles")), (BOTTOM, tr("Bottom level of the tiles"))):
            number = QgsProcessingParameterNumber.Type.Integer
            level = QgsProcessingParameterNumber(key, text, number, None, True, low, high)
            self.add_advanced(level, optional=True)
        crs = QgsProcessingParameterCrs(CRS, tr("Coordinate system, where the layer states none"), optional=True)
        self.add_advanced(crs, optional=True)
        self.add_target()
        self.add_outputs()

    def processAlgorithm(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Publish the layer."""
        layer = self.layer(parameters, context)
        return self.publish(layer, self._plan(layer, parameters, context), self.source(parameters, context), feedback)

    def _plan(self, layer: QgsVectorLayer, parameters: Dict[str, Any], context: QgsProcessingContext) -> LayerPlan:
        plan = propose_plan(layer)
        title = self.parameterAsString(parameters, TITLE, context).strip()
        name = self.parameterAsString(parameters, NAME, context).strip() or (slug(title) if title else "")
        if name_fault(name or plan.layer_name):
            raise QgsProcessingException(name_fault(name or plan.layer_name))
        if title or name:
            datasheet = plan.datasheet if memory(layer) is not None and not name else title or plan.datasheet
            plan = replace(plan, title=title or plan.title, datasheet=datasheet, layer_name=name or plan.layer_name)
        chosen = self.parameterAsEnums(parameters, SERVICES_KEY, context)
        services = tuple(SERVICES[index] for index in chosen)
        if not services:
            raise QgsProcessingException(tr("Choose one service at least."))
        crs = self.parameterAsCrs(parameters, CRS, context)
        if needs_crs(layer) and not crs.authid():
            raise QgsProcessingException(tr("The layer does not know where it lies: give its coordinate system."))
        srs = crs.authid() if needs_crs(layer) else plan.srs
        top, bottom = self._level(parameters, TOP, context), self._level(parameters, BOTTOM, context)
        bottom = plan.bottom_level if bottom is None else bottom
        return replace(
            plan,
            services=services,
            srs=srs,
            top_level=min(plan.top_level if top is None else top, bottom),
            bottom_level=bottom,
            styled=self.parameterAsBool(parameters, STYLED, context),
        )

    def _level(self, parameters: Dict[str, Any], key: str, context: QgsProcessingContext) -> Optional[int]:
        return self.parameterAsInt(parameters, key, context) if parameters.get(key) is not None else None


class UpdatePublication(_Publishing):
    """Publishes a layer again as it was published last."""

    picture = "update"

    def name(self) -> str:
        """Return the algorithm's id."""
        return "update"

    def displayName(self) -> str:
        """Return the algorithm's title."""
        return tr("Update publication")

    def shortHelpString(self) -> str:
        """Return what the algorithm does."""
        return tr(
            "Publishes a layer again as it was published last, or only its style, or only its description; all "
            "addresses stay.\nA layer remembers its publication in the project. One that does not, such as a file "
            "given to qgis_process, needs the technical name of what it replaces."
        )

    def initAlgorithm(self, configuration: Optional[Dict[str, Any]] = None) -> None:
        """Declare parameters and outputs."""
        kind = QgsProcessing.SourceType.TypeVectorAnyGeometry
        self.addParameter(QgsProcessingParameterVectorLayer(INPUT, tr("Layer"), [kind]))
        name = tr("Technical name of the publication (none: as the layer remembers)")
        self.addParameter(QgsProcessingParameterString(NAME, name, optional=True))
        parts = [tr("data"), tr("style"), tr("description")]
        self.addParameter(QgsProcessingParameterEnum(PARTS, tr("What to update"), parts, True, [0, 1, 2]))
        self.add_target()
        self.add_outputs()

    def processAlgorithm(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Update the publication."""
        layer = self.layer(parameters, context)
        name = self.parameterAsString(parameters, NAME, context).strip()
        kept, plan = memory(layer), remembered_plan(layer)
        parts = frozenset(ALL_PARTS[index] for index in self.parameterAsEnums(parameters, PARTS, context))
        if not parts:
            raise QgsProcessingException(tr("Choose what to update."))
        if kept is not None and plan is not None and not name:
            source = self._stores().source(kept.target)
        else:
            if not name:
                raise QgsProcessingException(
                    tr("The layer remembers no publication: give the technical name of the one to update.")
                )
            source = self.source(parameters, context)
            title = tr("Update publication")
            services = asked(source, title, lambda store: services_named(store, name), feedback)
            plan = _plan_of(layer, name, services)
        return self.publish(layer, plan, source, feedback, parts)


Found = Tuple[Tuple[Datasheet, Service], ...]


def services_named(store: Store, name: str) -> Found:
    """Return the services of a technical name with their datasheets.

    Raises:
        NotFound: there is none.
    """
    found = [(sheet, one) for sheet in store.datasheets.list() for one in sheet.services if one.layer_name == name]
    if not found:
        raise NotFound(
            tr("Nothing is published as “{name}”.", name=name),
            cure=tr("The technical name is part of the addresses; the GeoPub panel shows it."),
        )
    return tuple(found)


def _plan_of(layer: QgsVectorLayer, name: str, found: Found) -> LayerPlan:
    """Return the plan that replaces what is published under a name."""
    kinds = {CONFIGURATION_TYPES[service]: service for service in SERVICES}
    live = {kinds[service.type] for _sheet, service in found if service.type in kinds}
    sheet, service = found[0]
    return replace(
        propose_plan(layer),
        title=service.title or sheet.title,
        datasheet=sheet.name,
        layer_name=name,
        services=tuple(service for service in SERVICES if service in live),
    )
