"""Graphics of styles: found, packed in, refused."""

from __future__ import annotations

import base64
import struct
from typing import List, Optional

import pytest

from geopub_plugin.backend.faults import Severity
from geopub_plugin.backend.styles.graphics import LARGEST, Graphic, Where, graphics, media_type, pack, path_of
from geopub_plugin.backend.styles.graphics_for_qgis import for_qgis, packed_svg
from geopub_plugin.backend.styles.recognition import read

SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" width="4" height="2"/>'
PNG = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 40, 20) + b"\x08\x02\0\0\0"
JPEG = b"\xff\xd8\xff\xe0\0\x04ab" + b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", 20, 40)


def sld(*references: str) -> bytes:
    shown = "".join(
        f'<PointSymbolizer><Graphic><ExternalGraphic><OnlineResource xlink:href="{one}"/><Format>image/png</Format>'
        "</ExternalGraphic></Graphic></PointSymbolizer>"
        for one in references
    )
    return (
        '<StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld" '
        f'xmlns:xlink="http://www.w3.org/1999/xlink"><NamedLayer><UserStyle><FeatureTypeStyle><Rule>{shown}</Rule>'
        "</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"
    ).encode()


QML = b"""<qgis version="3.28"><renderer-v2 type="singleSymbol"><symbols><symbol type="marker" name="0">
<layer class="SvgMarker"><Option type="Map"><Option name="name" type="QString" value="/home/me/a.svg"/>
<Option name="color" type="QString" value="1,2,3,255"/></Option></layer>
<layer class="RasterMarker"><prop k="imageFile" v="http://example.org/b.png"/><prop k="size" v="3"/></layer>
<layer class="SimpleMarker"><prop k="name" v="circle"/></layer>
<layer class="SvgMarker"><prop k="name" v="gpsicons/plane.svg"/></layer></symbol></symbols></renderer-v2>
<labeling type="simple"><settings><text-style><background shapeSVGFile="base64:PHN2Zy8+"/></text-style></settings>
</labeling></qgis>"""


def test_what_a_qml_names():
    found = [(one.reference, one.where) for one in graphics(read(QML))]
    assert found == [
        ("/home/me/a.svg", Where.FILE),
        ("http://example.org/b.png", Where.REMOTE),
        ("gpsicons/plane.svg", Where.FILE),
        ("base64:PHN2Zy8+", Where.INSIDE),
    ]


@pytest.mark.parametrize(
    ("reference", "where"),
    [
        ("a.png", Where.FILE),
        ("file:///home/a.png", Where.FILE),
        ("https://example.org/a.png", Where.REMOTE),
        ("ftp://example.org/a.png", Where.REMOTE),
        ("data:image/png;base64,AAAA", Where.INSIDE),
    ],
)
def test_what_an_sld_names(reference: str, where: Where):
    (found,) = graphics(read(sld(reference)))
    assert (found.reference, found.where) == (reference, where)


@pytest.mark.parametrize(
    ("reference", "path"),
    [
        ("a/b.svg", "a/b.svg"),
        ("file:///home/a%20b.svg", "/home/a b.svg"),
        ("file://localhost/home/a.svg", "/home/a.svg"),
        ("file:///C:/Users/a.svg", "C:/Users/a.svg"),
    ],
)
def test_paths(reference: str, path: str):
    assert path_of(reference) == path


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (SVG, "image/svg+xml"),
        (PNG, "image/png"),
        (JPEG, "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\0\0\0\0WEBP", "image/webp"),
        (b"RIFF\0\0\0\0WAVE", ""),
        (b"root:x:0:0", ""),
        (b"<html/>", ""),
        (b"", ""),
    ],
)
def test_only_pictures_are_graphics(content: bytes, kind: str):
    assert media_type(content) == kind


def test_a_qml_with_its_graphics_packed_in():
    asked: List[str] = []

    def take(graphic: Graphic) -> Optional[bytes]:
        asked.append(graphic.reference)
        return {"/home/me/a.svg": SVG, "http://example.org/b.png": PNG}.get(graphic.reference)

    packed, (fault,) = pack(QML, take)
    references = [one.reference for one in graphics(read(packed))]
    assert references[0] == "base64:" + base64.b64encode(SVG).decode()
    assert references[1] == "base64:" + base64.b64encode(PNG).decode()
    assert references[2:] == ["gpsicons/plane.svg", "base64:PHN2Zy8+"]
    assert (fault.id, fault.severity, fault.count) == ("style.packed-graphic", Severity.REPAIRED, 2)
    assert "base64:PHN2Zy8+" not in asked


def test_an_sld_with_its_graphics_packed_in():
    packed, _ = pack(
        sld("a.png", "a.png", "https://example.org/b.svg"), lambda one: PNG if "png" in one.reference else SVG
    )
    first, second, third = (one.reference for one in graphics(read(packed)))
    assert first == second == "data:image/png;base64," + base64.b64encode(PNG).decode()
    assert third.startswith("data:image/svg+xml;base64,")


@pytest.mark.parametrize("content", [b"root:x:0:0", PNG + b"\0" * LARGEST])
def test_what_is_no_picture_or_too_large_stays_outside(content: bytes):
    style = sld("/etc/passwd")
    packed, (fault,) = pack(style, lambda _: content)
    assert packed == style and fault.id == "style.unfit-graphic" and fault.examples == ("/etc/passwd",)


def test_a_style_without_graphics_stays_as_it_is():
    style = b"<qgis><renderer-v2/></qgis>"
    assert pack(style, lambda _: SVG) == (style, ())


@pytest.mark.parametrize(("content", "kind"), [(PNG, "png"), (JPEG, "jpeg")])
def test_qgis_gets_rasters_as_svg_of_their_size(content: bytes, kind: str):
    packed, _ = pack(sld("a.png"), lambda _: content)
    shown = for_qgis(packed)
    assert b"<Format>image/svg+xml</Format>" in shown
    (graphic,) = graphics(read(shown))
    svg = base64.b64decode(graphic.reference.removeprefix("base64:"))
    assert b'viewBox="0 0 40 20"' in svg and f"data:image/{kind};base64,".encode() in svg
    assert media_type(svg) == "image/svg+xml"


def test_qgis_gets_svg_as_it_is():
    packed, _ = pack(sld("a.svg"), lambda _: SVG)
    (graphic,) = graphics(read(for_qgis(packed)))
    assert base64.b64decode(graphic.reference.removeprefix("base64:")) == SVG
    assert packed_svg("http://example.org/a.svg") == ""
    assert for_qgis(sld("a.svg")) == sld("a.svg")


def test_what_sld_1_1_brings_inline_becomes_a_data_uri():
    inline = sld("a.png").replace(
        b'<OnlineResource xlink:href="a.png"/>', b'<InlineContent encoding="base64">aGVs\n bG8=</InlineContent>'
    )
    packed, (fault,) = pack(inline, lambda _: None)
    (graphic,) = graphics(read(packed))
    assert graphic.reference == "data:image/png;base64,aGVsbG8=" and fault.severity is Severity.REPAIRED
