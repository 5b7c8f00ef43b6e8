"""What can be found in geometries."""

from __future__ import annotations

from ...faults import Severity
from .check import declared

_ERRORS = declared(
    Severity.ERROR,
    (
        "geometry.all-malformed",
        "No readable geometry",
        "No geometry of the table “{table}” can be read.",
        "Their bytes are damaged.",
        "Export the layer again from its source.",
    ),
)

_REPAIRED = declared(
    Severity.REPAIRED,
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
)

_WARNINGS = declared(
    Severity.WARNING,
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

GEOMETRIES = (*_ERRORS, *_REPAIRED, *_WARNINGS)
