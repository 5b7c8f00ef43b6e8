"""The platform's validator reads our SLD 1.0.0 with GeoStyler's parser, which must find nothing to say of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Sequence

import pytest
from qgis.core import QgsVectorLayer

from geopub_plugin.publish.style_export import export_style

from ..conftest import CACHE
from .generated import write_generated
from .sample import TABLE, sample_of

VERSION = "9.0.3"
READ = """import {readFileSync} from 'node:fs';
import vm from 'node:vm';
vm.runInThisContext(readFileSync(process.argv[2], 'utf8'));
const parser = new GeoStylerSLDParser.SldStyleParser({locale: 'fr'});
for (const path of process.argv.slice(3)) {
  const read = await parser.readStyle(readFileSync(path, 'utf8'));
  const {output, errors = [], warnings = [], unsupportedProperties} = read;
  const said = {errors: errors.map(String), warnings, unsupported: unsupportedProperties ?? {}, name: output?.name,
                rules: output?.rules.length, empty: output?.rules.filter((one) => !one.symbolizers.length).length};
  console.log(JSON.stringify(said));
}
"""
FINE = {"errors": [], "warnings": [], "unsupported": {}, "name": TABLE, "empty": 0}


@pytest.fixture(scope="module")
def parser() -> Path:
    """Return GeoStyler's parser; skip where npm cannot fetch it."""
    folder = CACHE / "geostyler" / VERSION
    script = folder / "node_modules" / "geostyler-sld-parser" / "dist" / "sldStyleParser.iife.js"
    if not script.is_file():
        if shutil.which("npm") is None:
            pytest.skip("npm is not here to fetch GeoStyler's parser: make setup")
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(folder), "--no-audit", "--no-fund", "--silent"]
        if subprocess.run([*command, f"geostyler-sld-parser@{VERSION}"], check=False, timeout=300).returncode:
            pytest.skip("offline: npm cannot fetch GeoStyler's parser")
    return script


def said(parser: Path, paths: Sequence[Path], folder: Path) -> List[Dict[str, Any]]:
    """Return what the parser says of each file."""
    reader = folder / "read.mjs"
    reader.write_text(READ, encoding="utf-8")
    command = ["node", str(reader), str(parser), *map(str, paths)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in told.stdout.splitlines()]


def exported(styles: Sequence[Path], folder: Path) -> List[Path]:
    """Return the SLD 1.0.0 of styles, as a publication from QGIS writes it."""
    found = []
    for number, style in enumerate(styles):
        sample = sample_of(style.read_bytes(), folder / f"{number}.gpkg")
        layer = QgsVectorLayer(f"{sample.data}|layername={TABLE}", TABLE, "ogr")
        message, loaded = layer.loadNamedStyle(str(style))
        assert loaded, message
        place = folder / str(number)
        place.mkdir()
        sld = export_style(layer, TABLE, place).sld10
        found += [sld] if sld is not None else []
    return found


def test_it_reads_generated_styles_without_a_word(parser: Path, tmp_path: Path, qgis_new_project: None) -> None:
    paths = exported(write_generated(tmp_path / "styles"), tmp_path)
    told = said(parser, paths, tmp_path)
    assert len(told) == len(paths) > 20
    assert [one for one in told if {key: one.get(key) for key in FINE} != FINE or not one["rules"]] == []


def test_it_reads_real_styles_without_a_word(
    parser: Path, real_data: Path, tmp_path: Path, qgis_new_project: None
) -> None:
    paths = exported(sorted((real_data / "styles").rglob("*.qml"))[::8], tmp_path)
    told = said(parser, paths, tmp_path)
    assert len(told) == len(paths) > 10
    assert [one for one in told if {key: one.get(key) for key in FINE} != FINE] == []
