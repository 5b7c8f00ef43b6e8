"""The OpenAPI document: it knows every route, people can read it, and a live server keeps to it whatever is asked."""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from geopub_plugin.backend.api.openapi import routes
from geopub_plugin.backend.api.operation import operation_of

from ...live.conftest import Serving
from .conversation import Backend, Client, running, tms_infos, wfs_infos, wms_infos
from .test_metadata import record
from .test_whole_life import STYLE

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
ORDER = ("get", "patch", "put", "post", "delete")  # what destroys comes last

Ids = Dict[str, List[str]]  # part of a path -> ids that stand there


def test_every_route_is_declared(backend: Backend) -> None:
    bare = [f"{method} {rule.rule}" for rule, method, view, _ in routes(backend.app) if operation_of(view) is None]
    assert bare == []


def test_the_document_is_openapi_3_1_and_public(backend: Backend) -> None:
    answer = backend.app.test_client().get("/api/v3/api-docs")
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    document = answer.get_json()
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": "http://localhost"}]
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids)) > 100
    named = set(re.findall(r"#/components/schemas/(\w+)", str(document)))
    assert named <= set(document["components"]["schemas"])
    upload = document["paths"]["/api/datastores/{datastore}/uploads"]["post"]
    assert set(upload["responses"]) == {"201", "400", "401", "403", "404", "413", "503", "507"}
    assert upload["requestBody"]["content"]["application/json"]["schema"]["required"] == ["name"]


class Outside(HTMLParser):
    """Collects what a page would load, and its ids and the ids that it links to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: List[str] = []
        self.ids: Set[str] = set()
        self.linked: Set[str] = set()

    def handle_starttag(self, tag: str, attrs: List[Tuple[str, Any]]) -> None:
        given = dict(attrs)
        if tag in ("script", "link", "img", "iframe") or "src" in given:
            self.loaded.append(tag)
        self.ids.add(given.get("id") or "")
        if (given.get("href") or "").startswith("#"):
            self.linked.add(given["href"][1:])


def test_people_can_read_it_without_anything_from_elsewhere(backend: Backend) -> None:
    client = backend.app.test_client()
    answer = client.get("/api/docs")
    assert answer.content_type == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    page = Outside()
    page.feed(answer.text)
    assert page.loaded == []
    assert page.linked <= page.ids
    for words in ("/api/datastores/{datastore}/uploads/{entity}/close", "Open a new upload.", "Content-Digest"):
        assert words in answer.text
    assert client.get("/api/swagger-ui/index.html").headers["Location"].endswith("/api/docs")


def furnish(client: Client, data: Dict[str, Any], pyramid: Dict[str, Any]) -> None:
    """Let a store hold something of every kind."""
    tag = {"datasheet_name": "World"}
    style = client.send_file("statics", STYLE, "countries.sld", name="countries", type="GEOSERVER-STYLE")
    definitions = {
        "WFS": wfs_infos(data), "WMS-VECTOR": wms_infos(data, style["_id"]), "WMTS-TMS": tms_infos(pyramid),
    }  # fmt: skip
    for kind, infos in definitions.items():
        offering = client.publish(kind, "world", infos)
        client.post(f"configurations/{offering['configuration']['_id']}/tags", tag)
        client.post(f"configurations/{offering['configuration']['_id']}/comments", {"text": "Well done."})
    client.post(f"stored_data/{data['_id']}/tags", tag)
    client.post("uploads", {"name": "open", "type": "VECTOR", "srs": "EPSG:4326"})
    client.send_file("annexes", b"<svg/>", "t.svg", paths="/t.svg", labels="datasheet_name=World", published="true")
    made = client.send_file("metadata", record("fr.world"), "m.xml")
    client.post(f"metadata/{made['_id']}/tags", tag)


def ids_of(client: Client) -> Ids:
    """Return what may stand in the place of each parameter of a path."""
    found: Ids = {"datastore": ["local"], "sheet": ["World"]}
    for kind in (
        "uploads", "stored_data", "configurations", "offerings", "statics", "annexes", "metadata", "permissions",
        "checks", "processings", "processings/executions", "checks/executions",
    ):  # fmt: skip
        found[kind] = [one["_id"] for one in client.get(kind)]
    for configuration in found["configurations"]:
        found["comment"] = [one["_id"] for one in client.get(f"configurations/{configuration}/comments")]
    me = client.raw("GET", "/api/users/me").get_json()
    found["user"], found["community"] = [me["_id"]], [me["communities_member"][0]["community"]["_id"]]
    return found


@pytest.fixture
def live(integrated: tuple, tmp_path: Path) -> Iterator[Tuple[Serving, Ids]]:
    """Return a real server that holds something of every kind, and the ids of all that."""
    data, stored, pyramid = integrated
    shutil.copytree(data, tmp_path / "data")
    with running(tmp_path / "data") as started:
        furnish(started.client(), stored, pyramid)
        found = ids_of(started.client())
    serving = Serving(tmp_path / "data")
    serving.ready()
    yield serving, found
    serving.close()


def place(path: str, name: str, ids: Ids, turn: int) -> str:
    """Return what is to stand in a path for a parameter: every fifth time what the generator thought of ("")."""
    if turn % 5 == 4:
        return ""
    before = path.partition(f"{{{name}}}")[0].rstrip("/").split("{datastore}/")[-1]
    known = ids.get(name) or ids.get(before) or [""]
    return known[turn % len(known)]


def ask_everything(live: Tuple[Serving, Ids], modes: List[GenerationMode], examples: int) -> int:
    """Ask each operation so many times in each mode; return how many answers were no refusals."""
    serving, ids = live
    headers = {"Authorization": f"Bearer {serving.announcement.token}"}
    schema = schemathesis.openapi.from_url(f"{serving.announcement.url}/api/v3/api-docs")
    operations = [result.ok() for result in schema.get_all_operations()]
    done = turn = 0
    for operation in sorted(operations, key=lambda one: ORDER.index(one.method)):
        for mode in modes:

            @settings(
                max_examples=examples, deadline=None, derandomize=True, database=None,
                suppress_health_check=list(HealthCheck), phases=[Phase.generate],
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def ask(case: Any) -> None:
                nonlocal done, turn
                turn += 1
                for name in case.path_parameters:
                    case.path_parameters[name] = place(case.path, name, ids, turn) or case.path_parameters[name]
                answer = case.call(headers=headers, timeout=30)
                case.validate_response(answer, checks=CHECKS)
                done += answer.status_code < 400

            with suppress(Unsatisfiable):  # there is nothing to send wrong
                ask()
    return done


@pytest.mark.sqlite
def test_a_live_server_keeps_to_its_document(live: Tuple[Serving, Ids]) -> None:
    assert ask_everything(live, [GenerationMode.POSITIVE], examples=2) > 100


@pytest.mark.slow
def test_a_live_server_keeps_to_its_document_whatever_is_asked(live: Tuple[Serving, Ids]) -> None:
    assert ask_everything(live, [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], examples=12) > 800
