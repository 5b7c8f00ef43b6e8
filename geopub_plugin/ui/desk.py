"""Where the user's wishes meet the work: opens the dialog, follows publications, refreshes the panel."""

from __future__ import annotations

from typing import FrozenSet, List, Optional, Sequence, Tuple, TypeVar, Union

from qgis.core import QgsMapLayer, QgsVectorLayer
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QObject, QTimer, QUrl, pyqtSignal
from qgis.PyQt.QtGui import QDesktopServices
from qgis.PyQt.QtWidgets import QWidget

from ..backend.errors import GeoPubError, NotFound
from ..backend.translation import tr
from ..publish.client.datasheets import Datasheet
from ..publish.datasheet_list import DatasheetList
from ..publish.embedded_process import BackendState
from ..publish.known_datasheets import KnownDatasheets
from ..publish.layer_memory import memory
from ..publish.layer_plan import LayerPlan, Layers, remembered_plan
from ..publish.layer_publication import LayerPublication
from ..publish.live_layers import KINDS, LiveService
from ..publish.publication import LiveUrl, PublicationResult
from ..publish.publication_call import DATA, EVERYTHING
from ..publish.resumed_publication import ResumedPublication
from ..publish.store_source import StoreAddress, Stores
from ..publish.unfinished import Unfinished, discard, unfinished
from .dock import Dock
from .management import Management
from .messages import Messages
from .publications_model import PublicationsModel, live_services
from .publish_dialog import PublishDialog
from .service_layers import ServiceLayers
from .update_dialog import UpdateDialog

AFTER_DIALOG = 250  # ms
Publishing = TypeVar("Publishing", LayerPublication, ResumedPublication)
Published = Union[LayerPublication, ResumedPublication]


