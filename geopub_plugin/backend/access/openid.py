"""Users of an external OpenID Connect issuer: their access tokens are verified here, or the issuer is asked."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from pathlib import Path
from typing import Any, Dict, Mapping, Optional, Tuple

import requests

from ..catalogue.accounts import account_of, external_user, find_external
from ..catalogue.seeds import join_discovery
from ..catalogue.store import Store
from ..errors import InvalidInput, Unavailable
from ..settings import Settings
from ..translation import tr
from .callers import Caller
from .digests import digest

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SECONDS = 5.0  # to wait for the issuer
LEEWAY = 30  # seconds by which two clocks may differ
_REMEMBERED = 10_000  # tokens
_REMEMBER_SECONDS = 30.0  # after which a token is looked at again
_KEYS_SECONDS = 60.0  # that pass at least before the issuer's keys are fetched again
_OTHER_TOKENS = ("ID", "Refresh", "Offline")  # Keycloak's `typ` of what is no access token

Claims = Mapping[str, Any]
_log = logging.getLogger(__name__)


class IssuerTokens:
    """Knows users by the access tokens of an issuer; implements `callers.Identity`."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._store, self._issuer, self._audience = store, settings.openid_issuer, settings.openid_audience
        self._check = (
            _Introspection(settings, _secret(settings))
            if settings.openid_client
            else _Signatures(settings.openid_issuer)
        )
        self._known: OrderedDict[str, Tuple[float, Claims]] = OrderedDict()
        self._lock = threading.Lock()

    def caller_of(self, token: str) -> Optional[Caller]:
        """Return the user of a token, made at the first time; None when it is of no use here.

        Raises:
            Unavailable: the issuer does not answer.
            NotAllowed: the user's e-mail address is somebody else's here.
        """
        claims = self._claims(token)
        if claims is None:
            return None
        with self._store.reading() as connection:
            user = find_external(connection, f"{self._issuer} {claims['sub']}")
            account = account_of(connection, user.id) if user else None
        if user is None:
            with self._store.writing() as connection:
                user = external_user(connection, self._issuer, claims)
                join_discovery(connection, user)
        return Caller(user, account is not None and account.administrator)

    def _claims(self, token: str) -> Optional[Claims]:
        mark, moment = digest(token), time.monotonic()
        with self._lock:
            until, known = self._known.get(mark, (0.0, {}))
        if moment < until and not _ended(known):
            return known
        claims = self._check.claims(token)
        if claims is None or not claims.get("sub") or _ended(claims) or not self._is_for_us(claims):
            return None
        with self._lock:
            self._known[mark] = (moment + _REMEMBER_SECONDS, claims)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return claims

    def _is_for_us(self, claims: Claims) -> bool:
        """Tell whether a token was made out for this server: one for another would be anybody's to replay."""
        named = claims.get("aud") or ()
        audiences = {named} if isinstance(named, str) else set(named)
        return self._audience in audiences | {claims.get("azp"), claims.get("client_id")}


class _Discovery:
    """What an issuer says of itself, asked once."""

    def __init__(self, issuer: str) -> None:
        self._issuer = issuer
        self._found: Dict[str, Any] = {}

    def address(self, name: str) -> str:
        if not self._found:
            found = _json(requests.get, f"{self._issuer}/.well-known/openid-configuration")
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise _silent(tr("It calls itself “{name}”.", name=found.get("issuer")))
            self._found = found
        if not self._found.get(name):
            raise _silent(tr("It has no “{name}”.", name=name))
        return str(self._found[name])


class _Signatures:
    """Verifies signatures with the public keys of the issuer (RFC 7517, RFC 9068)."""

    def __init__(self, issuer: str) -> None:
        try:
            import jwt
            from jwt.algorithms import has_crypto
        except ModuleNotFoundError as error:
            raise _not_installed() from error
        if not has_crypto:
            raise _not_installed()
        self._jwt, self._issuer, self._discovery = jwt, issuer, _Discovery(issuer)
        self._keys: Dict[str, Any] = {}
        self._fetched = 0.0
        self._lock = threading.Lock()

    def claims(self, token: str) -> Optional[Claims]:
        jwt = self._jwt
        try:
            header = jwt.get_unverified_header(token)
            key = self._key(str(header.get("kid") or ""))
            if key is None or header.get("alg") not in ALGORITHMS:
                return None
            required = {"require": ["exp", "iss", "sub"], "verify_aud": False}
            claims: Claims = jwt.decode(
                token, key, algorithms=list(ALGORITHMS), issuer=self._issuer, leeway=LEEWAY, options=required
            )
        except jwt.PyJWTError as error:
            _log.info("A token was refused: %s", error)
            return None
        return None if claims.get("typ") in _OTHER_TOKENS else claims

    def _key(self, name: str) -> Any:
        """Return the key of an id; unknown ones make the keys be fetched again, but not at every attempt."""
        with self._lock:
            if (name not in self._keys and time.monotonic() - self._fetched > _KEYS_SECONDS) or not self._keys:
                found = self._jwt.PyJWKSet.from_dict(_json(requests.get, self._discovery.address("jwks_uri")))
                self._keys = {str(key.key_id or ""): key for key in found.keys}
                self._fetched = time.monotonic()
            return self._keys.get(name)


class _Introspection:
    """Asks the issuer about each token (RFC 7662); needs no cryptography here, and knows of revocations."""

    def __init__(self, settings: Settings, secret: str) -> None:
        self._client, self._discovery = (settings.openid_client, secret), _Discovery(settings.openid_issuer)

    def claims(self, token: str) -> Optional[Claims]:
        address = self._discovery.address("introspection_endpoint")
        found = _json(requests.post, address, data={"token": token}, auth=self._client)
        return found if found.get("active") is True else None


def _ended(claims: Claims) -> bool:
    ends = claims.get("exp")
    return isinstance(ends, (int, float)) and ends + LEEWAY < time.time()


def _secret(settings: Settings) -> str:
    if not settings.openid_secret_file:
        raise InvalidInput(
            tr("The login by OpenID Connect is not set up."),
            tr("The setting openid_client is there, and openid_secret_file is not."),
            tr("See docs/server.md."),
        )
    try:
        return Path(settings.openid_secret_file).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(
            tr("The file {path} cannot be read.", path=settings.openid_secret_file), str(error)
        ) from error


def _json(ask: Any, address: str, **more: Any) -> Dict[str, Any]:
    try:
        answer = ask(address, timeout=SECONDS, allow_redirects=False, headers={"Accept": "application/json"}, **more)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise _silent(type(error).__name__) from error
    if not isinstance(found, dict):
        raise _silent(tr("Its answer cannot be read."))
    return found


def _silent(why: str) -> Unavailable:
    return Unavailable(
        tr("Whether you have signed in cannot be found out."),
        tr("The issuer of your token does not answer as it should: {reason}", reason=why),
        tr("Try again soon; tell the administrator of the server if it lasts."),
    )


def _not_installed() -> Unavailable:
    return Unavailable(
        tr("The login by OpenID Connect cannot start."),
        tr("The packages that verify signatures, PyJWT and cryptography, are missing."),
        tr("Install geopub with its extra “server”, or let the issuer be asked (setting openid_client)."),
    )
