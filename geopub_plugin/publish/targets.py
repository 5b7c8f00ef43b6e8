"""Where a user publishes: this computer, team servers, the Géoplateforme; kept in the settings of the QGIS profile."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Optional, Sequence, Tuple

from qgis.core import QgsSettings
from qgis.PyQt.QtCore import QObject, pyqtSignal

from ..backend.errors import InvalidInput
from ..backend.translation import tr
from .client.store import api_address, on_geoplateforme

ROOM = "geopub/targets"  # group of the settings; one group each below
CURRENT = "geopub/target"
EMBEDDED_ID = "embedded"
_KEPT = ("kind", "title", "url", "authcfg", "datastore", "prefix")
_PLAIN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class TargetKind(str, Enum):
    """What kind of store a target is."""

    EMBEDDED = "embedded"
    SERVER = "server"
    GEOPLATEFORME = "geoplateforme"


@dataclass(frozen=True)
class Target:
    """A place to publish in; secrets are in QGIS's authentication database, `authcfg` only names them."""

    id: str
    kind: TargetKind
    title: str
    url: str = ""  # of its API, "https://maps.example.org/api"; "" for this computer, whose port is not fixed
    authcfg: str = ""  # identifier of a configuration of QgsAuthManager; "" for none
    datastore: str = ""  # identifier or technical name; "" where the user has but one
    prefix: str = ""  # that every technical name has there, such as "SANDBOX_"; "" for none

    @property
    def embedded(self) -> bool:
        """Whether this is the backend of this computer."""
        return self.kind is TargetKind.EMBEDDED

    @property
    def draws_qml(self) -> bool:
        """Whether its maps can be drawn with QML, see `Store.draws_qml`."""
        return not on_geoplateforme(self.url)

    def layer_name(self, name: str) -> str:
        """Return a technical name as this target wants it: with its prefix, which is not put twice."""
        return name if name.lower().startswith(self.prefix.lower()) else f"{self.prefix}{name}"


def this_computer() -> Target:
    """Return the target that is always there."""
    return Target(EMBEDDED_ID, TargetKind.EMBEDDED, tr("This computer"))


class Targets(QObject):
    """The targets of this QGIS profile, and the one that is chosen."""

    changed = pyqtSignal()  # the list, one of them, or the choice

    def all(self) -> Tuple[Target, ...]:
        """Return every target: this computer, then the others by title."""
        settings = QgsSettings()
        settings.beginGroup(ROOM)
        found = (_read(settings, identifier) for identifier in settings.childGroups())
        others = sorted((it for it in found if it is not None), key=lambda it: (it.title.casefold(), it.id))
        settings.endGroup()
        return (this_computer(), *others)

    def get(self, identifier: str) -> Optional[Target]:
        """Return a target, None when there is none of this identifier any more."""
        return next((target for target in self.all() if target.id == identifier), None)

    def current(self) -> Target:
        """Return the target that is chosen; this computer at first, or when the chosen one was removed."""
        return self.get(str(QgsSettings().value(CURRENT, EMBEDDED_ID))) or this_computer()

    def choose(self, identifier: str) -> None:
        """Choose a target.

        Raises:
            InvalidInput: there is none of this identifier.
        """
        if self.get(identifier) is None:
            raise InvalidInput(tr("There is no target “{name}”.", name=identifier))
        if identifier != self.current().id:
            QgsSettings().setValue(CURRENT, identifier)
            self.changed.emit()

    def put(self, target: Target) -> None:
        """Add a target, or replace the one of the same identifier.

        Raises:
            InvalidInput: it cannot be one: no address, a foreign identifier.
        """
        if target.embedded or not _PLAIN_ID.fullmatch(target.id) or target.id == EMBEDDED_ID:
            raise InvalidInput(tr("“{name}” cannot be the name of a target.", name=target.id))
        if not address_fault(target.url) == "":
            raise InvalidInput(tr("“{url}” is not the address of a server.", url=target.url), address_fault(target.url))
        settings = QgsSettings()
        settings.beginGroup(f"{ROOM}/{target.id}")
        for name in _KEPT:
            value = getattr(target, name)
            settings.setValue(name, value.value if isinstance(value, TargetKind) else value)
        settings.setValue("url", api_address(target.url.strip()))
        settings.endGroup()
        self.changed.emit()

    def remove(self, identifier: str) -> None:
        """Forget a target; what is published there stays, and its authentication configuration, too."""
        if self.get(identifier) is None or identifier == EMBEDDED_ID:
            return
        QgsSettings().remove(f"{ROOM}/{identifier}")
        self.changed.emit()

    def free_id(self, title: str, more: Sequence[str] = ()) -> str:
        """Return an identifier made from a title, that no target has, and none of `more` is."""
        plain = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "server"
        taken = {*more, *(target.id for target in self.all())}
        names = (plain if number == 1 else f"{plain}-{number}" for number in range(1, len(taken) + 2))
        return next(name for name in names if name not in taken)


def address_fault(url: str) -> str:
    """Return what is wrong with the address of a server, "" when nothing is."""
    scheme, separator, rest = url.strip().partition("://")
    if not url.strip():
        return tr("An address is needed, such as https://maps.example.org")
    if not separator or scheme.lower() not in ("http", "https") or not rest.strip("/"):
        return tr("It must start with https:// or http://, followed by the name of the server.")
    if "@" in rest.partition("/")[0]:
        return tr("It must not hold a login or a password: those belong into an authentication configuration.")
    if "?" in rest or "#" in rest or any(character.isspace() for character in rest):
        return tr("It must not hold a space, a question mark or a number sign.")
    return ""


def _read(settings: QgsSettings, identifier: str) -> Optional[Target]:
    """Return a kept target; None for one that no version of GeoPub can have written."""
    kept = {name: str(settings.value(f"{identifier}/{name}", "") or "") for name in _KEPT}
    kinds = {kind.value: kind for kind in TargetKind if kind is not TargetKind.EMBEDDED}
    if kept["kind"] not in kinds or address_fault(kept["url"]) or identifier == EMBEDDED_ID:
        return None
    kind = kinds[kept.pop("kind")]
    return Target(identifier, kind, kept.pop("title") or kept["url"], **kept)
