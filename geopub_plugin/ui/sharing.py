"""Opens the panel that shares a publication: when it goes live, and from the menu of its layer."""

from __future__ import annotations

from typing import Optional

from qgis.PyQt.QtCore import QObject, QTimer
from qgis.PyQt.QtGui import QGuiApplication
from qgis.PyQt.QtWidgets import QWidget

from ..backend.errors import NotFound
from ..backend.translation import tr
from ..publish.layer_memory import LayerMemory
from ..publish.preview_links import PreviewLinks, preview_links
from ..publish.publication import PublicationResult
from ..publish.store_calls import StoreCall
from ..publish.store_source import Stores
from .desk import Desk
from .layer_menu import LayerMenu
from .publications_view import shared_address
from .result_panel import Addresses, ResultPanel


class Sharing(QObject):
    """Fills the panel, and makes temporary links when it asks for them."""

    def __init__(self, stores: Stores, desk: Desk, menu: LayerMenu, window: QWidget) -> None:
        super().__init__(window)
        self.panel = ResultPanel(window)
        self._stores, self._desk = stores, desk
        self._title = self._layer_name = self._target = ""
        self._call: Optional[StoreCall] = None
        self.panel.preview_asked.connect(lambda services: desk.open_preview(services, self._target))
        self.panel.add_asked.connect(lambda services: desk.add_to_project(services, self._target))
        self.panel.link_asked.connect(self.make_link)
        desk.live.connect(self.show_result)
        menu.share_asked.connect(self.show_memory)

    def show_result(self, title: str, result: PublicationResult, target: str) -> None:
        """Show what has just gone live in a target."""
        addresses = tuple((live.type, live.url) for live in result.urls)
        # Not in the turn in which the publication ended: QGIS has other things to draw then.
        later = QTimer(self, singleShot=True, interval=0)
        later.timeout.connect(lambda: self._show(title, addresses, result.layer_name, target, result.updated))
        later.timeout.connect(later.deleteLater)
        later.start()

    def show_memory(self, kept: LayerMemory) -> None:
        """Show what a layer remembers."""
        title = str(kept.plan.get("title") or kept.datasheet)
        self._show(title, kept.addresses, kept.layer_name, kept.target)

    def make_link(self) -> None:
        """Make a link that is good for a day, copy it, and preview the publication through it."""
        if self._call is not None:
            return
        name, title = self._layer_name, self._title
        try:
            source = self._stores.source(self._target)
        except NotFound as error:
            self.panel.fault.say(" ".join(error.sentences))
            return
        self._call = StoreCall(source, tr("Temporary link"), lambda store: preview_links(store, name, title), self)
        self._call.answered.connect(self._made)
        self._call.refused.connect(lambda error: self.panel.fault.say(" ".join(error.sentences)))
        self._call.ended.connect(self._ended)
        self.panel.link.setEnabled(False)
        self._call.start()

    def close(self) -> None:
        """Ask for nothing any more."""
        if self._call is not None:
            self._call.cancel()
        self.panel.close()

    def _show(self, title: str, addresses: Addresses, layer_name: str, target: str, updated: bool = False) -> None:
        self._title, self._layer_name, self._target = title, layer_name, target
        self.panel.show_publication(title, [(kind, shared_address(url)) for kind, url in addresses], updated)
        self.panel.show()

    def _made(self, links: PreviewLinks) -> None:
        QGuiApplication.clipboard().setText("\n".join(shared_address(page) for page in links.pages))
        said = tr("The link is in the clipboard; it is good for 24 hours. The preview shows what is behind it.")
        self.panel.say(said)
        self._desk.open_preview(links.services)

    def _ended(self) -> None:
        self.panel.link.setEnabled(True)
        if self._call is not None:
            self._call.deleteLater()
            self._call = None
