"""Metadata records: kept as they came, published on a catalogue service, linked from services."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import Iterator
from wsgiref.simple_server import WSGIRequestHandler, make_server

import pytest
from owslib.csw import CatalogueServiceWeb
from owslib.fes import BBox, Not, PropertyIsEqualTo, PropertyIsLike

from geopub_plugin.backend.metadata.iso import read_resource

from .conversation import Backend, Client, wms_infos

GMD = "http://www.isotc211.org/2005/gmd"
GCO = "http://www.isotc211.org/2005/gco"


def record(identifier: str, title: str = "Les routes", encoding: str = "utf-8", bounds: str = "-5 41 9.5 51") -> bytes:
    """Return an ISO 19139 document."""
    west, south, east, north = bounds.split()

    def text(name: str, value: str) -> str:
        return f"<gmd:{name}><gco:CharacterString>{value}</gco:CharacterString></gmd:{name}>"

    def side(name: str, value: str) -> str:
        return f"<gmd:{name}><gco:Decimal>{value}</gco:Decimal></gmd:{name}>"

    return f"""<?xml version="1.0" encoding="{encoding}"?>
<gmd:MD_Metadata xmlns:gmd="{GMD}" xmlns:gco="{GCO}">
 {text("fileIdentifier", identifier)}
 <gmd:language><gmd:LanguageCode codeList="x" codeListValue="fre">français</gmd:LanguageCode></gmd:language>
 <gmd:hierarchyLevel><gmd:MD_ScopeCode codeList="x" codeListValue="series"/></gmd:hierarchyLevel>
 <gmd:dateStamp><gco:Date>2026-02-03</gco:Date></gmd:dateStamp>
 <gmd:identificationInfo><gmd:MD_DataIdentification>
  <gmd:citation><gmd:CI_Citation>{text("title", title)}</gmd:CI_Citation></gmd:citation>
  {text("abstract", "Toutes &amp; entières.")}
  <gmd:pointOfContact><gmd:CI_ResponsibleParty>{text("organisationName", "La ville")}</gmd:CI_ResponsibleParty>
  </gmd:pointOfContact>
  <gmd:descriptiveKeywords><gmd:MD_Keywords>{text("keyword", "Réseaux")}{text("keyword", "transport")}</gmd:MD_Keywords>
  </gmd:descriptiveKeywords>
  <gmd:extent><gmd:EX_Extent><gmd:geographicElement><gmd:EX_GeographicBoundingBox>
   {side("westBoundLongitude", west)}{side("eastBoundLongitude", east)}
   {side("southBoundLatitude", south)}{side("northBoundLatitude", north)}
  </gmd:EX_GeographicBoundingBox></gmd:geographicElement></gmd:EX_Extent></gmd:extent>
 </gmd:MD_DataIdentification></gmd:identificationInfo>
