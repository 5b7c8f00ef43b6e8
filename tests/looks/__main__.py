"""`make compare-styles`: draw QML styles with QGIS, our WMS and MapLibre, and write a page of figures and pictures."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from typing import List

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from geopub_plugin.backend.render.application import start_qgis
from geopub_plugin.backend.render.supervisor import Renderer

from ..conftest import ROOT, unzipped_data
from .compare import compare
from .generated import write_generated
from .page import summary, write_page


def main() -> None:
    """Compare what the command line names, else the generated styles and the real ones."""
    parser = argparse.ArgumentParser(prog="make compare-styles", description=__doc__)
    parser.add_argument("styles", nargs="*", type=Path, help="QML files or folders; by default all that there are")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "styles", help="folder of the page")
    parser.add_argument("--every", type=int, default=1, help="take only every so-manieth style")
    asked = parser.parse_args()
    application = start_qgis("")
    with tempfile.TemporaryDirectory(prefix="geopub-looks-") as made:
        folder = Path(made)
        paths = (_named(asked.styles) or _all(folder))[:: asked.every]
        root = Path(os.path.commonpath([path.parent for path in paths]))
        renderer = Renderer(folder)
        try:
            found = compare(paths, root, folder, renderer)
        finally:
            renderer.stop()
        page = write_page(found, asked.out)
    print("\n".join(summary(found)))
    print(page)
    sys.stdout.flush()
    application.exitQgis()


def _named(places: List[Path]) -> List[Path]:
    return [path for place in places for path in (sorted(place.rglob("*.qml")) if place.is_dir() else [place])]


def _all(folder: Path) -> List[Path]:
    generated = write_generated(folder / "generated")
    if not (ROOT.parent / "shared" / "data").is_dir():
        print("The real styles of ../shared/data are not here.")
        return generated
    return [*generated, *sorted((unzipped_data() / "styles").rglob("*.qml"))]


if __name__ == "__main__":
    main()
