"""Tables of text, as spreadsheets and databases write them."""

from __future__ import annotations

import pytest
import shapely
from osgeo import ogr

from geopub_plugin.backend.features.schema import ColumnKind
from geopub_plugin.backend.ingest.csv_columns import ColumnSurvey, kind_of, location_of, number
from geopub_plugin.backend.ingest.csv_reading import own_names, text_table

from .packages import SQUARE, rows, shapes

SEPARATED = {
    "comma": "lon,lat,name,height\n2.5,48.25,Été,12.5\n3,49,b,7\n",
    "semicolon and decimal comma": "lon;lat;name;height\n2,5;48,25;Été;12,5\n3;49;b;7\n",
    "tab": "lon\tlat\tname\theight\n2.5\t48.25\tÉté\t12.5\n3\t49\tb\t7\n",
    "pipe": "lon|lat|name|height\n2.5|48.25|Été|12.5\n3|49|b|7\n",
    "quoted": '"lon","lat","name","height"\n"2,5","48,25","Été","12,5"\n"3","49","b","7"\n',
    "Windows line ends and blank lines": "lon,lat,name,height\r\n2.5,48.25,Été,12.5\r\n\r\n3,49,b,7\r\n",
    "Excel's first line": "sep=;\nlon;lat;name;height\n2,5;48,25;Été;12,5\n3;49;b;7\n",
    "spaces in the header": "lon , lat,name , height\n2.5,48.25,Été,12.5\n3,49,b,7\n",
    "no last line end": "lon,lat,name,height\n2.5,48.25,Été,12.5\n3,49,b,7",
}


@pytest.mark.parametrize("case", SEPARATED)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_every_way_of_writing_it(case, encoding, tmp_path, integrate):
    (tmp_path / "a.csv").write_bytes(SEPARATED[case].encode(encoding))
    result = integrate(tmp_path / "a.csv")
    assert rows(result["path"], "SELECT lon, lat, name, height FROM a ORDER BY lon") == [
        (2.5, 48.25, "Été", 12.5),
        (3, 49, "b", 7),
    ]
    assert [(point.x, point.y) for point in sorted(shapes(result["path"], "a", "lon").values(), key=lambda p: p.x)] == [
        (2.5, 48.25),
        (3, 49),
    ]
    assert (result["srs"], result["relations"][0]["geometry_type"]) == ("EPSG:4326", "POINT")
    assert ("file.encoding" in result["ids"]) == (encoding == "cp1252")


POLYGON = ogr.CreateGeometryFromWkt(SQUARE)
GEOMETRIES = {
    "wkt": f'"{SQUARE}"',
    "geom": f'"SRID=2154;{SQUARE}"',
    "the_geom": f'"{SQUARE}"',
    "wkb": bytes(POLYGON.ExportToIsoWkb()).hex(),
    "WKB_GEOMETRY": bytes(POLYGON.ExportToIsoWkb()).hex().upper(),
    "json": '"{""type"": ""Polygon"", ""coordinates"": [[[0,0],[4,0],[4,4],[0,4],[0,0]]]}"',
}


@pytest.mark.parametrize("column", GEOMETRIES)
def test_geometries_as_text(column, tmp_path, integrate):
    (tmp_path / "a.csv").write_text(f"id,{column}\n7,{GEOMETRIES[column]}\n8,\n")
    result = integrate(tmp_path / "a.csv", srs="EPSG:2154")
    found = shapes(result["path"], "a", "id")
    assert found[7].equals(shapely.from_wkt(SQUARE))
    assert found[8] is None
    assert list(result["relations"][0]["attributes"]) == ["ogc_fid", "geom", "id"]


def test_plain_coordinates_need_a_system(tmp_path, check, integrate):
    (tmp_path / "a.csv").write_text("x;y;name\n652469,02;6862035,26;Paris\n")
    assert list(check(tmp_path / "a.csv")) == ["table.no-srs"]
    result = integrate(tmp_path / "a.csv", srs="EPSG:2154", target_srs="EPSG:4326")
    (found,) = shapes(result["path"], "a", "name").values()
    assert (found.x, found.y) == pytest.approx((2.3522, 48.8566), abs=1e-3)


def test_types_of_columns(tmp_path, integrate):
    text = (
        "lon,lat,code,count,mixed,day,empty,long,exponent\n"
        "1,2,01000,1,1,2024-02-29,,123456789012345678,1e3\n"
        "1,2,75056,-5,two,1789-07-14,,1,2\n"
        "1,2,,,3,,,,\n"
    )
    (tmp_path / "a.csv").write_text(text)
    result = integrate(tmp_path / "a.csv")
    kinds = result["relations"][0]["attributes"]
    assert {name: kinds[name] for name in ("code", "count", "mixed", "day", "empty", "long", "exponent")} == {
        "code": "character varying",
        "count": "bigint",
        "mixed": "character varying",
        "day": "date",
        "empty": "character varying",
        "long": "bigint",
        "exponent": "double precision",
    }
    assert rows(result["path"], "SELECT code, count, mixed, day, empty, long, exponent FROM a") == [
        ("01000", 1, "1", "2024-02-29", None, 123456789012345678, 1000.0),
        ("75056", -5, "two", "1789-07-14", None, 1, 2.0),
        (None, None, "3", None, None, None, None),
    ]


