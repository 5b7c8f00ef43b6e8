"""Requests for items, understood: the parameters of OGC 17-069r4 §7.15, of Parts 2 and 3, and of sorting."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import AbstractSet, Dict, FrozenSet, List, Mapping, Optional, Tuple

from ...errors import InvalidInput
from ...features.area import Area
from ...features.condition import SqlCondition
from ...translation import tr
from ..filters.boxes import area_of
from ..filters.cql2 import condition_of_json
from ..filters.cql2_errors import wrong
from ..filters.cql2_text import json_of
from ..filters.cql2_time import within
from ..filters.sqlite import FilteredType, sql_condition
from ..filters.tree import All, AnyOf, Comparison, Condition, Constant, Missing, Property
from ..owscommon import OwsError, Parameters, invalid
from ..reference_systems import boxes_of, wire_srs
from ..wfs.feature_types import PublishedType
from ..wfs.queries import GEOJSON_FORMAT, FeatureQuery
from .documents import UNQUERIED, moment_field
from .reference_systems import CRS84, asked_system

DEFAULT_LIMIT, GREATEST_LIMIT = 1000, 10_000
PARAMETERS = (
    "f", "limit", "offset", "bbox", "bbox-crs", "datetime", "crs", "filter", "filter-lang", "filter-crs", "properties",
    "skipGeometry", "sortby",
)  # fmt: skip
KEY = "apikey"  # opens a door, see `access.admission`; no parameter of ours
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d))?", re.IGNORECASE)
_LANGUAGES = ("cql2-text", "cql2-json")


@dataclass(frozen=True)
class Asked:
    """The parameters of a request, each given once; their names are told apart by case (RFC 3986)."""

    values: Mapping[str, str]

    def get(self, name: str) -> str:
        """Return the value of a parameter, "" where it is not there."""
        return self.values.get(name, "").strip()

    def whole(self, name: str, lowest: int) -> Optional[int]:
        """Return the whole number that a parameter holds, None where it is not there."""
        return Parameters({name.lower(): self.values.get(name, "")}).whole(name, lowest)

    def only(self, known: FrozenSet[str]) -> None:
        """Refuse any other parameter than these (17-069r4 §7.6), but for the key that opens a door."""
        for name in self.values:
            if name not in known and name.lower() != KEY:
                raise OwsError(
                    "InvalidParameterValue",
                    name,
                    tr("There is no parameter “{name}”.", name=name[:200]),
                    tr("The definition of the API does not list it, nor do the queryables of the collection."),
                    tr("Leave it out."),
                )


def item_query(asked: Asked, published: PublishedType) -> FeatureQuery:
    """Return the question that a request for items asks; raise OwsError for what cannot be answered."""
    queried = {field.name for field in published.schema.fields if field.kind not in UNQUERIED}
    asked.only(frozenset(PARAMETERS) | queried)
    limit = asked.whole("limit", 1)
    fields, geometry = _properties(asked, published)
    areas = _areas(asked, published)
    return FeatureQuery(
        published=published,
        fields=fields,
        geometry=geometry,
        areas=areas,
        fids=None,
        condition=_condition(asked, published, queried - set(PARAMETERS)),
        order=_order(asked, published),
        srs=asked_system(asked.get("crs"), "crs", published),
        form=GEOJSON_FORMAT,
        start=asked.whole("offset", 0) or 0,
        count=min(limit or DEFAULT_LIMIT, GREATEST_LIMIT),
        hits=False,
        placeless=areas is not None,  # §7.15.3: features without a geometry are in any box
    )


def feature_query(asked: Asked, published: PublishedType, key: str) -> Optional[FeatureQuery]:
    """Return the question for one feature; None where no feature can have this key."""
    asked.only(frozenset({"f", "crs"}))
    if not re.fullmatch(r"-?[0-9]{1,18}", key):
        return None
    return FeatureQuery(
        published=published,
        fields=tuple(field.name for field in published.schema.fields),
        geometry=True,
        areas=None,
        fids=(int(key),),
        condition=None,
        order=(),
        srs=asked_system(asked.get("crs"), "crs", published),
        form=GEOJSON_FORMAT,
        start=0,
        count=1,
        hits=False,
    )


def _properties(asked: Asked, published: PublishedType) -> Tuple[Tuple[str, ...], bool]:
    every = tuple(field.name for field in published.schema.fields)
    skipped = asked.get("skipGeometry").lower()
    if skipped not in ("", "true", "false"):
        raise invalid("skipGeometry", skipped, tr("It is true or false."))
    if "properties" not in asked.values:
        return every, skipped != "true"
    wanted = [name for name in asked.get("properties").split(",") if name]
    unknown = next((name for name in wanted if name not in every), None)
    if unknown is not None:
        raise invalid("properties", unknown, _no_property(), _listed())
    return tuple(name for name in every if name in wanted), skipped != "true"


def _no_property() -> str:
    return tr("The collection has no such property.")


def _listed() -> str:
    return tr("The queryables of the collection list its properties.")


def _order(asked: Asked, published: PublishedType) -> Tuple[Tuple[str, str], ...]:
    """Return the fields to sort by: "name,-height"; a plus, which a query string turns to a blank, may stand before."""
    names = {field.name for field in published.schema.fields}
    order: List[Tuple[str, str]] = []
    for part in filter(None, asked.values.get("sortby", "").split(",")):
        name = part.lstrip(" +") if part[0] in " +" else part[part[0] == "-" :]
        if name not in names or not published.schema.fid:
            raise invalid("sortby", part, _no_property(), tr("The sortables of the collection list its properties."))
        order.append((name, "DESC" if part[0] == "-" else "ASC"))
    return tuple(order)


# Boxes ----------------------------------------------------------------------------------------------------------


def _areas(asked: Asked, published: PublishedType) -> Optional[Tuple[Area, ...]]:
    """Return the areas that `bbox` means: two where it goes over the 180th meridian."""
    text = asked.get("bbox")
    srs = asked_system(asked.get("bbox-crs"), "bbox-crs", published)
    if not text:
        return None
    try:
        return tuple(
            area_of(box, srs, published.schema.srs, published.type.bounds) for box in boxes_of(text.split(","), srs)
        )
    except OwsError:
        raise
    except InvalidInput as error:
        raise invalid("bbox", text, error.what, error.cure) from error


# Filters --------------------------------------------------------------------------------------------------------


def _condition(asked: Asked, published: PublishedType, queried: AbstractSet[str]) -> Optional[SqlCondition]:
    parts: List[Condition] = [
        Comparison(Property(name), "=", Constant(value))
        for name, value in asked.values.items()
        if name in queried and name.lower() != KEY
    ]
    parts += [one for one in (_filter(asked, published), _time(asked, published)) if one is not None]
    if not parts:
        return None
    return sql_condition(parts[0] if len(parts) == 1 else All(tuple(parts)), filtered(published))


def filtered(published: PublishedType) -> FilteredType:
    """Return what a filter may name of a collection."""
    schema = published.schema
    fields: Dict[str, str] = {field.name: field.name for field in schema.fields}
    geometry = frozenset({schema.geometry, "geometry"} - {"", *fields})
    return FilteredType(schema, fields, geometry, _keys, wire_srs(CRS84), published.type.bounds, _listed())


def _keys(identifiers: Tuple[str, ...]) -> Tuple[int, ...]:
    return tuple(int(one) for one in identifiers if re.fullmatch(r"-?[0-9]{1,18}", one))


def _filter(asked: Asked, published: PublishedType) -> Optional[Condition]:
    language = asked.get("filter-lang") or _LANGUAGES[0]
    if language not in _LANGUAGES:
        raise invalid("filter-lang", language, cure=tr("Ask for one of {names}.", names=", ".join(_LANGUAGES)))
    srs = asked_system(asked.get("filter-crs"), "filter-crs", published)
    text = asked.get("filter")
    if not text:
        return None
    if language == _LANGUAGES[0]:
        return condition_of_json(json_of(text), srs)
    try:
        document = json.loads(text)
        json.dumps(document, ensure_ascii=False).encode("utf-8")  # "\\ud800" alone is no character
        return condition_of_json(document, srs)
    except (ValueError, RecursionError) as error:
        raise wrong(tr("It is no JSON.")) from error


def _time(asked: Asked, published: PublishedType) -> Optional[Condition]:
    """Return what `datetime` means (§7.15.4): the moment, or the period with its ends; without one, a feature fits."""
    text = asked.get("datetime")
    ends = text.split("/")
    if not text:
        return None
    moments = [end for end in ends if end not in ("", "..")]
    if len(ends) > 2 or (len(ends) == 1 and not moments) or not all(map(_MOMENT.fullmatch, moments)):
        raise invalid("datetime", text, tr("It is a date or a time of RFC 3339, or two of them with “/” between."))
    field = moment_field(published)
    if field is None:
        return None
    operand = Property(field.name)
    condition = AnyOf((within(operand, ends[0], ends[-1]), Missing(operand)))
    try:
        sql_condition(condition, filtered(published))
    except OwsError as error:
        raise invalid("datetime", text, error.why, error.cure) from error
    return condition
