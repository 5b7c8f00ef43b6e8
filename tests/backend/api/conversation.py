"""A backend of the tests, and a client that speaks to it as the platform's clients do."""

from __future__ import annotations

import base64
import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Dict, Iterator, Optional

from flask import Flask
from werkzeug.test import TestResponse

from geopub_plugin.backend.app import create_app
from geopub_plugin.backend.catalogue.outcomes import Outcomes
from geopub_plugin.backend.catalogue.programs import INTEGRATION, PYRAMID
from geopub_plugin.backend.catalogue.recovery import recover
from geopub_plugin.backend.catalogue.seeds import seed_team
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.data_folder import DataFolder
from geopub_plugin.backend.jobs.queue import Queue
from geopub_plugin.backend.notifications.announcer import Announcer
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.settings import Settings

from .conformance import require_declared

TOKEN = "a token of the tests"
ENDED = ("SUCCESS", "FAILURE", "ABORTED")
PATIENCE = 60.0  # seconds for an execution

Json = Dict[str, Any]


@dataclass
class Backend:
    """A running backend without its HTTP server."""

    store: Store
    queue: Queue
    app: Flask

    def client(self) -> Client:
        """Return a client that has the token."""
        return Client(self.app)


@contextmanager
def running(data: Path, **told: Any) -> Iterator[Backend]:
    """Run a backend on a data folder; `told` are settings."""
    settings = Settings(data, **told)
    with DataFolder(data) as folder:
        store = Store(folder, settings.archive_limits)
        if settings.login != "none":
            with store.writing() as connection:
                seed_team(connection)
        announcer = Announcer(store, settings)
        queue = Queue(2, Outcomes(store, announcer.ended))
        store.use_queue(queue)
        renderer = Renderer(folder.log)
        recover(store)
        try:
            yield Backend(store, queue, create_app(store, settings, TOKEN, renderer))
        finally:
            queue.stop()
            announcer.stop()
            renderer.stop()
            store.close()


