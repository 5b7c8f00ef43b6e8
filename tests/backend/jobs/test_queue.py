"""The queue: order, width, cancelling, and every way in which a worker can end."""

from __future__ import annotations

import hashlib
import os
import signal
import time

import pytest

from geopub_plugin.backend.errors import Conflict, InvalidInput, JobFailed, StorageFull
from geopub_plugin.backend.faults import Fault, Severity
from geopub_plugin.backend.jobs import process
from geopub_plugin.backend.jobs.messages import ProgressState
from geopub_plugin.backend.translation import language

from ...processes import alive, gone_within


def test_a_job_that_finishes_is_reported_in_order_with_its_result(start_queue, listener, jobs_of):
    job = jobs_of("finishes", text="héhé")
    start_queue().submit(job)
    kind, _, result = listener.end(job.execution)
    assert kind == "finished"
    assert result == {
        "file": "made.txt",
        "nice": os.nice(0) + 10,
        "ends first": "500",
        "language": language(),
        "temporary": str(job.work),
        "sha256": hashlib.sha256("héhé".encode()).hexdigest(),
    }
    assert (job.work / "made.txt").read_text() == "héhé"
    kinds = listener.kinds(job.execution)
    assert kinds[0] == "started" and kinds[-1] == "finished"
    assert listener.log(job.execution) == ["two of three"]
    assert listener.states(job.execution)[-1] == ProgressState("Counting", 3, 3, "features")


def test_a_refusal_keeps_its_words_its_faults_and_the_class_that_the_api_knows(start_queue, listener, jobs_of):
    job = jobs_of("refuses")
    start_queue().submit(job)
    kind, _, error = listener.end(job.execution)
    assert kind == "failed"
    assert type(error) is InvalidInput
    assert error.sentences == ("The table is broken.", "Row 3 is cut.", "Save it again.")
    assert error.faults == (Fault("table.no-srs", Severity.ERROR, "No SRS.", table="roads", examples=("1", "2")),)


@pytest.mark.parametrize(
    ("kind", "parameters", "why"),
    [
        ("fails", {}, "ZeroDivisionError"),
        ("exits", {}, "7"),
        ("returns_no_json", {}, "TypeError"),
        ("is_killed", {"signal": "SIGKILL"}, "SIGKILL"),
        ("is_killed", {"signal": "SIGSEGV"}, "SIGSEGV"),
        ("is_killed", {"signal": "SIGTERM"}, "SIGTERM"),
        ("uses_up_memory", {}, "more than is free"),
        ("leaves_a_child", {}, "3"),
    ],
)
def test_a_worker_that_dies_fails_the_execution_and_says_why(start_queue, listener, jobs_of, kind, parameters, why):
    job = jobs_of(kind, **parameters)
    start_queue().submit(job)
    end, _, error = listener.end(job.execution)
    assert end == "failed"
    assert type(error) is JobFailed
    assert why in error.why and error.what and error.cure


def test_the_log_of_a_failed_execution_holds_the_traceback(start_queue, listener, jobs_of):
    job = jobs_of("fails")
    start_queue().submit(job)
    listener.end(job.execution)
    log = listener.log(job.execution)
    assert log[0] == "before the failure"
    assert any("some_jobs.py" in line for line in log)
    assert log[-1].startswith("ZeroDivisionError")


@pytest.mark.parametrize("by", ["ENOSPC", "EDQUOT", "sqlite"])
def test_a_full_disk_is_a_full_disk_and_has_room_again_when_it_is_told(start_queue, listener, jobs_of, by, monkeypatch):
    job = jobs_of("fills_the_disk", by=by)
    room, failed = [], listener.failed

    def note(execution, error):
        room.append(not job.work.exists())
        failed(execution, error)

    monkeypatch.setattr(listener, "failed", note)
    start_queue().submit(job)
    end, _, error = listener.end(job.execution)
    assert (end, type(error)) == ("failed", StorageFull)
    assert room == [True]
    assert str(job.work) in error.why and error.cure


def test_an_unknown_function_fails_the_execution(listener, jobs_of):
    job = jobs_of("finishes")
    queue = process_queue(listener, {"finishes": "nowhere.at_all:run"})
    queue.submit(job)
    end, _, error = listener.end(job.execution)
    assert (end, type(error)) == ("failed", JobFailed)
    assert "ModuleNotFoundError" in error.why


def test_what_libraries_print_is_no_message_and_blocks_nothing(start_queue, listener, jobs_of):
    job = jobs_of("prints_garbage")
    start_queue().submit(job)
    assert listener.end(job.execution) == ("finished", job.execution, {"genuine": True})


