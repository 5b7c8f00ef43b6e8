"""Every real file is published with all its tables, or refused with a fault that explains it."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from osgeo import gdal, ogr

from geopub_plugin.backend.errors import GeoPubError
from geopub_plugin.backend.faults import blocking
from geopub_plugin.backend.features.geopackage import GeoPackageTable, feature_tables
from geopub_plugin.backend.ingest import integration_job
from geopub_plugin.backend.jobs.progress import Silent

REFUSED = {
    "damaged__overwritten_middle_states10": {"file.damaged"},
    "damaged__zero_bytes": {"file.empty"},
    "ets__emp ty": {"file.no-vector-table"},
    "ets__empty": {"file.no-vector-table"},
    "ets__uint16": {"file.raster-only"},
    "kart__gpkg-editing_editing": {"file.no-vector-table"},
    "montpellier_a_multi": {"table.no-srs"},
}
NEEDS_SRS = "ets__gdal_sample"  # its variants: most of their tables have no reference system


def files(folder: Path) -> list:
    small = [path for path in sorted(folder.glob("*.gpkg")) if path.stat().st_size < 3_000_000]
    return [*sorted((folder / "odd").glob("*.gpkg")), *small, folder / "montpellier_a_multi.gpkg"]


def outcome(path: Path, work: Path, **parameters):
    """Return the job's result, or the ids of the errors that forbid publication."""
    work.mkdir()
    try:
        return integration_job.run({"files": [str(path)], **parameters}, work, Silent()), set()
    except GeoPubError as refused:
        assert refused.what
        assert refused.cure
        assert blocking(refused.faults)
        return None, {fault.id for fault in blocking(refused.faults)}


def test_every_file_has_a_plausible_outcome(real_data, tmp_path):
    for number, path in enumerate(files(real_data)):
        result, errors = outcome(path, tmp_path / str(number))
        expected = {"table.no-srs"} if path.stem.startswith(NEEDS_SRS) else REFUSED.get(path.stem, set())
        print(f"{path.stem[:60]:60}  {', '.join(errors) or result['srs']}")  # a table, under pytest -s
        assert errors == expected, path.stem
        if result:
            _same_tables(path, tmp_path / str(number) / "data.gpkg", result)


def test_the_samples_are_published_once_their_srs_is_declared(real_data, tmp_path):
    for number, path in enumerate(sorted((real_data / "odd").glob(f"{NEEDS_SRS}*.gpkg"))):
        result, errors = outcome(path, tmp_path / str(number), srs="EPSG:32631")
        assert errors == set(), path.stem
        _same_tables(path, tmp_path / str(number) / "data.gpkg", result)


def _same_tables(source: Path, made: Path, result: dict) -> None:
    """Compare counts, types and index of what was made with what GDAL sees in the source."""
    wanted = [table.name for table in feature_tables(source)]
    assert [relation["native"] for relation in result["relations"]] == wanted
    connection = sqlite3.connect(made)
    before, after = gdal.OpenEx(str(source), gdal.OF_VECTOR), gdal.OpenEx(str(made), gdal.OF_VECTOR)
    assert after.GetLayerCount() == len(wanted)
    for relation in result["relations"]:
        layer = after.GetLayerByName(relation["name"])
        assert layer.GetFeatureCount() == before.GetLayerByName(relation["native"]).GetFeatureCount()
        assert layer.GetFeatureCount() == relation["count"]
        assert layer.GetSpatialRef().GetAuthorityCode(None) == result["srs"].split(":")[1]
        index = f"rtree_{relation['name']}_geom"
        assert connection.execute("SELECT rtreecheck(?)", (index,)).fetchone() == ("ok",)
        for feature in layer:
            geometry = feature.GetGeometryRef()
            polygonal = geometry and ogr.GT_Flatten(geometry.GetGeometryType()) in (ogr.wkbPolygon, ogr.wkbMultiPolygon)
            assert not polygonal or geometry.IsValid()
        with GeoPackageTable(made, relation["name"]) as table:
            assert sum(len(batch) for batch in table.batches()) == relation["count"]


@pytest.mark.parametrize("name", ["osm_monaco_4326", "odd/qgistraining__training_data"])
def test_an_integrated_file_can_be_integrated_again(name, real_data, tmp_path):
    first, _ = outcome(real_data / f"{name}.gpkg", tmp_path / "first")
    second, _ = outcome(tmp_path / "first" / "data.gpkg", tmp_path / "second")
    counts = [(r["name"], r["count"], r["geometry_type"], r["bounds"]) for r in first["relations"]]
    assert counts == [(r["name"], r["count"], r["geometry_type"], r["bounds"]) for r in second["relations"]]
    assert not [fault for fault in second["faults"] if fault["severity"] == "repaired"]
