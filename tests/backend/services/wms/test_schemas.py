"""Every XML document is valid for the schemas, or the DTD, of its version."""

from __future__ import annotations

from io import BytesIO

import pytest
from flask.testing import FlaskClient
from lxml import etree

from ....ogc_schemas import OgcSchemas
from .conftest import World
from .test_maps import ask

V130 = "wms/1.3.0/capabilities_1_3_0.xsd"
SLD = "sld/1.1.0/sld_capabilities.xsd"
CAPABILITIES = {"SERVICE": "WMS", "REQUEST": "GetCapabilities"}


def dtd_faults(schemas: OgcSchemas, document: bytes) -> list:
    """Return what is wrong with a document for the DTD that it names."""
    parsed = etree.fromstring(document, etree.XMLParser(load_dtd=False, no_network=True))
    name = parsed.getroottree().docinfo.system_url.rpartition("/")[2]
    dtd = etree.DTD(BytesIO((schemas.folder / "ogc/wms/1.1.1" / name).read_bytes()))
    dtd.validate(parsed)
    return [f"line {error.line}: {error.message}" for error in dtd.error_log]


@pytest.mark.parametrize("published", [True, False])
def test_capabilities_130(client: FlaskClient, publications: World, ogc_schemas: OgcSchemas, published: bool) -> None:
    if not published:
        publications.layers.clear()
    answer = ask(client, CAPABILITIES, VERSION="1.3.0")
    assert ogc_schemas.faults(answer.data, V130, SLD) == []


@pytest.mark.parametrize("published", [True, False])
def test_capabilities_111(client: FlaskClient, publications: World, ogc_schemas: OgcSchemas, published: bool) -> None:
    if not published:
        publications.layers.clear()
    assert dtd_faults(ogc_schemas, ask(client, CAPABILITIES, VERSION="1.1.1").data) == []


def test_exceptions(client: FlaskClient, ogc_schemas: OgcSchemas) -> None:
    wrong = {"REQUEST": "GetMap", "LAYERS": "nope", "SERVICE": "WMS"}
    answer = ask(client, wrong, VERSION="1.3.0")
    assert ogc_schemas.faults(answer.data, "wms/1.3.0/exceptions_1_3_0.xsd") == []
    assert dtd_faults(ogc_schemas, ask(client, wrong, VERSION="1.1.1").data) == []
