"""The check catalogue: everything that can be found in delivered files, declared once.

A `Check` holds English templates, given to `tr` only when a fault is made, so that a fault speaks the language of the
moment. The code that finds things is in `files`, `archive`, `examination` and what that one calls; the same catalogue
serves QGIS before the upload and the backend after it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Dict, Iterable, Tuple

from ..faults import Fault, Severity
from ..translation import tr

EXAMPLES = 10  # at most, in one fault


@dataclass(frozen=True)
class Check:
    """One thing that can be found: how much it weighs, and what to say of it."""

    id: str
    severity: Severity
    title: str
    what: str
    why: str
    cure: str
    fixable: bool = False

    def fault(
        self,
        table: str = "",
        count: int = 1,
        examples: Iterable[object] = (),
        **values: object,
    ) -> Fault:
        """Return the finding in the user's language; `values` fill the named places of the templates."""
        values = {"table": table, "count": count, **values}
        shown = tuple(str(example) for example in examples)[:EXAMPLES]
        what, why, cure = (_filled(text, values) for text in (self.what, self.why, self.cure))
        return Fault(self.id, self.severity, what, why, cure, table, count, shown, self.fixable)


def _filled(text: str, values: Dict[str, object]) -> str:
    return tr(text, **values) if text else ""


def _checks(severity: Severity, *rows: Tuple[str, str, str, str, str]) -> Tuple[Check, ...]:
    return tuple(Check(*row[:1], severity, *row[1:], fixable=severity is Severity.REPAIRED) for row in rows)


_ERRORS = _checks(
    Severity.ERROR,
    (
        "file.missing",
        "Missing file",
        "The file “{name}” is not in the delivery.",
        "It is named by the delivery or by its checksums, but it never arrived.",
        "Send it again.",
    ),
    (
        "file.digest",
        "Changed file",
        "The file “{name}” is not the one that was sent.",
        "Its MD5 checksum is {found}, and {expected} was announced: the transfer changed it.",
        "Send it again.",
    ),
    (
        "file.empty",
        "Empty file",
        "The file “{name}” is empty.",
        "It has zero bytes: a copy or an export was interrupted.",
        "Export the layer again and send the new file.",
    ),
    (
        "file.not-geopackage",
        "Not a GeoPackage",
        "The file “{name}” is not a GeoPackage.",
        "It looks like {guess}.",
        "Export it as GeoPackage (in QGIS: right-click ▸ Export ▸ Save Features As…) and send that file.",
    ),
    (
        "file.damaged",
        "Damaged file",
        "The file “{name}” is damaged.",
        "{reason}",
        "Export it again from its source. If there is no other copy: ogr2ogr new.gpkg old.gpkg saves what can be read.",
    ),
    (
        "file.several",
        "Several files",
        "The delivery holds {count} data files.",
        "One delivery is one GeoPackage, which may hold many tables.",
        "Put all tables into one GeoPackage, or publish the files one by one.",
    ),
    (
        "file.no-vector-table",
        "No vector table",
        "The file “{name}” holds no table of features.",
        "A GeoPackage lists its vector tables in gpkg_contents and gpkg_geometry_columns, and these lists are empty.",
        "Export at least one vector layer into it.",
    ),
    (
        "file.raster-only",
        "Only pictures",
        "The file “{name}” holds only raster tiles.",
        "GeoPub publishes features: points, lines and polygons.",
        "Choose a file with vector layers.",
    ),
    (
        "archive.damaged",
        "Damaged archive",
        "The archive “{name}” cannot be opened.",
        "{reason}",
        "Make the zip file again and send it.",
    ),
    (
        "archive.too-many-entries",
        "Too many entries",
        "The archive “{name}” has {count} entries.",
        "At most {limit} are accepted.",
        "Put only the GeoPackage into the archive.",
    ),
    (
        "archive.entry-too-large",
        "Too large an entry",
        "“{entry}” in the archive “{name}” is too large.",
        "At most {limit} bytes are accepted for one entry.",
        "Send the GeoPackage itself, without an archive, or split it.",
    ),
    (
        "archive.bomb",
        "Suspicious compression",
        "“{entry}” in the archive “{name}” grows more than {limit} times when unpacked.",
        "Archives like this are made to fill the disk.",
        "Send the GeoPackage itself, without an archive.",
    ),
    (
        "archive.unsafe-path",
        "Unsafe path",
        "The archive “{name}” has entries that point outside of it.",
        "Their names are absolute or contain “..”.",
        "Make the zip file again from the GeoPackage alone.",
    ),
    (
        "archive.link",
        "Link in the archive",
        "The archive “{name}” contains links.",
        "A link can point to files of this computer, so none is followed.",
        "Make the zip file again with the real files.",
    ),
    (
        "archive.encrypted",
        "Encrypted archive",
        "The archive “{name}” is protected by a password.",
        "GeoPub cannot open it.",
        "Make the zip file again without a password.",
    ),
    (
        "archive.no-geopackage",
        "No GeoPackage in the archive",
        "The archive “{name}” contains no GeoPackage.",
        "None of its files has a name that ends in .gpkg.",
        "Put one GeoPackage into the archive.",
    ),
    (
        "archive.several-geopackages",
        "Several GeoPackages in the archive",
        "The archive “{name}” contains {count} GeoPackages.",
        "It is not clear which one is meant.",
        "Keep one of them, or put all tables into one GeoPackage.",
    ),
    (
        "table.missing",
        "Missing table",
        "There is no table “{table}” in the file.",
        "The tables of features are: {known}.",
        "Choose among them.",
    ),
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
    (
        "geometry.all-malformed",
        "No readable geometry",
        "No geometry of the table “{table}” can be read.",
        "Their bytes are damaged.",
        "Export the layer again from its source.",
    ),
)

