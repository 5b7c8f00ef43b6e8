"""The WFS endpoint: requests in, documents out, exception reports for what cannot be answered."""

from __future__ import annotations

import logging
from typing import Callable, Dict, Optional, Sequence, Tuple

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException

from ...errors import GeoPubError
from ...translation import tr
from ..cross_origin import let_pages_read
from ..owscommon import LARGEST_REQUEST, OwsError, Parameters, exception_of, invalid
from ..publications import Publications
from ..streaming import streamed
from . import documents, stored_queries
from .answers import Answer, feature_answer, single_feature
from .expressions import query_parameters
from .feature_types import Catalogue, PublishedType
from .posted import posted_parameters
from .property_values import value_answer
from .queries import feature_query, value_query
from .reports import report
from .stored_queries import no_feature, stored_parameters
from .tables import Tables

PATH = "/wfs/ows"
_VERSIONS = ("2.0.0", "1.1.0", "1.0.0")
_log = logging.getLogger(__name__)


class _Service:
    """What answers one operation after the other."""

    def __init__(self, publications: Publications, base_url: Callable[[], str], tables: Tables) -> None:
        self._publications, self._base_url, self._tables = publications, base_url, tables
        self._operations: Dict[str, Callable[[Parameters, str, Catalogue], Response]] = {
            "getcapabilities": self._capabilities,
            "describefeaturetype": self._describe,
            "getfeature": self._features,
            "getpropertyvalue": self._values,
            "liststoredqueries": self._list_queries,
            "describestoredqueries": self._describe_queries,
        }

    def answer(self, parameters: Parameters) -> Response:
        """Return the answer to a request; raise GeoPubError for what cannot be answered."""
        name = parameters.needed("request")
        operation = self._operations.get(name.lower())
        if parameters.needed("service").upper() != "WFS":
            raise invalid("service", parameters.get("service"), cure=tr("This endpoint serves WFS."))
        if operation is None:
            raise not_supported(name)
        version = _negotiated(parameters) if operation == self._capabilities else _stated_version(parameters)
        catalogue = Catalogue(self._publications, self._tables, self._base_url(), x_first=version == "1.0.0")
        return operation(parameters, version, catalogue)

    def _endpoint(self, catalogue: Catalogue) -> str:
        return catalogue.base + PATH

    def _capabilities(self, parameters: Parameters, version: str, catalogue: Catalogue) -> Response:
        document = documents.capabilities(
            self._publications, catalogue, self._endpoint(catalogue), version, parameters
        )  # fmt: skip
        return streamed(document, "text/xml")

    def _describe(self, parameters: Parameters, version: str, catalogue: Catalogue) -> Response:
        documents.check_schema_format(parameters.get("outputFormat"))
        types = _counted(catalogue.named(parameters)) or catalogue.all()
        document = documents.schemas(types, catalogue.base, self._endpoint(catalogue), version)
        return streamed(document, documents.schema_format(version))

    def _features(self, parameters: Parameters, version: str, catalogue: Catalogue) -> Response:
        if parameters.get("storedQuery_Id"):
            return self._feature_by_id(parameters, version, catalogue)
        asked = query_parameters(parameters, catalogue, version)
        queries = [feature_query(one, catalogue, version) for one in asked]
        _counted([query.published for query in queries])
        return _sent(feature_answer(queries, self._tables, catalogue.base, self._endpoint(catalogue), parameters))

    def _feature_by_id(self, parameters: Parameters, version: str, catalogue: Catalogue) -> Response:
        query = feature_query(stored_parameters(parameters, catalogue), catalogue, version)
        _counted([query.published])
        answer = single_feature(query, self._tables, catalogue.base, self._endpoint(catalogue))
        if answer is None:
            raise no_feature(parameters.get("ID"))
        return _sent(answer)

    def _values(self, parameters: Parameters, version: str, catalogue: Catalogue) -> Response:
        if version != "2.0.0":
            raise not_supported("GetPropertyValue")
        if parameters.get("storedQuery_Id"):
            parameters = stored_parameters(parameters, catalogue)
        query, step = value_query(parameters, catalogue, version)
        _counted([query.published])
        return _sent(value_answer(query, step, self._tables, catalogue.base, self._endpoint(catalogue), parameters))

    def _list_queries(self, _parameters: Parameters, _version: str, catalogue: Catalogue) -> Response:
        return streamed(stored_queries.stored_queries(catalogue), "text/xml")

    def _describe_queries(self, parameters: Parameters, _version: str, catalogue: Catalogue) -> Response:
        return streamed(stored_queries.stored_query_descriptions(catalogue, parameters), "text/xml")


