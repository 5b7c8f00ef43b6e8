"""Stored queries: their list, their descriptions, and the only one, GetFeatureById (OGC 09-025r2 §7.9.3.6)."""

from __future__ import annotations

from ...translation import tr
from ..owscommon import OwsError, Parameters
from .documents import namespaces_of, rendered
from .feature_types import Catalogue
from .queries import keys_of

GET_FEATURE_BY_ID = "urn:ogc:def:query:OGC-WFS::GetFeatureById"
_KEPT = ("outputformat", "srsname", "valuereference", "resolve", "resolvedepth", "resolvetimeout")


def stored_parameters(parameters: Parameters, catalogue: Catalogue) -> Parameters:
    """Return the parameters of the query that a stored query stands for; raise OwsError where it finds no feature."""
    check_stored_query(parameters.get("storedQuery_Id"))
    identifier = parameters.needed("ID")
    try:
        published = catalogue.with_feature(identifier.rpartition(".")[0])
    except KeyError as error:
        raise no_feature(identifier) from error
    if len(keys_of((identifier,), published)) != 1:
        raise no_feature(identifier)
    wanted = {"resourceid": identifier, "typenames": published.name.text}
    kept = {name: parameters.values[name] for name in _KEPT if name in parameters.values}
    return Parameters({**kept, **wanted})


def no_feature(identifier: str) -> OwsError:
    """Return the error of an identifier that no feature has."""
    return OwsError(
        "NotFound",
        "ID",
        tr("There is no feature “{name}”.", name=identifier[:200]),
        cure=tr("Identifiers are those of the features that GetFeature sends."),
    )


def stored_queries(catalogue: Catalogue) -> bytes:
    """Return the list of stored queries: GetFeatureById (09-025r2 §7.9.3.6)."""
    return _stored("stored_queries.xml", catalogue)


def stored_query_descriptions(catalogue: Catalogue, parameters: Parameters) -> bytes:
    """Return the descriptions of stored queries."""
    for identifier in parameters.listed("storedQuery_Id"):
        check_stored_query(identifier)
    return _stored("stored_query_descriptions.xml", catalogue)


def check_stored_query(identifier: str) -> None:
    """Refuse any other stored query than GetFeatureById."""
    if identifier not in (GET_FEATURE_BY_ID, "http://www.opengis.net/def/query/OGC-WFS/0/GetFeatureById"):
        raise OwsError(
            "InvalidParameterValue",
            "storedQuery_Id",
            tr("There is no stored query “{name}”.", name=identifier[:200]),
            cure=tr("The only one is {name}.", name=GET_FEATURE_BY_ID),
        )


def _stored(template: str, catalogue: Catalogue) -> bytes:
    types = catalogue.all()
    return rendered(
        template,
        identifier=GET_FEATURE_BY_ID,
        names=[one.name.text for one in types],
        namespaces=namespaces_of(types, catalogue.base),
    )
