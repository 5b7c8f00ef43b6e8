"""What is done with a layer on this computer alone: the checks of a store, and tiles as a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Dict, Optional, Tuple

from qgis.core import (
    QgsCoordinateReferenceSystem,
    QgsFeature,
    QgsFeatureSink,
    QgsField,
    QgsFields,
    QgsProcessing,
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterCrs,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsProcessingParameterNumber,
    QgsProcessingParameterVectorLayer,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ...backend.faults import Fault, Severity
from ...backend.translation import tr
from ..compat import BOOLEAN_FIELD, INTEGER_FIELD, TEXT_FIELD
from ..generalisations import generalisations
from ..layer_export import LayerExport
from ..layer_faults import layer_faults, needs_crs
from ..layer_plan import LEVELS, layer_levels
from ..proposal import slug
from ..worker_job import WorkerJob
from .algorithm import INPUT, GeoPubAlgorithm, told, waited

CRS, OUTPUT, STRICT = "CRS", "OUTPUT", "FAIL_ON_ERRORS"
TOP, BOTTOM, GENERALISATION = "TOP_LEVEL", "BOTTOM_LEVEL", "GENERALISATION"


class _Local(GeoPubAlgorithm):
    """Exports the layer as a publication would, then works on the file in a process of its own."""

    def add_layer(self) -> None:
        """Add the parameters that say which layer, and where it lies."""
        kind = QgsProcessing.SourceType.TypeVectorAnyGeometry
        self.addParameter(QgsProcessingParameterVectorLayer(INPUT, tr("Layer"), [kind]))
        crs = QgsProcessingParameterCrs(CRS, tr("Coordinate system, where the layer states none"), optional=True)
        self.add_advanced(crs, optional=True)

    def crs_of(
        self, layer: QgsVectorLayer, parameters: Dict[str, Any], context: QgsProcessingContext
    ) -> Optional[QgsCoordinateReferenceSystem]:
        """Return the system to declare, None where the layer states its own."""
        given = self.parameterAsCrs(parameters, CRS, context)
        return given if needs_crs(layer) and given.isValid() else None

    def exported(
        self,
        layer: QgsVectorLayer,
        crs: Optional[QgsCoordinateReferenceSystem],
        folder: Path,
        feedback: QgsProcessingFeedback,
    ) -> Path:
        """Write the layer as a GeoPackage and return it."""
        export = LayerExport(layer, slug(layer.name()), folder, crs)
        export.progressed.connect(lambda percent: feedback.setProgress(percent / 4))
        feedback.pushInfo(tr("Exporting the layer"))
        return waited(export, export.finished, export.failed, feedback, export.cancelled)

    def worked(
        self, run: str, parameters: Dict[str, Any], folder: Path, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Do a job of the backend and return its result."""
        job = WorkerJob(run, parameters, folder)
        job.said.connect(feedback.pushInfo)
        job.moved.connect(lambda _step, done, total: total and feedback.setProgress(25 + 75 * done / total))
        return waited(job, job.finished, job.failed, feedback)


