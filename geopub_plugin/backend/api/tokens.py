"""Tokens: the addresses of the platform's sign-in (Keycloak's), so that clients need another host only."""

from __future__ import annotations

import hmac
import logging
import secrets
from typing import Any, Dict, Optional
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request
from oauthlib.oauth2 import FatalClientError, OAuth2Error

from ..access.authorization import AuthorizationServer, Reply
from ..access.callers import Identity, bearer_token
from ..catalogue.sign_ins import GRANTS
from ..errors import TooManyRequests
from ..translation import language, tr
from .answers import Json, answer
from .context import base_url

REALM = "/realms/geoplateforme"
CONNECT = "/protocol/openid-connect"

_NONCE = "geopub-sign-in"
_LARGEST_FORM = 64 * 1024

logging.getLogger("oauthlib").setLevel(logging.WARNING)  # what it notes below that holds requests


def tokens_blueprint(server: AuthorizationServer, identity: Identity) -> Blueprint:
    """Return the routes that hand out tokens; who may use the API is `identity`'s to know."""
    blueprint = Blueprint("tokens", __name__, url_prefix=REALM, template_folder="templates")
    _add_endpoints(blueprint, server)
    _add_page(blueprint, server)

    @blueprint.get("/.well-known/openid-configuration")
    def discovery() -> Response:
        """Say where what is (RFC 8414)."""
        return answer(_discovery())

    @blueprint.route(f"{CONNECT}/userinfo", methods=["GET", "POST"])
    def userinfo() -> Response:
        """Say who has signed in."""
        found = identity.caller_of(bearer_token()) if bearer_token() else None
        if found is None:
            return _refused("invalid_token", 401, {"WWW-Authenticate": 'Bearer error="invalid_token"'})
        user = found.user
        names = {"given_name": user.first_name, "family_name": user.last_name}
        return answer({"sub": user.id, "email": user.email, "preferred_username": user.email, **names})

    return blueprint


def _add_endpoints(blueprint: Blueprint, server: AuthorizationServer) -> None:
    """Add what programs ask, with forms."""

    @blueprint.post(f"{CONNECT}/token")
    def token() -> Response:
        """Hand out tokens."""
        return _form_answer(server.token)

    @blueprint.post(f"{CONNECT}/revoke")
    def revoke() -> Response:
        """Let a token be of no more use (RFC 7009)."""
        return _form_answer(server.revoke)

    @blueprint.post(f"{CONNECT}/logout")
    def logout() -> Response:
        """End a sign-in, by its refresh token, as Keycloak has it."""
        return _form_answer(server.revoke, token=request.form.get("refresh_token", ""))

    @blueprint.post(f"{CONNECT}/token/introspect")
    def introspect() -> Response:
        """Say what a token is worth (RFC 7662)."""
        return _form_answer(server.introspect)


def _add_page(blueprint: Blueprint, server: AuthorizationServer) -> None:
    """Add the page on which people sign in."""

    @blueprint.get(f"{CONNECT}/auth")
    def ask() -> Response:
        """Show the page on which a user signs in for a client."""
        refusal = _refusal(server)
        return refusal or _page()

    @blueprint.post(f"{CONNECT}/auth")
    def sign_in() -> Response:
        """Check a password, and send the client its code."""
        refusal = _refusal(server)
        if refusal:
            return refusal
        given = request.form.get("nonce", "")
        if not given or not hmac.compare_digest(given.encode(), request.cookies.get(_NONCE, "").encode()):
            return _page(tr("The page was open for too long. Please sign in again."), 400)
        try:
            user = server.rules.user_signed_in(request.form.get("login", ""), request.form.get("password", ""))
        except TooManyRequests as error:
            return _page(str(error), 429, {"Retry-After": str(error.seconds)})
        if user is None:
            return _page(tr("The e-mail address or the password is wrong."), 401)
        response = _response(server.redirect(_uri(), user))
        response.delete_cookie(_NONCE, path=_cookie_path())
        return response


def _form_answer(endpoint: Any, **changed: str) -> Response:
    """Answer a form with what an endpoint of oauthlib makes of it; what stands in the query is not read."""
    request.max_content_length = _LARGEST_FORM
    fields = {**request.form.to_dict(), **changed}
    if any(len(request.form.getlist(name)) > 1 for name in request.form):
        return _refused("invalid_request", 400)
    try:
        return _response(endpoint(request.base_url, fields, dict(request.headers)))
    except TooManyRequests as error:
        return _refused("temporarily_unavailable", 429, {"Retry-After": str(error.seconds)}, str(error))


def _response(reply: Reply) -> Response:
    response = Response(reply.body, reply.status, reply.headers)
    if reply.body:
        response.headers["Content-Type"] = "application/json"
    return response


def _refused(error: str, status: int, headers: Optional[Dict[str, str]] = None, description: str = "") -> Response:
    told = {"error": error, **({"error_description": description} if description else {})}
    return answer(told, status, **{"Cache-Control": "no-store", **(headers or {})})


def _refusal(server: AuthorizationServer) -> Optional[Response]:
    """Return the answer to a request for a code that cannot be served, None for one that can."""
    try:
        server.examine(_uri())
    except FatalClientError as error:  # nothing may be sent to an address that is not known
        return _page(f"{error.error}: {error.description or ''}", 400, form=False)
    except ValueError:  # what is no query
        return _page("invalid_request", 400, form=False)
    except OAuth2Error as error:
        return Response(status=302, headers={"Location": error.in_uri(error.redirect_uri)})
    return None


def _page(
    message: str = "", status: int = 200, headers: Optional[Dict[str, str]] = None, form: bool = True
) -> Response:
    nonce = secrets.token_urlsafe(24)
    words = {
        "title": tr("Sign in"),
        "login": tr("E-mail address"),
        "password": tr("Password"),
        "send": tr("Sign in"),
        "for": tr("You sign in for “{name}”.", name=request.args.get("client_id", "")[:60]) if form else "",
    }
    spoken = "fr" if language() == "fr" else "en"
    shown = {"words": words, "message": message, "nonce": nonce, "form": form, "language": spoken}
    page = render_template("sign_in.html", action=f"?{_query()}", **shown)
    response = Response(page, status, {"Cache-Control": "no-store", **(headers or {})})
    back = urlsplit(request.args.get("redirect_uri", "")) if form else urlsplit("")
    to_client = f" {back.scheme}://{back.netloc}" if back.scheme in ("http", "https") else ""
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; form-action 'self'{to_client}; frame-ancestors 'none'"
    )
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    secure = base_url().startswith("https:")
    response.set_cookie(
        _NONCE, nonce, max_age=600, path=_cookie_path(), httponly=True, secure=secure, samesite="Strict"
    )
    return response


def _uri() -> str:
    return f"{request.base_url}?{_query()}"


def _query() -> str:
    return request.query_string.decode("latin-1")


def _cookie_path() -> str:
    return urlsplit(base_url()).path + REALM


def _discovery() -> Json:
    issuer = base_url() + REALM
    here = issuer + CONNECT
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{here}/auth",
        "token_endpoint": f"{here}/token",
        "revocation_endpoint": f"{here}/revoke",
        "introspection_endpoint": f"{here}/token/introspect",
        "userinfo_endpoint": f"{here}/userinfo",
        "end_session_endpoint": f"{here}/logout",
        "grant_types_supported": list(GRANTS),
        "response_types_supported": ["code"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
    }
