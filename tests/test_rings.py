"""The rings of docs/architecture.md: every import is read, and an outward arrow is a failure."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Iterator, NamedTuple, Set, Tuple

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "geopub_plugin"
VALUES = {
    "about", "amounts", "announcement", "errors", "faults", "locations", "settings", "translation", "features",
    "ingest", "styles",
    "safe_xml",  # reads the metadata that a person imports
    "programs",  # starts the backend
    "compilation",  # tells whether Python has compiled the backend
    "render",  # draws with the QGIS that publish runs in what a map style needs
}  # fmt: skip
ALLOWED = {  # ring -> rings it may import
    "backend": {"backend"},
    "publish": {"publish", "backend"},
    "ui": {"ui", "publish", "backend"},
    "terminal": {"terminal", "publish", "backend"},
    "cli": {"terminal", "publish", "backend"},
    "plugin": {"ui", "publish", "backend"},
    "__init__": {"plugin"},
}
BACKEND_PACKAGES = {
    "numpy", "osgeo", "pyproj", "requests", "jinja2", "lxml", "flask", "waitress", "werkzeug", "sqlalchemy", "pmtiles",
    "defusedxml", "msvcrt", "fcntl", "itsdangerous", "oauthlib", "jwt",
}  # fmt: skip
WIDGETS = ("qgis.gui", "qgis.PyQt.QtWidgets", "qgis.utils")


class Arrow(NamedTuple):
    """One import: from a file, at a line, of an absolute module."""

    file: Path
    line: int
    module: str

    @property
    def place(self) -> Tuple[str, ...]:
        return self.file.relative_to(PACKAGE).with_suffix("").parts

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def imports(file: Path) -> Iterator[Arrow]:
    package = ("geopub_plugin", *file.relative_to(PACKAGE).parent.parts)
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Arrow(file, node.lineno, alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            for alias in node.names:
                yield Arrow(file, node.lineno, f"{module}.{alias.name}")


ARROWS = [arrow for file in sorted(PACKAGE.rglob("*.py")) for arrow in imports(file)]


def refuse(arrows: Iterator[Arrow]) -> None:
    found = [str(arrow) for arrow in arrows]
    assert not found, "\n".join(found)


def own(arrow: Arrow) -> Tuple[str, ...]:
    """Return the path inside the package that an import names, () for another package."""
    parts = arrow.module.split(".")
    return tuple(parts[1:]) if parts[0] == "geopub_plugin" else ()


def test_arrows_point_inward():
    refuse(a for a in ARROWS if own(a) and own(a)[0] not in ALLOWED[a.place[0]] and not is_name_of_top(a))


def is_name_of_top(arrow: Arrow) -> bool:
    """Tell `from . import x` of the top package, where x is a ring, from names that are no module."""
    return not (PACKAGE / own(arrow)[0]).exists() and not (PACKAGE / f"{own(arrow)[0]}.py").exists()


def test_the_other_rings_use_only_values_of_the_backend():
    exempt = {
        ("terminal", "serving"),
        ("terminal", "tiling"),
        ("terminal", "tiling_display"),
    }  # `serve` and `tiles` are the backend, called by its name
    refuse(
        a
        for a in ARROWS
        if a.place[0] != "backend"
        and own(a)[:1] == ("backend",)
        and len(own(a)) > 1
        and own(a)[1] not in VALUES
        and a.place not in exempt
    )


def test_the_backend_knows_neither_qt_nor_qgis_outside_render():
    refuse(
        a
        for a in ARROWS
        if a.place[0] == "backend" and a.place[1] != "render" and a.module.split(".")[0] in ("qgis", "PyQt5", "PyQt6")
    )


def test_the_backend_imports_only_what_every_qgis_or_the_zip_carries():
    standard: Set[str] = set(getattr(sys, "stdlib_module_names", ()))
    if not standard:
        pytest.skip("this Python does not list its standard library")
    known = standard | BACKEND_PACKAGES | {"geopub_plugin", "qgis"}
    refuse(a for a in ARROWS if a.place[0] == "backend" and a.module.split(".")[0] not in known)


def test_publish_has_no_widget():
    refuse(a for a in ARROWS if a.place[0] == "publish" and a.module.startswith(WIDGETS))


def test_qt_is_imported_through_qgis_only():
    refuse(a for a in ARROWS if a.module.split(".")[0] in ("PyQt5", "PyQt6", "PySide2", "PySide6", "sip"))


@pytest.mark.parametrize("module", ["cli", "publish.client", "publish.publication", "publish.embedded"])
def test_the_command_line_does_without_qgis(module):
    program = f"import sys, geopub_plugin.{module}; print(sorted(m for m in sys.modules if m.split('.')[0] == 'qgis'))"
    told = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_this_test_sees_an_outward_arrow(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules[__name__], "PACKAGE", tmp_path)
    (tmp_path / "backend" / "tiles").mkdir(parents=True)
    file = tmp_path / "backend" / "tiles" / "x.py"
    file.write_text("from ...publish.client import Store\nfrom ..errors import InvalidInput\nimport qgis.core\n")
    assert [arrow.module for arrow in imports(file)] == [
        "geopub_plugin.publish.client.Store",
        "geopub_plugin.backend.errors.InvalidInput",
        "qgis.core",
    ]
