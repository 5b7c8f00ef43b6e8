"""Whose tokens are accepted, as the settings have it."""

from __future__ import annotations

from ..catalogue.store import Store
from ..settings import Settings
from ..translation import tr
from .callers import FirstOf, Identity, LocalToken, StoredTokens


def known_users(store: Store, settings: Settings, token: str) -> Identity:
    """Return who knows the users: besides the token of server.json, this backend's tokens or an external issuer."""
    local = LocalToken(store, token)
    if settings.login == "local":
        return FirstOf(local, StoredTokens(store))
    if settings.login == "openid":
        from .openid import IssuerTokens

        return FirstOf(local, IssuerTokens(store, settings))
    return local


def where_to_get_a_token(settings: Settings) -> str:
    """Tell who has no token what to do."""
    if settings.login == "none":
        return tr("Send the header “Authorization: Bearer …” with the token of server.json in the data folder.")
    return tr("Sign in, and send the header “Authorization: Bearer …” with the access token.")
