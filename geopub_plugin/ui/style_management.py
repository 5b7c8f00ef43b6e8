"""What one does with the styles of a service: each change is asked of the store, then the list is shown anew."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple

from qgis.core import QgsProject, QgsVectorLayer
from qgis.gui import QgsLayerTreeView
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QDialog, QWidget

from ..backend.errors import GeoPubError
from ..backend.translation import tr
from ..publish.client import Store
from ..publish.client.configurations import WMS
from ..publish.client.deletions import Doomed
from ..publish.client.listed_styles import ServiceStyle
from ..publish.layer_memory import memory
from ..publish.service_definitions import style_static
from ..publish.service_styles import (
    Brought,
    StyledService,
    examined,
    of_publication,
    revisions_before,
    style_versions,
    styled_service,
)
from ..publish.shown_versions import published_version, show_style, show_version
from ..publish.shown_versions import replace_style as note_replaced
from ..publish.store_calls import StoreCalls
from ..publish.store_source import StoreSource
from ..publish.style_input import Examined, add_style, replace_style
from ..publish.versions import STYLE, Versioned, same_version
from .consequences_dialog import ConsequencesDialog
from .publications_model import KIND_OF
from .style_entry_dialog import StyleEntryDialog
from .styles_dialog import StylesDialog
from .versions_dialog import VersionsDialog


class StyleManagement(QObject):
    """Connects the dialog of a service's styles to the store that it was opened for."""

    changed = pyqtSignal()  # something of the service is drawn in another way

    def __init__(self, calls: StoreCalls, dialog: StylesDialog, source: StoreSource, window: QWidget) -> None:
        """Serve `dialog`, of a service in the store of `source`."""
        super().__init__(dialog)
        self.dialog = dialog
        self.asking: Optional[QDialog] = None  # what is open on top of it
        self._window, self._service = window, dialog.service
        self._call = partial(calls.ask, source=source)
        self._plain, self._target = not source.target.draws_qml, source.target.id
        dialog.add_asked.connect(lambda: self.bring(None))
        dialog.replacement_asked.connect(self.bring)
        dialog.renaming_asked.connect(self.rename)
        dialog.choice_asked.connect(self.choose)
        dialog.removal_asked.connect(self.remove)
        dialog.versions_asked.connect(self.show_versions)

    @property
    def _kind(self) -> str:
        return KIND_OF.get(self._service.type, self._service.type).lower()

    def refresh(self, selected: str = "") -> None:
        """Ask for the styles."""
        self._ask(
            tr("Asking for the styles…"),
            lambda store: styled_service(store, self._service),
            lambda styled: self._listed(styled, selected),
        )

    def _listed(self, styled: StyledService, selected: str) -> None:
        self.dialog.show_styles(styled, selected)
        show_style(_layers(), self._target, self._service.layer_name, self._kind, styled.own)

    def rename(self, style: ServiceStyle, name: str) -> None:
        """Give a style another name for people."""
        configuration = self._service.configuration
        self._change(style, lambda store: store.styles.rename(configuration, style.technical_name, name))

    def choose(self, style: ServiceStyle) -> None:
        """Draw with a style from now on where none is named."""
        configuration = self._service.configuration
        self._change(style, lambda store: store.styles.make_current(configuration, style.technical_name))

    def remove(self, style: ServiceStyle) -> None:
        """Take a style away, after what goes with it was shown."""
        kind = "static" if self._service.type == WMS else "annexe"
        others = [one for one in (self.dialog.shown.styles if self.dialog.shown else ()) if one is not style]
        needed = {part.id for one in others for part in one.parts}
        doomed = [Doomed(kind, p.id, p.table or style.name) for p in style.parts if p.id not in needed]
        question = tr("The style “{style}” is taken away from the service, for everybody.", style=style.name)
        note = _what_stays(style, others, self._service.type == WMS)
        asking = ConsequencesDialog(question, tr("Remove"), doomed, note, self.dialog)
        configuration = self._service.configuration
        asking.accepted.connect(
            lambda: self._change(None, lambda store: store.styles.remove(configuration, style.technical_name))
        )
        self._open(asking)

    def bring(self, style: Optional[ServiceStyle]) -> None:
        """Add a style, or put other files behind one."""
        if self.dialog.shown is None:
            return
        entry = StyleEntryDialog(self.dialog.shown, style, self._layers(), self._plain, self.dialog)
        entry.examination_asked.connect(partial(self._examine, entry))
        entry.agreed.connect(partial(self._use, entry))
        self._open(entry)
        entry.start()

    def show_versions(self, style: ServiceStyle) -> None:
        """Show the versions of what each table of a map is drawn with in a style."""
        asking = VersionsDialog(style.name, self.dialog)
        title, service = asking.windowTitle(), self._service

        def ask() -> None:
            self._call(
                title,
                lambda store: style_versions(store, service, style.technical_name),
                asking.show_versions,
                asking=asking,
            )

        def compare(one: Versioned, before: int, after: int) -> None:
            self._call(
                title,
                lambda store: store.revisions.compare(one.kind, one.id, before, after),
                lambda difference: asking.show_difference(one, difference),
                asking=asking,
            )

        def bring_back(one: Versioned, number: int) -> None:
            static = style_static(service.layer_name, one.name)
            published = published_version(_layers(), self._target, STYLE, static) or one.current

            def work(store: Store) -> Tuple[bool, bool]:
                store.styles.roll_back(service.configuration, style.technical_name, one.name, number)
                return of_publication(store, service, style), same_version(store, one, number, published)

            def told(found: Tuple[bool, bool]) -> None:
                own, newest = found
                if own:
                    show_version(_layers(), self._target, STYLE, static, newest, published)
                self.changed.emit()
                ask()

            self._call(title, work, told, asking=asking)

        asking.comparison_asked.connect(compare)
        asking.return_asked.connect(bring_back)
        self._open(asking)
        ask()

    def _examine(self, entry: StyleEntryDialog, brought: Brought, fetch: bool) -> None:
        self._call(
            tr("Examining the style…"),
            lambda store: examined(store, self._service, brought, fetch),
            lambda found: entry.show_examined(brought, found),
            entry.show_refused,
            entry,
        )

    def _use(self, entry: StyleEntryDialog, found: Examined, name: str, current: bool) -> None:
        service, configuration, former = self._service, self._service.configuration, entry.style_replaced
        tables = {file.table for file in found.files}

        def use(store: Store) -> Tuple[ServiceStyle, bool, Dict[str, int]]:
            if former is None:
                return add_style(store, configuration, name, found, current), False, {}
            own, published = of_publication(store, service, former), revisions_before(store, service, former)
            return replace_style(store, configuration, former.technical_name, found), own, published

        def used(outcome: Tuple[ServiceStyle, bool, Dict[str, int]]) -> None:
            style, own, published = outcome
            for table in tables if own else ():
                kind, number = self._kind, published.get(table, 0)
                note_replaced(_layers(), self._target, service.layer_name, kind, table, number)
            if self.asking is entry:
                entry.accept()
            self.changed.emit()
            self.refresh(style.technical_name)

        def refused(error: GeoPubError) -> None:
            if self.asking is entry:
                entry.show_refused(error)
            else:  # it was closed meanwhile
                self.dialog.say_fault(" ".join(error.sentences))

        self._call(entry.windowTitle(), use, used, refused, self.dialog)

    def _change(self, style: Optional[ServiceStyle], work: Callable[[Store], Any]) -> None:
        def done(_nothing: object) -> None:
            self.changed.emit()
            self.refresh(style.technical_name if style else "")

        self._ask(tr("Changing the styles…"), work, done)

    def _ask(self, words: str, work: Callable[[Store], Any], answered: Callable[[Any], None]) -> None:
        def refused(error: GeoPubError) -> None:
            self.dialog.say_fault(" ".join(error.sentences))

        self.dialog.wait(words)
        self._call(self.dialog.windowTitle(), work, answered, refused, self.dialog)

    def _open(self, asking: QDialog) -> None:
        self.asking = asking
        asking.finished.connect(lambda _result: self._closed(asking))
        asking.open()

    def _closed(self, asking: QDialog) -> None:
        if self.asking is asking:
            self.asking = None
        asking.deleteLater()

    def _layers(self) -> List[QgsVectorLayer]:
        """Return the layers of the project, the likeliest first: the selected one, those published here."""
        tree = self._window.findChild(QgsLayerTreeView)
        selected = tree.currentLayer() if tree is not None else None
        urls = {url.url for url in self._service.urls}

        def distance(layer: QgsVectorLayer) -> int:
            kept = memory(layer)
            here = kept is not None and any(url in urls for _kind, url in kept.addresses)
            return 0 if layer is selected else 1 if here else 2

        return sorted((layer for layer in _layers() if layer.isSpatial()), key=distance)


def _layers() -> List[QgsVectorLayer]:
    return [layer for layer in QgsProject.instance().mapLayers().values() if isinstance(layer, QgsVectorLayer)]


def _what_stays(style: ServiceStyle, others: Sequence[ServiceStyle], drawn: bool) -> str:
    if not others:
        return tr("It is the only style: the service is then drawn without any.") if drawn else ""
    if style.current:
        return tr("“{style}” becomes the current style.", style=others[0].name)
    return tr("What is drawn where no style is named stays as it is.")
