"""The queue of executions: first come, first served, each in a worker process that does nothing else meanwhile."""

from __future__ import annotations

import contextlib
import shutil
import signal
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import AbstractSet, Any, Dict, List, Mapping, Optional, Protocol, Sequence, Tuple

from ..errors import GeoPubError, JobFailed
from ..translation import tr
from .kinds import KINDS, LASTING, PATIENT
from .messages import Lines, Message, ProgressState, Refusal, Result
from .process import WorkerProcess

__all__ = ["Job", "Listener", "ProgressState", "Queue"]

_SPARES = 2  # workers kept ready while jobs come one after the other
_IDLE_SECONDS = 20.0  # after the last of them one is enough


@dataclass(frozen=True)
class Job:
    """What a worker is to do."""

    execution: str  # identifier, which every report carries
    kind: str  # a key of `KINDS`
    parameters: Dict[str, Any]  # as JSON
    work: Path  # the only folder in which the worker writes


class Listener(Protocol):
    """Who hears what becomes of the jobs.

    The reports of one execution come in order, on a thread of the queue; those of several come at the same time. When
    `finished` comes, the job has ended and nobody writes in its work folder any more; when `failed` or `cancelled`
    comes, the work folder is gone, too.
    A `GeoPubError` raised by `started`, `progressed`, `logged` or `finished` makes the execution fail with it.
    """

    def started(self, execution: str) -> None:
        """Hear that a worker has begun."""

    def progressed(self, execution: str, state: ProgressState) -> None:
        """Hear where the job stands, about ten times a second at most."""

    def logged(self, execution: str, lines: Tuple[str, ...]) -> None:
        """Hear new lines of log."""

    def finished(self, execution: str, result: Dict[str, Any]) -> None:
        """Hear the result of a job that succeeded."""

    def failed(self, execution: str, error: GeoPubError) -> None:
        """Hear why a job could not be done."""

    def cancelled(self, execution: str) -> None:
        """Hear that a job was ended on demand."""


class _Fate(Enum):
    CANCELLED = 1  # ended on demand
    ABANDONED = 2  # ended because the backend ends; nothing is reported
    DECIDED = 3  # its outcome is being reported


@dataclass
class _Run:
    job: Job
    fate: Optional[_Fate] = None
    process: Optional[WorkerProcess] = None
    thread: Optional[threading.Thread] = field(default=None, repr=False)

    def end(self, fate: _Fate) -> bool:
        """Have the worker ended, unless the outcome is known; the caller holds the queue's lock."""
        if self.fate is not None:
            return False
        self.fate = fate
        if self.process is not None:
            self.process.end()
        return True


