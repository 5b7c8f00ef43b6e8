"""Publish a layer, and publish again what is published."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Dict, FrozenSet, Iterable, Tuple

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingOutputString,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterString,
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
from ..layer_publication import LayerPublication
from ..proposal import SERVICES, slug
from ..publication import PublicationResult
from ..publication_call import DATA, METADATA, STYLE
from ..service_definitions import CONFIGURATION_TYPES
from ..store_source import StoreSource
from .algorithm import (
    BOTTOM,
    CRS,
    TOP,
    About,
    GeoPubAlgorithm,
    advanced,
    asked,
    crs_parameter,
    layer_parameter,
    level_parameters,
    target_parameter,
    told,
    waited,
)

NAME, TITLE, SERVICES_KEY, STYLED = "NAME", "TITLE", "SERVICES", "STYLED"
PARTS = "PARTS"
ALL_PARTS = (DATA, STYLE, METADATA)
ADDRESSES = ("WFS", "WMS", "TMS")


class _Publishing(GeoPubAlgorithm):
    """What publishing and updating share: the addresses that they return."""

    def outputs(self) -> Iterable[QgsProcessingOutputDefinition]:
        """Return the addresses and names that come out."""
        addresses = (QgsProcessingOutputString(kind, tr("{kind} address", kind=kind)) for kind in ADDRESSES)
        names = (("DATASHEET", tr("Datasheet")), ("LAYER_NAME", tr("Technical name")))
        return (*addresses, *(QgsProcessingOutputString(key, title) for key, title in names))

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

    def about(self) -> About:
        """Return what the toolbox says of it."""
        words = tr(
            "Publishes a layer as live services (WFS, WMS, vector tiles) with its style: what the layer shows, filter, "
            "joins and edits not saved yet included.\nEverything that is left empty is proposed from the layer. "
            "A layer that is published already under the same name is updated, and its addresses stay.\n"
            "In qgis_process the engine of this computer ends with the algorithm; what was published is live again "
            "when QGIS, or geopub serve, next starts it."
        )
        return About("publish", "publish", tr("Publish layer"), words)

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        names = [service.upper() for service in SERVICES]
        return (
            layer_parameter(tr("Layer to publish")),
            QgsProcessingParameterString(TITLE, tr("Title (none: the layer’s)"), optional=True),
            QgsProcessingParameterString(NAME, tr("Technical name (none: made of the title)"), optional=True),
            QgsProcessingParameterEnum(SERVICES_KEY, tr("Services"), names, True, list(range(len(names)))),
            QgsProcessingParameterBoolean(STYLED, tr("Publish with the layer's style"), True),
            *map(advanced, level_parameters()),
            crs_parameter(),
            target_parameter(),
        )

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
        top, bottom = self.level(parameters, TOP, context), self.level(parameters, BOTTOM, context)
        tables = plan.tables
        if (top, bottom) != (None, None):  # said for the whole: levels that a table had of its own do not count
            tables = tuple(replace(one, top_level=None, bottom_level=None) for one in tables)
        bottom = plan.bottom_level if bottom is None else bottom
        return replace(
            plan,
            services=services,
            srs=srs,
            tables=tables,
            top_level=min(plan.top_level if top is None else top, bottom),
            bottom_level=bottom,
            styled=self.parameterAsBool(parameters, STYLED, context),
        )


class UpdatePublication(_Publishing):
    """Publishes a layer again as it was published last."""

    def about(self) -> About:
        """Return what the toolbox says of it."""
        words = tr(
            "Publishes a layer again as it was published last, or only its style, or only its description; all "
            "addresses stay.\nA layer remembers its publication in the project. One that does not, such as a file "
            "given to qgis_process, needs the technical name of what it replaces."
        )
        return About("update", "update", tr("Update publication"), words)

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        name = tr("Technical name of the publication (none: as the layer remembers)")
        parts = [tr("data"), tr("style"), tr("description")]
        return (
            layer_parameter(),
            QgsProcessingParameterString(NAME, name, optional=True),
            QgsProcessingParameterEnum(PARTS, tr("What to update"), parts, True, [0, 1, 2]),
            target_parameter(),
        )

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
            source = self.source_of(kept)
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
