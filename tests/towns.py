"""A small GeoPackage of towns, and a style for them."""

from __future__ import annotations

from pathlib import Path

from osgeo import ogr, osr

# With the name of a mark to be filled in
SLD = b"""<?xml version="1.0"?><StyledLayerDescriptor version="1.0.0" xmlns="http://www.opengis.net/sld"><NamedLayer>
<Name>towns</Name><UserStyle><FeatureTypeStyle><Rule><PointSymbolizer><Graphic><Mark><WellKnownName>%s</WellKnownName>
<Fill><CssParameter name="fill">#ff0000</CssParameter></Fill></Mark><Size>9</Size></Graphic></PointSymbolizer></Rule>
</FeatureTypeStyle></UserStyle></NamedLayer></StyledLayerDescriptor>"""


def make_geopackage(path: Path, towns: int = 30, table: str = "towns") -> Path:
    """Write points with names into a new GeoPackage, and return where it is."""
    path.unlink(missing_ok=True)
    srs = osr.SpatialReference()
    srs.ImportFromEPSG(4326)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    layer = source.CreateLayer(table, srs, ogr.wkbPoint)
    layer.CreateField(ogr.FieldDefn("Name", ogr.OFTString))
    for number in range(towns):
        feature = ogr.Feature(layer.GetLayerDefn())
        feature["Name"] = f"town {number}"
        feature.SetGeometry(ogr.CreateGeometryFromWkt(f"POINT ({2 + number / 100} {48 + number / 200})"))
        layer.CreateFeature(feature)
    return path
