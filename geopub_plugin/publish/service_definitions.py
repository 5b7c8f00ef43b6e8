"""What each service is made of: the `type_infos` of its configuration, and the composition of a pyramid."""

from __future__ import annotations

from typing import Any, Dict, List, Mapping, Sequence, Tuple

from .client.configurations import TMS, WFS, WMS, Configuration
from .client.listed_styles import styles_listed
from .client.stored_data import Relation, StoredData
from .table_plan import TablePlan

CONFIGURATION_TYPES: Dict[str, str] = {"wfs": WFS, "wms": WMS, "tms": TMS}
_DRAWN_ABOVE = ("POINT", "LINE")  # points above lines above everything else


def shown(relations: Sequence[Relation]) -> Tuple[Relation, ...]:
    """Return the tables with a geometry, in drawing order: the first is drawn on top."""
    drawable = [relation for relation in relations if relation.has_geometry]
    return tuple(sorted(drawable, key=lambda relation: (_height(relation), -relation.count)))


def wfs_definition(
    data: StoredData, abstract: str, keywords: Sequence[str], plans: Sequence[TablePlan] = ()
) -> Dict[str, Any]:
    """Return the `type_infos` of a WFS: one feature type a table, as its plan says."""
    relations = [
        _feature_type(relation, plan_of(relation, plans), abstract, keywords)
        for relation in data.relations
        if relation.has_geometry
    ]
    return {"used_data": [{"stored_data": data.id, "relations": relations}]}


def plan_of(relation: Relation, plans: Sequence[TablePlan]) -> TablePlan:
    """Return the plan of a table, an empty one where there is none."""
    return next((plan for plan in plans if plan.table in (relation.native, relation.name)), TablePlan(relation.name))


def _feature_type(relation: Relation, plan: TablePlan, abstract: str, keywords: Sequence[str]) -> Dict[str, Any]:
    words = list(dict.fromkeys((*keywords, *plan.keywords)))
    title = plan.title or relation.title or relation.native or relation.name
    return {
        "native_name": relation.name,
        "public_name": plan.public_name or relation.name,
        "title": title,
        "abstract": plan.abstract or abstract or title,
        **({"keywords": words} if words else {}),
    }


def wms_definition(
    data: StoredData, title: str, abstract: str, keywords: Sequence[str], styles: Mapping[str, str]
) -> Dict[str, Any]:
    """Return the `type_infos` of a WMS: one layer of all tables; `styles` maps a table to its static."""
    relations = [
        {"name": relation.name, **({"style": styles[relation.name]} if relation.name in styles else {})}
        for relation in shown(data.relations)
    ]
    return {
        "title": title,
        "abstract": abstract or title,
        "keywords": list(keywords),
        "used_data": [{"stored_data": data.id, "relations": relations}],
    }


def tms_definition(
    pyramid: str, title: str, abstract: str, keywords: Sequence[str], top: int, bottom: int
) -> Dict[str, Any]:
    """Return the `type_infos` of a TMS."""
    return {
        "title": title,
        "abstract": abstract or title,
        "keywords": list(keywords),
        "used_data": [{"stored_data": pyramid, "bottom_level": str(bottom), "top_level": str(top)}],
    }


def composition(data: StoredData, top: int, bottom: int, plans: Sequence[TablePlan] = ()) -> List[Dict[str, Any]]:
    """Return the composition of a pyramid of every table: attributes and levels as its plan says, else all of them."""
    return [_composed(relation, plan_of(relation, plans), data, top, bottom) for relation in shown(data.relations)]


def _composed(relation: Relation, plan: TablePlan, data: StoredData, top: int, bottom: int) -> Dict[str, Any]:
    attributes: Sequence[str] = relation.plain_attributes
    if plan.attributes is not None:
        renamed = ((data.names or {}).get(relation.native) or {}).get("fields") or {}
        wanted = {str(renamed.get(name, name)).lower() for name in plan.attributes}
        attributes = [name for name in attributes if name.lower() in wanted]
    return {
        "table": relation.name,
        "layer": relation.name,
        "top_level": str(top if plan.top_level is None else plan.top_level),
        "bottom_level": str(bottom if plan.bottom_level is None else plan.bottom_level),
        "attributes": list(attributes),
    }


def levels_of(type_infos: Mapping[str, Any]) -> Tuple[int, int]:
    """Return top and bottom level of a TMS."""
    used = (type_infos.get("used_data") or ({},))[0]
    return int(used.get("top_level") or 0), int(used.get("bottom_level") or 0)


def every_style(configuration: Configuration) -> Tuple[str, ...]:
    """Return the statics that a WMS draws with: in its current style first, then in the others that it lists."""
    listed = styles_listed(configuration.extra, configuration.layer_name, statics=True)
    others = [part.id for style in listed for part in style.parts] if configuration.type == WMS else []
    return tuple(dict.fromkeys([*styles_of(configuration.type_infos).values(), *others]))


def style_annexes(configuration: Configuration) -> Tuple[str, ...]:
    """Return the annexes that hold the styles of a WFS or a TMS."""
    listed = styles_listed(configuration.extra, configuration.layer_name, statics=False)
    found = [one for style in listed for part in style.parts for one in (part.id, *part.beside)]
    return tuple(dict.fromkeys(found)) if configuration.type != WMS else ()


def style_static(layer_name: str, table: str) -> str:
    """Return the name of the static that a publication draws a table of its WMS with."""
    return f"{layer_name}_{table}"


def styles_of(type_infos: Mapping[str, Any]) -> Dict[str, str]:
    """Return which static each table of a WMS is drawn with."""
    return {
        str(relation.get("name")): str(relation["style"])
        for used in type_infos.get("used_data") or ()
        for relation in used.get("relations") or ()
        if relation.get("style")
    }


def _height(relation: Relation) -> int:
    kind = next((k.upper() for k in relation.attributes.values() if k.lower().startswith("geometry")), "")
    return next((place for place, word in enumerate(_DRAWN_ABOVE) if word in kind), len(_DRAWN_ABOVE))