_REPAIRED = _checks(
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
        "geometry.invalid",
        "Invalid geometries",
        "Invalid geometries repaired in the table “{table}”: {count}.",
        "Their outlines cross or touch themselves, or are not closed.",
        "Look at them: a repaired shape covers the same ground, but its outline may differ.",
    ),
    (
        "geometry.collapsed",
        "Collapsed geometries",
        "Polygons without area in the table “{table}”: {count}. Their features stay, without a geometry.",
        "Their points lie on one line or in one place.",
        "Draw them again, or delete them in the source.",
    ),
    (
        "geometry.curved",
        "Curves",
        "Curves of the table “{table}” published as straight segments: {count}.",
        "The services and tiles know only straight segments; arcs are followed in steps of 4 degrees.",
        "",
    ),
    (
        "geometry.malformed",
        "Unreadable geometries",
        "Unreadable geometries in the table “{table}”: {count}. Their features stay, without a geometry.",
        "Their bytes are damaged, or their coordinates are not numbers.",
        "Draw them again in the source.",
    ),
    (
        "geometry.mixed",
        "Single and multiple geometries",
        "The table “{table}” mixes single and multiple geometries; all are published as {type}.",
        "A published table has one type of geometry.",
        "",
    ),
    (
        "geometry.measures",
        "Measures left out",
        "The M values of the table “{table}” are left out.",
        "The services do not carry them. Coordinates and heights stay.",
        "If they matter, copy them into a column.",
    ),
    (
        "key.duplicate",
        "New keys",
        "The rows of the table “{table}” have been numbered.",
        "Its key is missing, is not a number, or occurs twice.",
        "",
    ),
)

_WARNINGS = _checks(
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
    (
        "geometry.null",
        "Features without geometry",
        "Features without geometry in the table “{table}”: {count}.",
        "They are in WFS, but no map shows them.",
        "Delete them, or draw their geometries.",
    ),
    (
        "geometry.empty",
        "Empty geometries",
        "Empty geometries in the table “{table}”: {count}.",
        "They are in WFS, but no map shows them.",
        "Delete them, or draw their geometries.",
    ),
    (
        "geometry.kinds",
        "Different kinds of geometry",
        "The table “{table}” holds {kinds}.",
        "Most programs, and every style, expect one kind in a table.",
        "Split it into one table a kind.",
    ),
    (
        "geometry.outside",
        "Geometries outside of the reference system",
        "Geometries of the table “{table}” outside of {target}: {count}. Their features stay, without a geometry.",
        "They lie outside of the area where {target} is defined.",
        "Choose a reference system that covers them, such as EPSG:4326.",
    ),
)

_INFOS = _checks(
    Severity.INFO,
    (
        "archive.other-entries",
        "Other files in the archive",
        "Other files in the archive “{name}” left out: {count}.",
        "Only the GeoPackage is published.",
        "",
    ),
    (
        "file.other-files",
        "Other delivered files",
        "Other delivered files left out: {count}.",
        "Only the GeoPackage is published.",
        "",
    ),
    (
        "file.raster-left-out",
        "Raster tables left out",
        "Raster tables left out: {count}.",
        "GeoPub publishes features: points, lines and polygons.",
        "",
    ),
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

CATALOGUE: Dict[str, Check] = {check.id: check for check in (*_ERRORS, *_REPAIRED, *_WARNINGS, *_INFOS)}


def found(check: str, table: str = "", count: int = 1, examples: Iterable[object] = (), **values: object) -> Fault:
    """Return a fault of the check with this id."""
    return CATALOGUE[check].fault(table, count, examples, **values)
