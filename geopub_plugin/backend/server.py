"""From a data folder to a running backend: what is opened, in this order, and closed in the opposite one."""

from __future__ import annotations

import logging
import os
import secrets
import tempfile
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Callable, Iterator

from sqlalchemy.exc import DatabaseError

from .about import __version__
from .allocator import share_freed_memory
from .announcement import Announcement, announce, withdraw
from .app import create_app
from .catalogue.handovers import swept
from .catalogue.outcomes import Outcomes
from .catalogue.purge import DailyPurge
from .catalogue.recovery import recover
from .catalogue.seeds import seed_team
from .catalogue.store import Store
from .catalogue.usage import UsageCounter
from .data_folder import DataFolder
from .disk import disk_full
from .errors import InvalidInput
from .http_server import HttpServer
from .jobs.queue import Queue
from .listening import bound_socket, url_of
from .logs import logging_to
from .notifications.announcer import Announcer
from .render.supervisor import Renderer
from .settings import Settings
from .stopping import StopRequest
from .tiles.tile_builders import TileBuilders
from .translation import tr

_log = logging.getLogger(__name__)


def serve(settings: Settings, announce_ready: Callable[[str], None]) -> None:
    """Serve a data folder until the end is asked for; executions that are not done go on at the next start.

    Args:
        settings: what the backend was told.
        announce_ready: is called with the URL once requests are answered.

    Raises:
        DataFolderLocked, DataFolderNewer, InvalidInput, StorageFull: the data folder cannot be used.
        PortTaken: the port cannot be listened on.
    """
    share_freed_memory()
    stop = StopRequest()
    stop.on_signals()
    if settings.until_stdin_closes:
        stop.on_end_of_stdin()
    with ExitStack() as opened:
        folder = opened.enter_context(DataFolder(settings.data, settings.reserve_bytes))
        opened.enter_context(logging_to(folder.log))
        _use_for_temporary_files(folder.temporary)
        bound = opened.enter_context(bound_socket(settings.host, settings.port, folder.last_port()))
        url = url_of(bound)

        builders = TileBuilders()
        opened.callback(builders.stop)
        store = opened.enter_context(_working_store(folder, settings, builders))
        renderer = Renderer(folder.log, seconds=settings.render_seconds)
        opened.callback(renderer.stop)
        counter = UsageCounter(store.database)
        opened.callback(counter.stop)
        counter.start()

        token = secrets.token_urlsafe(32)
        server = HttpServer(create_app(store, settings, token, renderer, builders, counter), bound, settings)
        folder.remember_port(bound.getsockname()[1])
        handover = str(folder.handover) if settings.login == "none" else ""
        if handover:
            opened.enter_context(swept(folder.handover))
        announce(folder.path, Announcement(url, os.getpid(), token, __version__, handover))
        opened.callback(withdraw, folder.path)
        _log.info("GeoPub %s serves %s at %s", __version__, folder.path, url)
        announce_ready(url)
        server.run(stop)
        _log.info("the end was asked for")


@contextmanager
def _working_store(folder: DataFolder, settings: Settings, builders: TileBuilders) -> Iterator[Store]:
    """Give a store on which executions run, and messages go out; what had not ended goes on."""
    with ExitStack() as opened:
        store = _open_store(folder, settings)
        opened.callback(store.close)
        if settings.login != "none":
            with store.writing() as connection:
                seed_team(connection)
        announcer = Announcer(store, settings)
        opened.callback(announcer.stop)
        queue = Queue(settings.workers, Outcomes(store, announcer.ended, builders.prepare))
        builders.come_before(queue.stand_back)
        opened.callback(queue.stop)
        store.use_queue(queue)
        recover(store)
        queue.prepare()
        daily = DailyPurge(store)
        opened.callback(daily.stop)
        daily.start()
        yield store


def _open_store(folder: DataFolder, settings: Settings) -> Store:
    limits, kept = settings.archive_limits, settings.kept_revisions
    if settings.catalogue_url:
        return Store(folder, limits, settings.catalogue_url, kept_revisions=kept)
    folder.require_catalogue()
    try:
        return Store(folder, limits, kept_revisions=kept)
    except DatabaseError as error:
        if "disk is full" in str(error.orig):
            raise disk_full(folder.path) from error
        raise InvalidInput(
            tr("The data folder {path} cannot be used.", path=folder.path),
            tr("Its catalogue, {name}, cannot be read: {reason}.", name=folder.catalogue.name, reason=error.orig),
            tr("Restore the folder from a backup, or give a new folder."),
        ) from error


def _use_for_temporary_files(folder: Path) -> None:
    """Spool bodies of requests, and have SQLite sort here and in every process of ours, on the disk of the data."""
    tempfile.tempdir = str(folder)
    os.environ.update(dict.fromkeys(("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"), str(folder)))
