"""Every real style is accepted, repaired with a report, or refused with reasons; none brings anything down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Iterator, List, Sequence, Tuple

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Fault, blocking
from geopub_plugin.backend.render.requests import SldRequest
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.services.publications import DrawnTable
from geopub_plugin.backend.styles.mapbox import TileLayer, to_mapbox
from geopub_plugin.backend.styles.mapbox_checks import check_mapbox
from geopub_plugin.backend.styles.sld10 import to_sld10

from ..looks import wms_look
from ..looks.compare import taken_in
from ..looks.sample import TABLE, sample_of

SUFFIXES = (".qml", ".sld", ".json", ".qgs", ".qgz", ".geostyler", ".ftl")
COUNT = 702  # at least
PART = 15  # of the normal run: every so-manieth style
CRASHES = (b"Traceback", b"Segmentation", b"ASSERT", b"Aborted")


def styles_of(real_data: Path) -> List[Path]:
    """Return the styles, and what else people may take for one: projects, templates, other programs' styles."""
    return sorted(path for path in (real_data / "styles").rglob("*") if path.suffix in SUFFIXES)


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    made = Renderer(tmp_path_factory.mktemp("every-style"), threads=1)
    yield made
    made.stop()


def test_a_part_of_them(real_data: Path, tmp_path: Path, renderer: Renderer) -> None:
    look_at(styles_of(real_data)[::PART], tmp_path, renderer)


@pytest.mark.slow
def test_all_of_them(real_data: Path, tmp_path: Path, renderer: Renderer) -> None:
    paths = styles_of(real_data)
    assert len(paths) >= COUNT
    counts = look_at(paths, tmp_path, renderer)
    assert counts["accepted"] > 600, counts


def look_at(paths: Sequence[Path], folder: Path, renderer: Renderer) -> dict:
    """Take each style in; draw those that are accepted in every way that there is, with one process for all of them."""
    counts = {"accepted": 0, "repaired": 0, "refused": 0}
    pids = set()
    for number, path in enumerate(paths):
        faults = mapbox_faults(path) if path.suffix == ".json" else outcome(path, folder / str(number), renderer)
        pids.add(renderer.pid)
        for fault in blocking(faults):
            assert fault.what and (fault.why or fault.cure), (path, fault)
        refused = bool(blocking(faults))
        counts["refused" if refused else "accepted"] += 1
        counts["repaired"] += not refused and any(fault.severity == "repaired" for fault in faults)
    assert len(pids - {None}) == 1, "the renderer had to be started again"
    log = b"".join(file.read_bytes() for file in renderer._folder.glob("*.log"))
    assert not [word for word in CRASHES if word in log]
    return counts


def mapbox_faults(path: Path) -> Tuple[Fault, ...]:
    """Return the faults of a Mapbox style for tiles that hold the layers that it draws."""
    try:
        named = json.loads(path.read_bytes()).get("layers", [])
        layers = sorted({str(layer["source-layer"]) for layer in named if "source-layer" in layer})
    except (ValueError, AttributeError, TypeError):
        layers = []
    return check_mapbox(path.read_bytes(), layers)


def outcome(path: Path, stem: Path, renderer: Renderer) -> Tuple[Fault, ...]:
    """Return what is said of a style; what is accepted is drawn, converted and explained."""
    try:
        sample = sample_of(path.read_bytes(), stem.with_suffix(".gpkg"))
    except InvalidInput:
        sample = sample_of(b"<qgis/>", stem.with_suffix(".gpkg"))
    intake = taken_in(path, sample)
    if intake.kind is None or not intake.accepted:
        assert blocking(intake.faults)
        return intake.faults
    ready = stem.with_suffix(path.suffix)
    ready.write_bytes(intake.content)
    try:
        assert wms_look.drawn(sample, ready, renderer).shape == (512, 512, 3), path
        assert wms_look.legend(sample, ready, renderer).size, path
    except wms_look.Refused as error:
        pytest.fail(f"{path}: accepted, and then not drawn: {error}")
    sld = renderer.sld(SldRequest((DrawnTable(sample.data, TABLE, ready),), "1"))
    for convert in (
        lambda: to_mapbox(intake.content, TileLayer("tiles", TABLE, {}, frozenset())).report.findings,
        lambda: to_sld10(sld, TABLE)[0],
    ):
        try:
            assert convert(), path
        except InvalidInput as error:
            assert error.why and error.cure, path
    return intake.faults
