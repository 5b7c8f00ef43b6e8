"""Routes of the catalogue service, at /csw."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Callable

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from ...errors import GeoPubError
from ..cross_origin import let_pages_read
from ..owscommon import LARGEST_REQUEST, OwsError, Parameters, exception_of
from ..publications import Publications
from .documents import by_id, capabilities, page, report
from .records import Records
from .requests import CatalogueRequest, read_parameters, read_posted


def csw_blueprint(publications: Publications, records: Records, base_url: Callable[[], str]) -> Blueprint:
    """Return the routes.

    Args:
        publications: know what the service says of itself.
        records: returns what is published.
        base_url: gives the address that clients use, without a slash at its end.
    """
    routes = Blueprint("csw", __name__, url_prefix="/csw")

    let_pages_read(routes)

    @routes.errorhandler(GeoPubError)
    def tell(error: GeoPubError) -> Response:
        return Response(report(error), exception_of(error)[2], content_type="application/xml; charset=utf-8")

    @routes.errorhandler(HTTPException)
    def tell_of_http(error: HTTPException) -> Response:
        told = report(OwsError("NoApplicableCode", "", f"{error.name}."))
        return Response(told, error.code or 500, content_type="application/xml; charset=utf-8")

    @routes.get("", strict_slashes=False)
    def asked() -> Response:
        return _xml(_answer(read_parameters(Parameters.of(request.args.items(multi=True)))))

    @routes.post("", strict_slashes=False)
    def posted() -> Response:
        request.max_content_length = LARGEST_REQUEST
        return _xml(_answer(read_posted(request.get_data(cache=False))))

    def _answer(wanted: CatalogueRequest) -> str:
        if wanted.operation == "GetCapabilities":
            return capabilities(f"{base_url()}/csw", publications.service())
        if wanted.operation == "GetRecordById":
            found = [record for record in records() if record.resource.identifier in wanted.ids]
            return by_id(found, wanted.schema, wanted.elements)
        found = [record for record in records() if wanted.wanted(record)]
        start = wanted.first - 1
        shown = [] if wanted.hits else found[start : start + wanted.most]
        moment = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        return page(shown, len(found), wanted.first, wanted.schema, wanted.elements, moment)

    return routes


def _xml(document: str) -> Response:
    return Response(document, content_type="application/xml; charset=utf-8")
