"""The audit of a store: each thing is broken, and seen."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, Sequence, Tuple

import pytest
from sqlalchemy import delete, insert, select, text, update

from geopub_plugin.backend.catalogue import store as catalogue_store
from geopub_plugin.backend.catalogue import tables
from geopub_plugin.backend.catalogue.audit import Audit, audit
from geopub_plugin.backend.catalogue.engines import open_engine
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.errors import DataFolderLocked, InvalidInput
from geopub_plugin.backend.places import Places

from ...catalogues import WITH_POSTGRESQL
from .conftest import World
from .conversation import running, tms_infos, wfs_infos, wms_infos

ROOT = Path(__file__).resolve().parent.parent.parent.parent
NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="session")
def published(integrated: World, world_map: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of a store in which there is one of everything; no backend works on it."""
    source, stored, pyramid = integrated
    data = tmp_path_factory.mktemp("published") / "data"
    shutil.copytree(source, data)
    with running(data) as backend:
        client = backend.client()
        style = client.send_file("statics", STYLE, "style.sld", type="GEOSERVER-STYLE", name="style")
        client.send_file("annexes", b"A document.", "document.txt", paths="/document.txt", published="true")
        client.publish("WFS", "world_wfs", wfs_infos(stored))
        client.publish("WMS-VECTOR", "world_wms", wms_infos(stored, style["_id"]))
        client.publish("WMTS-TMS", "world_tms", tms_infos(pyramid))
        upload = client.post("uploads", {"name": "half", "description": "", "type": "VECTOR", "srs": "EPSG:4326"})
        client.put_chunk(upload["_id"], "half.gpkg", 0, b"0123456789", 20)
    return data


STYLE = b"""<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
<NamedLayer><Name>countries</Name><UserStyle><FeatureTypeStyle><Rule><PolygonSymbolizer><Fill>
<CssParameter name="fill">#00aa00</CssParameter></Fill></PolygonSymbolizer></Rule></FeatureTypeStyle></UserStyle>
</NamedLayer></StyledLayerDescriptor>"""


class Shop:
    """A copy of the published store that may be broken."""

    def __init__(self, path: Path) -> None:
        self.path, self.places = path, Places(path)
        with DataFolder(path) as folder:
            self.url = catalogue_store.sqlite_url(folder)

    def audit(self) -> Audit:
        return audit(self.path, self.url if WITH_POSTGRESQL else "")

    def execute(self, *statements: Any, trust: bool = True) -> List[Any]:
        """Run statements on the catalogue; without trust, SQLite does not watch the references."""
        engine = open_engine(self.url)
        with engine.connect().execution_options(geopub_writes=True) as connection:
            if not trust:
                connection.rollback()
                raw = connection.connection.driver_connection
                raw.execute("PRAGMA foreign_keys = OFF")
            rows = [list(got) for got in map(connection.execute, statements) if got.returns_rows]
            connection.commit()
        engine.dispose()
        return rows[0] if rows else []

    def file_of(self, table: Any, suffix: str = "") -> Path:
        """Return a file of the store: of a revision by its suffix, or the only one of a table."""
        if table is tables.data_revision:
            chosen = [row for row in self.execute(select(table)) if row.suffix == suffix]
            return self.places.stored_file(chosen[0].stored_data, str(chosen[0].number), suffix)
        row = self.execute(select(table))[0]
        if table is tables.annexe:
            return self.places.annexe_file(row.id)
        if table is tables.static:
            return self.places.static_file(row.id, str(row.revision), row.suffix)
        rows = self.execute(
            select(tables.upload_file).where(tables.upload_file.c.received == tables.upload_file.c.total)
        )
        return next(self.places.upload_files(rows[0].upload).glob(f"{rows[0].id}*"))


@pytest.fixture
def shop(published: Path, tmp_path: Path) -> Iterator[Shop]:
    shutil.copytree(published, tmp_path / "data")
    yield Shop(tmp_path / "data")


def kinds(found: Audit) -> List[str]:
    return [fault.id for fault in found.faults]


def test_a_store_in_order_is_found_in_order(shop: Shop) -> None:
    found = shop.audit()
    assert found.faults == ()
    assert found.sound
    assert found.files == 6  # the delivered file and a part of one, two revisions, a style, an annexe
    assert found.rows > 30
    assert found.bytes > 1_000_000


Breaking = Callable[[Shop], None]


def cut(table: Any, suffix: str = "") -> Breaking:
    def break_it(shop: Shop) -> None:
        place = shop.file_of(table, suffix)
        place.write_bytes(place.read_bytes()[:-1])

    return break_it


def flip(table: Any, suffix: str = "", at: float = 0.5) -> Breaking:
    def break_it(shop: Shop) -> None:
        place = shop.file_of(table, suffix)
        content = bytearray(place.read_bytes())
        content[int(len(content) * at)] ^= 0xFF
        place.write_bytes(bytes(content))

    return break_it


def lose(table: Any, suffix: str = "") -> Breaking:
    return lambda shop: shop.file_of(table, suffix).unlink()


