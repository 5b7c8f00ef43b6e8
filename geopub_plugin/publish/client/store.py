"""One datastore of one server, with every family of resources at hand."""

from __future__ import annotations

from pathlib import Path
from threading import Event
from typing import Callable, Optional, Tuple, Union
from urllib.parse import urlsplit

from ..default_transport import default_transport
from ..transport import Transport
from .allowances import Allowance, allowances
from .annexes import Annexes
from .configurations import Configurations
from .connection import Connection
from .datasheets import Datasheets
from .datastores import Datastore, choose_datastore, datastore
from .executions import Executions
from .offerings import Offerings
from .permissions import Permissions
from .records import Records
from .revisions import Revisions
from .statics import Statics
from .stored_data import StoredDataSet
from .styles import Styles
from .uploads import Uploads


class Store:
    """A datastore as its clients see it."""

    def __init__(self, connection: Connection, identifier: str, handover: Optional[Path] = None) -> None:
        """Speak to a datastore; `handover` is a folder on this computer through which it takes files."""
        self.connection, self.id, self._handover = connection, identifier, handover
        self.uploads = Uploads(connection, identifier, handover)
        self.executions = Executions(connection, identifier)
        self.stored_data = StoredDataSet(connection, identifier)
        self.annexes = Annexes(connection, identifier)
        self.statics = Statics(connection, identifier)
        self.styles = Styles(connection, identifier)
        self.configurations = Configurations(connection, identifier)
        self.offerings = Offerings(connection, identifier)
        self.records = Records(connection, identifier)
        self.permissions = Permissions(connection, identifier)
        self.datasheets = Datasheets(connection, identifier)
        self.revisions = Revisions(connection, identifier)

    def describe(self) -> Datastore:
        """Return name and endpoints of the datastore."""
        return datastore(self.connection, self.id)

    def allowances(self) -> Tuple[Allowance, ...]:
        """Return how much of each storage and endpoint is used."""
        return allowances(self.connection, self.id)

    @property
    def page(self) -> str:
        """The address of the page that tells people what is there."""
        return landing_page(self.connection.base_url)

    @property
    def draws_qml(self) -> bool:
        """Whether QML can be sent for maps: the Géoplateforme's servers read only SLD 1.0.0."""
        return not on_geoplateforme(self.connection.base_url)

    def sparing_cancel(self) -> Store:
        """Return the same store deaf to the cancelling, to clean up after it."""
        return Store(self.connection.sparing_cancel(), self.id, self._handover)


def open_store(
    url: str,
    token: Union[str, Callable[[], str], None] = None,
    datastore_name: str = "",
    transport: Optional[Transport] = None,
    cancel: Optional[Event] = None,
    handover: Optional[Path] = None,
) -> Store:
    """Return the store at `url` (".../api", added when missing on a bare address), in the caller's own datastore."""
    connection = Connection(transport or default_transport(), api_address(url), token, cancel)
    return Store(connection, choose_datastore(connection, datastore_name), handover)


def on_geoplateforme(url: str) -> bool:
    """Tell whether an address is one of the Géoplateforme."""
    return (urlsplit(url).hostname or "").endswith(".geopf.fr")


def api_address(url: str) -> str:
    """Return the address of the API: a bare "http://host:port" gets its "/api"."""
    bare = url.rstrip("/")
    return bare if "/" in bare.partition("://")[2] else f"{bare}/api"


def landing_page(api: str) -> str:
    """Return the address of the page that tells people what a store holds: the store's without its API."""
    return api.rstrip("/").removesuffix("/api")