class CheckLayer(_Local):
    """Runs the checks of a store on a layer, before anything is sent."""

    picture = "check"

    def name(self) -> str:
        """Return the algorithm's id."""
        return "checklayer"

    def displayName(self) -> str:
        """Return the algorithm's title."""
        return tr("Check layer")

    def shortHelpString(self) -> str:
        """Return what the algorithm does."""
        return tr(
            "Runs on this computer the checks that a layer passes when it is published, and lists every fault at once: "
            "what it is, why it matters, what to do, how often it occurs, and whether GeoPub mends it by itself."
        )

    def initAlgorithm(self, configuration: Optional[Dict[str, Any]] = None) -> None:
        """Declare parameters and outputs."""
        self.add_layer()
        strict = tr("Fail when a fault forbids publishing")
        self.add_advanced(QgsProcessingParameterBoolean(STRICT, strict, False))
        kind = QgsProcessing.SourceType.TypeVector
        sink = QgsProcessingParameterFeatureSink(OUTPUT, tr("Faults"), kind, None, True)
        self.addParameter(sink)
        self.addOutput(QgsProcessingOutputNumber("ERRORS", tr("Number of faults that forbid publishing")))
        self.addOutput(QgsProcessingOutputNumber("WARNINGS", tr("Number of other faults")))

    def processAlgorithm(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Check the layer."""
        layer = self.layer(parameters, context)
        crs = self.crs_of(layer, parameters, context)
        faults = layer_faults(layer)
        if not any(fault.severity is Severity.ERROR for fault in faults):
            with tempfile.TemporaryDirectory(prefix="geopub-") as folder:
                file = self.exported(layer, crs, Path(folder), feedback)
                told_to_job = {"files": [str(file)], "srs": crs.authid() if crs else "", "tables": []}
                found = self.worked("ingest.check_job:run", told_to_job, Path(folder), feedback)
            faults = (*faults, *(Fault.from_json(wire) for wire in found["faults"]))
        told(faults, feedback)
        errors = sum(fault.severity is Severity.ERROR for fault in faults)
        if errors and self.parameterAsBool(parameters, STRICT, context):
            raise QgsProcessingException(tr("The layer cannot be published; see above why."))
        out = {"ERRORS": errors, "WARNINGS": sum(fault.severity is Severity.WARNING for fault in faults)}
        sink = self._listed(faults, parameters, context)
        return {**out, OUTPUT: sink} if sink else out

    def _listed(
        self, faults: Tuple[Fault, ...], parameters: Dict[str, Any], context: QgsProcessingContext
    ) -> Optional[str]:
        fields = QgsFields()
        for name in ("id", "severity", "what", "why", "cure"):
            fields.append(QgsField(name, TEXT_FIELD))
        fields.append(QgsField("count", INTEGER_FIELD))
        fields.append(QgsField("examples", TEXT_FIELD))
        fields.append(QgsField("mended", BOOLEAN_FIELD))
        none = QgsCoordinateReferenceSystem()
        sink, identifier = self.parameterAsSink(parameters, OUTPUT, context, fields, QgsWkbTypes.Type.NoGeometry, none)
        if sink is None:
            return None
        for fault in faults:
            feature = QgsFeature(fields)
            examples = ", ".join(map(str, fault.examples))
            row = [fault.id, fault.severity.value, fault.what, fault.why, fault.cure, fault.count, examples]
            feature.setAttributes([*row, fault.fixable])
            sink.addFeature(feature, QgsFeatureSink.Flag.FastInsert)
        return identifier


class GenerateTiles(_Local):
    """Makes the vector tiles of a layer as one PMTiles archive."""

    picture = "tms"

    def name(self) -> str:
        """Return the algorithm's id."""
        return "generatetiles"

    def displayName(self) -> str:
        """Return the algorithm's title."""
        return tr("Generate vector tiles")

    def shortHelpString(self) -> str:
        """Return what the algorithm does."""
        return tr(
            "Makes vector tiles of a layer with the tile engine of GeoPub, as one PMTiles archive (version 3) that any "
            "web server can hand out. Nothing is published. The levels are proposed from the layer."
        )

    def initAlgorithm(self, configuration: Optional[Dict[str, Any]] = None) -> None:
        """Declare parameters and outputs."""
        self.add_layer()
        low, high = LEVELS
        number = QgsProcessingParameterNumber.Type.Integer
        for key, text in ((TOP, tr("Top level of the tiles")), (BOTTOM, tr("Bottom level of the tiles"))):
            self.addParameter(QgsProcessingParameterNumber(key, text, number, None, True, low, high))
        titles = [tr("as the engine does by itself"), *(one.title for one in generalisations())]
        self.addParameter(QgsProcessingParameterEnum(GENERALISATION, tr("Generalisation"), titles, False, 0))
        archive = QgsProcessingParameterFileDestination(OUTPUT, tr("Tiles"), "PMTiles (*.pmtiles)")
        self.addParameter(archive)
        self.addOutput(QgsProcessingOutputNumber("SIZE", tr("Size in bytes")))

    def processAlgorithm(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Make the tiles."""
        layer = self.layer(parameters, context)
        crs = self.crs_of(layer, parameters, context)
        faults = layer_faults(layer)
        told(faults, feedback)
        if any(fault.severity is Severity.ERROR for fault in faults):
            raise QgsProcessingException(tr("Tiles cannot be made of the layer; see above why."))
        out = Path(self.parameterAsFileOutput(parameters, OUTPUT, context))
        top, bottom = layer_levels(layer)
        bottom = self._level(parameters, BOTTOM, context, bottom)
        top = min(self._level(parameters, TOP, context, top), bottom)
        chosen = self.parameterAsEnum(parameters, GENERALISATION, context)
        flags = generalisations()[chosen - 1].flags if chosen else ""
        table = slug(layer.name())
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".geopub-", dir=out.parent) as work:
                file = self.exported(layer, crs, Path(work), feedback)
                level = {"top_level": top, "bottom_level": bottom}
                one = {"table": table, "layer": table, **level, "attributes": ["*"], "filter": ""}
                job = {"data": str(file), "composition": [one], "area": "", "options": flags, "name": layer.name()}
                made = self.worked("tiles.pyramid_job:run", job, Path(work), feedback)
                os.replace(Path(work) / made["file"], out)
        except OSError as error:
            said = tr("The file could not be written: {message}.", message=error.strerror or error)
            raise QgsProcessingException(said) from error
        return {OUTPUT: str(out), "SIZE": int(made["size"])}

    def _level(self, parameters: Dict[str, Any], key: str, context: QgsProcessingContext, proposed: int) -> int:
        given = parameters.get(key)
        return self.parameterAsInt(parameters, key, context) if given is not None else proposed
