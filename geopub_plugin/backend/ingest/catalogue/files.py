"""What can be found in delivered files and archives, before any table is looked at."""

from __future__ import annotations

from ...faults import Severity
from .check import declared

_ERRORS = declared(
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
        "file.unknown-format",
        "Unknown format",
        "The file “{name}” is in no format that can be published.",
        "It looks like {guess}.",
        "Send a GeoPackage, FlatGeobuf, GeoJSON or CSV file, or a zipped shapefile: QGIS can export any layer so.",
    ),
    (
        "file.damaged",
        "Damaged file",
        "The file “{name}” is damaged.",
        "{reason}",
        "Export it again from its source. If there is no other copy: ogr2ogr new.gpkg old.gpkg saves what can be read.",
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
        "Put only the data into the archive.",
    ),
    (
        "archive.entry-too-large",
        "Too large an entry",
        "“{entry}” in the archive “{name}” is too large.",
        "At most {limit} bytes are accepted for one entry.",
        "Send the file itself, without an archive, or split it.",
    ),
    (
        "archive.bomb",
        "Suspicious compression",
        "“{entry}” in the archive “{name}” grows more than {limit} times when unpacked.",
        "Archives like this are made to fill the disk.",
        "Send the file itself, without an archive.",
    ),
    (
        "archive.unsafe-path",
        "Unsafe path",
        "The archive “{name}” has entries that point outside of it.",
        "Their names are absolute or contain “..”.",
        "Make the zip file again from the data alone.",
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
        "archive.no-data",
        "No data in the archive",
        "The archive “{name}” contains no data.",
        "None of its files is a GeoPackage, a shapefile, a FlatGeobuf, a GeoJSON or a CSV file.",
        "Put the data into the archive, not a folder of other archives.",
    ),
    (
        "file.sql",
        "SQL",
        "The file “{name}” holds SQL.",
        "It would have to be run to become data, and GeoPub runs nothing that it is sent.",
        "Run it in a database, and send its tables as a GeoPackage.",
    ),
    (
        "file.unreadable",
        "Unreadable file",
        "The file “{name}” cannot be read as {format}.",
        "{reason}",
        "Open it in QGIS: if it shows there, export it as a GeoPackage and send that.",
    ),
    (
        "shapefile.incomplete",
        "Incomplete shapefile",
        "The shapefile “{name}” is not complete: {missing} is missing.",
        "A shapefile is made of several files, of which .shp, .shx and .dbf are needed.",
        "Put all of them, under one name, into a zip file.",
    ),
    (
        "csv.no-geometry",
        "No coordinates in the table",
        "The file “{name}” has no column that says where its rows are.",
        "Its columns are: {columns}.",
        "Name the columns lon and lat, x and y, or wkt (or geom, the_geom, wkb, json) in the first line.",
    ),
    (
        "csv.unreadable-coordinates",
        "No readable coordinates",
        "No row of “{name}” has coordinates that can be read.",
        "The columns {columns} hold other things, such as “{example}”.",
        "Look at these columns: one number a cell, or a geometry as WKT.",
    ),
    (
        "archive.too-large",
        "Too large an archive",
        "The archive “{name}” is too large when unpacked.",
        "At most {limit} bytes are accepted.",
        "Send the files one by one, or as one GeoPackage.",
    ),
)

_REPAIRED = declared(
    Severity.REPAIRED,
    (
        "file.encoding",
        "Text in another encoding",
        "The file “{name}” is not UTF-8.",
        "It was read as Windows-1252, the usual encoding of spreadsheets and older files.",
        "Look at the accents. If they are wrong, export the file again as UTF-8.",
    ),
    (
        "csv.columns",
        "Columns without a name of their own",
        "Columns of “{name}” that have no name, or that of another one: {count}.",
        "Each column needs a name of its own.",
        "Give them names in the first line.",
    ),
    (
        "csv.row-length",
        "Rows of another length",
        "Rows of “{name}” of another length than the first: {count}. What is missing is NULL, what is too much goes.",
        "The first line names {columns} columns.",
        "Look at these lines: is a separator within a text that has no quotes?",
    ),
    (
        "csv.coordinates",
        "Unreadable coordinates",
        "Rows of “{name}” whose coordinates cannot be read: {count}. They stay, without a geometry.",
        "The columns {columns} hold something else there.",
        "Correct these lines.",
    ),
)

_INFOS = declared(
    Severity.INFO,
    (
        "archive.other-entries",
        "Other files in the archive",
        "Other files in the archive “{name}” left out: {count}.",
        "Only data of one format is published: {family}.",
        "",
    ),
    (
        "file.other-files",
        "Other delivered files",
        "Other delivered files left out: {count}.",
        "Only data of one format is published: {family}.",
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
        "file.merged",
        "Several files",
        "The {count} files of the delivery become the tables of one publication.",
        "A publication is one set of tables.",
        "",
    ),
)

FILES = (*_ERRORS, *_REPAIRED, *_INFOS)
