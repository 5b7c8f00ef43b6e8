"""Filters in FES 2.0, 1.1 and 1.0, against tables made by GDAL; shapely decides what is right."""
# ruff: noqa: E501 - GML is long

from __future__ import annotations

import random
from pathlib import Path
from typing import List, Optional

import pytest
import shapely
from osgeo import ogr, osr

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.features.geopackage import GeoPackageTable
from geopub_plugin.backend.safe_xml import parse
from geopub_plugin.backend.services.filters.fes import SPATIAL, TEMPORAL, condition_of
from geopub_plugin.backend.services.filters.sqlite import FilteredType, sql_condition

FES = 'xmlns:fes="http://www.opengis.net/fes/2.0" xmlns:gml="http://www.opengis.net/gml/3.2"'
OGC = 'xmlns:fes="http://www.opengis.net/ogc" xmlns:gml="http://www.opengis.net/gml"'
ROWS = [
    {"name": "Éclair", "n": 5, "h": 1.5, "yes": 1, "day": "2024-02-29", "moment": "2024/02/29 12:00:00+00"},
    {"name": "éclair", "n": 10, "h": 2.5, "yes": 0, "day": "2024-03-01", "moment": "2024/02/29 12:00:00.500+00"},
    {"name": "a%b_c", "n": -1, "h": -0.5, "yes": 1, "day": "1999-12-31", "moment": "1999/12/31 23:59:59+00"},
    {"name": "a*b", "n": 7, "yes": 0},
    {},
]


def create(path: Path, code: int, shapes: List[Optional[str]], rows: Optional[List[dict]] = None) -> Path:
    ogr.UseExceptions()
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(code)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer("t", srs, ogr.wkbUnknown, ["FID=ogc_fid", "GEOMETRY_NAME=geom"])
    kinds = {"name": ogr.OFTString, "n": ogr.OFTInteger, "h": ogr.OFTReal, "yes": ogr.OFTInteger, "day": ogr.OFTDate,
             "moment": ogr.OFTDateTime}  # fmt: skip
    for name, kind in kinds.items():
        field = ogr.FieldDefn(name, kind)
        if name == "yes":
            field.SetSubType(ogr.OFSTBoolean)
        layer.CreateField(field)
    for place, shape in enumerate(shapes):
        feature = ogr.Feature(layer.GetLayerDefn())
        for name, value in (rows[place] if rows else {}).items():
            feature.SetField(name, value)
        if shape:
            feature.SetGeometryDirectly(ogr.CreateGeometryFromWkt(shape))
        layer.CreateFeature(feature)
    del layer, source
    return path


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> GeoPackageTable:
    path = create(tmp_path_factory.mktemp("fes") / "a.gpkg", 2154, [f"POINT({i} 0)" for i in range(5)], ROWS)
    return GeoPackageTable(path, "t")


def matching(table: GeoPackageTable, body: str, namespaces: str = FES) -> List[int]:
    """Return the keys that a filter finds, counted from 1."""
    fields = {field.name: field.name for field in table.schema.fields}
    filtered = FilteredType(table.schema, fields, frozenset({"geom"}), lambda ids: tuple(int(i[2:]) for i in ids))
    condition = condition_of(parse(f"<fes:Filter {namespaces}>{body}</fes:Filter>".encode()))
    return table.fids_where(sql_condition(condition, filtered)).tolist()


def compared(operator: str, name: str, value: str, attributes: str = "") -> str:
    return (
        f"<fes:PropertyIs{operator} {attributes}><fes:ValueReference>{name}</fes:ValueReference>"
        f"<fes:Literal>{value}</fes:Literal></fes:PropertyIs{operator}>"
    )


def like(pattern: str, attributes: str = 'wildCard="*" singleChar="?" escapeChar="!"') -> str:
    return compared("Like", "name", pattern, attributes)


