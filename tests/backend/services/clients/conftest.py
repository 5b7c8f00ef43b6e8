"""Each data set, served: the catalogue of the WFS's tests, and the real ones (most in `make test-slow` only)."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, List

import pytest

from ....conftest import SHARED_DATA
from ..wfs.conftest import catalogue_file
from .served import Served, serving

__all__ = ["catalogue_file"]
QUICK = ("urba_30014_PLU_20171013.gpkg",)
REAL = (
    "admin_france_4326", "bano_adresses_a_4326", "bano_adresses_antilles_5490", "buildings_tokyo_centre_4326",
    "cadastre_13029_l93", "cambridge_a_4326", "communes_nord_l93", "contours_nice_25m_l93",
    "emsr790_reunion_routes_2975", "emsr790_reunion_routes_4326", "ign_forets_bourgogne_4258",
    "ign_forets_bourgogne_4326", "montpellier_a_multi", "naturalearth_a_4326", "oa_scotland_27700",
    "osm_bayreuth_25832", "osm_monaco_3857", "osm_monaco_4326", "roads_porto_portland_4326",
    "urba_200011781_PLUi_20180101", "urba_30014_PLU_20171013",
)  # fmt: skip


def _sets() -> List[object]:
    names = [f"{name}.gpkg" for name in REAL] if SHARED_DATA.is_dir() else []
    return ["catalogue", *(name if name in QUICK else pytest.param(name, marks=pytest.mark.slow) for name in names)]


@pytest.fixture(scope="session", params=_sets())
def served(request: pytest.FixtureRequest, catalogue_file: Path) -> Iterator[List[Served]]:
    """Return the tables of one data set after the other, served."""
    path = catalogue_file if request.param == "catalogue" else request.getfixturevalue("real_data") / request.param
    with serving(path) as tables:
        yield tables
