"""What one does with what is published: versions, unpublishing, deleting, full tiles, jobs and their logs."""

from __future__ import annotations

from functools import partial
from typing import Any, Callable, List, Optional, Sequence

from qgis.core import QgsMapLayer, QgsProject
from qgis.PyQt.QtCore import QObject, pyqtSignal
from qgis.PyQt.QtWidgets import QDialog, QWidget

from ..backend.errors import GeoPubError
from ..backend.translation import tr
from ..publish.attempt import remove_upload
from ..publish.client import Store
from ..publish.client.allowances import Allowance
from ..publish.client.datasheets import Datasheet, Service
from ..publish.client.deletions import Doomed
from ..publish.client.executions import Execution
from ..publish.completion_job import CompletionJob
from ..publish.layer_memory import complete, withdraw, withdraw_service
from ..publish.removal import consequences_of_datasheet, consequences_of_service, delete_datasheet, unpublish
from ..publish.resumption import Interrupted, resume_integration
from ..publish.server_jobs import ServerJobs, server_jobs
from ..publish.shown_versions import published_version, show_version
from ..publish.store_calls import StoreCalls
from ..publish.store_source import Stores, StoreSource
from ..publish.versions import Versioned, versions
from ..publish.versions import bring_back as roll_back
from .consequences_dialog import ConsequencesDialog
from .dock import Dock
from .log_dialog import LogDialog
from .messages import Messages
from .publications_model import KIND_OF
from .style_management import StyleManagement
from .styles_dialog import StylesDialog
from .versions_dialog import VersionsDialog


