"""Every real file is published whole, or refused with reasons: nothing in between."""

from __future__ import annotations

import math
import zipfile
from pathlib import Path
from typing import Iterator, List

import mapbox_vector_tile
import pytest
import requests
from osgeo import gdal, ogr

from geopub_plugin.backend.faults import blocking
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.embedded import open_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest, PublicationResult, Refused

from ..conftest import CACHE, SHARED_DATA

BIG = 4_000_000  # bytes: larger files are for the slow run


def _parameters() -> List[object]:
    """Return the real files, told from the archives' lists so that nothing is unzipped at collection."""
    if not SHARED_DATA.is_dir():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the real data of ../shared/data is not here"))]
    entries = [
        info for archive in sorted(SHARED_DATA.glob("dev-*.zip")) for info in zipfile.ZipFile(archive).infolist()
    ]
    return [
        pytest.param(
            CACHE / "data" / info.filename,
            id=Path(info.filename).stem,
            marks=[pytest.mark.slow] if info.file_size > BIG else [],
        )
        for info in sorted(entries, key=lambda info: info.filename)
        if info.filename.endswith(".gpkg")
    ]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with open_backend(tmp_path_factory.mktemp("store")) as backend:
        yield open_store(backend.url, backend.token)


def _vector_tables(file: Path) -> dict:
    """Return what GDAL counts in each table with a geometry."""
    try:
        source = gdal.OpenEx(str(file), gdal.OF_VECTOR)
    except RuntimeError:  # where GDAL's exceptions are on
        source = None
    if source is None:
        return {}
    layers = [source.GetLayer(i) for i in range(source.GetLayerCount())]
    return {layer.GetName(): layer.GetFeatureCount() for layer in layers if layer.GetGeomType() != ogr.wkbNone}


def _hits(result: PublicationResult) -> dict:
    """Return the number of features of each published type, asked of the WFS."""
    counts = {}
    for url in (live.url for live in result.urls if live.type == "WFS"):
        answer = requests.get(url + "&resultType=hits", timeout=60)
        assert answer.status_code == 200, answer.text
        name = url.rpartition("typeNames=")[2]
        counts[name.rpartition(":")[2]] = int(answer.text.partition('numberMatched="')[2].partition('"')[0])
    return counts


def _tile_decodes(result: PublicationResult) -> None:
    """Decode the tile of the top level that holds the middle of the data."""
    (url,) = (live.url for live in result.urls if live.type == "TMS")
    about = requests.get(f"{url}/metadata.json", timeout=30).json()
    lon, lat, zoom = about["center"][0], about["center"][1], int(about["minzoom"])
    side = 2**zoom
    column = min(side - 1, max(0, int((lon + 180) / 360 * side)))
    slope = math.log(math.tan(math.pi / 4 + math.radians(max(-85, min(85, lat))) / 2))
    row = min(side - 1, max(0, int((1 - slope / math.pi) / 2 * side)))
    tiles = [requests.get(f"{url}/{zoom}/{column}/{row}.pbf", timeout=30)]
    assert {tile.status_code for tile in tiles} <= {200, 204}
    for tile in tiles:
        if tile.status_code == 200:
            assert mapbox_vector_tile.decode(tile.content)


@pytest.mark.parametrize("file", _parameters())
def test_a_file_is_published_whole_or_refused_with_reasons(
    file: Path, store: Store, real_data: Path, capsys: pytest.CaptureFixture
) -> None:
    expected = _vector_tables(file)
    request = PublicationRequest.proposed(file) if expected else PublicationRequest(file, file.stem, file.stem, "none")
    try:
        result = Publication(store, request).run()
    except Refused as refusal:
        assert blocking(refusal.faults), refusal
        for fault in refusal.faults:
            assert fault.what and (fault.why or fault.cure)
        with capsys.disabled():
            print(f"\n{file.stem}: refused for {len(blocking(refusal.faults))}: {blocking(refusal.faults)[0].sentence}")
        assert "damaged" in file.stem or not expected or _refusal_is_fair(refusal)
        return
    published = {relation.native or relation.name: relation for relation in result.data.relations}
    assert set(published) == set(expected)
    hits = _hits(result)
    assert {native: hits[it.name] for native, it in published.items()} == expected
    _tile_decodes(result)


def _refusal_is_fair(refusal: Refused) -> bool:
    """Return whether a file that GDAL does read is refused for a reason that only a person can settle."""
    return any(fault.id.endswith(("no-srs", "unknown-srs")) for fault in blocking(refusal.faults))
