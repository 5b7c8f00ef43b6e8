"""Styles that somebody brings for published services: QML, SLD and Mapbox, with graphics and sprites."""

from __future__ import annotations

import json
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Dict, Iterator, List, Set, Tuple

import pytest
import requests
from osgeo import gdal, ogr, osr

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Severity
from geopub_plugin.cli import main
from geopub_plugin.publish.client import Store, open_store
from geopub_plugin.publish.client import store as client_store
from geopub_plugin.publish.default_transport import default_transport
from geopub_plugin.publish.embedded import start_backend
from geopub_plugin.publish.publication import Publication, PublicationRequest
from geopub_plugin.publish.style_graphics import fetching
from geopub_plugin.publish.style_input import Examined, StyleSource, add_style, examine, replace_style
from tests.platform_store import API, PlatformTransport

Published = Tuple[Store, Dict[str, str], Dict[str, str]]
RED = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9" fill="#ff0000"/></svg>'
QML = b"""<qgis version="3.22" layerOpacity="1"><renderer-v2 type="singleSymbol"><symbols><symbol type="marker" name="0"
alpha="1"><layer class="SimpleMarker" enabled="1" pass="0"><prop k="name" v="circle"/><prop k="color" v="0,0,255,255"/>
<prop k="size" v="9"/></layer></symbol></symbols></renderer-v2></qgis>"""


def sld(inside: str, where: str = "") -> bytes:
    return f"""<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" xmlns:ogc="http://www.opengis.net/ogc"
      xmlns:xlink="http://www.w3.org/1999/xlink"><NamedLayer><Name>anything</Name><UserStyle><FeatureTypeStyle><Rule>
      {where}<PointSymbolizer><Graphic>{inside}<Size>30</Size></Graphic></PointSymbolizer></Rule></FeatureTypeStyle>
      </UserStyle></NamedLayer></StyledLayerDescriptor>""".encode()


def external(reference: str) -> str:
    return (
        f'<ExternalGraphic><OnlineResource xlink:href="{reference}"/><Format>image/svg+xml</Format></ExternalGraphic>'
    )


def equal(name: str) -> str:
    return (
        f"<ogc:Filter><ogc:PropertyIsEqualTo><ogc:PropertyName>{name}</ogc:PropertyName><ogc:Literal>town</ogc:Literal>"
        "</ogc:PropertyIsEqualTo></ogc:Filter>"
    )


GREEN = (
    '<Mark><WellKnownName>circle</WellKnownName><Fill><CssParameter name="fill">#00ff00</CssParameter></Fill></Mark>'
)


def mapbox(source_layer: str = "towns", **more: Any) -> bytes:
    layer = {"id": "a", "type": "circle", "source": "x", "source-layer": source_layer}
    text = {
        "id": "b",
        "type": "symbol",
        "source": "x",
        "source-layer": source_layer,
        "layout": {"text-field": "{name}"},
    }
    sources = {"x": {"type": "vector", "url": "https://example.org/tiles.json"}}
    return json.dumps({"version": 8, "sources": sources, "layers": [layer, text], **more}).encode()