class Management(QObject):
    """Connects what the panel offers to the store behind it; nothing goes before it was shown."""

    changed = pyqtSignal()  # the list has to be asked for anew

    def __init__(self, stores: Stores, dock: Dock, messages: Messages, window: QWidget) -> None:
        super().__init__(window)
        self.calls = StoreCalls(stores, self)
        self.calls.failed.connect(messages.failed)
        self.dialog: Optional[QDialog] = None
        self.styles: Optional[StyleManagement] = None
        self.completions: List[CompletionJob] = []
        self._stores, self._dock, self._messages, self._window = stores, dock, messages, window
        self._jobs_asked = self._room_asked = False
        view, jobs = dock.publications, dock.executions
        view.styles_asked.connect(self.show_styles)
        view.versions_asked.connect(self.show_versions)
        view.completion_asked.connect(self.complete)
        view.unpublishing_asked.connect(self.unpublish)
        view.deletion_asked.connect(self.delete)
        jobs.refresh_asked.connect(self.refresh_jobs)
        jobs.log_asked.connect(self.show_log)
        jobs.abort_asked.connect(self.abort)
        jobs.resume_asked.connect(self.resume)
        jobs.discard_asked.connect(self.discard)

    def close(self) -> None:
        """End what is asked for, when QGIS ends."""
        self.calls.close()
        for job in self.completions:
            job.close()
        if self.dialog is not None:
            self.dialog.close()

    # Unpublishing and deleting ----------------------------------------------------------------------------------

    def unpublish(self, service: Service) -> None:
        """Take a service off, after what goes with it was shown."""
        told = {"kind": KIND_OF.get(service.type, service.type), "name": service.layer_name}
        title = tr("Unpublish {kind} “{name}”", **told)
        source, urls = self._stores.source(), {url.url for url in service.urls}

        def forget() -> None:
            withdraw_service(_layers(), source.target.id, told["kind"].lower(), urls)

        self.calls.ask(
            title,
            lambda store: consequences_of_service(store, service),
            lambda doomed: self._confirm(
                tr("The {kind} service “{name}” will no longer answer, for anybody.", **told),
                tr("Unpublish"),
                doomed,
                tr("The data stay. Published again, it has the same address."),
                lambda: self._do(source, title, lambda store: unpublish(store, service), forget),
            ),
            source=source,
        )

    def delete(self, sheet: Datasheet) -> None:
        """Delete a datasheet, after everything that goes with it was shown."""
        title, source = tr("Delete “{name}”", name=sheet.name), self._stores.source()
        self.calls.ask(
            title,
            lambda store: consequences_of_datasheet(store, sheet),
            lambda doomed: self._confirm(
                tr("Everything of the datasheet “{name}” is deleted. This cannot be undone.", name=sheet.name),
                tr("Delete"),
                doomed,
                tr("Your layer in QGIS stays as it is."),
                lambda: self._do(
                    source,
                    title,
                    lambda store: delete_datasheet(store, sheet),
                    lambda: withdraw(_layers(), source.target.id, sheet.name),
                ),
            ),
            source=source,
        )

    def discard(self, broken: Interrupted) -> None:
        """Remove what was delivered and never integrated."""
        upload, source = broken.upload, self._stores.source()
        title = tr("Discard “{name}”", name=upload.name)
        self._confirm(
            tr("What was sent of “{name}” is deleted.", name=upload.name),
            tr("Delete"),
            (Doomed("upload", upload.id, upload.name),),
            tr("Your layer in QGIS stays as it is."),
            lambda: self._do(source, title, lambda store: remove_upload(store, upload.id)),
        )

    def _confirm(self, question: str, verb: str, doomed: Sequence[Doomed], note: str, go: Callable[[], None]) -> None:
        dialog = ConsequencesDialog(question, verb, doomed, note, self._window)
        dialog.accepted.connect(go)
        self._open(dialog)

    def _do(
        self, source: StoreSource, title: str, work: Callable[[Store], Any], after: Optional[Callable[[], None]] = None
    ) -> None:
        """Do work on the store that was looked at when it was asked for, whatever the user has turned to since."""

        def done(_nothing: object) -> None:
            if after is not None:
                after()
            self._done(title)

        self.calls.ask(title, work, done, lambda error: self._failed(title, error), source=source)

    def _done(self, title: str) -> None:
        self._messages.said(tr("Done: {title}", title=title))
        self.changed.emit()
        self.refresh_jobs()

    def _failed(self, title: str, error: GeoPubError) -> None:
        self._messages.failed(title, error)
        self.changed.emit()  # a part may have gone

    # Versions ---------------------------------------------------------------------------------------------------

    def show_versions(self, sheet: Datasheet) -> None:
        """Show the versions of a datasheet."""
        dialog = VersionsDialog(sheet.name, self._window)
        title, source = dialog.windowTitle(), self._stores.source()
        call = partial(self.calls.ask, title, asking=dialog, source=source)
        target = source.target.id

        def ask() -> None:
            call(lambda store: versions(store, sheet), dialog.show_versions)

        def compare(one: Versioned, before: int, after: int) -> None:
            call(
                lambda store: store.revisions.compare(one.kind, one.id, before, after),
                lambda difference: dialog.show_difference(one, difference),
            )

        def bring_back(one: Versioned, number: int) -> None:
            published = published_version(_layers(), target, one.kind, one.name) or one.current

            def told(newest: bool) -> None:
                show_version(_layers(), target, one.kind, one.name, newest, published)
                self._messages.said(tr("Version {number} of “{name}” is shown again.", number=number, name=one.name))
                self.changed.emit()
                ask()

            call(lambda store: roll_back(store, one, number, published), told)

        dialog.comparison_asked.connect(compare)
        dialog.return_asked.connect(bring_back)
        self._open(dialog)
        ask()

    # Styles -----------------------------------------------------------------------------------------------------

    def show_styles(self, service: Service) -> None:
        """Show the styles of a service, to be changed."""
        dialog = StylesDialog(service, self._window)
        self.styles = StyleManagement(self.calls, dialog, self._stores.source(), self._window)
        self.styles.changed.connect(self.changed)
        self._open(dialog)
        self.styles.refresh()

    # Tiles ------------------------------------------------------------------------------------------------------

    def complete(self, service: Service) -> None:
        """Make all tiles of a layer of which a sample is shown."""
        source = self._stores.source()
        job = CompletionJob(source, service.layer_name, service.title or service.layer_name, self)
        self.completions.append(job)
        job.finished.connect(lambda _urls: complete(_layers(), source.target.id, service.layer_name))
        job.finished.connect(lambda _urls: self._done(job.task))
        job.failed.connect(lambda error: self._messages.failed(job.task, error))
        for end in (job.finished, job.failed, job.cancelled):
            end.connect(lambda *_outcome: self._forget(job))
        self._dock.jobs.follow(job, job.title)
        job.start()

    def _forget(self, job: CompletionJob) -> None:
        if job in self.completions:
            self.completions.remove(job)
            job.deleteLater()

    # Jobs and room ----------------------------------------------------------------------------------------------

    def refresh_jobs(self) -> None:
        """Ask what the store is at work on, if somebody looks; one question at a time."""
        if self._jobs_asked or not self._dock.executions.isVisible():
            return
        self._jobs_asked = True
        self.calls.ask(tr("List of jobs"), server_jobs, self._jobs_told, self._jobs_refused, self._dock)

    def refresh_room(self) -> None:
        """Ask how much of the datastore is used, if somebody looks."""
        if self._room_asked or not self._dock.room.isVisible():
            return
        self._room_asked = True
        self.calls.ask(tr("Room"), Store.allowances, self._room_told, self._room_refused, self._dock)

    def abort(self, execution: Execution) -> None:
        """Cancel a job of the store."""
        title = tr("Cancel “{name}”", name=execution.output or execution.name)

        def end(store: Store) -> None:
            if store.executions.get(execution.id).status == "CREATED":
                store.executions.delete(execution.id)
            else:
                store.executions.abort(execution.id)

        self._do(self._stores.source(), title, end)

    def resume(self, broken: Interrupted) -> None:
        """Bring an integration to its end; what was not sent whole needs its file, which its publication keeps."""
        name = broken.upload.name
        title = tr("Resume “{name}”", name=name)
        self._do(self._stores.source(), title, lambda store: resume_integration(store, broken.upload.id))

    def show_log(self, execution: Execution) -> None:
        """Show the log of a job."""
        dialog, source = LogDialog(execution.output or execution.name, self._window), self._stores.source()

        def ask() -> None:
            self.calls.ask(
                dialog.windowTitle(),
                lambda store: store.executions.logs(execution.id),
                dialog.show_lines,
                asking=dialog,
                source=source,
            )

        dialog.refresh_asked.connect(ask)
        self._open(dialog)
        ask()

    def _jobs_told(self, jobs: ServerJobs) -> None:
        self._jobs_asked = False
        self._dock.executions.show_jobs(jobs)

    def _jobs_refused(self, error: GeoPubError) -> None:
        self._jobs_asked = False
        self._messages.failed(tr("List of jobs"), error)

    def _room_told(self, room: Sequence[Allowance]) -> None:
        self._room_asked = False
        self._dock.room.show_room(room)

    def _room_refused(self, error: GeoPubError) -> None:
        self._room_asked = False
        self._messages.failed(tr("Room"), error)

    def _open(self, dialog: QDialog) -> None:
        self.dialog = dialog
        dialog.finished.connect(lambda _result: self._closed(dialog))
        dialog.open()

    def _closed(self, dialog: QDialog) -> None:
        if self.dialog is dialog:
            self.dialog = self.styles = None
        dialog.deleteLater()


def _layers() -> List[QgsMapLayer]:
    return list(QgsProject.instance().mapLayers().values())
