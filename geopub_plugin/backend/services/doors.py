"""The doors to the services: one for everybody, one that asks for a key, one for who has a preview link.

Behind each door stand the same services; what is published is another choice for each. So no service knows who asks,
and what somebody may not see is not there for him: not in capabilities, not in legends, not in tiles.
"""

from __future__ import annotations

from typing import Callable, Dict, FrozenSet, Iterable, Optional, cast

from flask import Blueprint, Response, g, request

from ..errors import GeoPubError, NotAuthenticated, NotFound, TooManyRequests, http_status
from ..translation import tr
from .ogcapi.problems import problem
from .owscommon import exception_report
from .tms.documents import error_xml
from .wms.exceptions import V130
from .wms.exceptions import report as wms_report

PRIVATE, PREVIEW = "/private", "/preview"

_CHALLENGE = 'Basic realm="GeoPub", charset="UTF-8"'


def admitted() -> FrozenSet[str]:
    """Return the offerings that this request may see, once a door has let it in."""
    return cast(FrozenSet[str], g.get("admitted", frozenset()))


def private_door(services: Iterable[Blueprint], who_is_admitted: Callable[[], FrozenSet[str]]) -> Blueprint:
    """Return the services for who carries a key.

    Args:
        services: over what `admitted` names.
        who_is_admitted: returns the offerings that this request may see, or raises why it may see none.
    """
    door = _door("private", PRIVATE, services)

    @door.before_request
    def ask() -> Optional[Response]:
        if request.method == "OPTIONS":
            return None
        try:
            g.admitted = who_is_admitted()
        except GeoPubError as error:
            return _refused(error)
        return None

    return door


def preview_door(services: Iterable[Blueprint], offering_of: Callable[[str], Optional[str]]) -> Blueprint:
    """Return the services for who has a ticket; `offering_of` reads it."""
    door = _door("preview", f"{PREVIEW}/<ticket>", services)

    @door.url_value_preprocessor
    def read(_endpoint: Optional[str], values: Optional[Dict[str, str]]) -> None:
        g.ticket = (values or {}).pop("ticket", "")

    @door.before_request
    def ask() -> Optional[Response]:
        offering = offering_of(g.ticket)
        if offering is None:
            return _refused(
                NotFound(
                    tr("This preview link is not good."),
                    tr("It has ended, or it is not complete."),
                    tr("Ask whoever sent it for another one."),
                )
            )
        g.admitted = frozenset({offering})
        return None

    return door


def preview_base(base_url: Callable[[], str]) -> Callable[[], str]:
    """Return a function that states the address of the services for who has the ticket of this request."""
    return lambda: f"{base_url()}{PREVIEW}/{g.get('ticket', '')}"


def _door(name: str, prefix: str, services: Iterable[Blueprint]) -> Blueprint:
    door = Blueprint(name, __name__, url_prefix=prefix)
    for service in services:
        door.register_blueprint(service)

    @door.after_request
    def keep_to_yourself(response: Response) -> Response:
        """Let no cache between hand out to others what one may see."""
        response.cache_control.private = True
        response.vary.update(("Authorization", "apikey"))
        response.headers["Referrer-Policy"] = "no-referrer"  # the address holds what opens
        return response

    return door


def _refused(error: GeoPubError) -> Response:
    """Return an error in the form of the service that was asked."""
    service = (request.blueprint or "").rpartition(".")[2]
    if service == "ogcapi":
        return _challenged(problem(error, http_status(error)), error)
    if service == "wms":
        body = wms_report(error, V130)
    elif service == "tms":
        body = error_xml(str(error)).encode()
    else:
        body = exception_report(error)
    return _challenged(Response(body, http_status(error), content_type="text/xml; charset=utf-8"), error)


def _challenged(response: Response, error: GeoPubError) -> Response:
    """Return a refusal with what it takes to come in, or when to come back."""
    if isinstance(error, NotAuthenticated):
        response.headers["WWW-Authenticate"] = _CHALLENGE
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.seconds)
    return response
