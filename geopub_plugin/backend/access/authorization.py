"""The authorization server (RFC 6749): oauthlib's endpoints over the rules of this store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Dict, Optional

from oauthlib.common import Request
from oauthlib.oauth2 import (
    AuthorizationCodeGrant,
    AuthorizationEndpoint,
    BearerToken,
    ClientCredentialsGrant,
    IntrospectEndpoint,
    RefreshTokenGrant,
    ResourceOwnerPasswordCredentialsGrant,
    RevocationEndpoint,
    TokenEndpoint,
)
from oauthlib.oauth2.rfc6749.errors import UnsupportedCodeChallengeMethodError

from ..catalogue.spaces import User
from ..catalogue.store import Store
from .attempts import Attempts
from .digests import new_secret
from .oauth_rules import OAuthRules


@dataclass(frozen=True)
class Reply:
    """What an endpoint answers."""

    status: int
    headers: Dict[str, str]
    body: str


class AuthorizationServer:
    """Hands out tokens: by password, client credentials, authorization code with PKCE, refresh token."""

    def __init__(self, store: Store, attempts: Attempts, token_seconds: int) -> None:
        self.rules = OAuthRules(store, attempts, token_seconds)
        bearer = BearerToken(self.rules, lambda _request: new_secret(), token_seconds, lambda _request: new_secret())
        code = AuthorizationCodeGrant(self.rules)
        code.custom_validators.post_auth.append(_require_sha256)
        grants = {
            "authorization_code": code,
            "password": ResourceOwnerPasswordCredentialsGrant(self.rules),
            "client_credentials": ClientCredentialsGrant(self.rules),
            "refresh_token": RefreshTokenGrant(self.rules),
        }
        self._authorize = AuthorizationEndpoint("code", bearer, {"code": code})
        self._token = TokenEndpoint("authorization_code", bearer, grants)
        self._revoke = RevocationEndpoint(self.rules)
        self._introspect = IntrospectEndpoint(self.rules)

    def examine(self, uri: str) -> Dict[str, Any]:
        """Examine a request for a code, before anybody signs in.

        Raises:
            oauthlib.oauth2.FatalClientError: the client or its address is wrong; nothing may be sent there.
            oauthlib.oauth2.OAuth2Error: something else is wrong, which the client is told.
        """
        _scopes, credentials = self._authorize.validate_authorization_request(uri)
        return dict(credentials)

    def redirect(self, uri: str, user: User) -> Reply:
        """Send a code to the client for which a user has signed in."""
        credentials = {"user": user}
        return _reply(*self._authorize.create_authorization_response(uri, scopes=[], credentials=credentials))

    def token(self, uri: str, body: Dict[str, str], headers: Dict[str, str]) -> Reply:
        """Answer a request for tokens."""
        return _reply(*self._token.create_token_response(uri, "POST", body, headers))

    def revoke(self, uri: str, body: Dict[str, str], headers: Dict[str, str]) -> Reply:
        """Let a token be of no more use."""
        return _reply(*self._revoke.create_revocation_response(uri, "POST", body, headers))

    def introspect(self, uri: str, body: Dict[str, str], headers: Dict[str, str]) -> Reply:
        """Say what a token is worth."""
        return _reply(*self._introspect.create_introspect_response(uri, "POST", body, headers))


def _require_sha256(request: Request) -> Dict[str, str]:
    """Refuse PKCE without a digest: whoever sees such a challenge has the verifier (RFC 9700 §2.1.1)."""
    if request.code_challenge and request.code_challenge_method != "S256":
        raise UnsupportedCodeChallengeMethodError(request=request)
    return {}


def _reply(headers: Optional[Dict[str, str]], body: Optional[str], status: int) -> Reply:
    return Reply(status, {"Cache-Control": "no-store", **(headers or {})}, body or "")
