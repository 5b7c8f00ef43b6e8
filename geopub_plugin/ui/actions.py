"""What GeoPub adds to QGIS's menus and toolbars, and takes away again."""

from __future__ import annotations

from typing import Any, Callable

from qgis.PyQt.QtWidgets import QAction

from ..backend.translation import tr
from .dock import Dock
from .guide import open_guide
from .icons import icon

MENU = "GeoPub"


class Actions:
    """Toolbar buttons and the Web menu."""

    def __init__(self, iface: Any, dock: Dock, publish: Callable[[], None]) -> None:
        """Add the actions to QGIS."""
        self._iface, window = iface, iface.mainWindow()
        self.publish = QAction(icon("publish"), tr("Publish layer…"), window)
        self.publish.setObjectName("GeoPubPublish")
        self.publish.triggered.connect(lambda: publish())
        self.panel = QAction(icon("geopub"), tr("GeoPub panel"), window)
        self.panel.setObjectName("GeoPubPanel")
        self.panel.setCheckable(True)
        self.panel.setChecked(dock.isUserVisible())
        self.panel.triggered.connect(dock.setUserVisible)
        dock.visibilityChanged.connect(self.panel.setChecked)
        self.guide = QAction(icon("geopub"), "GeoPub", window)
        self.guide.triggered.connect(lambda: open_guide(parent=window))
        iface.pluginHelpMenu().addAction(self.guide)
        for action in (self.publish, self.panel):
            iface.addPluginToWebMenu(MENU, action)
            iface.addWebToolBarIcon(action)

    def close(self) -> None:
        """Take them away."""
        for action in (self.publish, self.panel):
            self._iface.removePluginWebMenu(MENU, action)
            self._iface.removeWebToolBarIcon(action)
        self._iface.pluginHelpMenu().removeAction(self.guide)
        for action in (self.publish, self.panel, self.guide):
            action.deleteLater()
