"""The bearer token (RFC 6750) that every request to the API carries."""

from __future__ import annotations

import hmac
from typing import Callable

from flask import request

from ..errors import NotAuthenticated
from ..translation import tr

API = "/api/"
PUBLIC = frozenset({"/api/health", "/api/v3/api-docs", "/api/docs", "/api/swagger-ui/index.html"})


def token_guard(token: str) -> Callable[[], None]:
    """Return a guard that lets a request to the API pass only with this token; the services are public."""
    expected = token.encode()

    def guard() -> None:
        if not request.path.startswith(API) or request.path in PUBLIC:
            return
        scheme, _, given = request.headers.get("Authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), expected)
        if scheme.lower() != "bearer" or not right:
            raise NotAuthenticated(
                tr("The request is not authenticated."),
                tr("It carries no valid token."),
                tr("Send the header “Authorization: Bearer …” with the token of server.json in the data folder."),
            )

    return guard