def test_a_csvt_file_says_what_the_columns_are(tmp_path, integrate):
    (tmp_path / "a.csv").write_text("lon,lat,code,n\n1,2,75,1\n")
    (tmp_path / "a.csvt").write_text('"Real","Real","String(5)","Integer"\n')
    result = integrate(tmp_path / "a.csv", tmp_path / "a.csvt")
    assert rows(result["path"], "SELECT code, n FROM a") == [("75", 1)]


def test_faults_are_told_with_their_lines(tmp_path, check):
    text = "lon,lat,,name,name\n1,2,a,b,c\n1,x,a,b,c\n1,2,a\n1,2,a,b,c,d\n,,,,\n"
    (tmp_path / "a.csv").write_text(text)
    faults = check(tmp_path / "a.csv")
    assert faults["csv.coordinates"]["count"] == 1
    assert faults["csv.coordinates"]["examples"] == ["line 3: x"]
    assert faults["csv.row-length"]["examples"] == ["line 4", "line 5"]
    assert faults["csv.columns"]["examples"] == ["column_3", "name_2"]
    assert faults["geometry.null"]["count"] == 2


def test_texts_over_several_lines_and_with_separators(tmp_path, integrate):
    (tmp_path / "a.csv").write_text('lon,lat,text\n1,2,"one, ""two""\nthree"\n')
    assert rows(integrate(tmp_path / "a.csv")["path"], "SELECT text FROM a") == [('one, "two"\nthree',)]


def test_an_empty_and_a_headless_file(tmp_path, check):
    (tmp_path / "blank.csv").write_text("\n\n")
    assert list(check(tmp_path / "blank.csv")) == ["file.empty"]
    (tmp_path / "a.csv").write_text("lon,lat\n")
    assert list(check(tmp_path / "a.csv")) == ["table.empty"]


def test_blocks(tmp_path, integrate, monkeypatch):
    monkeypatch.setattr("geopub_plugin.backend.ingest.csv_conversion._BLOCK", 7)
    (tmp_path / "a.csv").write_text("lon,lat,n\n" + "".join(f"{n / 10},48,{n}\n" for n in range(50)))
    result = integrate(tmp_path / "a.csv")
    found = shapes(result["path"], "a", "n")
    assert {n: round(point.x * 10) for n, point in found.items()} == {n: n for n in range(50)}


@pytest.mark.parametrize(
    ("header", "columns", "degrees"),
    [
        (("id", "LON", "Lat"), (1, 2), True),
        (("latitude", "longitude"), (1, 0), True),
        (("X", "Y"), (0, 1), False),
        (("x", "y", "wkt"), (2,), False),
        (("lon", "latitude"), None, False),
    ],
)
def test_columns_that_say_where(header, columns, degrees):
    found = location_of(header)
    assert (found.columns if found else None) == columns
    assert not found or found.degrees == degrees


@pytest.mark.parametrize(
    ("text", "kind"),
    [("0", "integer"), ("-12", "integer"), ("1.", "real"), (".5", "real"), ("1,5", "real"), ("1e5", "real"),
     ("007", "text"), ("0.5", "real"), ("00.5", "text"), ("1 000", "text"), ("2024-02-30", "date"),
     ("2024-13-01", "text"), ("1234567890123456789", "real"), ("nan", "text"), ("inf", "text"), ("0x10", "text")],
)  # fmt: skip
def test_kinds_of_cells(text, kind):
    assert kind_of(text) is ColumnKind(kind)


def test_a_column_is_what_all_its_cells_are():
    def kind(*cells):
        survey = ColumnSurvey()
        for cell in cells:
            survey.look(cell)
        return survey.kind

    assert kind("1", "", "2") is ColumnKind.INTEGER
    assert kind("1", "2,5") is ColumnKind.REAL
    assert kind("2.5", "1") is ColumnKind.REAL
    assert kind("2024-01-01", "1") is ColumnKind.TEXT
    assert kind("", " ") is None


def test_numbers():
    assert [number(text) for text in ("1,5", " 2 ", "1\u00a0000,5", "x", "", "1,2,3")] == [
        1.5,
        2,
        1000.5,
        None,
        None,
        None,
    ]


def test_names_of_columns():
    assert own_names(["a", "", "A", "a"]) == (("a", "column_2", "A_2", "a_3"), ("column_2", "A_2", "a_3"))


def test_the_separator_is_that_of_most_rows(tmp_path):
    (tmp_path / "a.csv").write_text('name;lon;lat\n"a, b";1,5;2,5\n"c, d, e";1,5;2,5\n')
    assert text_table(tmp_path / "a.csv").separator == ";"
