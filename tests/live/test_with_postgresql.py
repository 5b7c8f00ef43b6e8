"""A real backend whose catalogue is in PostgreSQL: published, killed, started again, looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from geopub_plugin.backend.catalogue.audit import audit
from geopub_plugin.publish.client.store import open_store
from geopub_plugin.publish.publication import Publication, PublicationRequest

from ..postgresql import Cluster
from .small_tables import make_table


@pytest.mark.slow  # `backend/test_on_postgresql` is its short form
def test_a_backend_on_postgresql_lives_on_after_a_kill(serve, tmp_path: Path, postgresql: Cluster) -> None:
    url = postgresql.new_database()
    here = {"GEOPUB_CATALOGUE_URL": url}
    first = serve(environment=here)
    first.ready()
    make_table(tmp_path / "small.gpkg", 1)
    store = open_store(first.announcement.url, first.announcement.token)
    result = Publication(store, PublicationRequest.proposed(tmp_path / "small.gpkg")).run()
    assert {one.service for one in result.urls} == {"wfs", "wms", "tms"}
    assert not list((tmp_path / "data").glob("catalogue*"))

    other = serve(data=tmp_path / "other", environment=here).failure()
    assert other["kind"] == "DataFolderLocked"

    first.kill()
    second = serve(environment=here)
    again = second.ready()
    tiles = next(one.url for one in result.urls if one.service == "tms")
    path = tiles.partition("/tms/")[2]
    assert requests.get(f"{again}/tms/{path.partition('/{z}')[0].rstrip('/')}/metadata.json", timeout=30).ok
    second.close()

    empty = serve(data=tmp_path / "other", environment=here).failure()
    assert (empty["kind"], "another data folder" in str(empty["why"])) == ("InvalidInput", True)
    password = url.partition(":")[2].partition("@")[0].rpartition(":")[2]
    logs = "".join(place.read_text("utf-8") for place in (tmp_path / "data" / "log").rglob("*") if place.is_file())
    assert password not in logs
    assert audit(tmp_path / "data", url).faults == ()
