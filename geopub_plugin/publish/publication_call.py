"""The part of a publication from QGIS that talks to its store: in a thread that may wait, without any layer."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import Callable, FrozenSet, Mapping, Optional

from qgis.PyQt.QtCore import pyqtSignal

from ..backend.amounts import work_text
from ..backend.translation import tr
from .background import BackgroundCall
from .layer_check import refuse_faulty
from .map_style import Draw, TileStyling, keep_map_style
from .progression import Progression
from .publication import LiveUrl, Publication, PublicationRequest, PublicationResult, Step
from .publication_update import PublicationUpdate
from .store_source import StoreAddress
from .style_annexe import keep_slds
from .style_export import ExportedStyle
from .tile_style import coming_style

DATA, STYLE, METADATA = "data", "style", "metadata"  # the parts of a publication
EVERYTHING = frozenset((DATA, STYLE, METADATA))
GRAIN = 0.1  # seconds between two reports of progress: the GUI has other things to draw


@dataclass(frozen=True)
class PublicationWork:
    """What a publication from QGIS asks of a store."""

    request: PublicationRequest
    slds: Mapping[str, Optional[ExportedStyle]]  # of each table that has a style: the SLDs kept beside the services
    draw: Optional[Draw] = None  # draws the pictures of the tiles' style
    parts: FrozenSet[str] = EVERYTHING  # without DATA only what is live is changed
    checked_in: Optional[Path] = None  # where the file is checked before it goes a long way in vain; None: not at all
    resumed: bool = False  # goes on with what the store has got


class PublicationCall(BackgroundCall):
    """Publishes, and tells what happens on the way."""

    moved = pyqtSignal(float, str)  # share of the whole, the step in words
    live = pyqtSignal(object, object)  # LiveUrl; TileStyle or None

    def __init__(self, address: StoreAddress, work: PublicationWork, progression: Progression, leaving: Event) -> None:
        """Prepare to do `work`; once `leaving` is set, cancelling only breaks it off."""
        does = partial(_published, address=address, work=work, progression=progression, leaving=leaving)
        super().__init__(tr("Publication of “{title}”", title=work.request.title), does, listed=True)

    def tell(self, share: float, step: str) -> None:
        """Tell QGIS's status bar and the panel how far the publication is."""
        self.setProgress(share * 100)
        self.moved.emit(share, step)


def _published(
    call: PublicationCall, address: StoreAddress, work: PublicationWork, progression: Progression, leaving: Event
) -> PublicationResult:
    request, listener = work.request, Reporter(progression, call.tell)
    styling = TileStyling(request.styles, work.draw)

    def live(url: LiveUrl) -> None:
        coming = url.levels is not None and publication.data is not None  # tiles that are still being made
        call.live.emit(url, coming_style(styling.of(publication.data)) if coming and styling.styles else None)

    with address.open(call.cancelled) as store:
        if DATA in work.parts:
            if work.checked_in is not None:
                refuse_faulty(request.file, request.srs, request.tables, work.checked_in, call.cancelled)
            publication = Publication(store, request, listener, live, leaving)
            result = publication.resume() if work.resumed else publication.run()
        else:
            result = PublicationUpdate(store, request, listener).run(STYLE in work.parts, METADATA in work.parts)
        for table, slds in work.slds.items():
            if slds is not None:
                named = "" if len(work.slds) == 1 else table
                keep_slds(store, request.datasheet, request.layer_name, slds, named)
        keep_map_style(store, request.title, result, styling)
        return result


class Reporter:
    """Listens to a publication in its thread and tells the GUI, not too often."""

    def __init__(self, progression: Progression, tell: Callable[[float, str], None]) -> None:
        self._progression, self._tell = progression, tell
        self._told = 0.0

    def begun(self, step: Step) -> None:
        """Hear that a step starts."""
        self._told = time.monotonic()
        self._tell(self._progression.share, step.title)

    def moved(self, step: Step, done: int, total: int, unit: str) -> None:
        """Hear how far a step is."""
        self._progression.moved(step.value, done, total)
        now = time.monotonic()
        if now - self._told >= GRAIN:
            self._told = now
            words = work_text(done, total, unit)
            self._tell(self._progression.share, f"{step.title} – {words}" if words else step.title)

    def ended(self, step: Step, seconds: float) -> None:
        """Hear that a step is done."""
        self._progression.ended(step.value)