def test_progress_is_throttled_and_no_line_of_log_is_lost(start_queue, listener, jobs_of):
    job = jobs_of("floods", amount=300_000)
    begin = time.monotonic()
    start_queue().submit(job)
    assert listener.end(job.execution)[0] == "finished"
    seconds = time.monotonic() - begin
    states = listener.states(job.execution)
    assert states[-1] == ProgressState("Flooding", 300_000, 300_000, "features")
    assert len(states) <= 10 * seconds + 2
    assert listener.log(job.execution) == [f"line {number}" for number in range(0, 300_000, 1000)]


@pytest.mark.parametrize("kind", ["hangs", "refuses_to_end", "leaves_a_child"])
def test_cancelling_ends_the_worker_within_a_second(start_queue, listener, jobs_of, kind):
    job = jobs_of(kind, hang=True)
    queue = start_queue()
    queue.submit(job)
    listener.first_progress(job.execution)
    left = [int(place.read_text()) for place in map(job.work.joinpath, ("pid", "child")) if place.exists()]
    begin = time.monotonic()
    assert queue.cancel(job.execution)
    assert listener.end(job.execution) == ("cancelled", job.execution)
    assert time.monotonic() - begin < 5
    assert left and gone_within(left, 1)
    assert not job.work.exists()
    assert not queue.cancel(job.execution)
    assert listener.kinds(job.execution).count("cancelled") == 1


def test_cancelling_before_the_worker_has_begun(start_queue, listener, jobs_of):
    job = jobs_of("finishes")
    queue = start_queue()
    queue.submit(job)
    assert queue.cancel(job.execution)
    assert listener.end(job.execution) == ("cancelled", job.execution)
    assert not (job.work / "made.txt").exists()


def test_cancelling_what_waits_or_is_unknown(start_queue, listener, jobs_of):
    hanging, waiting = jobs_of("hangs"), jobs_of("finishes")
    queue = start_queue(1)
    queue.submit(hanging)
    queue.submit(waiting)
    assert queue.cancel(waiting.execution)
    assert listener.kinds(waiting.execution) == ["cancelled"]
    assert not queue.cancel("00000000-0000-0000-0000-000000000000")


def test_jobs_start_in_the_order_of_arrival_and_no_more_than_allowed_run(start_queue, listener, jobs_of, tmp_path):
    pipes = [tmp_path / f"pipe{number}" for number in range(5)]
    for pipe in pipes:
        os.mkfifo(pipe)
    jobs = [jobs_of("waits_for", pipe=str(pipe)) for pipe in pipes]
    queue = start_queue(2)
    for job in jobs:
        queue.submit(job)
    for job in jobs[:2]:
        listener.begun(job.execution)
    for number, (job, pipe) in enumerate(zip(jobs, pipes)):
        pipe.write_bytes(b"go")
        listener.end(job.execution)
        for freed in jobs[number + 2 : number + 3]:
            listener.begun(freed.execution)  # else it and the next one would begin at the same time
    started = [report[1] for report in listener.reports if report[0] == "started"]
    assert started[2:] == [job.execution for job in jobs[2:]]
    assert set(started[:2]) == {job.execution for job in jobs[:2]}
    running = most = 0
    for report in listener.reports:
        running += (report[0] == "started") - (report[0] == "finished")
        most = max(most, running)
    assert most == 2


def test_stopping_ends_every_worker_and_reports_nothing(start_queue, listener, jobs_of):
    running, waiting, late = jobs_of("hangs"), jobs_of("finishes"), jobs_of("finishes")
    queue = start_queue(1)
    queue.submit(running)
    queue.submit(waiting)
    listener.first_progress(running.execution)
    pid = int((running.work / "pid").read_text())
    begin = time.monotonic()
    queue.stop()
    assert time.monotonic() - begin < 5
    assert not alive(pid)
    queue.submit(late)
    reported = {report[0] for report in listener.reports}
    assert reported == {"started", "progressed"}


def test_the_same_execution_cannot_be_in_the_queue_twice(start_queue, jobs_of):
    job = jobs_of("hangs")
    queue = start_queue(1)
    queue.submit(job)
    with pytest.raises(ValueError, match=job.execution):
        queue.submit(job)


def test_a_kind_that_nobody_knows_is_refused(start_queue, jobs_of):
    with pytest.raises(KeyError):
        start_queue().submit(jobs_of("bakes_bread"))


@pytest.mark.parametrize("at", ["started", "progressed", "finished"])
def test_an_error_of_the_listener_fails_that_execution_only(start_queue, listener, jobs_of, at, monkeypatch):
    broken, sound = jobs_of("hangs" if at != "finished" else "finishes"), jobs_of("finishes")
    remember = getattr(listener, at)

    def refuse(execution, *report):
        if execution == broken.execution:
            raise Conflict("The revision does not fit.")
        remember(execution, *report)

    monkeypatch.setattr(listener, at, refuse)
    queue = start_queue(1)
    queue.submit(broken)
    queue.submit(sound)
    end, _, error = listener.end(broken.execution)
    assert (end, type(error)) == ("failed", Conflict)
    assert listener.kinds(broken.execution).count("failed") == 1
    assert listener.end(sound.execution)[0] == "finished"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # which is for the log
