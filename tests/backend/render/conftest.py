"""A renderer for each test file, and maps of the world to ask it for."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, Optional, Tuple

import numpy as np
import pytest

from geopub_plugin.backend.render.requests import MapRequest, MapView
from geopub_plugin.backend.render.supervisor import Renderer
from geopub_plugin.backend.services.publications import DrawnTable

EUROPE = (-1_000_000.0, 4_000_000.0, 3_000_000.0, 8_000_000.0)


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Renderer]:
    pytest.importorskip("qgis.core")
    made = Renderer(tmp_path_factory.mktemp("renderer"), threads=2)
    yield made
    made.stop()


def view_of(
    data: Path,
    *tables: str,
    style: Optional[Path] = None,
    bounds: Tuple[float, float, float, float] = EUROPE,
    srs: str = "EPSG:3857",
    size: Tuple[int, int] = (256, 256),
    dpi: float = 96.0,
) -> MapView:
    drawn = tuple(DrawnTable(data, table, style) for table in tables)
    return MapView(drawn, srs, bounds, size[0], size[1], dpi, "r1")


def map_of(data: Path, *tables: str, **changes: Any) -> MapRequest:
    look = {name: changes.pop(name) for name in ("format", "transparent", "background") if name in changes}
    return MapRequest(view_of(data, *tables, **changes), **look)


def decoded(picture: bytes) -> np.ndarray:
    """Return a picture's pixels as uint8 (height, width, 4): red, green, blue, alpha; Qt is the second decoder."""
    from qgis.PyQt.QtGui import QImage

    return pixels_of(QImage.fromData(picture))


def pixels_of(image: Any) -> np.ndarray:
    from qgis.PyQt.QtGui import QImage

    assert not image.isNull()
    plain = image.convertToFormat(QImage.Format.Format_RGBA8888)
    lines = np.frombuffer(plain.constBits().asstring(plain.sizeInBytes()), np.uint8)
    return lines.reshape(plain.height(), plain.width(), 4)
