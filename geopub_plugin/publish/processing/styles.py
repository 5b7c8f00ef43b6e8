"""Write a layer's style in every format, and say what each keeps of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Dict, Iterable, List

from qgis.core import (
    QgsProcessingContext,
    QgsProcessingException,
    QgsProcessingFeedback,
    QgsProcessingOutputDefinition,
    QgsProcessingOutputNumber,
    QgsProcessingOutputString,
    QgsProcessingParameterDefinition,
    QgsProcessingParameterEnum,
    QgsProcessingParameterFolderDestination,
    QgsProcessingParameterString,
)

from ...backend.styles.fidelity import Fate
from ...backend.translation import tr
from ..layer_memory import memory
from ..proposal import slug
from ..style_formats import StyleFile, StyleFormat, style_files
from .algorithm import About, GeoPubAlgorithm, layer_parameter

FORMATS, FOLDER, BASE = "FORMATS", "OUTPUT", "BASE_NAME"
_ENDINGS = {StyleFormat.SLD11: ".1.1.sld", StyleFormat.SLD10: ".sld", StyleFormat.MAPBOX: ".json"}


class ExportStyles(GeoPubAlgorithm):
    """Writes QML, SLD 1.0.0, SLD 1.1.0 and Mapbox styles of a layer into a folder."""

    def about(self) -> About:
        """Return what the toolbox says of it."""
        words = tr(
            "Writes the style of a layer as QML, SLD 1.0.0, SLD 1.1.0 and Mapbox style, and says in the log what each "
            "format keeps, approximates and loses. Pictures that a Mapbox style needs lie beside it."
        )
        return About("exportstyles", "style", tr("Export styles"), words)

    def parameters(self) -> Iterable[QgsProcessingParameterDefinition]:
        """Return what it is given."""
        titles = [one.title for one in StyleFormat]
        return (
            layer_parameter(),
            QgsProcessingParameterEnum(FORMATS, tr("Formats"), titles, True, list(range(len(titles)))),
            QgsProcessingParameterString(BASE, tr("Name of the files (none: the layer’s)"), optional=True),
            QgsProcessingParameterFolderDestination(FOLDER, tr("Folder")),
        )

    def outputs(self) -> Iterable[QgsProcessingOutputDefinition]:
        """Return what comes out."""
        return (
            QgsProcessingOutputString("FILES", tr("Files that were written, one a line")),
            QgsProcessingOutputNumber("LOST", tr("Number of things that a format loses")),
        )

    def processAlgorithm(
        self, parameters: Dict[str, Any], context: QgsProcessingContext, feedback: QgsProcessingFeedback
    ) -> Dict[str, Any]:
        """Write the files."""
        layer = self.layer(parameters, context)
        folder = Path(self.parameterAsString(parameters, FOLDER, context))
        base = slug(self.parameterAsString(parameters, BASE, context).strip() or layer.name())
        chosen = [list(StyleFormat)[index] for index in self.parameterAsEnums(parameters, FORMATS, context)]
        kept = memory(layer)
        tiles = kept.address("TMS") if kept is not None else ""
        written: List[Path] = []
        lost = 0
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file in style_files(layer, (kept.table if kept else "") or base, tiles):
                if file.format in chosen:
                    lost += _tell(file, feedback)
                    if file.content is not None:
                        written += file.save(folder / (base + _ENDINGS.get(file.format, file.format.suffix)))
        except OSError as error:
            said = tr("The file could not be written: {message}.", message=error.strerror or error)
            raise QgsProcessingException(said) from error
        return {FOLDER: str(folder), "FILES": "\n".join(map(str, written)), "LOST": lost}


def _tell(file: StyleFile, feedback: QgsProcessingFeedback) -> int:
    """Write a report into the log, and return how much is lost."""
    feedback.pushInfo(f"{file.report.target}:")
    for finding in file.report.findings:
        said = f"  {finding.what}" + (f" ({finding.where})" if finding.where else "")
        if finding.fate is Fate.LOST:
            feedback.pushWarning(said)
        else:
            feedback.pushInfo(said)
    return len(file.report.of(Fate.LOST))
