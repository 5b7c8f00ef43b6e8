"""Styles compared: figures and pictures of each, for tests and for the page of `make compare-styles`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import List, Optional, Sequence, Tuple

import numpy as np

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.features.geopackage import feature_tables
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.styles.fidelity import Fate, Finding
from geopub_plugin.backend.styles.intake import Intake, take_in
from geopub_plugin.backend.styles.recognition import StyleKind, read
from geopub_plugin.publish.style_graphics import Graphics

from . import browser_look, qgis_look, wms_look
from .pictures import differing, is_empty, unequal
from .sample import TABLE, Sample, sample_of

PLAIN_RENDERERS = ("singleSymbol", "categorizedSymbol", "graduatedSymbol")
LIMIT = 0.02  # of the pixels: what plain styles may differ in between QGIS and MapLibre


@dataclass
class Comparison:
    """One style: why it was refused, or how it was drawn."""

    name: str
    intake: Optional[Intake] = None
    kind: str = ""
    zoom: int = 0
    own: Optional[np.ndarray] = None  # uint8 (512, 512, 3), by QGIS
    service: Optional[np.ndarray] = None  # by our WMS
    look: Optional[browser_look.Look] = None  # by MapLibre
    plain: bool = False

    @property
    def refused(self) -> Tuple[str, ...]:
        """Why it is not used."""
        return () if self.intake is None else tuple(f.sentence for f in self.intake.faults if f.severity == "error")

    @property
    def done(self) -> Tuple[str, ...]:
        """What was repaired, and what is told of it all the same."""
        return () if self.intake is None else tuple(f.sentence for f in self.intake.faults if f.severity != "error")

    @property
    def unequal(self) -> float:
        """The share of pixels that differ at all between QGIS and our WMS."""
        return unequal(self.own, self.service) if self.own is not None and self.service is not None else float("nan")

    @property
    def differing(self) -> float:
        """The share of pixels that differ by more than a pixel's width between QGIS and MapLibre."""
        picture = self.look.picture if self.look is not None else None
        return differing(self.own, picture) if self.own is not None and picture is not None else float("nan")

    @property
    def findings(self) -> Tuple[Finding, ...]:
        """What the map style approximates and loses."""
        every = self.look.report.findings if self.look is not None else ()
        return tuple(one for one in every if one.fate is not Fate.KEPT)

    @property
    def empty(self) -> bool:
        """Whether QGIS draws nothing."""
        return self.own is None or is_empty(self.own)


def compare(paths: Sequence[Path], root: Path, folder: Path, renderer: Renderer) -> List[Comparison]:
    """Draw styles in all three ways. There must be a QgsApplication.

    Args:
        paths: QML files.
        root: below which they are named.
        folder: for samples and styles made ready.
        renderer: of the WMS.
    """
    found = [_drawn(path, str(path.relative_to(root)), folder / str(n), renderer) for n, path in enumerate(paths)]
    looks = [one.look for one in found if one.look is not None]
    if looks:
        browser_look.draw(looks, renderer)
    return found


def taken_in(path: Path, sample: Sample) -> Intake:
    """Return a style made ready for its sample, as it is when somebody adds it to a service."""
    (schema,) = feature_tables(sample.data)
    return take_in(path.read_bytes(), schema, {}, Graphics(path.parent), TABLE)


def _drawn(path: Path, name: str, stem: Path, renderer: Renderer) -> Comparison:
    content = path.read_bytes()
    made = Comparison(name)
    try:
        sample = sample_of(content, stem.with_suffix(".gpkg"))
    except InvalidInput:
        sample = sample_of(b"<qgis/>", stem.with_suffix(".gpkg"))
    made.intake, made.kind, made.zoom = taken_in(path, sample), sample.kind, sample.zoom
    if not made.intake.accepted:
        return made
    ready = stem.with_suffix(path.suffix)
    ready.write_bytes(made.intake.content)
    made.own = qgis_look.drawn(sample, ready)
    made.service = wms_look.drawn(sample, ready, renderer)
    look = browser_look.look_of(name, sample, made.intake.content, renderer)
    if look.made.layers:
        made.look = look
        made.plain = _is_plain(made.intake.content, look)
    return made


def _is_plain(style: bytes, look: browser_look.Look) -> bool:
    """Tell single, categorised and graduated fills, lines and circles, wholly converted."""
    document = read(style)
    if document.kind is not StyleKind.QML:
        return False
    renderers = [child.get("type") for child in document.root if child.tag == "renderer-v2"]
    kinds = {layer["type"] for layer in look.made.layers}
    patterns = any("fill-pattern" in layer.get("paint", {}) for layer in look.made.layers)
    faithful = all(finding.fate is Fate.KEPT for finding in look.report.findings)
    return set(renderers) <= set(PLAIN_RENDERERS) and kinds <= {"fill", "line", "circle"} and not patterns and faithful
