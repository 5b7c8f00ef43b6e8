"""The catalogue of the WFS's tests, behind OGC API - Features."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from geopub_plugin.backend.services.ogcapi.blueprint import features_blueprint

from .... import web_server
from ..wfs.conftest import KINDS, MetadataLink, Published, catalogue_file, feature_type

__all__ = ["catalogue_file"]
ROOT = "http://localhost/ogc/features"


@pytest.fixture(scope="session")
def collections(catalogue_file) -> Published:
    tables = ["everything", *map(str.lower, KINDS), "建築物", "grid", "nothing"]
    link = MetadataLink("text/xml", "http://example.org/metadata?a=1&b=2", "ISO19115:2003")
    types = [feature_type(catalogue_file, table) for table in tables]
    return Published(*types, feature_type(catalogue_file, "grid", "other-layer", metadata=(link,)))


def application(published: Published, base: str = "http://localhost") -> Flask:
    app = Flask("tests")
    app.register_blueprint(features_blueprint(published, lambda: base))
    return app


@pytest.fixture
def client(collections: Published) -> FlaskClient:
    return application(collections).test_client()


@pytest.fixture
def read(client: FlaskClient) -> Any:
    """Return a function that asks for a resource by its path and returns the response."""

    def asked(path: str, **parameters: object) -> Any:
        query = {name.replace("_", "-"): value for name, value in parameters.items()}
        return client.get("/ogc/features" + path, query_string=query)

    return asked


@pytest.fixture
def grid(read: Any) -> Any:
    """Return a function that returns the items of the grid."""
    return lambda **parameters: read("/collections/catalogue:grid/items", **parameters)


@pytest.fixture(scope="session")
def service(collections: Published) -> Iterator[str]:
    """Serve the collections with waitress; give the address of the landing page."""
    address = SimpleNamespace(base="")
    app = Flask("tests")
    app.register_blueprint(features_blueprint(collections, lambda: address.base))
    with web_server.serving(app) as address.base:
        yield address.base + "/ogc/features"
