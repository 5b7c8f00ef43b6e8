"""The endpoint of OGC API - Features: requests in, documents out, problems for what cannot be answered."""

from __future__ import annotations

import json
import logging
from typing import Any, Callable, Dict, List, Optional

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from ...errors import GeoPubError, NotFound
from ...translation import tr
from ..cross_origin import let_pages_read
from ..owscommon import OwsError, invalid
from ..publications import Publications
from ..streaming import streamed
from ..wfs.feature_types import Catalogue, PublishedType
from ..wfs.queries import FeatureQuery
from ..wfs.tables import Tables
from . import documents, pages
from .addresses import GEOJSON, HTML, JSON, OPENAPI, PATH, SCHEMA, Addresses
from .definition import definition
from .item_requests import Asked, feature_query, item_query
from .items import item, items
from .problems import problem, status_of

_log = logging.getLogger(__name__)
_FORMS = {"json": "json", "html": "html", JSON: "json", GEOJSON: "json", OPENAPI: "json", SCHEMA: "json", HTML: "html"}
_SHOWN = 50  # items of a page for people, where no limit is given
_DESCRIPTIONS = {
    "queryables": documents.queryables,
    "sortables": documents.sortables,
    "schema": documents.schema,
}


class _Service:
    """What answers for one resource after the other."""

    def __init__(self, publications: Publications, base_url: Callable[[], str], tables: Tables) -> None:
        self._publications, self._base_url, self._tables = publications, base_url, tables

    def landing(self) -> Response:
        form, addresses = self._asked()
        service = self._publications.service()
        return _told(documents.landing(service, addresses, form), form, service.title, [])

    def api(self) -> Response:
        form, addresses = self._asked()
        told = definition(self._publications.service(), self._catalogue(addresses).listed(), addresses)
        return _told(told, form, "API", self._crumbs(addresses), media_type=OPENAPI)

    def conformance(self) -> Response:
        form, addresses = self._asked()
        told = documents.conformance(addresses, form)
        return _told(told, form, tr("Conformance classes"), self._crumbs(addresses))

    def collections(self) -> Response:
        form, addresses = self._asked()
        told = documents.collections(self._catalogue(addresses).listed(), addresses, form)
        if form == "html":
            for one in told["collections"]:
                one["href"] = addresses.collection(one["id"]) + "?f=html"
        return _told(told, form, tr("Collections"), self._crumbs(addresses), "collections")

    def collection(self, name: str) -> Response:
        form, addresses = self._asked()
        published = self._named(name, addresses)
        told = documents.collection(published, addresses, form)
        return _told(told, form, published.type.title or name, self._crumbs(addresses, ""))

    def description(self, name: str, kind: str) -> Response:
        form, addresses = self._asked()
        published = self._named(name, addresses)
        told = _DESCRIPTIONS[kind](published, addresses)
        return _told(told, form, kind.capitalize(), self._crumbs(addresses, name), media_type=SCHEMA)

    def items(self, name: str) -> Response:
        asked, addresses = _parameters(), self._addresses()
        published, form = self._named(name, addresses), _form(asked)
        if form == "html" and not asked.get("limit"):
            asked = Asked({**asked.values, "limit": str(_SHOWN)})
        query = item_query(asked, published)
        found = items(query, self._tables, addresses, asked.values, form)
        if form == "json":
            return _in_system(streamed(found.body(), GEOJSON), query)
        told = {**pages.items_document(found.body()), "address": addresses.collection(name, "items")}
        return _page("items", published.type.title or name, told, self._crumbs(addresses, name))

    def item(self, name: str, key: str) -> Response:
        asked, addresses = _parameters(), self._addresses()
        published, form = self._named(name, addresses), _form(asked)
        query = feature_query(asked, published, key)
        found = None if query is None else item(query, self._tables, addresses, key, form)
        if query is None or found is None:
            raise _nothing(tr("The collection {name} has no feature “{key}”.", name=name[:200], key=key[:200]))
        if form == "json":
            return _in_system(streamed(found, GEOJSON), query)
        return _page("item", key, json.loads(found), self._crumbs(addresses, name))

    def _addresses(self) -> Addresses:
        return Addresses(self._base_url())

    def _asked(self) -> tuple[str, Addresses]:
        """Return the form and the addresses of an answer to a request that may ask for nothing else."""
        asked = _parameters()
        asked.only(frozenset({"f"}))
        return _form(asked), self._addresses()

    def _catalogue(self, addresses: Addresses) -> Catalogue:
        return Catalogue(self._publications, self._tables, addresses.base)

    def _named(self, name: str, addresses: Addresses) -> PublishedType:
        published = self._catalogue(addresses).known(name)
        if published is None:
            raise _nothing(tr("There is no collection “{name}”.", name=name[:200]))
        return published

    def _crumbs(self, addresses: Addresses, name: Optional[str] = None) -> List[Dict[str, str]]:
        """Return the links to the pages above one; `name` is the collection above it, "" for none."""
        crumbs = [{"href": addresses.landing + "?f=html", "title": self._publications.service().title}]
        if name is not None:
            crumbs.append({"href": addresses.of("collections") + "?f=html", "title": tr("Collections")})
        if name:
            crumbs.append({"href": addresses.collection(name) + "?f=html", "title": name})
        return crumbs