def test_a_defect_of_the_listener_lets_nobody_wait(start_queue, listener, jobs_of, monkeypatch):
    broken, sound = jobs_of("finishes"), jobs_of("finishes")
    remember = listener.finished

    def stumble(execution, result):
        if execution == broken.execution:
            raise RuntimeError("nobody has foreseen this")
        remember(execution, result)

    monkeypatch.setattr(listener, "finished", stumble)
    queue = start_queue(1)
    queue.submit(broken)
    queue.submit(sound)
    end, _, error = listener.end(broken.execution)
    assert (end, type(error)) == ("failed", JobFailed)
    assert listener.end(sound.execution)[0] == "finished"


def test_a_system_that_starts_no_process_fails_the_execution(start_queue, listener, jobs_of, monkeypatch):
    monkeypatch.setattr(process.sys, "executable", "/nowhere/python3")
    job = jobs_of("finishes")
    start_queue().submit(job)
    end, _, error = listener.end(job.execution)
    assert (end, type(error)) == ("failed", JobFailed)
    assert "No such file" in error.why


def test_a_worker_killed_from_outside_fails_and_the_next_one_starts(start_queue, listener, jobs_of):
    first, second = jobs_of("hangs"), jobs_of("finishes")
    queue = start_queue(1)
    queue.submit(first)
    queue.submit(second)
    listener.first_progress(first.execution)
    os.kill(int((first.work / "pid").read_text()), signal.SIGKILL)
    assert listener.end(first.execution)[0] == "failed"
    assert listener.end(second.execution)[0] == "finished"


def test_a_worker_is_kept_ready_for_the_next_job(start_queue, listener, jobs_of):
    queue = start_queue()
    queue.prepare()
    ready = queue._spares[0].pid
    first, second = jobs_of("hangs"), jobs_of("finishes")
    queue.submit(first)
    listener.first_progress(first.execution)
    assert int((first.work / "pid").read_text()) == ready
    following = queue._spares[0].pid
    assert following != ready and alive(following)
    queue.submit(second)
    assert listener.end(second.execution)[0] == "finished"
    left = {ready, following, *(spare.pid for spare in queue._spares)}
    queue.stop()
    assert gone_within(left, 1)
    queue.prepare()
    assert queue._spares == []


def test_a_ready_worker_that_has_died_is_replaced(start_queue, listener, jobs_of):
    queue = start_queue()
    queue.prepare()
    ready = queue._spares[0].pid
    os.kill(ready, signal.SIGKILL)
    assert gone_within([ready], 5)
    job = jobs_of("finishes")
    queue.submit(job)
    assert listener.end(job.execution)[0] == "finished"


def own_pid(job) -> int:
    return int((job.work / "pid").read_text())


def test_a_worker_stays_for_the_next_job_and_forgets_the_last_one(start_queue, listener, jobs_of):
    queue = start_queue(lasting={"tells"})
    jobs = [jobs_of("tells", says=says) for says in ("one", "two", "three")]
    for job in jobs:
        queue.submit(job)
        kind, _, result = listener.end(job.execution)
        assert (kind, result) == ("finished", {"temporary": str(job.work)})
        assert listener.log(job.execution) == [job.parameters["says"]]
    assert len(set(map(own_pid, jobs))) == 1


def test_a_worker_whose_job_went_wrong_or_does_not_last_ends(start_queue, listener, jobs_of):
    queue = start_queue(lasting={"tells", "refuses", "fails"})
    first = jobs_of("tells")
    queue.submit(first)
    listener.end(first.execution)
    for kind in ("refuses", "fails", "finishes"):
        former = queue._spares[-1].pid
        queue.submit(job := jobs_of(kind))
        listener.end(job.execution)
        assert gone_within([former], 5)
    assert own_pid(first) not in {spare.pid for spare in queue._spares}


def test_workers_that_have_done_something_end_when_nothing_comes(start_queue, listener, jobs_of):
    queue = start_queue(lasting={"tells"}, idle_seconds=0.1)
    queue.submit(job := jobs_of("tells"))
    listener.end(job.execution)
    assert gone_within([own_pid(job)], 10)
    queue.submit(again := jobs_of("tells"))
    assert listener.end(again.execution)[0] == "finished"
    queue.stop()
    assert gone_within([own_pid(again)], 5)


def process_queue(listener, kinds):
    from geopub_plugin.backend.jobs.queue import Queue

    return Queue(1, listener, kinds)