def add(*parts: str) -> Breaking:
    def break_it(shop: Shop) -> None:
        place = shop.path.joinpath(*parts)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(b"x")

    return break_it


def change(*statements: Any) -> Breaking:
    return lambda shop: shop.execute(*statements) and None


def inside(sql: str, *values: object) -> Breaking:
    """Change a GeoPackage, and let the catalogue believe in its new size and checksum."""

    def break_it(shop: Shop) -> None:
        place = shop.file_of(tables.data_revision, ".gpkg")
        with closing(sqlite3.connect(place)) as connection, connection:
            connection.execute(sql, values)
        believe(shop, place)

    return break_it


def spoil_tile(shop: Shop) -> None:
    place = shop.file_of(tables.data_revision, ".pmtiles")
    content = place.read_bytes()
    place.write_bytes(content.replace(gzip.compress(b"")[:3], b"\0\0\0"))
    believe(shop, place)


def spoil_page(shop: Shop) -> None:
    place = shop.file_of(tables.data_revision, ".gpkg")
    content = bytearray(place.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xa5" * 4096
    place.write_bytes(bytes(content))
    believe(shop, place)


def believe(shop: Shop, place: Path) -> None:
    revision, data, size = tables.data_revision, tables.stored_data, place.stat().st_size
    shop.execute(
        update(revision).where(revision.c.stored_data == place.parent.name).values(size=size, sha256=""),
        update(data).where(data.c.id == place.parent.name).values(size=size),
    )


REVISION = tables.data_revision

FILES: Dict[str, Tuple[Breaking, str]] = {
    "a lost delivery": (lose(tables.upload), "file-missing"),
    "a lost revision": (lose(REVISION, ".gpkg"), "file-missing"),
    "a lost style": (lose(tables.static), "file-missing"),
    "a lost annexe": (lose(tables.annexe), "file-missing"),
    "a delivery cut off": (cut(tables.upload), "file-size"),
    "a GeoPackage cut off": (cut(REVISION, ".gpkg"), "file-size"),
    "a style cut off": (cut(tables.static), "file-size"),
    "an annexe cut off": (cut(tables.annexe), "file-size"),
    "a changed delivery": (flip(tables.upload), "file-checksum"),
    "a changed GeoPackage": (flip(REVISION, ".gpkg"), "file-checksum"),
    "a changed pyramid": (flip(REVISION, ".pmtiles"), "file-checksum"),
    "a changed style": (flip(tables.static), "file-checksum"),
    "a changed annexe": (flip(tables.annexe), "file-checksum"),
    "a page of nonsense": (spoil_page, "geopackage-damaged"),
    "a feature without its entry": (
        inside("DELETE FROM rtree_countries_geom WHERE id = 5"),
        "index-damaged",
    ),
    "a broken index": (inside("DELETE FROM rtree_countries_geom_rowid"), "index-damaged"),
    "a lost row": (inside("DELETE FROM states_provinces WHERE rowid = 5"), "tables-differ"),
    "a lost table": (inside("DROP TABLE disputed_borders"), "tables-differ"),
    "tiles of nonsense": (spoil_tile, "pyramid-unreadable"),
    "a file of nobody": (add("stored", NOWHERE, "1.gpkg"), "file-unnamed"),
    "a revision of nobody": (add("annexes", NOWHERE), "file-unnamed"),
    "what is known of an upload that is gone": (add("prepared", NOWHERE, "survey.npz"), "file-unnamed"),
    "an upload of nobody": (add("uploads", NOWHERE, "files", f"{NOWHERE}.gpkg"), "file-unnamed"),
    "a part cut off": (
        lambda shop: next((shop.path / "uploads").glob("*/parts/*.part")).write_bytes(b"012") and None,
        "part-short",
    ),
}

UPLOAD, EXECUTION, DATA = tables.upload, tables.execution, tables.stored_data
VECTOR_DB = DATA.c.type == "VECTOR-DB"
CHECKED = UPLOAD.c.status == "CLOSED"
PROCESSED = EXECUTION.c.family == "processing"

ROWS: Dict[str, Tuple[Breaking, str]] = {
    "a state that is none": (change(update(UPLOAD).where(CHECKED).values(status="LOST")), "state-unknown"),
    "checks that never end": (change(update(UPLOAD).where(CHECKED).values(status="CHECKING")), "state-unsettled"),
    "data in the making that nobody makes": (
        change(update(DATA).where(VECTOR_DB).values(status="MODIFYING")),
        "state-unsettled",
    ),
    "an end without a moment": (change(update(EXECUTION).where(PROCESSED).values(finished=None)), "state-incoherent"),
    "a failure in silence": (
        change(update(EXECUTION).where(PROCESSED).values(status="FAILURE"), delete(tables.log_line)),
        "failure-unexplained",
    ),
    "a passed upload with a failed check": (
        change(update(EXECUTION).where(EXECUTION.c.family == "check").values(status="FAILURE")),
        "state-incoherent",
    ),
    "data that is there without a revision": (
        change(update(DATA).where(VECTOR_DB).values(revision=0)),
        "state-incoherent",
    ),
    "data that shows another revision": (change(update(DATA).where(VECTOR_DB).values(revision=7)), "revision-wrong"),
    "a configuration that is not published": (
        change(update(tables.configuration).values(status="UNPUBLISHED")),
        "state-incoherent",
    ),
    "a service of a lost revision": (
        change(update(tables.offering).values(published={"type_infos": {"x": 1}, "data": {NOWHERE: 1}})),
        "pin-lost",
    ),
    "a definition that stands on what it does not note": (change(delete(tables.configuration_data)), "row-orphan"),
    "a revision of nothing": (
        change(
            insert(tables.content_revision).values(
                entity=NOWHERE, number=1, created="2026", suffix=".sld", content=b"x"
            )
        ),
        "row-orphan",
    ),
    "tiles that nobody makes": (
        change(update(tables.offering).values(status="PUBLISHING")),
        "state-incoherent",
    ),
    "a word about nothing": (
        change(
            insert(tables.event).values(
                id=NOWHERE, created="2026", updated="2026", entity=NOWHERE, title="OPEN", text=""
            )
        ),
        "row-orphan",
    ),
}


@pytest.mark.parametrize(("break_it", "kind"), [*FILES.values(), *ROWS.values()], ids=[*FILES, *ROWS])
def test_what_is_broken_is_found(shop: Shop, break_it: Breaking, kind: str) -> None:
    break_it(shop)
    found = shop.audit()
    assert f"store.{kind}" in kinds(found)
    mended = kind in ("file-unnamed", "part-short", "state-unsettled")
    assert found.sound is mended
    for fault in found.faults:
        assert fault.what and fault.count and fault.examples


@pytest.mark.sqlite
def test_a_reference_to_nothing_is_found(shop: Shop) -> None:
    shop.execute(delete(tables.community), trust=False)
    found = shop.audit()
    (fault,) = [fault for fault in found.faults if fault.id == "store.row-orphan"]
    assert any("datastore.community" in example for example in fault.examples)


@pytest.mark.sqlite
def test_a_damaged_catalogue_is_found(shop: Shop) -> None:
    shop.execute(
        text("PRAGMA writable_schema = ON"),
        text("DELETE FROM sqlite_master WHERE name = 'ix_event_entity'"),
    )
    assert "store.database-damaged" in kinds(shop.audit())


def test_what_the_next_start_mends_is_mended_by_it(shop: Shop) -> None:
    for break_it in (FILES["a file of nobody"][0], FILES["a part cut off"][0], ROWS["checks that never end"][0]):
        break_it(shop)
    assert set(kinds(shop.audit())) == {"store.file-unnamed", "store.part-short", "store.state-unsettled"}
    with running(shop.path):
        pass
    assert shop.audit().faults == ()


def test_nothing_is_changed_by_looking(shop: Shop) -> None:
    def whole() -> Dict[str, Tuple[int, bytes]]:
        files = (place for place in shop.path.rglob("*") if place.is_file() and place.name != "lock")
        return {
            str(place): (place.stat().st_mtime_ns, place.read_bytes()) for place in files if "sqlite-" not in place.name
        }

    before = whole()
    shop.audit()
    assert whole() == before


def test_a_backend_at_work_is_not_looked_at(shop: Shop) -> None:
    with running(shop.path), pytest.raises(DataFolderLocked):
        shop.audit()
    assert shop.audit().sound


def test_another_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput):
        audit(tmp_path)
    assert list(tmp_path.iterdir()) == []