@pytest.mark.parametrize(
    "body, found",
    [
        (compared("EqualTo", "name", "Éclair"), [1]),
        (compared("EqualTo", "name", "ÉCLAIR", 'matchCase="false"'), [1, 2]),
        (compared("NotEqualTo", "name", "Éclair"), [2, 3, 4]),
        (compared("LessThan", "n", "5"), [3]),
        (compared("LessThanOrEqualTo", "n", "5.0"), [1, 3]),
        (compared("GreaterThan", "n", "7"), [2]),  # as numbers: 10 is more than 7
        (compared("GreaterThanOrEqualTo", "h", "1.5"), [1, 2]),
        (compared("EqualTo", "yes", "true"), [1, 3]),
        (compared("EqualTo", "day", "2024-02-29"), [1]),
        (compared("EqualTo", "moment", "2024-02-29T13:00:00+01:00"), [1]),
        (compared("GreaterThan", "moment", "2024-02-29T12:00:00Z"), [2]),
        (compared("EqualTo", "p:t/p:name", "a*b"), [4]),
        (like("*clair"), [1, 2]),
        (like("a!*b"), [4]),
        (like("a%b_c"), [3]),
        (like("?CLAIR", 'wildCard="*" singleChar="?" escapeChar="!" matchCase="false"'), [1, 2]),
        (like("a%", 'wildCard="%" singleChar="_" escapeChar="\\"'), [3, 4]),
        ("<fes:PropertyIsNull><fes:ValueReference>n</fes:ValueReference></fes:PropertyIsNull>", [5]),
        ("<fes:PropertyIsNil><fes:ValueReference>h</fes:ValueReference></fes:PropertyIsNil>", [4, 5]),
        ("<fes:PropertyIsBetween><fes:ValueReference>n</fes:ValueReference><fes:LowerBoundary><fes:Literal>5</fes:Literal>"
         "</fes:LowerBoundary><fes:UpperBoundary><fes:Literal>7</fes:Literal></fes:UpperBoundary></fes:PropertyIsBetween>",
         [1, 4]),
        (f"<fes:And>{compared('GreaterThan', 'n', '0')}{compared('EqualTo', 'yes', 'false')}</fes:And>", [2, 4]),
        (f"<fes:Or>{compared('EqualTo', 'n', '5')}{compared('EqualTo', 'n', '7')}</fes:Or>", [1, 4]),
        (f"<fes:Not>{compared('EqualTo', 'n', '5')}</fes:Not>", [2, 3, 4]),
        ('<fes:ResourceId rid="t.2"/><fes:ResourceId rid="t.9"/>', [2]),
        (f'<fes:Or><fes:ResourceId rid="t.2"/>{compared("EqualTo", "n", "5")}</fes:Or>', [1, 2]),
        ("<fes:PropertyIsEqualTo><fes:Literal>5</fes:Literal><fes:ValueReference>n</fes:ValueReference>"
         "</fes:PropertyIsEqualTo>", [1]),
    ],
)  # fmt: skip
def test_attributes(table: GeoPackageTable, body: str, found: List[int]) -> None:
    assert matching(table, body) == found


@pytest.mark.parametrize(
    "relation, time, found",
    [
        ("After", "<gml:TimeInstant gml:id='a'><gml:timePosition>2024-02-29</gml:timePosition></gml:TimeInstant>", [2]),
        ("Before", "<fes:Literal>2024-01-01</fes:Literal>", [3]),
        ("TEquals", "<fes:Literal>2024-03-01</fes:Literal>", [2]),
        ("During", "<gml:TimePeriod gml:id='a'><gml:beginPosition>2024-02-28</gml:beginPosition>"
         "<gml:endPosition>2024-03-01</gml:endPosition></gml:TimePeriod>", [1]),
        ("AnyInteracts", "<gml:TimePeriod gml:id='a'><gml:begin><gml:TimeInstant gml:id='b'><gml:timePosition>2024-02-29"
         "</gml:timePosition></gml:TimeInstant></gml:begin><gml:endPosition>2024-03-01</gml:endPosition></gml:TimePeriod>",
         [1, 2]),
        ("Begins", "<gml:TimePeriod gml:id='a'><gml:beginPosition>2024-02-29</gml:beginPosition>"
         "<gml:endPosition>2024-03-01</gml:endPosition></gml:TimePeriod>", [1]),
        ("Ends", "<gml:TimePeriod gml:id='a'><gml:beginPosition>2024-02-29</gml:beginPosition>"
         "<gml:endPosition>2024-03-01</gml:endPosition></gml:TimePeriod>", [2]),
        ("TOverlaps", "<fes:Literal>2024-01-01</fes:Literal>", []),
    ],
)  # fmt: skip
def test_times(table: GeoPackageTable, relation: str, time: str, found: List[int]) -> None:
    assert relation in TEMPORAL
    assert (
        matching(table, f"<fes:{relation}><fes:ValueReference>day</fes:ValueReference>{time}</fes:{relation}>") == found
    )


