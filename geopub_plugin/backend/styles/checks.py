"""What is wrong with a style for a table: every fault at once, each with its cure."""

from __future__ import annotations

import difflib
from typing import Dict, FrozenSet, Iterator, List, Mapping, Optional, Tuple

from ..errors import InvalidInput
from ..faults import Fault, Severity
from ..features.schema import TableSchema
from ..safe_xml import local_name
from ..translation import tr
from .attributes import translate_attributes
from .functions import forbidden_calls
from .graphics import left_outside
from .recognition import StyleDocument, StyleKind, read
from .sld_checks import sld_faults

_RENDERERS = frozenset(
    {
        "nullSymbol", "singleSymbol", "categorizedSymbol", "graduatedSymbol", "RuleRenderer", "pointDisplacement",
        "pointCluster", "invertedPolygonRenderer", "mergedFeatureRenderer", "heatmapRenderer", "25dRenderer",
        "embeddedSymbol",
    }
)  # fmt: skip
_GEOMETRY_OF_QML = {"0": "POINT", "1": "LINE", "2": "POLYGON"}


def check(style: bytes, schema: TableSchema, names: Optional[Mapping[str, str]] = None) -> Tuple[Fault, ...]:
    """Return the faults of a style (QML or SLD) for one table, none when it fits.

    `names` maps original column names to those of `schema`: a style may use either. The names that the style gives to
    layers do not matter, since it is applied to its table whatever it calls it.
    """
    try:
        document = read(style)
    except InvalidInput as error:
        return (Fault("style.unreadable", Severity.ERROR, error.what, error.why, error.cure, table=schema.name),)
    specific = sld_faults(document, schema.name) if document.kind is StyleKind.SLD else _qml_faults(document, schema)
    return (*specific, *_function_faults(document, schema), *_attribute_faults(document, schema, names or {}))


def _qml_faults(document: StyleDocument, schema: TableSchema) -> Iterator[Fault]:
    geometry = document.root.findtext("layerGeometryType", "").strip()
    wanted = _GEOMETRY_OF_QML.get(geometry)
    have = _geometry_class(schema.geometry_type)
    if wanted and have and wanted != have:
        yield Fault(
            "style.geometry",
            Severity.ERROR,
            tr("The style does not fit the geometry of “{table}”.", table=schema.name),
            tr("It was made for {wanted}, and the table holds {have}.", wanted=_said(wanted), have=_said(have)),
            tr("Choose a style that was saved from a layer of this kind."),
            table=schema.name,
        )
    yield from left_outside(document, schema.name)
    renderers = [element for element in document.root if local_name(element) == "renderer-v2"]
    if not renderers:
        yield Fault(
            "style.no-renderer",
            Severity.ERROR,
            tr("The style has no vector symbology."),
            tr("It may come from a raster layer, or hold forms or actions only."),
            tr("In QGIS, save the style of a vector layer with its symbology."),
            table=schema.name,
        )
    for kind in {element.get("type", "") for element in renderers} - _RENDERERS - {""}:
        yield Fault(
            "style.unknown-renderer",
            Severity.ERROR,
            tr("The style has symbology of the type “{kind}”, which QGIS does not know.", kind=kind),
            tr("It would draw another colour each time."),
            tr("In QGIS, save the style of a vector layer with its symbology."),
            table=schema.name,
            examples=(kind,),
        )


def _geometry_class(geometry_type: str) -> str:
    """Return POINT, LINE or POLYGON, "" for a column of any geometry."""
    if geometry_type.endswith("POINT"):
        return "POINT"
    if geometry_type.endswith(("STRING", "CURVE")) and "COMPOUND" not in geometry_type:
        return "LINE"
    return "POLYGON" if geometry_type.endswith(("POLYGON", "SURFACE")) else ""


def _said(geometry: str) -> str:
    return {"POINT": tr("points"), "LINE": tr("lines"), "POLYGON": tr("polygons")}[geometry]


def _function_faults(document: StyleDocument, schema: TableSchema) -> Iterator[Fault]:
    for name in forbidden_calls(document):
        yield Fault(
            "style.forbidden-function",
            Severity.ERROR,
            tr("The style calls the function “{name}”.", name=name),
            tr("It could read files or settings of the server, so published styles may not call it."),
            tr("Compute what it gives into an attribute of the table, and use that."),
            table=schema.name,
            examples=(name,),
        )


def _attribute_faults(document: StyleDocument, schema: TableSchema, names: Mapping[str, str]) -> Iterator[Fault]:
    fields = [field.name for field in schema.fields] + [schema.fid]
    known = frozenset(name.lower() for name in (*fields, schema.geometry, *names)) | _virtual_fields(document)
    missing: Dict[str, bool] = {}

    def note(name: str, decisive: bool) -> str:
        if name.lower() not in known:
            missing[name] = missing.get(name, False) or decisive
        return name

    translate_attributes(document, note, known)
    for name, decisive in missing.items():
        yield _unknown_attribute(name, decisive, schema, fields)


def _virtual_fields(document: StyleDocument) -> FrozenSet[str]:
    """Return the fields that a QML computes itself, in lower case."""
    return frozenset(
        field.get("name", "").lower() for fields in document.root.iter("expressionfields") for field in fields
    )


def _unknown_attribute(name: str, decisive: bool, schema: TableSchema, fields: List[str]) -> Fault:
    by_lower = {field.lower(): field for field in fields}
    nearest = difflib.get_close_matches(name.lower(), by_lower, n=1)
    cure = (
        tr("Did you mean “{nearest}”?", nearest=by_lower[nearest[0]])
        if nearest
        else tr("The table has: {fields}.", fields=", ".join(fields[:20]))
    )
    return Fault(
        "style.unknown-attribute",
        Severity.ERROR if decisive else Severity.WARNING,
        tr("The style uses the attribute “{name}”, which “{table}” does not have.", name=name, table=schema.name),
        tr("It decides what is drawn.")
        if decisive
        else tr("What depends on it, such as labels or sizes, will be missing."),
        cure,
        table=schema.name,
        examples=(name,),
    )
