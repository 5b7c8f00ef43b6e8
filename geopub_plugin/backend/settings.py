"""What the backend can be told: from arguments first, then from the environment (GEOPUB_PORT, …), else the default."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Callable, Dict, Mapping
from urllib.parse import urlsplit

from .errors import InvalidInput
from .translation import tr

MIB = 1024 * 1024
GIB = 1024 * MIB

LOGINS = ("none", "local", "openid")
UNPUBLISHING = ("remove", "keep")
SMTP_SECURITIES = ("starttls", "tls", "none")

_HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_POSTGRESQL = ("postgresql", "postgresql+psycopg2", "postgres")
_SWITCH = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}


@dataclass(frozen=True)
class Settings:
    """Everything the backend can be told; sizes are in bytes."""

    data: Path  # the data folder
    host: str = "127.0.0.1"
    port: int = 0  # 0: the port of the last time, or any that is free
    public_url: str = ""  # how clients reach the backend behind a proxy; "" for the URL it listens on
    catalogue_url: str = field(default="", repr=False)  # of a PostgreSQL database; "" for SQLite in the data folder
    login: str = "none"  # who may use the API: "none" the token of server.json only, "local" users, "openid"
    token_minutes: int = 60  # how long an access token is good
    openid_issuer: str = ""  # URL of an OpenID Connect issuer whose tokens are accepted
    openid_audience: str = ""  # for whom its tokens must be made out
    openid_client: str = ""  # as which client to ask it about a token; "" to verify its signature here
    openid_secret_file: str = ""  # file with the secret of that client
    trusted_proxies: str = ""  # networks of proxies that are believed who asks, with commas
    access_log: bool = False  # whether each request is noted in log/access.log
    unpublish: str = "remove"  # what DELETE leaves of an offering: "remove" nothing, "keep" an UNPUBLISHED one
    smtp_host: str = ""  # mail server that takes the messages which executions ask for; "" for none
    smtp_port: int = 587
    smtp_security: str = "starttls"  # "starttls", "tls" from the first byte, or "none"
    smtp_user: str = ""
    smtp_password_file: str = ""
    mail_from: str = ""  # the sender; geopub@smtp_host by default
    webhook_url: str = ""  # is told of each execution that ran long; "" for none
    webhook_secret_file: str = ""  # file with the key of the X-GeoPub-Signature (HMAC-SHA256 of the body)
    notify_seconds: int = 60  # how long is long
    workers: int = 2  # executions at the same time
    threads: int = 8  # requests at the same time
    language: str = ""  # "" for that of the environment
    chunk_bytes: int = 64 * MIB  # largest body of one chunk of an upload
    upload_bytes: int = 30 * GIB  # largest delivered file
    annexe_bytes: int = 100 * MIB  # largest static or annexe
    archive_entries: int = 10_000  # largest number of entries of a delivered zip
    archive_entry_bytes: int = 30 * GIB  # largest file in a delivered zip
    archive_ratio: int = 100  # largest quotient of unpacked and packed size of a file in a delivered zip
    kept_revisions: int = 5  # of data, styles and metadata; those that services show are kept besides
    reserve_bytes: int = 256 * MIB  # room on the disk that is never used up
    tile_cache_bytes: int = 512 * MIB  # drawn map tiles that are kept; 0 for none
    render_seconds: int = 30  # longest time for one picture
    until_stdin_closes: bool = False  # end when the process that started the backend ends

    @property
    def archive_limits(self) -> Dict[str, int]:
        """The limits of a delivered zip, as the jobs of `ingest` take them."""
        return {"entries": self.archive_entries, "entry_bytes": self.archive_entry_bytes, "ratio": self.archive_ratio}

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
        """Make settings from what is given (None counts as not given), then the environment, then the defaults."""
        told: Dict[str, Any] = {}
        for one in fields(cls):
            variable = f"GEOPUB_{one.name.upper()}"
            value = given.pop(one.name, None)
            if value is None:
                value = environment.get(variable) or None
            if value is not None:
                told[one.name] = _checked(one.name, value)
        if given:
            raise TypeError(f"Settings has no {', '.join(sorted(given))}")
        if "data" not in told:
            raise InvalidInput(
                tr("No data folder is given."),
                tr("The backend keeps everything it publishes in one folder."),
                tr("Start it with --data FOLDER, or set GEOPUB_DATA."),
            )
        settings = cls(**told)
        settings._check_openid()
        return settings

    def _check_openid(self) -> None:
        """Refuse to accept the tokens of an issuer that were made out for anybody."""
        if self.login == "openid" and not (self.openid_issuer and self.openid_audience):
            raise InvalidInput(
                tr("The login by OpenID Connect is not set up."),
                tr("The settings openid_issuer and openid_audience are both needed."),
                tr("See docs/server.md."),
            )


def _whole(low: int, high: int) -> Callable[[str, str], int]:
    def rule(name: str, text: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", text) or not low <= int(text) <= high:
            raise _refusal(name, text, tr("It must be a whole number from {low} to {high}.", low=low, high=high))
        return int(text)

    return rule


def _folder(name: str, text: str) -> Path:
    if "\0" in text:
        raise _refusal(name, text, tr("It must be the path of a folder."))
    return Path(text).expanduser().absolute()


def _host(name: str, text: str) -> str:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        if not _HOST_NAME.fullmatch(text):
            raise _refusal(name, text, tr("It must be an IP address or the name of a computer.")) from None
    return text


def _url(name: str, text: str) -> str:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        usable = False
    if not usable or parts.query or parts.fragment or parts.username:
        raise _refusal(
            name, text, tr("It must be a URL as https://maps.example.org/geopub, without user, query or fragment.")
        )
    return text.rstrip("/")


def _catalogue_url(name: str, text: str) -> str:
    """Take the URL of a PostgreSQL database; a refusal does not repeat it, since it holds a password."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in _POSTGRESQL and bool(parts.path.strip("/") or parts.query) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if text and not usable:
        rule = tr("It must be the URL of a PostgreSQL database, as postgresql://user:[password]@host/name.")
        raise _refusal(name, "…", rule)
    return text


