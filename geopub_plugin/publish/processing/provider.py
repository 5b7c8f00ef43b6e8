"""GeoPub in Processing."""

from __future__ import annotations

from typing import Callable

from qgis.core import QgsProcessingProvider
from qgis.PyQt.QtGui import QIcon

from ...backend.about import __version__
from ...backend.locations import shipped
from ..store_source import Stores
from .local import CheckLayer, GenerateTiles
from .publishing import PublishLayer, UpdatePublication
from .styles import ExportStyles
from .unpublishing import Unpublish

ALGORITHMS = (PublishLayer, UpdatePublication, Unpublish, ExportStyles, GenerateTiles, CheckLayer)


class GeoPubProvider(QgsProcessingProvider):
    """Gives QGIS the algorithms; `stores` is asked for when the first of them runs."""

    def __init__(self, stores: Callable[[], Stores]) -> None:
        super().__init__()
        self._stores = stores

    def id(self) -> str:
        """Return the first part of the algorithms' ids."""
        return "geopub"

    def name(self) -> str:
        """Return the provider's name, the same in every language."""
        return "GeoPub"

    def versionInfo(self) -> str:
        """Return the plugin's version."""
        return __version__

    def icon(self) -> QIcon:
        """Return the plugin's icon."""
        return QIcon(str(shipped("resources", "icons", "geopub.svg")))

    def loadAlgorithms(self) -> None:
        """Add the algorithms."""
        for algorithm in ALGORITHMS:
            self.addAlgorithm(algorithm(self._stores))