</gmd:MD_Metadata>""".encode(encoding)


def publish(client: Client, *identifiers: str, way: str = "publication") -> None:
    client.post(f"metadata/{way}", {"file_identifiers": list(identifiers), "endpoint": client.endpoint("METADATA")})


class Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address(backend: Backend) -> Iterator[str]:
    """Return the URL of a backend on a real socket, for clients that are not ours."""
    server = make_server("127.0.0.1", 0, backend.app, handler_class=Silent)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_record_is_read() -> None:
    read = read_resource(record("fr.roads"))
    assert (read.identifier, read.level, read.title) == ("fr.roads", "SERIES", "Les routes")
    assert (read.abstract, read.organisation, read.language) == ("Toutes & entières.", "La ville", "fre")
    assert (read.keywords, read.stamp, read.bounds) == (("Réseaux", "transport"), "2026-02-03", (-5, 41, 9.5, 51))


def test_a_record_of_the_newer_standard_is_read() -> None:
    document = b"""<mdb:MD_Metadata xmlns:mdb="http://standards.iso.org/iso/19115/-3/mdb/2.0"
      xmlns:mcc="http://standards.iso.org/iso/19115/-3/mcc/1.0" xmlns:gco="http://standards.iso.org/iso/19115/-3/gco/1.0"
      ><mdb:metadataIdentifier><mcc:MD_Identifier><mcc:code><gco:CharacterString>new.one</gco:CharacterString>
      </mcc:code></mcc:MD_Identifier></mdb:metadataIdentifier></mdb:MD_Metadata>"""
    assert read_resource(document).identifier == "new.one"


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_a_record_comes_back_whatever_its_encoding(client: Client, encoding: str) -> None:
    made = client.send_file("metadata", record("fr.roads", "Forêts", encoding), "m.xml")
    answer = client.raw("GET", f"/api/datastores/local/metadata/{made['_id']}/file")
    assert answer.content_type == "application/xml"
    assert read_resource(answer.data).title == "Forêts"
    if encoding == "utf-8":
        assert answer.data == record("fr.roads", "Forêts")


@pytest.mark.parametrize(
    ("document", "status"),
    [
        (b"no xml", 422),
        (b"", 422),
        (b"<gmd:MD_Metadata/>", 422),
        (b"<a/>", 422),
        (f'<gmd:MD_Metadata xmlns:gmd="{GMD}"/>'.encode(), 422),
        (record("two words"), 422),
        (record("x" * 251), 422),
        (b'<!DOCTYPE a [<!ENTITY b "c">]>' + record("fr.roads").split(b"?>", 1)[1], 422),
        (record("fr.taken"), 409),
    ],
)
def test_what_is_no_record_is_refused(client: Client, document: bytes, status: int) -> None:
    client.send_file("metadata", record("fr.taken"), "m.xml")
    client.ask("POST", "metadata", data={"file": (BytesIO(document), "m.xml")}, status=status)
    made = client.send_file("metadata", record("fr.other"), "m.xml")
    client.ask("PUT", f"metadata/{made['_id']}", data={"file": (BytesIO(document), "m.xml")}, status=status)


def test_the_identifiers_of_a_datastore_have_its_prefix(backend: Backend) -> None:
    client = backend.client()
    from geopub_plugin.backend.catalogue.spaces import datastores

    with backend.store.writing() as connection:
        datastores.change(connection, client.get("")["_id"], file_identifier_prefix="SANDBOX.")
    assert client.get("")["metadata_file_identifier_prefix"] == "SANDBOX."
    client.ask("POST", "metadata", data={"file": (BytesIO(record("fr.roads")), "m.xml")}, status=400)
    client.send_file("metadata", record("sandbox.roads"), "m.xml")


def test_records_are_published_on_an_endpoint_for_them_only(client: Client) -> None:
    client.send_file("metadata", record("fr.roads"), "m.xml")
    for endpoint in (client.endpoint("WFS"), "nowhere"):
        client.post("metadata/publication", {"file_identifiers": ["fr.roads"], "endpoint": endpoint}, status=400)
    wrong = {"file_identifiers": ["fr.roads", "fr.lost"], "endpoint": client.endpoint("METADATA")}
    client.post("metadata/publication", wrong, status=404)
    assert client.get("metadata")[0]["endpoints"] == []  # all of them or none


def test_a_client_of_the_catalogue_finds_what_is_published(backend: Backend, address: str) -> None:
    client = backend.client()
    client.send_file("metadata", record("fr.roads"), "m.xml")
    client.send_file("metadata", record("fr.rivers", "Les rivières", bounds="100 -10 110 0"), "m.xml")
    client.send_file("metadata", record("fr.secret"), "m.xml")
    publish(client, "fr.roads", "fr.rivers")

    catalogue = CatalogueServiceWeb(f"{address}/csw")
    assert {"GetRecords", "GetRecordById"} <= {operation.name for operation in catalogue.operations}

    def found(*constraints: object) -> set:
        catalogue.getrecords2(constraints=list(constraints), esn="full")
        return set(catalogue.records)

    assert found() == {"fr.roads", "fr.rivers"}
    assert catalogue.results["matches"] == 2
    assert catalogue.records["fr.roads"].title == "Les routes"
    assert catalogue.records["fr.roads"].subjects == ["Réseaux", "transport"]
    assert found(PropertyIsLike("csw:AnyText", "%rivi%")) == {"fr.rivers"}
    assert found(PropertyIsLike("dc:title", "Les r_utes", wildCard="%", singleChar="_")) == {"fr.roads"}
    assert found(PropertyIsEqualTo("dc:identifier", "fr.roads")) == {"fr.roads"}
    assert found(Not([PropertyIsEqualTo("dc:identifier", "fr.roads")])) == {"fr.rivers"}
    assert found(BBox([0, 45, 1, 46])) == {"fr.roads"}
    catalogue.getrecordbyid(["fr.roads", "fr.secret"], outputschema=GMD)
    assert set(catalogue.records) == {"fr.roads"}
    assert catalogue.records["fr.roads"].identification[0].title == "Les routes"

    publish(client, "fr.roads", way="unpublication")
    assert found() == {"fr.rivers"}
    client.ask("DELETE", f"metadata/{client.get('metadata', query_string={'file_identifier': 'fr.rivers'})[0]['_id']}")
    assert found() == set()


@pytest.mark.parametrize(
    ("query", "code", "locator"),
    [
        ("", "MissingParameterValue", "request"),
        ("request=GetMap", "OperationNotSupported", "GetMap"),
        ("request=GetRecordById", "MissingParameterValue", "id"),
        ("request=GetRecords&service=WFS", "InvalidParameterValue", "service"),
        ("request=GetRecords&version=3.0.0", "InvalidParameterValue", "version"),
        ("request=GetRecords&outputSchema=x", "InvalidParameterValue", "outputSchema"),
        ("request=GetRecords&maxRecords=x", "InvalidParameterValue", "maxRecords"),
        ("request=GetRecords&elementSetName=x", "InvalidParameterValue", "ElementSetName"),
    ],
)
def test_the_catalogue_refuses_with_a_report(shared: Client, query: str, code: str, locator: str) -> None:
    answer = shared.raw("GET", f"/csw?{query}")
    assert answer.status_code == 400
    assert f'exceptionCode="{code}" locator="{locator}"' in answer.text


@pytest.mark.parametrize(
    "body",
    [b"", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', b"<GetRecords><Filter><Near/></Filter></GetRecords>"],
)
def test_a_posted_request_that_cannot_be_read_is_refused(shared: Client, body: bytes) -> None:
    answer = shared.raw("POST", "/csw", data=body)
    assert answer.status_code == 400
    assert "ExceptionReport" in answer.text


def test_a_posted_request_has_a_bound(shared: Client) -> None:
    answer = shared.raw("POST", "/csw", data=b"<a>" + b"<b/>" * 300_000 + b"</a>")
    assert answer.status_code == 413
    assert "ExceptionReport" in answer.text


def test_the_services_of_a_datasheet_link_to_its_published_record(world: tuple) -> None:
    backend, data, _ = world
    client = backend.client()
    offering = client.publish("WMS-VECTOR", "roads", wms_infos(data))
    configuration = offering["configuration"]["_id"]
    client.post(f"configurations/{configuration}/tags", {"datasheet_name": "Roads"})
    made = client.send_file("metadata", record("fr.roads"), "m.xml")
    client.post(f"metadata/{made['_id']}/tags", {"datasheet_name": "Roads"})
    publish(client, "fr.roads")
    publish(client, "fr.roads")
    (link,) = client.get(f"configurations/{configuration}")["metadata"]
    assert (link["format"], link["type"]) == ("application/xml", "ISO19115:2003")
    assert b"Les routes" in client.raw("GET", link["url"]).data
    capabilities = client.raw("GET", "/wms-v/ows?service=WMS&version=1.3.0&request=GetCapabilities").text
    assert "ID=fr.roads" in capabilities
    publish(client, "fr.roads", way="unpublication")
    assert client.get(f"configurations/{configuration}")["metadata"] == []
    assert "fr.roads" not in client.raw("GET", "/wms-v/ows?service=WMS&version=1.3.0&request=GetCapabilities").text
