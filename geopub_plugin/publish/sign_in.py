"""Configurations of QGIS's authentication manager that sign in on a server: no secret is kept anywhere else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Optional

from qgis.core import QgsApplication, QgsAuthMethodConfig

from ..backend.errors import NotAllowed
from ..backend.translation import tr
from .client.store import on_geoplateforme

REALM = "/realms/geoplateforme/protocol/openid-connect"  # of a team server, at the addresses of the platform's own
PASSWORD_CLIENT, BROWSER_CLIENT = "gpf-warehouse", "geopub"  # public clients of a team server
REDIRECT_PORT, REDIRECT_PATH = 7070, "callback"  # the only one that the Géoplateforme knows
SECONDS = 30  # for a token
CODE, PASSWORD, PKCE = 0, 2, 3  # QgsAuthOAuth2Config.GrantFlow; PKCE from QGIS 3.36 on
_HEADER, _CUSTOM = 0, 1


@dataclass(frozen=True)
class Issuer:
    """Who gives out the tokens of a server."""

    request_url: str  # the page on which one signs in
    token_url: str


GEOPLATEFORME_API = "https://data.geopf.fr/api"
GEOPLATEFORME = Issuer(
    "https://sso.geopf.fr/realms/geoplateforme/protocol/openid-connect/auth",
    "https://sso.geopf.fr/realms/geoplateforme/protocol/openid-connect/token",
)


def issuer_of(api: str) -> Issuer:
    """Return who gives out the tokens of a store API: the server itself, or the Géoplateforme's sign-in."""
    if on_geoplateforme(api):
        return GEOPLATEFORME
    root = api.rstrip("/").rpartition("/api")[0] or api.rstrip("/")
    return Issuer(f"{root}{REALM}/auth", f"{root}{REALM}/token")


def password_sign_in(title: str, issuer: Issuer, login: str, password: str) -> QgsAuthMethodConfig:
    """Return a configuration that asks for tokens with a login and a password."""
    return _oauth2(title, issuer, PASSWORD, PASSWORD_CLIENT, username=login, password=password)


def browser_sign_in(
    title: str, issuer: Issuer, client: str = BROWSER_CLIENT, secret: Optional[str] = None
) -> QgsAuthMethodConfig:
    """Return a configuration that asks for tokens on the issuer's page; without a secret by PKCE (RFC 7636)."""
    return _oauth2(title, issuer, CODE if secret else PKCE, client, clientSecret=secret or "")


def keep(config: QgsAuthMethodConfig) -> str:
    """Keep a configuration in QGIS's authentication database, which may ask for its master password; return its id.

    Raises:
        NotAllowed: the database is locked, or QGIS was built without it.
    """
    # In 3.22 a bool, in newer ones a bool and the configuration.
    kept = QgsApplication.authManager().storeAuthenticationConfig(config)
    if not (kept[0] if isinstance(kept, tuple) else kept):
        raise NotAllowed(
            tr("The sign-in could not be kept."),
            tr("QGIS's authentication database did not take it."),
            tr("Give QGIS's master password, or look at Settings, Options, Authentication."),
        )
    return str(config.id())


def _oauth2(title: str, issuer: Issuer, flow: int, client: str, **more: str) -> QgsAuthMethodConfig:
    config = QgsAuthMethodConfig()
    config.setName(title)
    config.setMethod("OAuth2")
    config.setUri(issuer.token_url)
    told = {
        **dict.fromkeys(("clientSecret", "password", "scope", "username"), ""),
        "accessMethod": _HEADER,
        "clientId": client,
        "configType": _CUSTOM,
        "grantFlow": flow,
        "name": title,
        "persistToken": flow != PASSWORD,
        "redirectPort": REDIRECT_PORT,
        "redirectUrl": REDIRECT_PATH,
        "refreshTokenUrl": issuer.token_url,
        "requestTimeout": SECONDS,
        "requestUrl": issuer.request_url,
        "tokenUrl": issuer.token_url,
        "version": 1,
        **more,
    }
    config.setConfig("oauth2config", json.dumps(told))
    return config
