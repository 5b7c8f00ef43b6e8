"""QGIS Desktop under Xvfb: every field of the wizard, for each service, on this computer and on a team server.

The short form is tests/ui/test_wizard.py and test_wizard_published.py, without QGIS Desktop around the wizard.
"""

from __future__ import annotations

import shutil
from contextlib import nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Iterator

import pytest

from geopub_plugin.publish.metadata.description import Description
from geopub_plugin.publish.metadata.iso_document import iso_document
from tests.team_server import LOGIN, PASSWORD, team_server

from .conftest import SCREENSHOTS, processes_with

pytestmark = [pytest.mark.desktop, pytest.mark.slow]

ALL = ("wfs", "wms", "tms")
TABLES = {"en": ("Countries", "Disputed borders"), "fr": ("Pays", "Frontières contestées")}
TYPES = {"wfs": "WFS", "wms": "WMS-VECTOR", "tms": "WMTS-TMS"}
OF_TILES = ["ATTRIBUTES", "LEVELS", "GENERALISATION", "SAMPLE"]
RECORD = Description("Read from a file.", "", ("economy",), contact_email="a@b.fr", creation_date="2020-01-02",
                     organisation="County", organisation_email="a@b.fr", frequency="monthly")  # fmt: skip
STYLE = """<StyledLayerDescriptor xmlns="http://www.opengis.net/sld" version="1.0.0">
<NamedLayer><Name>any</Name><UserStyle><FeatureTypeStyle><Rule><PolygonSymbolizer>
<Fill><CssParameter name="fill">#9fc4a0</CssParameter></Fill><Stroke><CssParameter name="stroke">#4d7d4f</CssParameter>
</Stroke></PolygonSymbolizer></Rule></FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>
"""


@pytest.fixture
def given() -> Iterator[Path]:
    """Return a folder with a short path: the pictures show it."""
    with TemporaryDirectory(prefix="geopub-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("on_team, services", [(False, ALL), (True, ALL), *((False, [one]) for one in ALL)],
                         ids=("here", "team", *ALL))  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_field_of_the_wizard(qgis, world_map, tmp_path, given, language, on_team, services, request):
    work = tmp_path / "data"
    work.mkdir()
    (given / "record.xml").write_bytes(iso_document("A record", RECORD, "2026-01-01"))
    (given / "green.sld").write_text(STYLE, "utf-8")
    file = Path(shutil.copy(world_map, work / "world_map.gpkg"))
    pictures = SCREENSHOTS if on_team else SCREENSHOTS / "wizard" / request.node.callspec.id  # those of the guide apart
    layers = list(zip(("countries", "disputed_borders"), TABLES[language]))
    with team_server(tmp_path / "team") if on_team else nullcontext("") as server:
        run = qgis(
            "scenario_wizard.py", language=language, seconds=580, source=f"{file}|layername={{table}}", layers=layers,
            services=services, server=server, login=LOGIN, password=PASSWORD, style=str(given / "green.sld"),
            record=str(given / "record.xml"), screenshots=str(pictures),
        )  # fmt: skip
    assert run.returncode == 0, run.output[-2000:]
    check_pages(run.results, services)
    check_store(run.results, services, language)
    assert not run.results["asked"], "a restricted service that is drawn asks for a login"
    if on_team:
        assert LOGIN in run.results["trial"] and run.results["target"]["authcfg"]
        kept = "".join(file.read_text("utf-8") for file in (run.profile / "QGIS").glob("QGIS?.ini"))
        assert PASSWORD not in kept and LOGIN not in kept, "secrets are in the authentication database only"
    else:
        assert not processes_with(str(tmp_path)), "the backend outlived QGIS"


def check_pages(seen: dict, services: list) -> None:
    pages = ["TABLES", *(["STYLES"] if "wms" in services else []), *(OF_TILES if "tms" in services else []),
             "SOURCE", "DESCRIPTION", "INFORMATION", "ACCESS", "SUMMARY"]  # fmt: skip
    assert seen["pages"] == pages
    if "tms" in services:
        assert min(seen["level_colours"]) > 2, "both maps of the levels show something"
        proposed, drawn = seen["areas"]
        assert proposed and drawn and proposed != drawn


def check_store(seen: dict, services: list, language: str) -> None:
    told, french = seen["seen"], language == "fr"
    assert isinstance(told, dict), told
    assert sorted(told["types"]) == sorted(TYPES[one] for one in services)
    assert told["with_record"] == sorted(told["types"])
    assert {one["title"] for one in told["attribution"].values()} == {"Natural Earth"}
    (record,) = told["records"]
    organisation, mail = ("Mairie", "sig@mairie.fr") if french else ("Town hall", "gis@town.org")
    for text in (organisation, mail, "Natural Earth", "boundaries", "society", "2026-03-01", "annually"):
        assert text in record, text
    assert all("Usage interne" in one or "Internal use" in one for one, _end in told["permissions"])
    assert told["permissions"] and all(end.startswith("2027-06-30") for _one, end in told["permissions"])
    if "wfs" in services:
        relations = told["types"]["WFS"]["used_data"][0]["relations"]
        assert {one["public_name"] for one in relations} >= {"countries"} and len(relations) == 2
        first = next(one for one in relations if one["public_name"] == "countries")
        assert first["abstract"] and set(first["keywords"]) >= ({"pays", "monde"} if french else {"country", "world"})
    if "tms" in services:
        tiles = told["types"]["WMTS-TMS"]["used_data"][0]
        assert (tiles["top_level"], tiles["bottom_level"]) == ("0", "7"), "of the other table"
        assert told["parameters"]["tippecanoe_options"] == "-S10"
        first = next(one for one in told["parameters"]["composition"] if one["table"] in ("countries", "pays"))
        assert (first["attributes"], first["top_level"], first["bottom_level"]) == (["name"], "1", "5")
