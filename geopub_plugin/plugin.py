"""The front door for QGIS: what there is, and how it is wired."""

from __future__ import annotations

from typing import Any, Optional

from qgis.core import QgsApplication, QgsProject
from qgis.PyQt.QtCore import Qt

from .backend.translation import use_language
from .publish.embedded_process import EmbeddedProcess
from .publish.embedded_settings import EmbeddedSettings
from .publish.first_compilation import FirstCompilation
from .publish.layer_watch import LayerWatch
from .publish.processing.provider import GeoPubProvider
from .publish.store_source import Stores
from .publish.targets import Targets
from .ui.actions import Actions
from .ui.browser import BrowserProvider
from .ui.desk import Desk
from .ui.dock import Dock
from .ui.indicators import Indicators
from .ui.layer_menu import LayerMenu
from .ui.layer_page import LayerPageFactory
from .ui.locator import PublicationsLocator
from .ui.messages import Messages
from .ui.options_page import TITLE as OPTIONS_TITLE
from .ui.options_page import OptionsFactory
from .ui.publications_model import PublicationsModel
from .ui.sharing import Sharing


class GeoPubPlugin:
    """What QGIS loads and unloads."""

    def __init__(self, iface: Any) -> None:
        self.iface = iface
        self._stores: Optional[Stores] = None

    @property
    def stores(self) -> Stores:
        """The places to publish in; made when they are first needed."""
        if self._stores is None:
            embedded = EmbeddedSettings.read()
            self.process = EmbeddedProcess(embedded.folder)
            self.process.serve(embedded.folder, embedded.options)
            self.targets = Targets()
            self._stores = Stores(self.targets, self.process)
        return self._stores

    def initProcessing(self) -> None:
        """Add the algorithms: all that `qgis_process` asks for."""
        use_language(QgsApplication.instance().locale())
        self.provider = GeoPubProvider(lambda: self.stores)
        QgsApplication.processingRegistry().addProvider(self.provider)

    def initGui(self) -> None:
        """Add everything to QGIS; nothing is started before it is needed, but that an installation is completed."""
        self.initProcessing()
        window, stores = self.iface.mainWindow(), self.stores
        self.compilation = FirstCompilation(window)
        self.compilation.start()
        self.model = PublicationsModel(window)
        self.dock = Dock(stores, self.model, window)
        self.messages = Messages(self.iface.messageBar(), window)
        self.desk = Desk(stores, self.model, self.dock, self.messages, window)
        self.iface.addDockWidget(Qt.DockWidgetArea.RightDockWidgetArea, self.dock)
        self.options = OptionsFactory(self.targets, self.process)
        self.iface.registerOptionsWidgetFactory(self.options)
        self.browser = BrowserProvider(self.desk.known)
        QgsApplication.dataItemProviderRegistry().addProvider(self.browser)
        self.locator = PublicationsLocator(self.desk.known, self.desk.add_to_project)
        self.iface.registerLocatorFilter(self.locator)
        self.watch = LayerWatch(QgsProject.instance(), window)
        self.menu = LayerMenu(self.iface, self.desk, self.watch)
        self.indicators = Indicators(self.iface.layerTreeView(), self.watch, self.menu.open)
        self.page = LayerPageFactory()
        self.iface.registerMapLayerConfigWidgetFactory(self.page)
        self.sharing = Sharing(stores, self.desk, self.menu, window)
        self.actions = Actions(self.iface, self.dock, self.publish_current)
        self.dock.publish.triggered.connect(self.publish_current)
        self.dock.target_bar.settings_asked.connect(lambda: self.iface.showOptionsDialog(window, OPTIONS_TITLE))

    def publish_current(self, *_checked: bool) -> None:
        """Publish the layers that are selected in the layer tree."""
        self.desk.publish(list(self.menu.selected()))

    def unload(self) -> None:
        """Take everything away again, and end the backend."""
        QgsApplication.processingRegistry().removeProvider(self.provider)
        for part in (self.actions, self.sharing, self.indicators, self.menu, self.watch):
            part.close()
        self.iface.unregisterMapLayerConfigWidgetFactory(self.page)
        self.iface.unregisterOptionsWidgetFactory(self.options)
        self.iface.deregisterLocatorFilter(self.locator)
        QgsApplication.dataItemProviderRegistry().removeProvider(self.browser)
        self.desk.close()
        self.messages.close()
        self.compilation.close()
        self.process.close()
        self.iface.removeDockWidget(self.dock)
        shown = (self.sharing.panel, self.sharing, self.indicators, self.menu, self.dock, self.compilation)
        for thing in (*shown, self.watch, self.desk, self.model, self.stores, self.targets, self.process):
            thing.deleteLater()
