"""What can be found in tables: their reference systems, names, columns and keys."""

from __future__ import annotations

from ...faults import Severity
from .check import declared

_ERRORS = declared(
    Severity.ERROR,
    (
        "table.missing",
        "Missing table",
        "There is no table “{table}” in the file.",
        "The tables of features are: {known}.",
        "Choose among them.",
    ),
)

# mended by a declared reference system
_UNTIL_DECLARED = declared(
    Severity.ERROR,
    (
        "table.no-srs",
        "No coordinate reference system",
        "The table “{table}” has no coordinate reference system.",
        "Without it nobody can tell where its coordinates are on Earth.",
        "Say which one it is, such as EPSG:2154 in mainland France, or set it on the layer in QGIS and export again.",
    ),
    (
        "table.unreadable-srs",
        "Unreadable coordinate reference system",
        "The coordinate reference system of the table “{table}” cannot be understood.",
        "Its definition, “{definition}”, means nothing to PROJ.",
        "Say which one it is, such as EPSG:2154 in mainland France, or set it on the layer in QGIS and export again.",
    ),
    (
        "table.local-srs",
        "Local coordinates",
        "The table “{table}” is in coordinates of its own, “{srs}”.",
        "They are not tied to any place on Earth.",
        "Set the right reference system on the layer in QGIS, or georeference it, and export again.",
    ),
    (
        "table.implausible-srs",
        "Implausible coordinates",
        "The coordinates of the table “{table}” do not fit its reference system, {srs}.",
        "They reach from {west}, {south} to {east}, {north}, which are not longitudes and latitudes.",
        "Say which reference system they are really in, or set the right one on the layer in QGIS and export again.",
    ),
    fixable=True,
)

_REPAIRED = declared(
    Severity.REPAIRED,
    (
        "table.name",
        "Renamed table",
        "The table “{table}” is published as “{name}”.",
        "Published names have only lower-case letters without accents, digits and “_”, and no two are equal.",
        "",
    ),
    (
        "field.name",
        "Renamed columns",
        "Columns of the table “{table}” published under other names: {count}.",
        "Published names have only lower-case letters without accents, digits and “_”, and no two are equal.",
        "",
    ),
    (
        "field.values",
        "Column of another type",
        "Columns of the table “{table}” that change their type: {count}.",
        "They hold values that are not of the type they declare.",
        "",
    ),
    (
        "field.encoding",
        "Text in another encoding",
        "Texts of the table “{table}” that are not UTF-8: {count}.",
        "They were read as Windows-1252, the usual encoding of older files.",
        "Look at the accents. If they are wrong, export the layer again with the right encoding.",
    ),
    (
        "key.duplicate",
        "New keys",
        "The rows of the table “{table}” have been numbered.",
        "Its key is missing, is not a number, or occurs twice.",
        "",
    ),
)

_WARNINGS = declared(
    Severity.WARNING,
    (
        "table.empty",
        "Empty table",
        "The table “{table}” has no rows.",
        "It is published, and shows nothing.",
        "Check that the right layer was exported.",
    ),
    (
        "file.two-srs",
        "Several coordinate reference systems",
        "The tables of the file use {count} coordinate reference systems.",
        "All tables of a publication share one: they are published in {target}.",
        "Choose another one if {target} is not what you want.",
    ),
    (
        "table.unknown-srs",
        "Coordinate reference system without a code",
        "The coordinate reference system of the table “{table}”, {srs}, has no EPSG code.",
        "Services name reference systems by their codes, so the table is published in {target}.",
        "Choose another one if {target} is not what you want.",
    ),
    (
        "srs.mismatch",
        "Other coordinate reference system than declared",
        "The table “{table}” is in {found}, and {declared} was declared.",
        "Its coordinates are converted to {target}.",
        "If the file is wrong about itself, set the right reference system on the layer in QGIS and export again.",
    ),
    (
        "srs.overridden",
        "Coordinate reference system overridden",
        "The table “{table}” says that it is in {found}; it is read as {declared}.",
        "Its coordinates are not longitudes and latitudes, and {declared} was declared.",
        "Look at the map: the features should lie where you expect them.",
    ),
)

_INFOS = declared(
    Severity.INFO,
    (
        "table.attributes-only",
        "Tables without geometry",
        "Tables without geometry left out: {count}.",
        "A map service needs a geometry.",
        "",
    ),
    (
        "table.view",
        "View",
        "The view “{table}” is published as a table.",
        "Its rows are copied as they are now.",
        "Publish again when the tables behind it change.",
    ),
    (
        "table.declared-srs",
        "Declared coordinate reference system",
        "The table “{table}” has no usable coordinate reference system; it is read as {declared}.",
        "That is what was declared.",
        "",
    ),
)

TABLES = (*_ERRORS, *_UNTIL_DECLARED, *_REPAIRED, *_WARNINGS, *_INFOS)
