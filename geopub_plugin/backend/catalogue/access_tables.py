"""The tables of who may do what: accounts, OAuth 2.0 clients and tokens, permissions, keys, limits of datastores.

No secret is kept as it is: passwords as scrypt, what is random and long as SHA-256.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Integer, String, Table, UniqueConstraint

from .tables import _entity, _list, _of_datastore, _text, metadata

account = Table(
    "account",
    metadata,
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), primary_key=True),
    _text("password"),  # hash; "" when the user signs in elsewhere
    Column("subject", String(500), unique=True),  # "<issuer> <sub>" of an OpenID Connect issuer
    Column("administrator", Boolean, nullable=False, default=False),
    Column("last_login", String(27)),
)

oauth_client = Table(
    "oauth_client",
    metadata,
    Column("id", String(100), primary_key=True),  # client_id
    Column("created", String(27), nullable=False),
    _text("name"),
    _text("secret"),  # hash; "" for a public client
    _list("grants"),
    _list("redirects"),  # exact URIs; the port of a loopback address is free (RFC 8252 §7.3)
    Column("user", ForeignKey("user.id", ondelete="CASCADE")),  # as whom client_credentials act
)

oauth_grant = Table(  # one sign-in: its code, and every token that came of it
    "oauth_grant",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("created", String(27), nullable=False),
    Column("client", ForeignKey("oauth_client.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    _text("scope"),
    Column("code", String(64), unique=True),  # SHA-256
    Column("code_expires", String(27)),
    Column("code_used", Boolean, nullable=False, default=False),
    _text("redirect_uri"),
    _text("challenge"),
    _text("challenge_method"),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("hash", String(64), primary_key=True),  # SHA-256
    Column("grant", ForeignKey("oauth_grant.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),  # "access", "refresh"
    Column("created", String(27), nullable=False),
    Column("expires", String(27), nullable=False, index=True),
    Column("spent", Boolean, nullable=False, default=False),  # a refresh token that was exchanged
)

permission = _entity(
    "permission",
    _of_datastore(),
    _text("licence"),
    Column("end_date", String(27)),
    Column("only_oauth", Boolean, nullable=False, default=False),
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), index=True),  # one of the two
    Column("community", ForeignKey("community.id", ondelete="CASCADE"), index=True),
)

permission_offering = Table(
    "permission_offering",
    metadata,
    Column("permission", ForeignKey("permission.id", ondelete="CASCADE"), primary_key=True),
    Column("offering", ForeignKey("offering.id", ondelete="CASCADE"), primary_key=True, index=True),
)

key = _entity(
    "access_key",
    Column("user", ForeignKey("user.id", ondelete="CASCADE"), nullable=False, index=True),
    _text("name"),
    Column("type", String(16), nullable=False),  # HASH, HEADER, BASIC, OAUTH2
    Column("lookup", String(200), index=True),  # HASH: SHA-256; BASIC: login; HEADER: names of the headers
    _text("secret"),  # BASIC: scrypt of the password; HEADER: SHA-256 of the values
    _text("hint"),  # what its owner may see of it
    _list("whitelist"),
    _list("blacklist"),
    _text("user_agent"),
    _text("referer"),
    UniqueConstraint("user", "name"),
)

access = _entity(
    "access",
    Column("key", ForeignKey("access_key.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("permission", ForeignKey("permission.id", ondelete="CASCADE"), index=True),  # NULL: an open offering
    Column("offering", ForeignKey("offering.id", ondelete="CASCADE"), nullable=False, index=True),
    UniqueConstraint("key", "permission", "offering"),
)

datastore_limit = Table(
    "datastore_limit",
    metadata,
    Column("datastore", ForeignKey("datastore.id", ondelete="CASCADE"), primary_key=True),
    Column("bytes", BigInteger),  # of everything in it; NULL for no limit
    Column("offerings", Integer),  # on all endpoints together
    Column("keep_days", Integer),  # what is older is purged
)

ALL = (
    account,
    oauth_client,
    oauth_grant,
    oauth_token,
    permission,
    permission_offering,
    key,
    access,
    datastore_limit,
)
