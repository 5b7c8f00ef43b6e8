"""What is done with a layer on this computer alone: the checks of a store, and tiles as a file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterable, Optional, Tuple

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
    QgsProcessingOutputDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingParameterBoolean,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFeatureSink,
    QgsProcessingParameterFileDestination,
    QgsVectorLayer,
    QgsWkbTypes,
)

from ...backend.faults import Fault, Severity
from ...backend.translation import tr
from ..compat import BOOLEAN_FIELD, INTEGER_FIELD, TEXT_FIELD
from ..generalisations import generalisations
from ..layer_export import LayerExport
from ..layer_faults import layer_faults, needs_crs
from ..layer_plan import layer_levels
from ..proposal import slug
from ..worker_job import WorkerJob
from .algorithm import (
    BOTTOM,
    CRS,
    TOP,
    About,
    GeoPubAlgorithm,
    advanced,
    crs_parameter,
    layer_parameter,
    level_parameters,
    told,
    waited,
)

OUTPUT, STRICT, GENERALISATION = "OUTPUT", "FAIL_ON_ERRORS", "GENERALISATION"


class _Local(GeoPubAlgorithm):
    """Exports the layer as a publication would, then works on the file in a process of its own."""

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
        job = WorkerJob(self.displayName(), run, parameters, folder)
        job.said.connect(feedback.pushInfo)
        job.moved.connect(lambda _step, done, total: total and feedback.setProgress(25 + 75 * done / total))
        return waited(job, job.answered, job.refused, feedback)


class CheckLayer(_Local):
    """Runs the checks of a store on a layer, before anything is sent."""

    def about(self) -> About:
        """Return what the toolbox says of it."""
        words = tr(
            "Runs on this computer the checks that a layer passes when it is published, and lists every fault at once: "
            "what it is, why it matters, what to do, how often it occurs, and whether GeoPub mends it by itself."
        )
        return About("checklayer", "check", tr("Check layer"), words)

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        kind = QgsProcessing.SourceType.TypeVector
        return (
            layer_parameter(),
            crs_parameter(),
            advanced(QgsProcessingParameterBoolean(STRICT, tr("Fail when a fault forbids publishing"), False)),
            QgsProcessingParameterFeatureSink(OUTPUT, tr("Faults"), kind, None, True),
        )

    def outputs(self) -> Iterable[QgsProcessingOutputDefinition]:
        """Return what comes out."""
        return (
            QgsProcessingOutputNumber("ERRORS", tr("Number of faults that forbid publishing")),
            QgsProcessingOutputNumber("WARNINGS", tr("Number of other faults")),
        )

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

    def about(self) -> About:
        """Return what the toolbox says of it."""
        words = tr(
            "Makes vector tiles of a layer with the tile engine of GeoPub, as one PMTiles archive (version 3) that any "
            "web server can hand out. Nothing is published. The levels are proposed from the layer."
        )
        return About("generatetiles", "tms", tr("Generate vector tiles"), words)

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        titles = [tr("as the engine does by itself"), *(one.title for one in generalisations())]
        return (
            layer_parameter(),
            crs_parameter(),
            *level_parameters(),
            QgsProcessingParameterEnum(GENERALISATION, tr("Generalisation"), titles, False, 0),
            QgsProcessingParameterFileDestination(OUTPUT, tr("Tiles"), "PMTiles (*.pmtiles)"),
        )

    def outputs(self) -> Iterable[QgsProcessingOutputDefinition]:
        """Return what comes out."""
        return (QgsProcessingOutputNumber("SIZE", tr("Size in bytes")),)

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
        top, bottom = self._levels(layer, parameters, context)
        chosen = self.parameterAsEnum(parameters, GENERALISATION, context)
        flags = generalisations()[chosen - 1].flags if chosen else ""
        table = slug(layer.name())
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".geopub-", dir=out.parent) as work:
                file = self.exported(layer, crs, Path(work), feedback)
                level = {"top_level": top, "bottom_level": bottom}
                one = {"table": table, "layer": table, **level, "attributes": ["*"], "filter": ""}
                job = {
                    "data": str(file), "composition": [one], "area": "", "options": flags, "name": layer.name(),
                    "offered": False,
                }  # fmt: skip
                made = self.worked("tiles.pyramid_job:run", job, Path(work), feedback)
                os.replace(Path(work) / made["file"], out)
        except OSError as error:
            said = tr("The file could not be written: {message}.", message=error.strerror or error)
            raise QgsProcessingException(said) from error
        return {OUTPUT: str(out), "SIZE": int(made["size"])}

    def _levels(
        self, layer: QgsVectorLayer, parameters: Dict[str, Any], context: QgsProcessingContext
    ) -> Tuple[int, int]:
        proposed = layer_levels(layer)
        given = self.level(parameters, TOP, context), self.level(parameters, BOTTOM, context)
        top, bottom = (one if one is not None else other for one, other in zip(given, proposed))
        return min(top, bottom), bottom