def _language(name: str, text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}([_-].*)?", text):
        raise _refusal(name, text, tr("It must be a language code, such as fr or en."))
    return text[:2].lower()


def _switch(name: str, text: str) -> bool:
    if text.lower() not in _SWITCH:
        raise _refusal(name, text, tr("It must be yes or no."))
    return _SWITCH[text.lower()]


def _login(name: str, text: str) -> str:
    if text not in LOGINS:
        raise _refusal(name, text, tr("It must be one of: {choices}.", choices=", ".join(LOGINS)))
    return text


def _unpublishing(name: str, text: str) -> str:
    if text not in UNPUBLISHING:
        raise _refusal(name, text, tr("It must be one of: {choices}.", choices=", ".join(UNPUBLISHING)))
    return text


def _smtp_security(name: str, text: str) -> str:
    if text.lower() not in SMTP_SECURITIES:
        raise _refusal(name, text, tr("It must be one of: {choices}.", choices=", ".join(SMTP_SECURITIES)))
    return text.lower()


def _address(name: str, text: str) -> str:
    if not re.fullmatch(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}", text):
        raise _refusal(name, text, tr("It must be an address for e-mail, such as geopub@example.org."))
    return text


def _webhook_url(name: str, text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or not text.isprintable():
        raise _refusal(name, "…", tr("It must be an address on the web, without a user."))  # it may hold a secret
    return text


def _printable(name: str, text: str) -> str:
    if not text.isprintable():
        raise _refusal(name, text, tr("It must be a text on one line."))
    return text


def _networks(name: str, text: str) -> str:
    try:
        for one in filter(None, text.replace(" ", "").split(",")):
            ipaddress.ip_network(one, strict=False)
    except ValueError:
        rule = tr("It must be addresses or networks with commas between, as 127.0.0.1,10.0.0.0/8.")
        raise _refusal(name, text, rule) from None
    return text.replace(" ", "")


_RULES: Dict[str, Callable[[str, str], object]] = {
    "data": _folder,
    "host": _host,
    "port": _whole(0, 65535),
    "public_url": _url,
    "catalogue_url": _catalogue_url,
    "login": _login,
    "token_minutes": _whole(1, 24 * 60),
    "openid_issuer": _url,
    "openid_audience": _printable,
    "openid_client": _printable,
    "openid_secret_file": _printable,
    "trusted_proxies": _networks,
    "access_log": _switch,
    "unpublish": _unpublishing,
    "smtp_host": _host,
    "smtp_port": _whole(1, 65535),
    "smtp_security": _smtp_security,
    "smtp_user": _printable,
    "smtp_password_file": _printable,
    "mail_from": _address,
    "webhook_url": _webhook_url,
    "webhook_secret_file": _printable,
    "notify_seconds": _whole(0, 1_000_000),
    "workers": _whole(1, 64),
    "threads": _whole(1, 256),
    "language": _language,
    "chunk_bytes": _whole(64 * 1024, 2 * GIB),
    "upload_bytes": _whole(MIB, 4096 * GIB),
    "annexe_bytes": _whole(64 * 1024, 2 * GIB),
    "archive_entries": _whole(1, 1_000_000),
    "archive_entry_bytes": _whole(MIB, 4096 * GIB),
    "archive_ratio": _whole(1, 100_000),
    "kept_revisions": _whole(1, 1000),
    "reserve_bytes": _whole(0, 4096 * GIB),
    "tile_cache_bytes": _whole(0, 10**15),
    "render_seconds": _whole(1, 3600),
    "until_stdin_closes": _switch,
}


def _checked(name: str, value: object) -> object:
    return _RULES[name](name, str(value).strip())


def _refusal(name: str, text: str, rule: str) -> InvalidInput:
    return InvalidInput(
        tr("The setting {name} cannot be “{value}”.", name=name, value=text),
        rule,
        tr(
            "Give another value with --{option} or in the environment variable {variable}.",
            option=name.replace("_", "-"),
            variable=f"GEOPUB_{name.upper()}",
        ),
    )
