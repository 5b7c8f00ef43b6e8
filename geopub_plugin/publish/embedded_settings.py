"""How the backend of this computer is to run: its folder, its port, and who may reach it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Tuple
from urllib.parse import urlsplit

from qgis.core import QgsSettings
from qgis.PyQt.QtNetwork import QAbstractSocket, QHostAddress, QNetworkInterface

from .embedded_process import data_folder

ROOM = "geopub/embedded"
LOWEST_PORT, HIGHEST_PORT = 1024, 65535


@dataclass(frozen=True)
class EmbeddedSettings:
    """What the user has set for the backend of this computer."""

    folder: Path  # where it keeps everything
    port: int = 0  # 0: that of the last time, or any that is free
    shared: bool = False  # whether other computers of the local network reach the services

    @classmethod
    def read(cls) -> EmbeddedSettings:
        """Return what is set in this QGIS profile; what nobody can have set counts as the default."""
        settings = QgsSettings()
        folder = str(settings.value(f"{ROOM}/folder", "") or "")
        port = str(settings.value(f"{ROOM}/port", "0"))
        usable = port.isdecimal() and LOWEST_PORT <= int(port) <= HIGHEST_PORT
        shared = str(settings.value(f"{ROOM}/shared", "false")).lower() == "true"
        return cls(Path(folder) if folder else data_folder(), int(port) if usable else 0, shared)

    def keep(self) -> None:
        """Keep these settings in this QGIS profile; a folder that is the default follows the profile."""
        settings = QgsSettings()
        settings.setValue(f"{ROOM}/folder", "" if self.folder == data_folder() else str(self.folder))
        settings.setValue(f"{ROOM}/port", str(self.port))
        settings.setValue(f"{ROOM}/shared", "true" if self.shared else "false")

    @property
    def options(self) -> Tuple[str, ...]:
        """The options of `serve` that say so; without sharing the backend listens to this computer alone."""
        options: Tuple[str, ...] = ("--port", str(self.port)) if self.port else ()
        if self.shared:
            options += ("--host", QHostAddress(QHostAddress.SpecialAddress.AnyIPv4).toString())
        return options


def network_address() -> str:
    """Return the IPv4 address under which other computers of the network reach this one, "" when there is none."""
    up = QNetworkInterface.InterfaceFlag.IsUp | QNetworkInterface.InterfaceFlag.IsRunning
    for interface in QNetworkInterface.allInterfaces():
        flags = interface.flags()
        if flags & up != up or flags & QNetworkInterface.InterfaceFlag.IsLoopBack:
            continue
        for entry in interface.addressEntries():
            if entry.ip().protocol() == QAbstractSocket.NetworkLayerProtocol.IPv4Protocol:
                return str(entry.ip().toString())
    return ""


def for_others(url: str) -> str:
    """Return an address of this computer's services as other computers of the network have to ask for it."""
    parts = urlsplit(url)
    outside = network_address()
    if parts.hostname != "127.0.0.1" or not outside:
        return url
    return parts._replace(netloc=f"{outside}:{parts.port}" if parts.port else outside).geturl()
