"""GetFeature requests, understood: which features of which type, in which form."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Dict, List, Optional, Tuple

from ...errors import InvalidInput
from ...features.area import Area
from ...features.condition import SqlCondition
from ...features.schema import Field
from ...translation import tr
from ..filters.boxes import area_of
from ..filters.sqlite import FilteredType, local_part, sql_condition
from ..filters.tree import All, Missing, Not, Property
from ..owscommon import OwsError, Parameters, invalid, missing
from ..reference_systems import CRS84, WireSrs, bounds_of, wire_srs
from .feature_types import Catalogue, PublishedType
from .filters import filtering
from .gml import element_names
from .names import split_feature_id

GML_32_FORMAT, GML_31_FORMAT, GML_2_FORMAT, GEOJSON_FORMAT = "GML 3.2", "GML 3.1", "GML 2", "GeoJSON"
CSV_FORMAT, GEOPACKAGE_FORMAT, SHAPEFILE_FORMAT, FLATGEOBUF_FORMAT = "CSV", "GeoPackage", "Shapefile", "FlatGeobuf"
TABLE_FORMATS = (CSV_FORMAT, GEOPACKAGE_FORMAT, SHAPEFILE_FORMAT, FLATGEOBUF_FORMAT)  # one table, with no counts

# by spelling without blanks and plus signs: "+" in a query string is a blank, and many clients forget to escape it
_FORMATS: Dict[str, str] = {
    "application/gmlxml;version=3.2": GML_32_FORMAT,
    "text/xml;subtype=gml/3.2": GML_32_FORMAT,
    "text/xml;subtype=gml/3.2.1": GML_32_FORMAT,
    "gml32": GML_32_FORMAT,
    "application/gmlxml;version=3.1": GML_31_FORMAT,
    "text/xml;subtype=gml/3.1.1": GML_31_FORMAT,
    "gml3": GML_31_FORMAT,
    "gml2": GML_2_FORMAT,
    "text/xml;subtype=gml/2.1.2": GML_2_FORMAT,
    "text/xml;subtype=gml/2.1.2.1": GML_2_FORMAT,
    "application/json": GEOJSON_FORMAT,
    "application/geojson": GEOJSON_FORMAT,
    "application/vnd.geojson": GEOJSON_FORMAT,
    "geojson": GEOJSON_FORMAT,
    "json": GEOJSON_FORMAT,
    "text/csv": CSV_FORMAT,
    "csv": CSV_FORMAT,
    "application/geopackagesqlite3": GEOPACKAGE_FORMAT,
    "application/x-gpkg": GEOPACKAGE_FORMAT,
    "geopackage": GEOPACKAGE_FORMAT,
    "gpkg": GEOPACKAGE_FORMAT,
    "application/x-shapefile": SHAPEFILE_FORMAT,
    "application/x-zipped-shp": SHAPEFILE_FORMAT,
    "shape-zip": SHAPEFILE_FORMAT,
    "shapezip": SHAPEFILE_FORMAT,
    "shapefile": SHAPEFILE_FORMAT,
    "application/flatgeobuf": FLATGEOBUF_FORMAT,
    "flatgeobuf": FLATGEOBUF_FORMAT,
    "fgb": FLATGEOBUF_FORMAT,
}
_DEFAULT_FORMAT = {"2.0.0": GML_32_FORMAT, "1.1.0": GML_31_FORMAT, "1.0.0": GML_2_FORMAT}
GML_ID = "@gml:id"
# a path of at most the type's name and a property, as XPath writes it; a property has one value, the first
_STEPS = re.compile(r"(?P<type>/?[^/@()\[\]]+/)?(?P<step>@?[^/@()\[\]]+)(?:\[1\])?")
_ORDERS = {"": "ASC", "A": "ASC", "ASC": "ASC", "D": "DESC", "DESC": "DESC"}


@dataclass(frozen=True)
class FeatureQuery:
    """One question for features of one type."""

    published: PublishedType
    fields: Tuple[str, ...]  # attributes to write, in the table's order
    geometry: bool
    areas: Optional[Tuple[Area, ...]]  # features in any of them; None: wherever they are
    fids: Optional[Tuple[int, ...]]  # of `resourceId`
    condition: Optional[SqlCondition]  # of a filter
    order: Tuple[Tuple[str, str], ...]  # fields, each with ASC or DESC
    srs: WireSrs  # of the answer
    form: str
    start: int
    count: Optional[int]
    hits: bool
    placeless: bool = False  # besides those in the areas, features without a geometry

    @property
    def columns(self) -> Tuple[Field, ...]:
        """The attributes to write."""
        return tuple(field for field in self.published.schema.fields if field.name in self.fields)


def feature_query(parameters: Parameters, catalogue: Catalogue, version: str) -> FeatureQuery:
    """Return the question that a GetFeature request asks; raise OwsError for what cannot be answered."""
    check_resolve(parameters)
    asked_filter = filtering(parameters)
    parameters, condition = asked_filter.parameters, asked_filter.condition
    published, fids = _selected(parameters, catalogue)
    fields, geometry = _properties(parameters, published)
    form = output_format(parameters, version)
    usual = wire_srs(CRS84) if form == GEOJSON_FORMAT else published.srs
    asked = parameters.get("srsName")
    return FeatureQuery(
        published=published,
        fields=fields,
        geometry=geometry,
        areas=_areas(parameters, published),
        fids=fids,
        condition=None if condition is None else sql_condition(condition, _filtered(published)),
        order=_order(parameters, published),
        srs=wire_srs(asked) if asked else usual,
        form=form,
        start=parameters.whole("startIndex") or 0,
        count=_count(parameters),
        hits=_hits(parameters),
    )


def value_query(parameters: Parameters, catalogue: Catalogue, version: str) -> Tuple[FeatureQuery, str]:
    """Return the question that a GetPropertyValue request asks, and its `valueReference`'s last step.

    The step is the name of a field, "" for the geometry, `GML_ID` for the identifier. Only features that have a value
    are selected: `numberMatched` counts values.
    """
    reference = parameters.values.get("valuereference")
    if reference is None:
        raise missing("valueReference")
    query = feature_query(parameters, catalogue, version)
    if query.form == GEOJSON_FORMAT or query.form in TABLE_FORMATS:
        raise invalid("outputFormat", parameters.get("outputFormat"), tr("Values of properties are written in GML."))
    step = _value_step(reference, query.published)
    geometry, name = step == "", step if step not in ("", GML_ID) else ""
    query = replace(query, fields=(name,) if name else (), geometry=geometry)
    if step == GML_ID:
        return query, step
    asked = filtering(parameters).condition
    there = Not(Missing(Property(name or query.published.schema.geometry)))
    both = there if asked is None else All((asked, there))
    return replace(query, condition=sql_condition(both, _filtered(query.published))), step


def _value_step(reference: str, published: PublishedType) -> str:
    steps = _STEPS.fullmatch(reference.strip())
    geometry, fields = _fields_by_element(published)
    step = local_part(steps.group("step")) if steps else ""
    kind = steps.group("type") if steps else None
    if kind and local_part(kind.strip("/")) != published.name.local:
        step = ""
    if steps and step and steps.group("step").startswith("@") and step == "id":
        return GML_ID
    if step in fields:
        return fields[step]
    if step and step in (geometry, published.schema.geometry):
        return ""
    raise invalid(
        "valueReference",
        reference,
        tr("The feature type {type} has no such property.", type=published.name.text),
        tr("DescribeFeatureType lists its properties."),
    )


def check_resolve(parameters: Parameters) -> None:
    """Refuse what the standard resolve parameters may not say (09-025r2 §7.6.4); features hold no references."""
    asked = parameters.get("resolve", "none").lower()
    if asked not in ("none", "local", "remote", "all"):
        raise invalid("resolve", parameters.get("resolve"), cure=tr("Ask for “none” or “local”."))
    if asked in ("remote", "all"):
        raise OwsError(
            "OptionNotSupported",
            "resolve",
            tr("This service resolves no references to other servers."),
            tr("Its features hold none."),
            tr("Ask for “none” or “local”."),
        )
    if parameters.get("resolveDepth") != "*":
        parameters.whole("resolveDepth")
    parameters.whole("resolveTimeout", lowest=1)


def _count(parameters: Parameters) -> Optional[int]:
    count = parameters.whole("count")
    return count if count is not None else parameters.whole("maxFeatures")


def output_format(parameters: Parameters, version: str) -> str:
    """Return the format that a request asks for."""
    asked = parameters.get("outputFormat")
    if not asked:
        return _DEFAULT_FORMAT[version]
    form = _FORMATS.get(re.sub(r"[\s+\"]", "", asked.lower()))
    if form not in (_DEFAULT_FORMAT[version], GEOJSON_FORMAT, *TABLE_FORMATS):
        raise invalid("outputFormat", asked, cure=tr("Ask for one of the formats that the capabilities list."))
    return form


def _hits(parameters: Parameters) -> bool:
    asked = parameters.get("resultType", "results")
    if asked.lower() not in ("hits", "results"):
        raise invalid("resultType", asked, cure=tr("Ask for “hits” or “results”."))
    return asked.lower() == "hits"


def _selected(parameters: Parameters, catalogue: Catalogue) -> Tuple[PublishedType, Optional[Tuple[int, ...]]]:
    """Return the type, and the keys of the features asked for by identifier (None: all)."""
    identifiers = parameters.listed("resourceId") or parameters.listed("featureId")
    if not identifiers:
        return catalogue.one(parameters), None
    if parameters.get("bbox"):
        raise invalid("bbox", parameters.get("bbox"), tr("It excludes resourceId."), tr("Give one of the two."))
    if parameters.first("typeNames", "typeName"):
        published = catalogue.one(parameters)
    else:
        try:
            published = catalogue.with_feature(split_feature_id(identifiers[0])[0])
        except KeyError as error:
            raise invalid("resourceId", identifiers[0], tr("No published type has such features.")) from error
    return published, keys_of(identifiers, published)


def keys_of(identifiers: Tuple[str, ...], published: PublishedType) -> Tuple[int, ...]:
    """Return the keys of the identifiers that are of this type (09-025r2 §7.9.2.2: others select nothing)."""
    parts = (split_feature_id(identifier) for identifier in identifiers)
    return tuple(
        int(key) for prefix, key in parts
        if prefix == published.name.feature_prefix and re.fullmatch(r"-?[0-9]{1,18}", key)
    )  # fmt: skip


def _filtered(published: PublishedType) -> FilteredType:
    """Return what a filter may name of a type."""
    geometry, fields = _fields_by_element(published)
    names = frozenset({geometry, published.schema.geometry})
    return FilteredType(
        published.schema, fields, names, lambda identifiers: keys_of(identifiers, published), published.srs,
        published.type.bounds,
    )  # fmt: skip


def _fields_by_element(published: PublishedType) -> Tuple[str, Dict[str, str]]:
    geometry, elements = element_names(published.schema)
    return geometry, {**{field: field for field in elements}, **{wire: field for field, wire in elements.items()}}


def _properties(parameters: Parameters, published: PublishedType) -> Tuple[Tuple[str, ...], bool]:
    every = tuple(field.name for field in published.schema.fields)
    asked = [part for part in re.split(r"[(),]", parameters.get("propertyName")) if part.strip()]
    if not asked or any(part.strip() == "*" for part in asked):
        return every, True
    geometry, fields = _fields_by_element(published)
    wanted = {local_part(reference) for reference in asked}
    unknown = sorted(wanted - set(fields) - {geometry, published.schema.geometry})
    if unknown:
        raise invalid(
            "propertyName",
            unknown[0],
            tr("The feature type {type} has no such property.", type=published.name.text),
            tr("DescribeFeatureType lists its properties."),
        )
    chosen = {fields[name] for name in wanted if name in fields}
    return tuple(name for name in every if name in chosen), bool(wanted & {geometry, published.schema.geometry})


def _order(parameters: Parameters, published: PublishedType) -> Tuple[Tuple[str, str], ...]:
    """Return the fields to sort by: "name ASC,height D" (09-025r2 table 8)."""
    order: List[Tuple[str, str]] = []
    _geometry, fields = _fields_by_element(published)
    for part in parameters.listed("sortBy"):
        reference, _blank, direction = part.replace("+", " ").partition(" ")
        name, way = fields.get(local_part(reference)), _ORDERS.get(direction.strip().upper())
        if name is None or way is None:
            raise invalid("sortBy", part, tr("Name a property of the feature type, then ASC or DESC."))
        order.append((name, way))
    if order and not published.schema.fid:
        raise OwsError("OptionNotSupported", "sortBy", tr("This feature type cannot be sorted: its rows have no key."))
    return tuple(order)


def _areas(parameters: Parameters, published: PublishedType) -> Optional[Tuple[Area, ...]]:
    """Return the area of the box to search, None where there is none."""
    text = parameters.get("bbox")
    if not text:
        return None
    parts = [part.strip() for part in text.split(",")]
    numbers = len(parts) - 1 if len(parts) in (5, 7) else len(parts)  # a system may follow
    srs = wire_srs(parts[-1], "bbox") if numbers < len(parts) and parts[-1] else published.srs
    bounds = bounds_of(parts[:numbers], srs)
    try:
        return (area_of(bounds, srs, published.schema.srs, published.type.bounds),)
    except InvalidInput as error:
        raise invalid("bbox", text, error.what, error.cure) from error
