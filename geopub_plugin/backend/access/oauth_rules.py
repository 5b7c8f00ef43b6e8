"""What oauthlib asks of the store: who clients and users are, which codes and tokens are good, and to keep new ones."""

from __future__ import annotations

from typing import Any, Dict, List, Optional, Sequence, Tuple
from urllib.parse import unquote, urlsplit

from flask import request as asked
from oauthlib.common import Request
from oauthlib.oauth2 import RequestValidator

from ..catalogue import sign_ins
from ..catalogue.accounts import note_login, signed_in
from ..catalogue.sign_ins import OAuthClient, SignIn
from ..catalogue.spaces import User, users
from ..catalogue.store import Store
from .attempts import Attempts, guesses
from .basic import basic_credentials
from .digests import digest, same

BEARER = "Bearer"  # RFC 6750
LONGEST_SCOPE = 300
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class OAuthRules(RequestValidator):
    """Answers oauthlib's questions; each is one short transaction."""

    def __init__(self, store: Store, attempts: Attempts, token_seconds: int) -> None:
        super().__init__()
        self._store, self._attempts, self._seconds = store, attempts, token_seconds

    # Clients --------------------------------------------------------------------------------------------------------

    def client_authentication_required(self, request: Request, *_args: Any, **_more: Any) -> bool:
        """Tell whether the client must prove who it is: all but the known public ones."""
        client = self._client(_credentials(request)[0])
        return client is None or not client.public

    def authenticate_client(self, request: Request, *_args: Any, **_more: Any) -> bool:
        """Tell whether a confidential client has given its secret (RFC 6749 §2.3.1)."""
        identifier, secret = _credentials(request)
        counted = guesses("client", identifier, asked.remote_addr or "")
        self._attempts.begin(counted)
        client = self._client(identifier)
        kept = client.secret if client else ""
        if client is None or not same(digest(secret), kept or digest("")) or not kept:
            return False
        self._attempts.succeeded(counted)
        request.client = client
        return True

    def authenticate_client_id(self, client_id: str, request: Request, *_args: Any, **_more: Any) -> bool:
        """Tell whether this is a public client; those may send a secret, which proves nothing and is not read."""
        client = self._client(_credentials(request)[0] or client_id)
        request.client = client
        return client is not None and client.public

    def validate_client_id(self, client_id: str, request: Request, *_args: Any, **_more: Any) -> bool:
        """Tell whether there is such a client."""
        request.client = self._client(client_id)
        return request.client is not None

    def validate_grant_type(
        self, client_id: str, grant_type: str, client: OAuthClient, request: Request, *_args: Any, **_more: Any
    ) -> bool:
        """Tell whether the client may ask in this way."""
        if grant_type == "client_credentials":
            request.user = self._user(client.user) if client.user else None
            return grant_type in client.grants and request.user is not None and not client.public
        return grant_type in client.grants

    def validate_response_type(
        self, client_id: str, response_type: str, client: OAuthClient, request: Request, *_args: Any, **_more: Any
    ) -> bool:
        """Tell whether the client may be answered by a code, the one way there is."""
        return response_type == "code" and "authorization_code" in client.grants

    def validate_redirect_uri(
        self, client_id: str, redirect_uri: str, request: Request, *_args: Any, **_more: Any
    ) -> bool:
        """Tell whether a code may be sent to this address: a registered one, letter by letter, but for a local port."""
        client = self._client(client_id)
        return client is not None and any(_fits(redirect_uri, known) for known in client.redirects)

    def get_default_redirect_uri(self, client_id: str, request: Request, *_args: Any, **_more: Any) -> Optional[str]:
        """Return the address of a client that has registered one only."""
        client = self._client(client_id)
        return client.redirects[0] if client and len(client.redirects) == 1 else None

    # Scopes: they grant nothing here, the rights in communities do --------------------------------------------------

    def validate_scopes(
        self, client_id: str, scopes: Sequence[str], client: OAuthClient, request: Request, *_args: Any, **_more: Any
    ) -> bool:
        """Tell whether the scopes can be kept."""
        return len(" ".join(scopes)) <= LONGEST_SCOPE

    def get_default_scopes(self, client_id: str, request: Request, *_args: Any, **_more: Any) -> List[str]:
        """Return the scopes of who names none."""
        return ["openid"]

    def get_original_scopes(self, refresh_token: str, request: Request, *_args: Any, **_more: Any) -> str:
        """Return the scopes of the sign-in that a refresh token belongs to."""
        return request.sign_in.scope

    # Users ----------------------------------------------------------------------------------------------------------

    def validate_user(
        self, username: str, password: str, client: OAuthClient, request: Request, *_args: Any, **_more: Any
    ) -> bool:
        """Tell whether this is the user's password."""
        request.user = self.user_signed_in(username, password)
        return request.user is not None

    def user_signed_in(self, email: str, password: str) -> Optional[User]:
        """Return the user whose password this is, or None.

        Raises:
            TooManyRequests: too many passwords were wrong.
        """
        counted = guesses("password", email, asked.remote_addr or "")
        self._attempts.begin(counted)
        with self._store.reading() as connection:
            user = signed_in(connection, email, password)
        if user is not None:
            self._attempts.succeeded(counted)
        return user

    # Codes (RFC 6749 §4.1, RFC 7636) --------------------------------------------------------------------------------

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        """Tell whether the code must be bound to its asker: for clients that can keep no secret."""
        client = self._client(client_id)
        return client is None or client.public

    def save_authorization_code(
        self, client_id: str, code: Dict[str, str], request: Request, *_args: Any, **_more: Any
    ) -> None:
        """Keep a code."""
        with self._store.writing() as connection:
            sign_ins.begin(
                connection,
                client_id,
                request.user.id,
                " ".join(request.scopes or ()),
                code["code"],
                redirect_uri=request.redirect_uri or "",
                challenge=request.code_challenge or "",
                challenge_method=request.code_challenge_method or "" if request.code_challenge else "",
            )

    def validate_code(
        self, client_id: str, code: str, client: OAuthClient, request: Request, *_a: Any, **_m: Any
    ) -> bool:
        """Tell whether a code is good, and take it: a code serves once, and a second use ends what came of it."""
        with self._store.writing() as connection:
            found = sign_ins.sign_in_of_code(connection, code)
            if found is None or found.client != client.id:
                return False
            if found.code_used:
                sign_ins.end(connection, found.id)
                return False
            sign_ins.use_code(connection, found.id)
            if (found.code_expires or "") < sign_ins.now():
                return False
            self._take(request, found, users.get(connection, found.user))
        return True

    def get_code_challenge(self, code: str, request: Request) -> Optional[str]:
        """Return what the asker's verifier must match."""
        return request.sign_in.challenge or None

    def get_code_challenge_method(self, code: str, request: Request) -> str:
        """Return how it must match."""
        return str(request.sign_in.challenge_method)

    def confirm_redirect_uri(
        self,
        client_id: str,
        code: str,
        redirect_uri: Optional[str],
        client: OAuthClient,
        request: Request,
        *_a: Any,
        **_m: Any,
    ) -> bool:
        """Tell whether the code was sent to this address."""
        return same(redirect_uri or "", request.sign_in.redirect_uri)

    def invalidate_authorization_code(self, client_id: str, code: str, request: Request, *_a: Any, **_m: Any) -> None:
        """Do nothing: `validate_code` has taken the code."""

    # Tokens ---------------------------------------------------------------------------------------------------------

    def save_bearer_token(self, token: Dict[str, Any], request: Request, *_args: Any, **_more: Any) -> None:
        """Keep the tokens that are handed out."""
        with self._store.writing() as connection:
            sign_ins.forget_expired(connection)
            found: Optional[SignIn] = getattr(request, "sign_in", None)
            if found is None:
                scope = " ".join(request.scopes or ())
                found = sign_ins.begin(connection, request.client.id, request.user.id, scope)
            expires = sign_ins.moment_after(seconds=self._seconds)
            sign_ins.add_token(connection, found.id, sign_ins.ACCESS, token["access_token"], expires)
            if token.get("refresh_token"):
                expires = sign_ins.moment_after(days=sign_ins.REFRESH_DAYS)
                sign_ins.add_token(connection, found.id, sign_ins.REFRESH, token["refresh_token"], expires)
            note_login(connection, found.user)

    def validate_refresh_token(
        self, refresh_token: str, client: OAuthClient, request: Request, *_args: Any, **_more: Any
    ) -> bool:
        """Tell whether a refresh token is good, and take it; one that comes again was stolen, and ends the sign-in."""
        with self._store.writing() as connection:
            token = sign_ins.find_token(connection, refresh_token)
            if token is None or token.kind != sign_ins.REFRESH:
                return False
            found = sign_ins.sign_in(connection, token.grant)
            if found.client != client.id:
                return False
            if not sign_ins.spend(connection, refresh_token):
                sign_ins.end(connection, found.id)
                return False
            self._take(request, found, users.get(connection, found.user))
            return token.live

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *_args: Any, **_more: Any) -> None:
        """Let a token be of no more use; with a refresh token, everything of its sign-in (RFC 7009 §2.1)."""
        with self._store.writing() as connection:
            found = sign_ins.find_token(connection, token)
            if found is None or sign_ins.sign_in(connection, found.grant).client != request.client.id:
                return
            if found.kind == sign_ins.REFRESH:
                sign_ins.end(connection, found.grant)
            else:
                sign_ins.remove_token(connection, token)

    def introspect_token(
        self, token: str, token_type_hint: str, request: Request, *_args: Any, **_more: Any
    ) -> Optional[Dict[str, Any]]:
        """Return what a token says (RFC 7662 §2.2), None when it is of no use."""
        with self._store.reading() as connection:
            found = sign_ins.find_token(connection, token)
            if found is None or not found.live or found.kind != sign_ins.ACCESS:
                return None
            about = sign_ins.sign_in(connection, found.grant)
            user = users.get(connection, about.user)
        if request.client.public and request.client.id != about.client:
            return None  # who proves nothing learns of its own tokens only
        return {
            "sub": user.id,
            "username": user.email,
            "email": user.email,
            "given_name": user.first_name,
            "family_name": user.last_name,
            "client_id": about.client,
            "scope": about.scope,
            "exp": sign_ins.seconds_of(found.expires),
            "token_type": BEARER,
        }

    def _take(self, request: Request, found: SignIn, user: User) -> None:
        request.sign_in, request.user, request.scopes = found, user, found.scope.split()

    def _client(self, identifier: Optional[str]) -> Optional[OAuthClient]:
        with self._store.reading() as connection:
            return sign_ins.find_client(connection, identifier) if identifier else None

    def _user(self, identifier: str) -> User:
        with self._store.reading() as connection:
            return users.get(connection, identifier)


def _credentials(request: Request) -> Tuple[str, str]:
    """Return client_id and client_secret of a request, from its header or its form."""
    header = request.headers.get("Authorization") or ""
    if header.lower().startswith("basic"):
        name, secret = basic_credentials(header) or ("", "")
        return unquote(name), unquote(secret)
    return request.client_id or "", getattr(request, "client_secret", "") or ""


def _fits(given: str, known: str) -> bool:
    """Tell whether an address is a registered one; on this very machine, at any port (RFC 8252 §7.3)."""
    if same(given, known):
        return True
    try:
        one, other = urlsplit(given), urlsplit(known)
        here = (one.scheme, one.hostname) == ("http", other.hostname) == (other.scheme, other.hostname)
        local = here and other.hostname in _LOOPBACK and one.username is None and (one.port or 1) > 0
    except ValueError:
        return False
    plain = given.isprintable() and not set(given) & set(" \\")
    return local and plain and (one.path, one.query, one.fragment) == (other.path, other.query, "")