def command_line(data: Path, *options: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "geopub_plugin.cli", "doctor", "--deep", "--data", str(data), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.sqlite
def test_the_command_line_says_so(shop: Shop) -> None:
    told = command_line(shop.path, "--json")
    assert told.returncode == 0, told.stderr
    document = json.loads(told.stdout)
    assert document["ok"] and document["store"]["sound"] and document["store"]["faults"] == []
    FILES["a changed annexe"][0](shop)
    told = command_line(shop.path, "--json")
    assert told.returncode == 4
    document = json.loads(told.stdout)
    assert not document["ok"]
    assert [fault["id"] for fault in document["store"]["faults"]] == ["store.file-checksum"]
    told = command_line(shop.path)
    assert told.returncode == 4
    assert "annexes/" in told.stdout


@pytest.mark.sqlite
def test_the_command_line_waits_for_no_backend(shop: Shop) -> None:
    with running(shop.path):
        told = command_line(shop.path, "--json")
    assert told.returncode == 3
    assert json.loads(told.stdout)["error"]["kind"] == "DataFolderLocked"


KINDS_SEEN: Sequence[str] = sorted({kind for _, kind in (*FILES.values(), *ROWS.values())} | {"database-damaged"})


def test_every_kind_of_finding_is_tried() -> None:
    from geopub_plugin.backend.catalogue.findings import _texts

    assert sorted(_texts()) == KINDS_SEEN