def _nothing(what: str) -> NotFound:
    return NotFound(what, cure=tr("The list of collections leads to what there is."))


def _nowhere(rest: str = "") -> Response:
    if request.method == "GET":
        raise _nothing(tr("There is no resource “{name}”.", name=rest[:200]))
    raise MethodNotAllowed(["GET", "HEAD", "OPTIONS"])


def _parameters() -> Asked:
    values: Dict[str, str] = {}
    for name, value in request.args.items(multi=True):
        if values.setdefault(name, value) != value:
            raise invalid(name, value, tr("The parameter is there twice, with two values."), tr("Give it once."))
    return Asked(values)


def _form(asked: Asked) -> str:
    """Return "json" or "html": what `f` says, else what the client likes best, JSON where it has no preference."""
    said = asked.get("f")
    if said:
        if said not in ("json", "html"):
            raise invalid("f", said, cure=tr("Ask for “json” or “html”."))
        return said
    best = request.accept_mimetypes.best_match([JSON, GEOJSON, OPENAPI, SCHEMA, HTML], JSON)
    return _FORMS.get(best or JSON, "json")


def _told(document: Dict[str, Any], form: str, title: str, crumbs: List[Dict[str, str]], name: str = "document",
          media_type: str = JSON) -> Response:  # fmt: skip
    if form == "html":
        return _page(name, title, document, crumbs)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    return streamed(text, media_type)


def _page(name: str, title: str, document: Dict[str, Any], crumbs: List[Dict[str, str]]) -> Response:
    response = streamed(pages.page(name, title, document, crumbs), HTML)
    response.headers["Content-Security-Policy"] = pages.POLICY
    return response


def _in_system(response: Response, query: FeatureQuery) -> Response:
    response.headers["Content-Crs"] = f"<{query.srs.text}>"  # OGC 18-058r1 §6.4
    return response


def features_blueprint(
    publications: Publications, base_url: Callable[[], str], tables: Optional[Tables] = None
) -> Blueprint:
    """Return the blueprint that serves every published feature type at `/ogc/features`; see `wfs_blueprint`."""
    blueprint = Blueprint("ogcapi", __name__, url_prefix=PATH)
    service = _Service(publications, base_url, tables or Tables())
    one = "/collections/<name>"
    blueprint.add_url_rule("", "landing", service.landing)
    blueprint.add_url_rule("/", "landing_slash", service.landing)
    blueprint.add_url_rule("/api", "api", service.api, strict_slashes=False)
    blueprint.add_url_rule("/conformance", "conformance", service.conformance, strict_slashes=False)
    blueprint.add_url_rule("/collections", "collections", service.collections, strict_slashes=False)
    blueprint.add_url_rule(one, "collection", service.collection, strict_slashes=False)
    for kind in _DESCRIPTIONS:
        blueprint.add_url_rule(f"{one}/{kind}", kind, service.description, defaults={"kind": kind})
    blueprint.add_url_rule(f"{one}/items", "items", service.items, strict_slashes=False)
    blueprint.add_url_rule(f"{one}/items/<key>", "item", service.item)
    others = ["GET", "POST", "PUT", "PATCH", "DELETE"]  # whatever no rule above fits is told as a problem, too
    blueprint.add_url_rule("", "others", _nowhere, methods=others[1:])
    blueprint.add_url_rule("/<path:rest>", "elsewhere", _nowhere, methods=others)

    let_pages_read(blueprint, "Content-Crs")

    @blueprint.after_request
    def tell_what_it_depends_on(response: Response) -> Response:
        """Let no cache give one form of an answer to who asked for another."""
        response.vary.update(("Accept", "Accept-Encoding"))
        return response

    @blueprint.errorhandler(GeoPubError)
    def refused(error: GeoPubError) -> Response:
        return problem(error, status_of(error))

    @blueprint.errorhandler(HTTPException)
    def refused_by_http(error: HTTPException) -> Response:
        response = problem(GeoPubError(f"{error.name}."), error.code or 500)
        response.headers.extend(value for value in error.get_headers() if value[0] == "Allow")
        return response

    @blueprint.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        _log.error("A request to OGC API - Features failed.", exc_info=error)
        what = tr("The request could not be answered because of an error inside the service.")
        return problem(OwsError("NoApplicableCode", "", what, cure=tr("The log of the service says more.")), 500)

    return blueprint