class Client:
    """Asks the API of a datastore, "local" when no other is named."""

    def __init__(self, app: Flask, token: str = TOKEN, datastore: str = "local") -> None:
        self._app, self._client, self._datastore = app, app.test_client(), datastore
        self._headers = {"Authorization": f"Bearer {token}"}

    def raw(self, method: str, path: str, **options: Any) -> TestResponse:
        """Ask anything, with the token; an answer that the OpenAPI document does not know is a failure."""
        headers = {**self._headers, **options.pop("headers", {})}
        answer = self._client.open(path, method=method, headers=headers, **options)
        require_declared(self._app, method, answer)
        return answer

    def ask(self, method: str, path: str, status: Optional[int] = None, **options: Any) -> Any:
        """Ask for something of the datastore and return the JSON of the answer."""
        answer = self.raw(method, f"/api/datastores/{self._datastore}/{path}".rstrip("/"), **options)
        if status is None:
            assert answer.status_code < 300, answer.text
        else:
            assert answer.status_code == status, answer.text
        return answer.get_json() if answer.data else None

    def get(self, path: str, **options: Any) -> Any:
        return self.ask("GET", path, **options)

    def post(self, path: str, json: Any = None, **options: Any) -> Any:
        return self.ask("POST", path, **({"json": json} if json is not None else {}), **options)

    def put_chunk(self, upload: str, path: str, first: int, content: bytes, total: int, **options: Any) -> Any:
        digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
        headers = {
            "Content-Range": f"bytes {first}-{first + len(content) - 1}/{total}",
            "Content-Digest": f"sha-256=:{digest}:",
        }
        query = {"path": path}
        return self.ask("PUT", f"uploads/{upload}/data", query_string=query, data=content, headers=headers, **options)

    def send_file(self, path: str, content: bytes, file_name: str, method: str = "POST", **fields: Any) -> Any:
        return self.ask(method, path, data={"file": (BytesIO(content), file_name), **fields})

    def wait(self, path: str, field: str = "status", ended: Any = ENDED) -> Json:
        """Ask until a status is a final one."""
        end = time.monotonic() + PATIENCE
        while True:
            entity = self.get(path)
            if entity[field] in ended:
                return entity
            assert time.monotonic() < end, entity
            time.sleep(0.02)

    # The steps of a publication ---------------------------------------------------------------------------------

    def deliver(self, file: Path, srs: str = "", name: str = "world", chunk: int = 400_000) -> Json:
        """Deliver a file in chunks, close, and wait for the checks; return the upload."""
        upload = self.post("uploads", {"name": name, "description": name, "type": "VECTOR", "srs": srs})
        content = file.read_bytes()
        for first in range(0, len(content), chunk):
            self.put_chunk(upload["_id"], file.name, first, content[first : first + chunk], len(content))
        self.post(f"uploads/{upload['_id']}/close")
        return self.wait(f"uploads/{upload['_id']}", ended=("CLOSED", "UNSTABLE"))

    def execute(self, processing: str, inputs: Json, output: Json, parameters: Json) -> Json:
        """Run a processing to its end and return the execution."""
        body = {
            "processing": processing,
            "inputs": inputs,
            "output": {"stored_data": output},
            "parameters": parameters,
        }
        execution = self.post("processings/executions", body)
        assert execution["status"] == "CREATED"
        assert execution["output"]["stored_data"]["_id"]
        self.post(f"processings/executions/{execution['_id']}/launch")
        return self.wait(f"processings/executions/{execution['_id']}")

    def integrate(self, upload: str, **output: str) -> Json:
        """Integrate an upload and return the stored data."""
        execution = self.execute(INTEGRATION.id, {"upload": [upload]}, output, {})
        assert execution["status"] == "SUCCESS", self.get(f"processings/executions/{execution['_id']}/logs")
        return self.get(f"stored_data/{execution['output']['stored_data']['_id']}")

    def make_pyramid(self, data: str, top: int = 0, bottom: int = 2, **output: str) -> Json:
        """Make a pyramid of a stored data and return it."""
        parameters = {"top_level": str(top), "bottom_level": str(bottom), "tippecanoe_options": "-S10"}
        execution = self.execute(PYRAMID.id, {"stored_data": [data]}, output, parameters)
        assert execution["status"] == "SUCCESS", self.get(f"processings/executions/{execution['_id']}/logs")
        return self.get(f"stored_data/{execution['output']['stored_data']['_id']}")

    def endpoint(self, kind: str) -> str:
        """Return the id of the endpoint of a type."""
        offered = self.get("endpoints")
        return next(one["endpoint"]["_id"] for one in offered if one["endpoint"]["type"] == kind)

    def publish(self, kind: str, layer_name: str, type_infos: Json) -> Json:
        """Define and publish a service, return its offering."""
        body = {"type": kind, "name": layer_name, "layer_name": layer_name, "type_infos": type_infos}
        configuration = self.post("configurations", body)
        offer = {"endpoint": self.endpoint(kind), "open": True}
        return self.post(f"configurations/{configuration['_id']}/offerings", offer)


def wfs_infos(data: Json) -> Json:
    """Return a WFS definition of every table."""
    relations = [
        {"native_name": one["name"], "title": one["name"].title(), "abstract": "A table."}
        for one in data["type_infos"]["relations"]
    ]
    return {"used_data": [{"stored_data": data["_id"], "relations": relations}]}


def wms_infos(data: Json, style: str = "", table: str = "countries") -> Json:
    """Return a WMS definition of one table."""
    relation = {"name": table, "style": style}
    used = [{"stored_data": data["_id"], "relations": [relation]}]
    return {"title": "World", "abstract": "The world.", "keywords": ["world"], "used_data": used}


def tms_infos(pyramid: Json, top: Any = "0", bottom: Any = "2") -> Json:
    """Return a TMS definition."""
    used = [{"stored_data": pyramid["_id"], "top_level": top, "bottom_level": bottom}]
    return {"title": "World", "abstract": "The world.", "used_data": used}