class Queue:
    """At most `workers` jobs at the same time, in the order in which they came.

    One more worker is kept ready: to start Python and to import what jobs need takes longer than many a job. For the
    same reason a worker that has done a job of a lasting kind stays for the next one, for a while.
    """

    def __init__(
        self,
        workers: int,
        listener: Listener,
        kinds: Mapping[str, str] = KINDS,
        lasting: AbstractSet[str] = LASTING,
        idle_seconds: float = _IDLE_SECONDS,
    ) -> None:
        """Take jobs of `kinds`; workers stay after those of `lasting` kinds, for `idle_seconds` without a job."""
        self._workers = workers
        self._listener = listener
        self._kinds, self._lasting = kinds, lasting
        self._idle_seconds = idle_seconds
        self._lock = threading.Lock()
        self._waiting: Dict[str, Job] = {}  # in order of arrival
        self._running: Dict[str, _Run] = {}
        self._spares: List[WorkerProcess] = []  # the one that is surely ready last
        self._idle: Optional[threading.Timer] = None
        self._stopped = False

    def prepare(self) -> None:
        """Have a worker ready for the next job; each job that starts does the same for the one after it."""
        with self._lock, contextlib.suppress(OSError):  # that no process can be started will be said of a job
            if not self._spares and not self._stopped:
                self._spares.append(self._new_worker())

    def submit(self, job: Job) -> None:
        """Put a job at the end of the queue; after `stop` it is left for the next start.

        Raises:
            KeyError: nobody knows this kind of job.
            ValueError: the execution waits or runs already.
        """
        if job.kind not in self._kinds:
            raise KeyError(job.kind)
        with self._lock:
            if job.execution in self._waiting or job.execution in self._running:
                raise ValueError(f"{job.execution} is in the queue")
            if not self._stopped:
                self._waiting[job.execution] = job
                self._start_next()

    def cancel(self, execution: str) -> bool:
        """Have an execution ended within a second; `cancelled` follows. False: it has ended or was never submitted."""
        with self._lock:
            if execution in self._running:
                return self._running[execution].end(_Fate.CANCELLED)
            waited = self._waiting.pop(execution, None)
        if waited is None:
            return False
        shutil.rmtree(waited.work, ignore_errors=True)
        self._listener.cancelled(execution)
        return True

    def stand_back(self, seconds: float) -> None:
        """Let what is being done for somebody who waits come before patient jobs, for so long at most; 0 ends it."""
        with self._lock:
            running = [run.process for run in self._running.values() if run.job.kind in PATIENT]
        for process in running:
            if process is not None:
                process.stand_back(seconds)

    def stop(self) -> None:
        """End every worker and wait for it; what was not done is not reported, so the next start takes it up again."""
        with self._lock:
            self._stopped = True
            self._waiting.clear()
            runs = list(self._running.values())
            for run in runs:
                run.end(_Fate.ABANDONED)
            spares, self._spares = self._spares, []
            self._rest(None)
        _end(spares)
        for run in runs:
            run.thread.join()

    def _start_next(self) -> None:
        """Start as many waiting jobs as may run; the caller holds the lock."""
        while self._waiting and len(self._running) < self._workers:
            execution = next(iter(self._waiting))
            run = _Run(self._waiting.pop(execution))
            run.thread = threading.Thread(target=self._perform, args=(run,), name=f"execution {execution}", daemon=True)
            self._running[execution] = run
            run.thread.start()

    def _perform(self, run: _Run) -> None:
        told = False
        try:
            try:
                self._report(run, self._follow(run))
            except GeoPubError as error:  # the listener cannot use what it heard
                self._report(run, Refusal(error))
            told = True
        finally:
            with self._lock:
                del self._running[run.job.execution]
                if not self._stopped:
                    self._start_next()
            if not told:  # a defect, whose traceback goes to the log: nobody shall wait for ever
                self._report(run, Refusal(_defect()))

    def _follow(self, run: _Run) -> Message:
        """Start the worker, pass on what it says, and return its last word once it has ended."""
        execution = run.job.execution
        try:
            process = self._take_worker()
        except OSError as error:
            return Refusal(_not_started(error))
        last: Optional[Message] = None
        with ExitStack() as broken:  # unwound when the listener raises
            broken.callback(process.close)
            broken.callback(process.end)
            with self._lock:
                run.process = process
                if run.fate is not None:
                    process.end()
            self._listener.started(execution)
            process.tell(self._order(run.job))
            self.prepare()
            for message in process.messages():
                if isinstance(message, ProgressState):
                    self._listener.progressed(execution, message)
                elif isinstance(message, Lines):
                    self._listener.logged(execution, message.lines)
                else:
                    last = message
                if isinstance(message, Result) and run.job.kind in self._lasting:
                    break
            broken.pop_all()
        if isinstance(last, Result) and self._kept(run, process):
            return last
        code = process.close()
        if last is None and run.fate is None:
            self._listener.logged(execution, process.stderr())
        return last or Refusal(_died(code, process.stderr()))

    def _take_worker(self) -> WorkerProcess:
        with self._lock:
            spares = [self._spares.pop()] if self._spares else []
        if spares and spares[0].alive:
            return spares[0]
        _end(spares)
        return self._new_worker()

    def _kept(self, run: _Run, process: WorkerProcess) -> bool:
        """Keep a worker that has done its job for the next one; say False of one that has to end, or ends by itself."""
        if run.job.kind not in self._lasting:
            return False
        with self._lock:
            run.process = None
            if self._stopped or run.fate is not None:
                process.end()
                return False
            self._spares.append(process)
            surplus = self._spares[:-_SPARES]
            self._spares = self._spares[-_SPARES:]
            self._rest(self._idle_seconds)
        _end(surplus)
        return True

    def _rest(self, seconds: Optional[float]) -> None:
        """Let workers that have done something end when no job comes for a while; the caller holds the lock."""
        if self._idle is not None:
            self._idle.cancel()
        self._idle = None
        if seconds is not None:
            self._idle = threading.Timer(seconds, self._end_used)
            self._idle.daemon = True
            self._idle.start()

    def _end_used(self) -> None:
        """Give back the memory of workers that have done something, and have a new one ready."""
        with self._lock:
            used = [one for one in self._spares if one.used]
            self._spares = [one for one in self._spares if not one.used]
        _end(used)
        self.prepare()

    def _new_worker(self) -> WorkerProcess:
        return WorkerProcess(sorted({function.partition(":")[0] for function in self._kinds.values()}))

    def _order(self, job: Job) -> Dict[str, Any]:
        order = {"run": self._kinds[job.kind], "parameters": job.parameters, "work": str(job.work)}
        return {**order, "stays": job.kind in self._lasting}

    def _report(self, run: _Run, outcome: Message) -> None:
        with self._lock:
            fate, run.fate = run.fate, _Fate.DECIDED
        if fate is _Fate.ABANDONED:
            return
        execution = run.job.execution
        if isinstance(outcome, Result) and fate is not _Fate.CANCELLED:
            self._listener.finished(execution, outcome.value)
            return
        shutil.rmtree(run.job.work, ignore_errors=True)  # first: a full disk needs room to have its failure noted
        if fate is _Fate.CANCELLED:
            self._listener.cancelled(execution)
        elif isinstance(outcome, Refusal):
            self._listener.failed(execution, outcome.error)