def town(path: Path) -> Path:
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("towns", srs, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("Name", ogr.OFTString))
    layer.CreateField(ogr.FieldDefn("Größe", ogr.OFTInteger))
    for x in range(2):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["Name"] = "town"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({2 + x} 48)"))
        layer.CreateFeature(feature)
    return path


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Return a store with a table, the configuration of each service, and the addresses."""
    folder = tmp_path_factory.mktemp("style-input")
    with start_backend(folder / "data") as backend:
        store = open_store(backend.api, backend.token)
        result = Publication(store, PublicationRequest.proposed(town(folder / "towns.gpkg"))).run()
        services = {one.type: one.id for one in store.configurations.list()}
        yield store, services, {url.type: url.url for url in result.urls}


@pytest.fixture
def store(published: Published) -> Iterator[Store]:
    """Return the store; whatever styles a test leaves are gone after it."""
    yield published[0]
    for configuration in published[1].values():
        for style in published[0].styles.list(configuration):
            published[0].styles.remove(configuration, style.technical_name)


@pytest.fixture
def wms(published: Published) -> str:
    return published[1]["WMS-VECTOR"]


@pytest.fixture
def wfs(published: Published) -> str:
    return published[1]["WFS"]


@pytest.fixture
def tms(published: Published) -> str:
    return published[1]["WMTS-TMS"]


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[Tuple[Path, str, List[str]]]:
    """Return a folder, the address at which another server shows it, and what that was asked for."""
    asked: List[str] = []
    folder = tmp_path / "elsewhere"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, directory=str(folder), **named)

        def log_message(self, *_: object) -> None:
            pass

        def do_GET(self) -> None:
            asked.append(self.path)
            super().do_GET()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield folder, f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    server.server_close()


def colour(published: Published, style: str) -> str:
    """Return what the first town is drawn with."""
    asked = {
        "SERVICE": "WMS", "VERSION": "1.3.0", "REQUEST": "GetMap", "LAYERS": "towns", "STYLES": style, "CRS": "CRS:84",
        "BBOX": "1.9,47.9,2.1,48.1", "WIDTH": 80, "HEIGHT": 80, "FORMAT": "image/png",
    }  # fmt: skip
    answer = requests.get(published[2]["WMS"].partition("?")[0], params=asked, timeout=60)
    assert answer.headers["Content-Type"] == "image/png", answer.text
    gdal.FileFromMemBuffer("/vsimem/town.png", answer.content)
    return "#" + "".join(f"{int(value):02x}" for value in gdal.Open("/vsimem/town.png").ReadAsArray()[:3, 40, 40])


def told(examined: Examined) -> Set[Tuple[str, Severity]]:
    return {(fault.id, fault.severity) for fault in examined.faults}


@pytest.mark.parametrize(("name", "content", "drawn"), [("a.qml", QML, "#0000ff"), ("a.sld", sld(GREEN), "#00ff00")])
def test_maps_take_qml_and_sld(store: Store, wms: str, published: Published, name: str, content: bytes, drawn: str):
    examined = examine(store, wms, [StyleSource("", name, content)])
    assert examined.accepted and examined.faults == ()
    add_style(store, wms, "new", examined)
    assert colour(published, "new") == drawn


def test_names_are_those_of_the_published_table(store: Store, wms: str, wfs: str, published: Published):
    source = StyleSource("towns", "a.sld", sld(GREEN, equal("Name")))
    add_style(store, wms, "new", examine(store, wms, [source]))
    assert colour(published, "new") == "#00ff00"
    style = add_style(store, wfs, "new", examine(store, wfs, [source]))
    content = requests.get(style.parts[0].url, timeout=20).text
    assert "<Name>towns:towns</Name>" in content and "<ogc:PropertyName>name</ogc:PropertyName>" in content


def test_all_faults_at_once_and_nothing_is_sent(store: Store, wms: str):
    bad = sld(GREEN, equal("Nmae")).replace(b'"1.0.0"', b'"3.0"')
    sources = [
        StyleSource("towns", "a.sld", bad),
        StyleSource("villages", "b.sld", QML),
        StyleSource("", "c.json", b"{}"),
    ]
    examined = examine(store, wms, sources)
    assert {identifier for identifier, _ in told(examined)} == {
        "style.version", "style.unknown-attribute", "style.no-table", "style.wrong-format"
    }  # fmt: skip
    assert "“name”" in next(fault.cure for fault in examined.faults if fault.id == "style.unknown-attribute")
    with pytest.raises(InvalidInput, match="Nmae"):
        add_style(store, wms, "bad", examined)
    assert not store.styles.list(wms) and not store.statics.list()


def test_local_graphics_are_packed_in(store: Store, wms: str, published: Published, tmp_path: Path):
    (tmp_path / "red.svg").write_bytes(RED)
    for number, reference in enumerate(("red.svg", f"file://{tmp_path}/red.svg", str(tmp_path / "red.svg"))):
        examined = examine(store, wms, [StyleSource("", "a.sld", sld(external(reference)), tmp_path)])
        assert told(examined) == {("style.packed-graphic", Severity.REPAIRED)}
        add_style(store, wms, f"red{number}", examined)
        assert colour(published, f"red{number}") == "#ff0000"


def test_a_style_carries_no_other_file_away(store: Store, wms: str, tmp_path: Path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "secret.svg").write_text("secret")
    for name in ("secret.txt", "secret.svg"):
        examined = examine(store, wms, [StyleSource("", "a.sld", sld(external(f"file://{tmp_path}/{name}")), tmp_path)])
        assert not examined.accepted and all(b"c2VjcmV0" not in file.content for file in examined.files)


def test_remote_graphics_are_refused_or_fetched_once(
    store: Store, wms: str, published: Published, elsewhere: Tuple[Path, str, List[str]]
):
    folder, address, asked = elsewhere
    (folder / "red.svg").write_bytes(RED)
    source = StyleSource("", "a.sld", sld(external(f"{address}/red.svg")).replace(b"<Rule>", b"<Rule>", 1))
    refused = examine(store, wms, [source])
    assert told(refused) == {("style.external-graphic", Severity.ERROR)} and not asked
    examined = examine(store, wms, [source], fetching(store.connection.transport))
    assert told(examined) == {("style.packed-graphic", Severity.REPAIRED)} and asked == ["/red.svg"]
    add_style(store, wms, "red", examined)
    assert colour(published, "red") == "#ff0000" and asked == ["/red.svg"]
    gone = StyleSource("", "a.sld", sld(external(f"{address}/gone.svg")))
    assert not examine(store, wms, [gone], fetching(store.connection.transport)).accepted


def test_a_mapbox_style_gets_our_tiles_and_our_glyphs(store: Store, tms: str, published: Published):
    examined = examine(
        store, tms, [StyleSource("", "a.json", mapbox(glyphs="https://example.org/{fontstack}/{range}"))]
    )
    assert examined.accepted and examined.faults == ()
    style = add_style(store, tms, "plain", examined)
    document = requests.get(style.parts[0].url, timeout=20).json()
    tiles = document["sources"]["x"]["url"]
    assert tiles == published[2]["TMS"] + "/metadata.json"
    assert requests.get(tiles, timeout=20).json()["vector_layers"][0]["id"] == "towns"
    assert document["glyphs"].startswith(tiles.partition("/tms/")[0]) and "sprite" not in document


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"{", "style.unreadable"),
        (mapbox("town"), "style.source-layer"),
        (mapbox(sources={}), "style.sources"),
        (mapbox(sprite="https://example.org/sprite"), "style.remote-sprite"),
        (mapbox(sprite="sprite"), "style.lost-sprite"),
    ],
)
def test_what_is_wrong_with_a_mapbox_style(store: Store, tms: str, content: bytes, fault: str):
    examined = examine(store, tms, [StyleSource("", "a.json", content)])
    assert not examined.accepted and (fault, Severity.ERROR) in told(examined)


def test_an_attribute_that_the_tiles_lack(store: Store, tms: str):
    content = mapbox().replace(b"{name}", b"{nmae}")
    (fault,) = examine(store, tms, [StyleSource("", "a.json", content)]).faults
    assert (fault.id, fault.severity) == ("style.unknown-attribute", Severity.WARNING) and "“name”" in fault.cure


def test_sprites_are_kept_beside_the_style(
    store: Store, tms: str, tmp_path: Path, elsewhere: Tuple[Path, str, List[str]]
):
    folder, address, asked = elsewhere
    for place in (tmp_path, folder):
        (place / "sprite.json").write_text('{"a": {"x": 0, "y": 0, "width": 1, "height": 1, "pixelRatio": 1}}')
        (place / "sprite.png").write_bytes(b"\x89PNG\r\n")
    local = examine(store, tms, [StyleSource("", "a.json", mapbox(sprite="sprite"), tmp_path)])
    fetch = fetching(store.connection.transport)
    remote = examine(store, tms, [StyleSource("", "a.json", mapbox(sprite=f"{address}/sprite"))], fetch)
    assert told(local) == told(remote) == {("style.kept-sprite", Severity.REPAIRED)}
    assert asked == [f"/sprite{one}" for one in (".json", ".png", "@2x.json", "@2x.png")]
    style = add_style(store, tms, "with sprites", local)
    assert style == replace_style(store, tms, style.technical_name, remote)
    sprite = requests.get(style.parts[0].url, timeout=20).json()["sprite"]
    assert requests.get(f"{sprite}.json", timeout=20).json()["a"]["width"] == 1
    assert requests.get(f"{sprite}.png", timeout=20).content == b"\x89PNG\r\n"
    store.styles.remove(tms, style.technical_name)
    assert requests.get(f"{sprite}.json", timeout=20).status_code == 404


@pytest.mark.parametrize(("name", "content", "drawn"), [("a.qml", QML, "#0000ff"), ("a.sld", sld(GREEN), "#00ff00")])
def test_tiles_take_qml_and_sld_as_mapbox(store: Store, tms: str, name: str, content: bytes, drawn: str):
    examined = examine(store, tms, [StyleSource("towns", name, content)])
    assert examined.accepted and examined.reports
    style = add_style(store, tms, "converted", examined)
    document = requests.get(style.parts[0].url, timeout=20).json()
    (layer,) = document["layers"]
    assert (layer["type"], layer["source-layer"], layer["paint"]["circle-color"]) == ("circle", "towns", drawn)


def test_what_no_map_style_can_say(store: Store, tms: str):
    area = equal("name").replace("<ogc:PropertyName>", '<ogc:Function name="area"><ogc:PropertyName>')
    content = sld(GREEN, area.replace("</ogc:PropertyName>", "</ogc:PropertyName></ogc:Function>"))
    examined = examine(store, tms, [StyleSource("", "a.sld", content)])
    assert not examined.accepted and ("style.nothing-drawn", Severity.ERROR) in told(examined)


def test_one_mapbox_style_for_all_tiles(store: Store, tms: str):
    sources = [StyleSource("", "a.json", mapbox()), StyleSource("", "b.json", mapbox())]
    assert told(examine(store, tms, sources)) == {("style.one-file", Severity.ERROR)}


@pytest.fixture
def platform(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """Return the same store under the address of the Géoplateforme, for the command line, too."""
    transport = PlatformTransport(default_transport(), store.connection.base_url)
    monkeypatch.setattr(client_store, "default_transport", lambda: transport)
    return open_store(API, store.connection._token)


def test_the_platform_gets_sld_1_0_0(platform: Store, wms: str):
    newer = sld(GREEN).replace(b'version="1.0.0"', b'version="1.1.0"').replace(b"CssParameter", b"SvgParameter")
    (file,) = examine(platform, wms, [StyleSource("", "a.sld", newer)]).files
    assert b'version="1.0.0"' in file.content and b"CssParameter" in file.content and b"towns" in file.content


def test_the_platform_draws_no_qml(platform: Store, wms: str, wfs: str):
    refused = examine(platform, wms, [StyleSource("", "a.qml", QML)])
    assert told(refused) == {("style.wrong-format", Severity.ERROR)} and not refused.accepted
    assert examine(platform, wfs, [StyleSource("", "a.qml", QML)]).accepted  # clients draw it


def test_the_command_line_sends_the_platform_sld_1_0_0_only(platform: Store, wms: str, tmp_path: Path, capsys: Any):
    newer = sld(GREEN).replace(b'version="1.0.0"', b'version="1.1.0"').replace(b"CssParameter", b"SvgParameter")
    for name, content in (("towns.qml", QML), ("towns.sld", newer), ("token", platform.connection._token.encode())):
        (tmp_path / name).write_bytes(content)
    there = ["--server", API, "--token-file", str(tmp_path / "token")]

    def geopub(*words: str) -> Tuple[int, str]:
        code = main([*words, *there])
        return code, " ".join("".join(capsys.readouterr()).split())

    def publish(style: str) -> Tuple[int, str]:
        title = ("--title", "There", "--services", "wms", "--style", str(tmp_path / style))
        return geopub("publish", str(town(tmp_path / "towns.gpkg")), *title)

    uploads, words = len(platform.uploads.list()), "reads only SLD 1.0.0 for maps"
    for code, said in (
        publish("towns.qml"),
        geopub("styles", "add", "towns", str(tmp_path / "towns.qml"), "--name", "Q"),
    ):
        assert code != 0 and words in said
    assert len(platform.uploads.list()) == uploads, "nothing was sent"
    assert geopub("styles", "add", "towns", str(tmp_path / "towns.sld"), "--name", "Plain")[0] == 0
    assert b'version="1.0.0"' in platform.styles.read(wms, "plain")[0].content
    assert publish("towns.sld")[0] == 0
    (there_too,) = platform.configurations.list(layer_name="there")
    (style,) = platform.styles.list(there_too.id)
    assert b'version="1.0.0"' in platform.styles.read(there_too.id, style.technical_name)[0].content
    platform.datasheets.delete("There")


def test_the_command_line(store: Store, wms: str, published: Published, tmp_path: Path, capsys: Any):
    for name, content in (("towns.qml", QML), ("other.sld", sld(GREEN)), ("bad.sld", sld(GREEN, equal("Nmae")))):
        (tmp_path / name).write_bytes(content)
    backend = ["--server", store.connection.base_url, "--token-file", str(tmp_path / "token")]
    (tmp_path / "token").write_text(store.connection._token)

    def geopub(*words: str) -> Tuple[int, str]:
        code = main(["styles", *words, *backend])
        return code, "".join(capsys.readouterr())

    assert geopub("add", "towns", str(tmp_path / "towns.qml"), "--name", "Bleu")[0] == 0
    assert geopub("add", "towns", str(tmp_path / "other.sld"), "--name", "Vert", "--current")[0] == 0
    assert colour(published, "bleu") == "#0000ff" and colour(published, "") == "#00ff00"
    code, said = geopub("add", "towns", str(tmp_path / "bad.sld"), "--name", "Faux")
    assert code != 0 and "Nmae" in said and "“name”" in said
    assert geopub("choose", "towns", "bleu")[0] == 0 and colour(published, "") == "#0000ff"
    assert geopub("edit", "towns", "bleu", str(tmp_path / "other.sld"))[0] == 0 and colour(published, "") == "#00ff00"
    assert geopub("rename", "towns", "bleu", "Vert clair")[0] == 0
    listed = json.loads(geopub("list", "towns", "--json")[1])
    assert [(one["name"], one["current"]) for one in listed] == [("Vert clair", True), ("Vert", False)]
    assert (
        geopub("save", "towns", "vert", str(tmp_path))[0] == 0 and b"#00ff00" in (tmp_path / "towns.sld").read_bytes()
    )
    assert geopub("remove", "towns", "bleu")[0] == 0 and "vert" in geopub("list", "towns")[1]
    assert geopub("list", "villages")[0] != 0 and geopub("choose", "towns", "bleu")[0] != 0
