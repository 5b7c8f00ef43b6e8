"""What one job has found out about a delivery, the next one uses; what does not fit is not used."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from osgeo import ogr

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.ingest import check_job, examination, integration_job
from geopub_plugin.backend.ingest.kept_survey import read_survey, write_survey
from geopub_plugin.backend.ingest.preparation import Preparation
from geopub_plugin.backend.jobs.progress import Silent

from .deliveries import geojson, point, zipped
from .packages import BOW_TIE, SQUARE, Table, make, rows, run


class Steps(Silent):
    def __init__(self):
        self.names = []

    def step(self, name, total, unit):
        self.names.append(name)


class Store:
    """Does what the catalogue does with what a check leaves."""

    def __init__(self, folder: Path, *files: Path) -> None:
        self.kept, self.files = folder / "kept", files
        self._folder, self._runs = folder, 0

    def run(self, job, **parameters):
        self._runs += 1
        work = self._folder / f"work{self._runs}"
        work.mkdir()
        steps = Steps()
        told = {"files": [str(file) for file in self.files], "prepared": str(self.kept), **parameters}
        result = job.run(told, work, steps)
        self.kept.mkdir(exist_ok=True)
        for name in result.get("keep", ()):
            os.replace(work / name, self.kept / Path(name).name)
        self.left = {path.name for path in work.rglob("*") if path.is_file()}
        return result, steps.names


def test_the_whole_way_looks_at_each_table_once(tmp_path):
    path = make(tmp_path / "a.gpkg", Table("a", (BOW_TIE, SQUARE)), Table("b", columns={"n": (ogr.OFTReal, 0, [1])}))
    run(path, "UPDATE b SET n = 'many'")
    store = Store(tmp_path, path)
    _, steps = store.run(check_job, check="standard")
    assert "Checking a" not in steps
    checked, steps = store.run(check_job, check="vector")
    assert {"Checking a", "Checking b"} <= set(steps)
    integrated, steps = store.run(integration_job)
    assert [name for name in steps if name.startswith("Checking")] == []
    ids = {fault["id"] for fault in checked["faults"]}
    assert (
        ids == {fault["id"] for fault in integrated["faults"]} == {"geometry.invalid", "field.values", "geometry.mixed"}
    )
    alone = Store(tmp_path / "alone", path)
    alone._folder.mkdir()
    again, _ = alone.run(integration_job)
    for name in ("a", "b"):
        sql = f"SELECT * FROM {name} ORDER BY 1"
        assert rows(tmp_path / "work3" / "data.gpkg", sql) == rows(tmp_path / "alone" / "work1" / "data.gpkg", sql)
    assert again == integrated


@pytest.mark.parametrize("archive", [False, True])
def test_the_standard_check_does_the_work_of_the_vector_check_that_follows(tmp_path, archive):
    path = make(tmp_path / "a.gpkg", Table("a", (BOW_TIE, SQUARE)), Table("b", srs=None))
    alone = Store(tmp_path, zipped(tmp_path / "a.zip", {"a.gpkg": path.read_bytes()}) if archive else path)
    expected = [alone.run(check_job, check=check)[0] for check in ("standard", "vector")]
    (tmp_path / "ahead").mkdir()
    store = Store(tmp_path / "ahead", *alone.files)
    standard, steps = store.run(check_job, check="standard", ahead=True)
    assert "Checking a" in steps
    vector, steps = store.run(check_job, check="vector")
    assert not {"Checking a", "Checking b", "Unpacking"} & set(steps)
    assert [standard["faults"], vector["faults"]] == [one["faults"] for one in expected]
    assert (standard["tables"], vector["tables"]) == ([], expected[1]["tables"])
    assert vector["keep"] == []


def test_a_damaged_file_is_told_of_as_if_nobody_had_looked_ahead(tmp_path):
    path = make(tmp_path / "a.gpkg", Table("a", (SQUARE,) * 4000))
    data = bytearray(path.read_bytes())
    data[len(data) // 3 : len(data) // 3 + 30_000] = os.urandom(30_000)
    path.write_bytes(bytes(data))
    store = Store(tmp_path, path)
    ahead, _ = store.run(check_job, check="standard", ahead=True, md5={"a.gpkg": "0"})
    alone, _ = store.run(check_job, check="standard", md5={"a.gpkg": "0"})
    assert {fault["id"] for fault in ahead["faults"]} == {"file.digest", "file.damaged"}
    assert (ahead["faults"], ahead["keep"]) == (alone["faults"], [])


def test_what_cannot_be_wished_is_for_the_vector_check_to_tell(tmp_path):
    store = Store(tmp_path, make(tmp_path / "a.gpkg", Table("a", (SQUARE,))))
    assert store.run(check_job, check="standard", ahead=True, srs="EPSG:999999")[0]["faults"] == []
    with pytest.raises(InvalidInput, match="999999"):
        store.run(check_job, check="vector", srs="EPSG:999999")


def test_an_archive_is_unpacked_and_a_file_converted_once(tmp_path):
    source = geojson(tmp_path / "a.geojson", *[point(2, 48, n=n) for n in range(5)])
    store = Store(tmp_path, zipped(tmp_path / "a.zip", {"a.geojson": source}))
    _, steps = store.run(check_job, check="standard")
    assert {"Unpacking", "Reading a.geojson"} <= set(steps)
    assert store.left == set()
    for job in (check_job, integration_job):
        result, steps = store.run(job, **({"check": "vector"} if job is check_job else {}))
        assert not {"Unpacking", "Reading a.geojson"} & set(steps)
    assert result["relations"][0]["count"] == 5
    assert store.left == {"data.gpkg"}


def test_faults_of_the_delivery_are_told_by_every_job(tmp_path):
    (tmp_path / "a.csv").write_bytes("lon,lat,name\n1,2,Été\n".encode("cp1252"))
    store = Store(tmp_path, tmp_path / "a.csv")
    standard, _ = store.run(check_job, check="standard")
    vector, _ = store.run(check_job, check="vector")
    integrated, _ = store.run(integration_job)
    ids = [[fault["id"] for fault in result["faults"]] for result in (standard, vector, integrated)]
    assert ids == [["file.encoding"], [], ["file.encoding"]]


@pytest.mark.parametrize("change", ["content", "moment", "name", "damage", "gone"])
def test_what_does_not_fit_is_found_again(change, tmp_path):
    store = Store(tmp_path, make(tmp_path / "a.gpkg", Table(shapes=("POINT (1 2)",))))
    store.run(check_job, check="vector")
    (file,) = store.files
    if change == "content":
        make(file, Table(shapes=("POINT (1 2)", "POINT (3 4)")))
    elif change == "moment":
        os.utime(file, ns=(0, file.stat().st_mtime_ns + 1))
    elif change == "name":
        store.files = (Path(shutil.copy2(file, tmp_path / "b.gpkg")),)
    else:
        for place in store.kept.glob("*.npz"):
            place.write_bytes(place.read_bytes()[:-100]) if change == "damage" else place.unlink()
    result, steps = store.run(integration_job)
    assert "Checking places" in steps
    assert result["relations"][0]["count"] == (2 if change == "content" else 1)


def test_wishes_may_change_meanwhile(tmp_path):
    """A survey says what is there; in which system it is published, and as what, is decided anew."""
    store = Store(tmp_path, make(tmp_path / "a.gpkg", Table("a", (SQUARE,)), Table("b", srs=None)))
    store.run(check_job, check="vector", srs="EPSG:4326")
    wishes = {"target_srs": "EPSG:3857", "multigeom_layers": ["a"], "tables": ["a"]}
    result, steps = store.run(integration_job, **wishes)
    assert "Checking a" not in steps
    assert (result["srs"], result["relations"][0]["geometry_type"]) == ("EPSG:3857", "MULTIPOLYGON")
    assert result["bounds"] == pytest.approx([0, 0, 4, 4])


def test_a_refused_delivery_leaves_nothing(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    store = Store(tmp_path, tmp_path / "a.pdf")
    assert store.run(check_job, check="standard")[0]["keep"] == []
    assert store.left == set()


def test_a_survey_is_the_same_after_reading(tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(examination, "survey", lambda *given: seen.append(survey(*given)) or seen[-1])
    from geopub_plugin.backend.ingest.survey import survey

    path = make(tmp_path / "a.gpkg", Table(shapes=(BOW_TIE, "POINT (1 2)", None), columns={
        "n": (ogr.OFTInteger, 0, [1, 2, 3])}))  # fmt: skip
    run(path, "UPDATE places SET n = 0.5")
    Store(tmp_path, path).run(check_job)
    write_survey(seen[0], tmp_path / "survey.npz")
    found = read_survey(tmp_path / "survey.npz")
    for name, value in vars(seen[0]).items():
        if isinstance(value, np.ndarray):
            assert value.dtype == getattr(found, name).dtype
            np.testing.assert_array_equal(value, getattr(found, name))
        else:
            assert value == getattr(found, name), name


def test_without_a_place_nothing_is_kept(tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    result = check_job.run({"files": [str(make(tmp_path / "a.gpkg", Table()))]}, work, Silent())
    assert (result["keep"], list(work.iterdir())) == ([], [])
    assert Preparation((tmp_path / "none.gpkg",), tmp_path).surveys() == {}
