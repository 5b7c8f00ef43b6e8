"""Whatever is made, published, updated, unpublished and deleted, in whatever order: catalogue and files agree."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Any, Callable, Dict, Optional

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from osgeo import ogr, osr

from geopub_plugin.backend.catalogue.audit import audit
from geopub_plugin.backend.catalogue.programs import INTEGRATION, PYRAMID
from geopub_plugin.backend.places import ROOMS

from ...catalogues import WITH_POSTGRESQL
from .conversation import Backend, Client, running

pytestmark = pytest.mark.skipif(WITH_POSTGRESQL, reason="the databases differ in nothing that this looks at")

Json = Dict[str, Any]
LIVE = {"WAITING", "PROGRESS"}
REFUSED = {400, 404, 409}  # what may be answered to a request that comes at the wrong time
FAMILIES = ("offerings", "configurations", "statics", "annexes", "stored_data", "uploads")

SLD = """<?xml version="1.0" encoding="UTF-8"?>
<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc">
<NamedLayer><Name>places</Name><UserStyle><FeatureTypeStyle><Rule><PointSymbolizer><Graphic><Mark>
<WellKnownName>circle</WellKnownName><Fill><CssParameter name="fill">{colour}</CssParameter></Fill></Mark>
<Size>{size}</Size></Graphic></PointSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer>
</StyledLayerDescriptor>"""


def package(features: int) -> bytes:
    """Return a GeoPackage with one table of points, "places"."""
    with tempfile.TemporaryDirectory() as folder:
        system = osr.SpatialReference()
        system.ImportFromEPSG(4326)
        source = ogr.GetDriverByName("GPKG").CreateDataSource(f"{folder}/places.gpkg")
        table = source.CreateLayer("places", system, ogr.wkbPoint)
        table.CreateField(ogr.FieldDefn("Nom", ogr.OFTString))
        for number in range(features):
            feature = ogr.Feature(table.GetLayerDefn())
            feature.SetField(0, f"place {number}")
            feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({number / 10} {45 + number / 10})"))
            table.CreateFeature(feature)
        del table, source
        return Path(folder, "places.gpkg").read_bytes()


PACKAGES = [package(count) for count in (1, 7)]
number = st.integers(0, 50)  # chooses one of what there is


class Life(RuleBasedStateMachine):
    """A store in which anything may happen."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="geopub-life-"))
        self.data = self.folder / "data"
        self.opened = ExitStack()
        self.named = 0

    def open(self) -> None:
        self.backend: Backend = self.opened.enter_context(running(self.data))
        self.client: Client = self.backend.client()
        self.endpoints = {one["endpoint"]["type"]: one["endpoint"]["_id"] for one in self.client.get("endpoints")}

    @initialize(features=st.sampled_from((0, 1)))
    def begin(self, features: int) -> None:
        """Have something to work on: most of what may happen needs data."""
        self.open()
        upload = self.deliver(features)
        self.ask("POST", f"uploads/{upload}/close")
        self.settle()
        self.process(INTEGRATION.id, {"upload": [upload]}, {"name": "data"}, {})

    # Asking -----------------------------------------------------------------------------------------------------

    def ask(self, method: str, path: str, **options: Any) -> Optional[Json]:
        """Ask for something; None when it is refused."""
        answer = self.client.raw(method, f"/api/datastores/local/{path}", **options)
        assert answer.status_code < 300 or answer.status_code in REFUSED, (method, path, answer.text)
        return (answer.get_json() or {}) if answer.status_code < 300 and answer.data else None

    def some(self, family: str, chosen: int, **wanted: str) -> Optional[str]:
        """Return the id of one of a family."""
        found = self.client.get(family, query_string={"limit": 100, **wanted})
        return found[chosen % len(found)]["_id"] if found else None

    def name(self, kind: str) -> str:
        self.named += 1
        return f"{kind}_{self.named}"

    def settle(self) -> None:
        """Wait until nothing runs."""
        for upload in self.client.get("uploads", query_string={"status": "CHECKING", "limit": 100}):
            self.client.wait(f"uploads/{upload['_id']}", ended=("CLOSED", "UNSTABLE"))
        for execution in self.client.get("processings/executions", query_string={"limit": 100}):
            if execution["status"] in LIVE:
                self.client.wait(f"processings/executions/{execution['_id']}")

    def deliver(self, which: int) -> str:
        content = PACKAGES[which]
        body = {"name": self.name("upload"), "description": "", "type": "VECTOR", "srs": "EPSG:4326"}
        upload = self.client.post("uploads", body)["_id"]
        self.client.put_chunk(upload, "places.gpkg", 0, content, len(content))
        return upload

    def process(self, processing: str, inputs: Json, output: Json, parameters: Json, wait: bool = True) -> None:
        body = {"processing": processing, "inputs": inputs, "parameters": parameters}
        execution = self.ask("POST", "processings/executions", json={**body, "output": {"stored_data": output}})
        if execution:
            self.ask("POST", f"processings/executions/{execution['_id']}/launch")
            if wait:
                self.settle()

    # Deliveries -------------------------------------------------------------------------------------------------

    @rule(content=st.sampled_from((0, 1)), close=st.booleans())
    def send_a_file(self, content: int, close: bool) -> None:
        upload = self.deliver(content)
        if close:
            self.ask("POST", f"uploads/{upload}/close")
            self.settle()

    @rule(chosen=number)
    def send_a_part(self, chosen: int) -> None:
        upload = self.some("uploads", chosen)
        if upload:
            headers = {"Content-Range": "bytes 0-9/1000"}
            self.ask("PUT", f"uploads/{upload}/data?path=part{chosen}.gpkg", data=b"0123456789", headers=headers)

    @rule(chosen=number)
    def reopen_an_upload_and_take_its_file_out(self, chosen: int) -> None:
        upload = self.some("uploads", chosen)
        if upload:
            self.ask("POST", f"uploads/{upload}/open")
            self.ask("DELETE", f"uploads/{upload}/data?path=places.gpkg")

    # Data -------------------------------------------------------------------------------------------------------

    @rule(chosen=number, update=st.booleans(), wait=st.booleans())
    def integrate(self, chosen: int, update: bool, wait: bool) -> None:
        upload = self.some("uploads", chosen, status="CLOSED")
        data = self.some("stored_data", chosen, type="VECTOR-DB")
        if upload:
            output = {"id": data} if update and data else {"name": self.name("data")}
            self.process(INTEGRATION.id, {"upload": [upload]}, output, {}, wait)

    @rule(chosen=number, update=st.booleans(), wait=st.booleans())
    def make_tiles(self, chosen: int, update: bool, wait: bool) -> None:
        data = self.some("stored_data", chosen, type="VECTOR-DB")
        tiles = self.some("stored_data", chosen, type="ROK4-PYRAMID-VECTOR")
        if data:
            output = {"id": tiles} if update and tiles else {"name": self.name("tiles")}
            levels = {"top_level": "0", "bottom_level": "1"}
            self.process(PYRAMID.id, {"stored_data": [data]}, output, levels, wait)

    @rule(chosen=number)
    def prepare_and_give_up(self, chosen: int) -> None:
        upload = self.some("uploads", chosen, status="CLOSED")
        if upload:
            body = {"processing": INTEGRATION.id, "inputs": {"upload": [upload]}, "parameters": {}}
            output = {"stored_data": {"name": self.name("never")}}
            execution = self.ask("POST", "processings/executions", json={**body, "output": output})
            if execution:
                self.ask("DELETE", f"processings/executions/{execution['_id']}")

    @rule(chosen=number)
    def abort(self, chosen: int) -> None:
        execution = self.some("processings/executions", chosen)
        if execution:
            self.ask("POST", f"processings/executions/{execution}/abort")

    # Files ------------------------------------------------------------------------------------------------------

    @rule(chosen=number, replace=st.booleans(), size=st.integers(1, 30))
    def put_a_style(self, chosen: int, replace: bool, size: int) -> None:
        style = self.some("statics", chosen)
        content = SLD.format(colour="#00aa00", size=size).encode()
        fields = {"file": (BytesIO(content), "places.sld"), "type": "GEOSERVER-STYLE", "name": self.name("style")}
        if style and replace:
            self.ask("PUT", f"statics/{style}", data={"file": (BytesIO(content), "places.sld")})
        else:
            self.ask("POST", "statics", data=fields)

    @rule(chosen=number, replace=st.booleans())
    def put_an_annexe(self, chosen: int, replace: bool) -> None:
        annexe = self.some("annexes", chosen)
        file = (BytesIO(b"x" * (chosen + 1)), "document.txt")
        if annexe and replace:
            self.ask("PUT", f"annexes/{annexe}", data={"file": file})
        else:
            self.ask("POST", "annexes", data={"file": file, "paths": f"/{self.name('annexe')}.txt"})

    # Services ---------------------------------------------------------------------------------------------------

    @rule(chosen=number, kind=st.sampled_from(["WFS", "WMS-VECTOR", "WMTS-TMS"]), publish=st.booleans())
    def define(self, chosen: int, kind: str, publish: bool) -> None:
        infos = self.infos(kind, chosen)
        if infos:
            name = self.name("layer")
            body = {"type": kind, "name": name, "layer_name": name, "type_infos": infos}
            configuration = self.ask("POST", "configurations", json=body)
            if configuration and publish:
                offer = {"endpoint": self.endpoints[kind], "open": True}
                self.ask("POST", f"configurations/{configuration['_id']}/offerings", json=offer)

    def infos(self, kind: str, chosen: int) -> Optional[Json]:
        """Return the definition of a service on some data, or None where there are none."""
        data = self.some("stored_data", chosen, type="ROK4-PYRAMID-VECTOR" if kind == "WMTS-TMS" else "VECTOR-DB")
        if not data:
            return None
        used: Json = {"stored_data": data}
        if kind == "WMTS-TMS":
            used.update(top_level="0", bottom_level="1")
        elif kind == "WFS":
            used["relations"] = [{"native_name": "places", "title": "Places", "abstract": "Places."}]
        else:
            used["relations"] = [{"name": "places", "style": self.some("statics", chosen) or ""}]
        return {"title": "Places", "abstract": "Places.", "used_data": [used]}

    @rule(chosen=number, other=number)
    def redefine(self, chosen: int, other: int) -> None:
        configuration = self.some("configurations", chosen)
        if configuration:
            known = self.client.get(f"configurations/{configuration}")
            infos = self.infos(known["type"], other)
            if infos:
                body = {"type": known["type"], "name": known["name"], "type_infos": infos}
                self.ask("PUT", f"configurations/{configuration}", json=body)

    @rule(chosen=number)
    def synchronise(self, chosen: int) -> None:
        offering = self.some("offerings", chosen)
        if offering:
            self.ask("PUT", f"offerings/{offering}")

    @rule(chosen=number)
    def say_something(self, chosen: int) -> None:
        for family in ("configurations", "stored_data", "uploads"):
            entity = self.some(family, chosen)
            if entity:
                self.ask("POST", f"{family}/{entity}/comments", json={"text": "Word."})
                self.ask("POST", f"{family}/{entity}/tags", json={"datasheet_name": f"sheet {chosen % 3}"})

    # Endings ----------------------------------------------------------------------------------------------------

    @rule(chosen=number, family=st.sampled_from(FAMILIES), cascade=st.booleans())
    def delete(self, chosen: int, family: str, cascade: bool) -> None:
        entity = self.some(family, chosen)
        if entity:
            self.ask("DELETE", f"{family}/{entity}" + ("?cascade=true" if cascade else ""))

    @rule(chosen=number)
    def delete_a_datasheet(self, chosen: int) -> None:
        self.ask("DELETE", f"datasheets/sheet {chosen % 3}")

    @rule(chosen=st.integers(0, 4))
    def end_and_begin_again(self, chosen: int) -> None:
        if chosen == 0:
            self.opened.close()
            self.open()

    def teardown(self) -> None:
        try:
            if hasattr(self, "backend"):
                self.look()
        finally:
            self.opened.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def look(self) -> None:
        """See that catalogue and files agree; then delete everything, and see that nothing is left."""
        self.settle()
        self.opened.close()
        self.agree()
        self.open()
        for family in FAMILIES:
            for entity in self.client.get(family, query_string={"limit": 100}):
                self.ask("DELETE", f"{family}/{entity['_id']}")
        left = {family: self.client.get(family) for family in (*FAMILIES, "processings/executions")}
        assert not any(left.values()), left
        self.opened.close()
        self.agree()
        assert [str(place) for room in ROOMS for place in (self.data / room).rglob("*")] == []

    def agree(self) -> None:
        found = audit(self.data)
        assert found.faults == (), [(fault.id, fault.examples) for fault in found.faults]
        assert list((self.data / "work").iterdir()) == []


def live(examples: int, steps: int) -> None:
    """Let as many lives be lived, of at most so many steps."""
    patient = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,) if examples < 20 else (Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    run: Callable[..., None] = run_state_machine_as_test
    run(Life, settings=patient)


def test_a_few_lives_leave_nothing_behind() -> None:
    live(examples=2, steps=12)


@pytest.mark.slow
def test_many_lives_leave_nothing_behind() -> None:
    live(examples=60, steps=40)
