"""The guard of the API: every request to it carries the bearer token (RFC 6750) of a user."""

from __future__ import annotations

from typing import Callable

from flask import g, request

from ..errors import NotAuthenticated
from ..translation import tr
from .callers import Identity, bearer_token

API = "/api/"
PUBLIC = frozenset({"/api/health", "/api/v3/api-docs", "/api/docs", "/api/swagger-ui/index.html"})


def token_guard(identity: Identity, cure: str) -> Callable[[], None]:
    """Return a guard that lets a request to the API pass only for a known user; the services have their own.

    Args:
        identity: knows users by their tokens.
        cure: tells who has none where to get one.
    """

    def guard() -> None:
        if not request.path.startswith(API) or request.path in PUBLIC:
            return
        token = bearer_token()
        found = identity.caller_of(token) if token else None
        if found is None:
            raise NotAuthenticated(tr("The request is not authenticated."), tr("It carries no valid token."), cure)
        g.caller = found

    return guard
