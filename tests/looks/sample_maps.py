"""Maps of the tables that are made for styles."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, Sequence, Tuple

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.render.requests import DEFAULT_DPI, PNG, MapRequest, MapView
from geopub_plugin.backend.services.publications import DrawnTable
from geopub_plugin.backend.styles.recognition import read

from .compare import taken_in
from .sample import SIDE, TABLE, Sample, sample_of

_FARTHER = (1.0, 1.7)  # times what the picture of a style shows


def requests_of(paths: Sequence[Path], folder: Path) -> Iterator[Tuple[str, MapRequest]]:
    """Yield maps of each style that is accepted, with their names."""
    for number, path in enumerate(paths):
        try:
            sample = sample_of(path.read_bytes(), folder / f"{number}.gpkg")
        except GeoPubError:  # no style at all
            continue
        intake = taken_in(path, sample)
        if intake.accepted:
            style = folder / f"{number}.qml"
            style.write_bytes(intake.content)
            yield from ((f"{path.name} x {farther}", _request_of(sample, style, farther)) for farther in _FARTHER)


def _request_of(sample: Sample, style: Path, farther: float) -> MapRequest:
    bounds = tuple(side * farther for side in sample.bounds)
    table = DrawnTable(sample.data, TABLE, style)
    return MapRequest(MapView((table,), "EPSG:3857", bounds, SIDE, SIDE, DEFAULT_DPI, "1"), PNG, False)  # type: ignore[arg-type]


def has_rules_for_labels(style: Path) -> bool:
    """Tell whether several rules place labels: before 3.42 QGIS asks them in the order of their addresses in memory."""
    labels = read(style.read_bytes()).root.find("labeling[@type='rule-based']")
    return labels is not None and len(list(labels.iter("settings"))) > 1
