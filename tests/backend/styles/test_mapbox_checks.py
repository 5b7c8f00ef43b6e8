"""Mapbox styles that people bring along."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.faults import Severity
from geopub_plugin.backend.styles.mapbox_checks import LARGEST, check_mapbox, read_mapbox, readdressed


def layer(**changes: Any) -> Dict[str, Any]:
    return {"id": "a", "type": "fill", "source": "s", "source-layer": "communes", **changes}


def style(*layers: Dict[str, Any], **changes: Any) -> bytes:
    document = {"version": 8, "sources": {"s": {"type": "vector", "tiles": ["https://elsewhere/{z}"]}}, **changes}
    return json.dumps({**document, "layers": list(layers)}).encode()


def ids(content: bytes) -> List[str]:
    return [fault.id for fault in check_mapbox(content, ("communes", "routes"))]


def test_a_style_that_fits_has_no_fault() -> None:
    assert ids(style(layer(), layer(id="b", **{"source-layer": "routes"}), {"id": "bg", "type": "background"})) == []


@pytest.mark.parametrize(
    "content, faults",
    [
        (style(layer(), version=7), ["style.version"]),
        (style(layer(), sources={}), ["style.sources"]),
        (style(layer(), sources={"s": {}, "t": {}}), ["style.sources"]),
        (style(), ["style.no-rule"]),
        (style(layer(type="raster")), ["style.unknown-type"]),
        (style(layer(source="t")), ["style.layer-source"]),
        (style({"id": "a", "type": "line"}), ["style.layer-source", "style.source-layer"]),
        (style(layer(), glyphs="https://elsewhere/{fontstack}"), ["style.remote-part"]),
        (style(layer(type="x", source="y"), version=1), ["style.version", "style.unknown-type", "style.layer-source"]),
        (style("no object"), ["style.unknown-type", "style.layer-source", "style.source-layer"]),  # type: ignore[arg-type]
    ],
)
def test_all_faults_are_told_at_once(content: bytes, faults: List[str]) -> None:
    assert ids(content) == faults


def test_the_nearest_table_is_proposed() -> None:
    (fault,) = check_mapbox(style(layer(**{"source-layer": "comunes"})), ("communes", "routes"))
    assert "communes" in fault.cure and fault.examples == ("a: comunes",) and fault.severity is Severity.ERROR


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"{}", b'{"layers": 1}', b"\xff", b"[" * 100_000])
def test_what_is_no_style_is_refused(content: bytes) -> None:
    assert ids(content) == ["style.unreadable"]
    with pytest.raises(InvalidInput):
        read_mapbox(content)


def test_a_huge_file_is_not_read() -> None:
    with pytest.raises(InvalidInput, match=str(LARGEST)):
        read_mapbox(b" " * (LARGEST + 1))


def test_the_source_becomes_ours() -> None:
    content = style(layer(), layer(id="t", type="symbol", layout={"text-field": "x"}))
    document = json.loads(readdressed(content, "http://here/metadata.json", "http://here/{fontstack}/{range}.pbf"))
    assert document["sources"] == {"s": {"type": "vector", "url": "http://here/metadata.json"}}
    assert document["glyphs"] == "http://here/{fontstack}/{range}.pbf"
    assert "glyphs" not in json.loads(readdressed(style(layer()), "http://here", "http://glyphs"))


def test_real_styles_are_checked_without_a_crash(real_data: Path) -> None:
    paths = sorted((real_data / "styles").rglob("*.json"))
    assert paths
    for path in paths:
        for fault in check_mapbox(path.read_bytes(), ("communes",)):
            assert fault.what and fault.why and fault.cure, path