def _end(processes: Sequence[WorkerProcess]) -> None:
    """End workers that do nothing, and wait for it."""
    for process in processes:
        process.end()
    for process in processes:
        process.close()


def _not_started(error: OSError) -> JobFailed:
    return JobFailed(
        tr("A worker process could not be started."),
        tr("The system says: {reason}.", reason=error.strerror or error),
        tr("Close other programs, then start the execution again."),
    )


def _defect() -> JobFailed:
    return JobFailed(
        tr("This execution stopped because of an error inside GeoPub."),
        tr("The log of the backend tells more."),
        tr("Start the execution again. If it fails again, report it with the execution's log."),
    )


def _died(code: int, stderr: Tuple[str, ...]) -> JobFailed:
    """Explain the end of a worker that gave no result."""
    again = tr("Start the execution again. If it fails again, report it with the execution's log.")
    if code < 0:
        number = -code
        name = signal.Signals(number).name if number in set(signal.Signals) else str(number)
        if name == "SIGKILL":
            return JobFailed(
                tr("The worker of this execution was ended by the system."),
                tr("This happens most often when the memory is used up (signal SIGKILL)."),
                tr("Close other programs or publish fewer features at a time, then start the execution again."),
            )
        return JobFailed(
            tr("The worker of this execution crashed."), tr("It received the signal {name}.", name=name), again
        )
    last = next((line.strip() for line in reversed(stderr) if line.strip()), "")
    return JobFailed(
        tr("This execution stopped because of an error inside GeoPub."),
        last or tr("The worker ended with the code {code} and no result.", code=code),
        again,
    )