@pytest.mark.parametrize(
    "body",
    [
        "",
        compared("EqualTo", "nothing", "1"),
        compared("EqualTo", "n", "many"),
        compared("EqualTo", "geom", "1"),
        "<fes:PropertyIsEqualTo><fes:ValueReference>n</fes:ValueReference></fes:PropertyIsEqualTo>",
        "<fes:PropertyIsEqualTo><fes:Function name='f'/><fes:Literal>1</fes:Literal></fes:PropertyIsEqualTo>",
        "<fes:Strange/>",
        "<fes:And/>",
        "<fes:Not/>",
        like("x", 'wildCard="*" singleChar="*" escapeChar="!"'),
        "<fes:Intersects><fes:ValueReference>geom</fes:ValueReference></fes:Intersects>",
        "<fes:Intersects><fes:ValueReference>name</fes:ValueReference><gml:Point><gml:pos>0 0</gml:pos></gml:Point></fes:Intersects>",
        "<fes:Intersects><fes:ValueReference>geom</fes:ValueReference><gml:Point><gml:pos>zero</gml:pos></gml:Point></fes:Intersects>",
        "<fes:Intersects><gml:Point srsName='EPSG:99999'><gml:pos>0 0</gml:pos></gml:Point></fes:Intersects>",
        "<fes:DWithin><gml:Point><gml:pos>0 0</gml:pos></gml:Point><fes:Distance uom='m'>far</fes:Distance></fes:DWithin>",
        "<fes:DWithin><gml:Point><gml:pos>0 0</gml:pos></gml:Point><fes:Distance uom='parsec'>1</fes:Distance></fes:DWithin>",
        "<fes:Not>" * 100 + compared("EqualTo", "n", "5") + "</fes:Not>" * 100,
        "<fes:Or>" + compared("EqualTo", "n", "5") * 3000 + "</fes:Or>",
        compared("EqualTo", "n", "5") * 2,
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_refused(table: GeoPackageTable, body: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        matching(table, body)
    assert getattr(refusal.value, "locator", "filter") == "filter"


def test_names_and_values_never_become_sql(table: GeoPackageTable) -> None:
    evil = "'; DROP TABLE t; --"
    assert matching(table, compared("EqualTo", "name", evil)) == []
    with pytest.raises(InvalidInput):
        matching(table, compared("EqualTo", evil, "1"))
    assert len(matching(table, compared("NotEqualTo", "name", evil))) == 4


def test_older_languages(table: GeoPackageTable) -> None:
    old = compared("EqualTo", "n", "5").replace("ValueReference", "PropertyName")
    assert matching(table, old, OGC) == [1]
    box = "<fes:BBOX><fes:PropertyName>geom</fes:PropertyName><gml:Box><gml:coordinates>0.5,-1 2.5,1</gml:coordinates></gml:Box></fes:BBOX>"
    assert matching(table, box, OGC) == [2, 3]
    assert matching(table, '<fes:FeatureId fid="t.3"/>', OGC) == [3]


# Geometry -----------------------------------------------------------------------------------------------------------


def shapes(seed: int) -> List[Optional[str]]:
    rng = random.Random(seed)
    made: List[Optional[str]] = [None, "POLYGON EMPTY"]
    for _ in range(60):
        x, y, side = rng.randint(0, 8), rng.randint(0, 8), rng.randint(1, 4)
        made += [
            f"POLYGON(({x} {y},{x + side} {y},{x + side} {y + side},{x} {y + side},{x} {y}))",
            f"LINESTRING({x} {y},{x + side} {y + side})",
            f"POINT({x} {y})",
        ]
    return made


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> GeoPackageTable:
    return GeoPackageTable(create(tmp_path_factory.mktemp("fes") / "b.gpkg", 2154, shapes(1)), "t")


POLYGON = "POLYGON((2 2,6 2,6 6,2 6,2 2))"
GML = {
    POLYGON: "<gml:Polygon gml:id='a'><gml:exterior><gml:LinearRing><gml:posList>2 2 6 2 6 6 2 6 2 2</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>",
    "LINESTRING(0 0,5 5)": "<gml:LineString gml:id='a'><gml:posList>0 0 5 5</gml:posList></gml:LineString>",
    "POINT(3 3)": "<gml:Point gml:id='a'><gml:pos>3 3</gml:pos></gml:Point>",
    "POLYGON((1 1,4 1,4 4,1 4,1 1))": "<gml:Envelope><gml:lowerCorner>1 1</gml:lowerCorner><gml:upperCorner>4 4</gml:upperCorner></gml:Envelope>",
}  # fmt: skip


def truly(relation: str, shape: str, wkt: Optional[str]) -> bool:
    if wkt is None:
        return False
    feature, other = shapely.from_wkt(wkt), shapely.from_wkt(shape)
    if relation == "BBOX":
        return feature.intersects(other)
    return bool(getattr(feature, relation.lower())(other))


@pytest.mark.parametrize("shape", GML)
@pytest.mark.parametrize("relation", [name for name in SPATIAL if name not in ("Beyond", "DWithin")])
def test_relations_are_those_of_geos(squares: GeoPackageTable, relation: str, shape: str) -> None:
    found = matching(
        squares, f"<fes:{relation}><fes:ValueReference>geom</fes:ValueReference>{GML[shape]}</fes:{relation}>"
    )
    assert found == [place + 1 for place, wkt in enumerate(shapes(1)) if truly(relation, shape, wkt)]


@pytest.mark.parametrize("uom, factor", [("m", 1), ("km", 0.001), ("urn:ogc:def:uom:EPSG::9001", 1), ("", 1)])
def test_distances_in_a_plane(squares: GeoPackageTable, uom: str, factor: float) -> None:
    body = f"{GML['POINT(3 3)']}<fes:Distance uom='{uom}'>{2.5 * factor}</fes:Distance>"
    point = shapely.from_wkt("POINT(3 3)")
    distances = [None if wkt is None else shapely.from_wkt(wkt).distance(point) for wkt in shapes(1)]
    near = [place + 1 for place, value in enumerate(distances) if value is not None and value <= 2.5]
    assert matching(squares, f"<fes:DWithin>{body}</fes:DWithin>") == near
    beyond = matching(squares, f"<fes:Beyond>{body}</fes:Beyond>")
    assert set(beyond) >= {place + 1 for place, value in enumerate(distances) if value is not None and value > 2.5}
    assert not set(beyond) & set(near) and 1 not in beyond


def test_distances_on_the_globe(tmp_path: Path) -> None:
    # 0.01 degrees at 60° north: 557 m east, 1,114 m north
    path = create(tmp_path / "c.gpkg", 4326, ["POINT(10.01 60)", "POINT(10 60.01)", "POINT(10 60)"])
    with GeoPackageTable(path, "t") as table:
        point = "<gml:Point srsName='urn:ogc:def:crs:EPSG::4326'><gml:pos>60 10</gml:pos></gml:Point>"
        for metres, found in ((100, [3]), (560, [1, 3]), (1000, [1, 3]), (1200, [1, 2, 3])):
            body = f"<fes:DWithin>{point}<fes:Distance uom='m'>{metres}</fes:Distance></fes:DWithin>"
            assert matching(table, body) == found


def test_axes_and_systems_are_those_that_the_geometry_names(tmp_path: Path) -> None:
    path = create(tmp_path / "d.gpkg", 2154, ["POINT(700000 6600000)", "POINT(800000 6600000)"])
    with GeoPackageTable(path, "t") as table:
        for name, corners in (
            ("urn:ogc:def:crs:EPSG::4326", ("46.4 2.9", "46.6 3.1")),
            ("EPSG:4326", ("2.9 46.4", "3.1 46.6")),
            ("http://www.opengis.net/def/crs/EPSG/0/2154", ("699000 6599000", "701000 6601000")),
        ):
            box = (
                f"<gml:Envelope srsName='{name}'><gml:lowerCorner>{corners[0]}</gml:lowerCorner>"
                f"<gml:upperCorner>{corners[1]}</gml:upperCorner></gml:Envelope>"
            )
            assert matching(table, f"<fes:BBOX><fes:ValueReference>geom</fes:ValueReference>{box}</fes:BBOX>") == [1]


def test_conditions_on_both(squares: GeoPackageTable) -> None:
    inside = f"<fes:Within><fes:ValueReference>geom</fes:ValueReference>{GML[POLYGON]}</fes:Within>"
    outside = f"<fes:Disjoint><fes:ValueReference>geom</fes:ValueReference>{GML[POLYGON]}</fes:Disjoint>"
    within, disjoint = set(matching(squares, inside)), set(matching(squares, outside))
    both = set(matching(squares, f"<fes:Or>{inside}{outside}</fes:Or>"))
    neither = set(matching(squares, f"<fes:Not><fes:Or>{inside}{outside}</fes:Or></fes:Not>"))
    assert both == within | disjoint and not both & neither
    assert neither | both | {1} == set(range(1, len(shapes(1)) + 1))