def not_supported(name: str) -> OwsError:
    """Return the error of an operation that there is not."""
    return OwsError(
        "OperationNotSupported",
        name[:200],
        tr("This service has no operation “{name}”.", name=name[:200]),
        cure=tr("The capabilities list the operations it has."),
    )


def _matching(asked: str) -> Optional[str]:
    """Return the version served for an asked one: of the same major and minor number."""
    return next((version for version in _VERSIONS if asked.split(".")[:2] == version.split(".")[:2]), None)


def _negotiated(parameters: Parameters) -> str:
    """Return the version of the capabilities (06-121r3 §7.3.2; its annex D for `version`)."""
    accepted = parameters.listed("acceptVersions")
    if accepted:
        found = next((version for version in map(_matching, accepted) if version), None)
        if found is None:
            raise OwsError(
                "VersionNegotiationFailed",
                "",
                tr("None of the versions {names} is served.", names=", ".join(accepted)[:200]),
                cure=tr("Ask for one of {names}.", names=", ".join(_VERSIONS)),
            )
        return found
    asked = parameters.get("version")
    if not asked:
        return _VERSIONS[0]
    return _matching(asked) or (_VERSIONS[-1] if asked < _VERSIONS[-1] else _VERSIONS[0])


def _stated_version(parameters: Parameters) -> str:
    asked = parameters.get("version") or _VERSIONS[0]
    version = _matching(asked)
    if version is None:
        raise invalid("version", asked, cure=tr("Ask for one of {names}.", names=", ".join(_VERSIONS)))
    return version


def _counted(types: Sequence[PublishedType]) -> Sequence[PublishedType]:
    """Leave word of the types that a request means, in whichever form it names them, for who counts requests."""
    g.types_asked = [one.type.name for one in types]
    return types


def _sent(answer: Answer) -> Response:
    response = streamed(answer.body, answer.media_type)
    if answer.filename:
        response.headers.set("Content-Disposition", "attachment", filename=answer.filename)
    if answer.close is not None:
        response.call_on_close(answer.close)
    return response


def _parameters() -> Parameters:
    """Return what the request asks for, in whichever of its three forms."""
    if request.method in ("GET", "HEAD"):
        return Parameters.of(request.args.items(multi=True))
    request.max_content_length = LARGEST_REQUEST
    if request.mimetype == "application/x-www-form-urlencoded":
        return Parameters.of([*request.args.items(multi=True), *request.form.items(multi=True)])
    return posted_parameters(request.get_data())


def _report(error: GeoPubError, status: int) -> Tuple[bytes, int, Dict[str, str]]:
    return report(error, g.get("wfs_version", "")), status, {"Content-Type": "application/xml; charset=UTF-8"}


def wfs_blueprint(
    publications: Publications, base_url: Callable[[], str], tables: Optional[Tables] = None
) -> Blueprint:
    """Return the blueprint that serves every published feature type at `/wfs/ows`.

    What is known of `tables` may be shared by services and doors: it says nothing of who may see them.
    """
    blueprint = Blueprint("wfs", __name__)
    service = _Service(publications, base_url, tables or Tables())

    @blueprint.route(PATH, methods=["GET", "POST"])
    def ows() -> Response:
        parameters = _parameters()
        g.wfs_version = _matching(parameters.get("version")) or ""
        return service.answer(parameters)

    let_pages_read(blueprint)

    @blueprint.errorhandler(GeoPubError)
    def refused(error: GeoPubError) -> Tuple[bytes, int, Dict[str, str]]:
        return _report(error, exception_of(error)[2])

    @blueprint.errorhandler(HTTPException)
    def refused_by_http(error: HTTPException) -> Tuple[bytes, int, Dict[str, str]]:
        status = error.code or 500
        return _report(OwsError("NoApplicableCode", "", f"{error.name}."), status)

    @blueprint.errorhandler(Exception)
    def failed(error: Exception) -> Tuple[bytes, int, Dict[str, str]]:
        _log.error("A WFS request failed.", exc_info=error)
        what = tr("The request could not be answered because of an error inside the service.")
        return _report(OwsError("NoApplicableCode", "", what, cure=tr("The log of the service says more.")), 500)

    return blueprint