class Desk(QObject):
    """Connects the panel, the dialog and the message bar to what works behind them."""

    live = pyqtSignal(str, object, str)  # title, PublicationResult, target: something is published or updated

    def __init__(
        self, stores: Stores, model: PublicationsModel, dock: Dock, messages: Messages, window: QWidget
    ) -> None:
        super().__init__(window)
        process = stores.process
        self.stores = stores
        self.dialog: Union[PublishDialog, UpdateDialog, None] = None
        self._to_update: List[QgsVectorLayer] = []  # that wait for their dialog
        self.publications: List[Published] = []
        self._process, self._model, self._dock, self._messages, self._window = process, model, dock, messages, window
        self._shown = stores.targets.current()
        self._list = DatasheetList(self)
        self._list.listed.connect(self._listed)
        self._list.failed.connect(lambda error: self._messages.failed(tr("List of publications"), error))
        self.known = KnownDatasheets(stores, self)
        self._layers = ServiceLayers(stores, self.known, dock.preview, messages, self)
        self.management = Management(stores, dock, messages, window)
        self.management.changed.connect(self.refresh)
        self._preview_wanted = ""  # datasheet whose preview opens with the next list
        stores.ready.connect(self._list.refresh)
        stores.targets.changed.connect(self._target_changed)
        process.changed.connect(self._engine_changed)
        process.failed.connect(self._engine_failed)
        dock.opened.connect(self._dock_opened)
        dock.refresh.triggered.connect(self.refresh)
        dock.landing.setEnabled(False)
        dock.landing.triggered.connect(self.open_landing)
        dock.publications.preview_asked.connect(self.open_preview)
        dock.publications.add_asked.connect(self.add_to_project)
        dock.publications.web_asked.connect(lambda url: QDesktopServices.openUrl(QUrl(url)))
        dock.room_asked.connect(self.management.refresh_room)
        dock.preview.add_asked.connect(self.add_to_project)
        dock.preview.failed.connect(lambda error: self._messages.failed(tr("Preview"), error))

    def publish(self, layers: Union[QgsMapLayer, Sequence[QgsMapLayer], None]) -> None:
        """Ask how layers are to be published, together as one datasheet, then publish them."""
        given = layers if isinstance(layers, (list, tuple)) else (layers,)
        chosen = [layer for layer in given if isinstance(layer, QgsVectorLayer)]
        if not chosen:
            self._messages.said(tr("Select a vector layer in the layer tree first: only those can be published."))
        elif self.dialog is None:
            self._ask(chosen)

    def update(self, layer: QgsVectorLayer) -> None:
        """Ask what of a layer is to be published again, where it was published last; ask how where it never was."""
        kept = memory(layer)
        if kept is None or remembered_plan(layer) is None:
            self.publish([layer])
        elif self.dialog is not None:
            self._to_update.append(layer)
        else:
            self._ask_update(layer, kept.target)

    def refresh(self) -> None:
        """Ask the current target for what is published, starting what has to be started."""
        self.stores.source().start()

    def _ask(self, layers: List[QgsVectorLayer]) -> None:
        self.dialog = PublishDialog(layers, self._model.names(), self._window, self.stores.source())
        dialog = self.dialog
        dialog.accepted.connect(lambda: self.begin(layers, dialog.plan))
        dialog.finished.connect(self._dialog_closed)
        dialog.open()
        if self.stores.targets.current().embedded and self._process.state is BackendState.STOPPED:
            QTimer.singleShot(0, self.stores.source().start)  # in a turn of its own: that takes QGIS 30 ms
        # What is there is asked for later: a busy thread slows every widget that is being made.
        QTimer.singleShot(AFTER_DIALOG, self.refresh)

    def _ask_update(self, layer: QgsVectorLayer, target: str) -> None:
        try:
            source = self.stores.source(target)
        except NotFound as error:
            self._messages.failed(tr("Update publication"), error)
            return
        dialog = UpdateDialog(layer, source, self._window)
        self.dialog = dialog
        dialog.accepted.connect(lambda: self.begin([layer], dialog.plan, target, dialog.parts))
        dialog.finished.connect(self._dialog_closed)
        dialog.open()
        QTimer.singleShot(AFTER_DIALOG, source.start)

    def begin(
        self, layers: Layers, plan: LayerPlan, target: str = "", parts: FrozenSet[str] = EVERYTHING
    ) -> LayerPublication:
        """Start to publish layers, or parts of them, in a target, the current one for ""; the panel follows it."""
        publication = LayerPublication(layers, plan, self.stores.source(target), self, parts)
        if DATA in parts:  # else nothing new goes live that could be drawn
            publication.live.connect(lambda url: self._preview_at_once(publication, url, target))
            self._dock.preview.expect(plan.datasheet)
        return self._follow(publication)

    def resume(self, one: Unfinished) -> Optional[ResumedPublication]:
        """Go on with a publication that was broken off, in its own target."""
        if self.stores.targets.get(one.note.target) is None:
            self._messages.said(tr("The server to which “{title}” was going is no longer known.", title=one.title))
            return None
        try:
            return self._follow(ResumedPublication(one, self.stores.source(one.note.target), self))
        except BlockingIOError:
            self._messages.said(tr("Another QGIS is publishing “{title}”.", title=one.title))
            return None

    def offer_unfinished(self) -> None:
        """Offer to go on with what was broken off when QGIS ended, or when the line broke."""
        self._dock.jobs.withdraw_offers()
        for one in unfinished():
            text = tr("The publication of “{title}” was broken off.", title=one.title)
            self._dock.jobs.offer(
                one.title, text, lambda chosen=one: self.resume(chosen), lambda chosen=one: self.discard(chosen)
            )

    def discard(self, one: Unfinished) -> None:
        """Give up what was broken off."""
        try:
            discard(one)
        except BlockingIOError:
            self._messages.said(tr("Another QGIS is publishing “{title}”.", title=one.title))

    def _follow(self, publication: Publishing) -> Publishing:
        self.publications.append(publication)
        publication.finished.connect(lambda result: self._published(publication, result))
        publication.failed.connect(lambda error: self._failed(publication, error))
        publication.cancelled.connect(lambda: self._forget(publication))
        self._dock.jobs.follow(publication, publication.plan.title)
        self._dock.setUserVisible(True)
        publication.start()
        return publication

    def open_preview(self, services: Tuple[LiveService, ...], target: str = "") -> None:
        """Show live services of a target, the current one for "", in the panel."""
        self._dock.setUserVisible(True)
        self._layers.preview(services, target)

    def open_landing(self) -> None:
        """Open the page that lists the live services in the web browser."""
        source = self.stores.source()
        if source.address is not None:
            QDesktopServices.openUrl(QUrl(source.address.page))

    def add_to_project(self, services: Tuple[LiveService, ...], target: str = "") -> None:
        """Add live services to the user's project, each once it is known how it is drawn."""
        self._layers.add(services, target)

    def close(self) -> None:
        """End what is at work."""
        self._to_update.clear()
        self._list.close()
        self.management.close()
        self._layers.close()
        self.known.close()
        for publication in list(self.publications):
            publication.close()
        if self.dialog is not None:
            self.dialog.close()
        self._dock.preview.clear()

    def _dialog_closed(self, _result: int) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
        self._to_update = [layer for layer in self._to_update if not sip.isdeleted(layer)]
        if self._to_update:
            self.update(self._to_update.pop(0))

    # What happened ----------------------------------------------------------------------------------------------

    def _dock_opened(self) -> None:
        self.offer_unfinished()
        sleeps = self._process.state is BackendState.STOPPED
        unused = sleeps and not (self._process.data / "catalogue.sqlite").exists()
        if not (self.stores.targets.current().embedded and unused):  # nothing is started before it is needed
            self.refresh()

    def _engine_changed(self, state: BackendState) -> None:
        self._dock.landing.setEnabled(self.stores.source().address is not None)
        if state is BackendState.STOPPED and self.stores.targets.current().embedded:
            self._forget_all()

    def _target_changed(self) -> None:
        if self.stores.targets.current() != self._shown:
            self._shown = self.stores.targets.current()
            self._dock.landing.setEnabled(self.stores.source().address is not None)
            self._forget_all()
            self._dock_opened()

    def _forget_all(self) -> None:
        self._model.show(())
        self._dock.executions.clear()
        self._dock.room.show_room(())
        self._dock.preview.clear()
        self._dock.preview.hide()

    def _engine_failed(self, error: GeoPubError) -> None:
        if not self.publications:  # else the publication that waits for it says so
            self._messages.failed(tr("Start of GeoPub"), error, self._process.last_words)

    def _published(self, publication: Published, result: PublicationResult) -> None:
        self._forget(publication)
        self.refresh()
        self._dock.preview.renew(publication.plan.datasheet, result.updated)
        title, target = publication.plan.title, publication.target
        self.live.emit(title, result, target)
        # After QGIS's own note on the end of its task, so that ours is on top.
        QTimer.singleShot(
            0, lambda: self._messages.published(title, result.updated, lambda: self._preview_result(result, target))
        )

    def _preview_at_once(self, publication: LayerPublication, url: LiveUrl, target: str) -> None:
        """Draw the first service that answers while the rest is being made, as it will be; the others join it."""
        if url.type in KINDS:
            style = publication.tile_style if url.levels is not None else None
            service = LiveService(
                url.type, publication.plan.datasheet, url.url, url.open, url.levels, url.bounds, style
            )
            self._layers.join_preview(service, target)

    def _failed(self, publication: Published, error: GeoPubError) -> None:
        self._forget(publication)
        self.offer_unfinished()
        title = tr("Publication of “{title}”", title=publication.plan.title)
        self._messages.failed(title, error, self._process.last_words)

    def _forget(self, publication: Published) -> None:
        self._dock.preview.expect_no_more(publication.plan.datasheet)
        if publication in self.publications:
            self.publications.remove(publication)
            publication.deleteLater()

    def _preview_result(self, result: PublicationResult, target: str) -> None:
        """Open the preview of what was published, also where the panel shows another target by now."""
        if target == self.stores.targets.current().id:
            self._open_preview_of(result.datasheet)
            return
        live = (one for one in result.urls if one.type in KINDS)
        self.open_preview(tuple(LiveService(one.type, result.datasheet, one.url, one.open) for one in live), target)

    def _open_preview_of(self, datasheet: str) -> None:
        for sheet in self._model.datasheets:
            if sheet.name == datasheet:
                self._preview_wanted = ""
                self._dock.publications.select(datasheet)
                self.open_preview(live_services(sheet))
                return
        self._preview_wanted = datasheet
        self.refresh()

    def _listed(self, asked: StoreAddress, datasheets: Tuple[Datasheet, ...]) -> None:
        if asked != self.stores.source().address:  # the user has turned to another target meanwhile
            return
        self._model.show(datasheets)
        self.known.know(self.stores.targets.current().id, datasheets)
        self._dock.preview.learn(tuple(live for sheet in datasheets for live in live_services(sheet)))
        self.management.refresh_jobs()
        self.management.refresh_room()
        if isinstance(self.dialog, PublishDialog):
            self.dialog.know(self._model.names())
        if self._preview_wanted and any(sheet.name == self._preview_wanted for sheet in datasheets):
            self._open_preview_of(self._preview_wanted)
