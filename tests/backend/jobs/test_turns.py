"""Standing back: for as long as it is asked, and never for long in a row."""

from __future__ import annotations

import threading
import time

from geopub_plugin.backend.jobs.queue import Queue
from geopub_plugin.backend.jobs.turns import Turn


def waited(turn: Turn) -> float:
    begun = time.monotonic()
    turn.wait()
    return time.monotonic() - begun


def test_nobody_waits_who_is_not_asked_to():
    turn = Turn()
    assert waited(turn) < 1
    turn.stand_back(-1)
    assert waited(turn) < 1


def test_it_goes_on_when_it_may():
    turn = Turn()
    turn.stand_back(60)
    done = threading.Event()
    threading.Thread(target=lambda: (turn.wait(), done.set()), daemon=True).start()
    assert not done.wait(0.1)
    turn.stand_back(0)
    assert done.wait(20)


def test_it_gives_others_time_to_ask():
    turn = Turn()
    begun = time.monotonic()
    turn.wait(at_least=0.1)
    assert time.monotonic() - begun >= 0.1
    done = threading.Event()
    turn = Turn(most=60)
    threading.Thread(target=lambda: (turn.wait(at_least=60), done.set()), daemon=True).start()
    end = time.monotonic() + 30
    while not done.wait(0.05) and time.monotonic() < end:
        turn.stand_back(0)
    assert done.is_set()


def test_in_the_long_run_it_works_however_often_it_is_asked():
    turn = Turn(most=0.2, earned=0.0)
    turn.stand_back(60)
    assert waited(turn) >= 0.19
    turn.stand_back(60)
    begun = time.monotonic()
    for _ in range(5):
        turn.wait()
    assert time.monotonic() - begun < 30
    turn = Turn(most=0.2, earned=1000.0)
    for _ in range(2):
        turn.stand_back(60)
        assert waited(turn) >= 0.19
        time.sleep(0.01)  # enough to earn as much again


def test_the_queue_asks_patient_jobs_alone(listener, jobs_of, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", __file__.rpartition("/")[0])
    queue = Queue(2, listener, {"pyramid": "some_jobs:stands_back", "other": "some_jobs:hangs"})
    other, patient = jobs_of("other"), jobs_of("pyramid")
    for job in (other, patient):
        queue.submit(job)
        listener.first_progress(job.execution)
    queue.stand_back(60)
    assert listener.first_progress(patient.execution).step == "Standing back"
    queue.stand_back(0)
    assert listener.end(patient.execution)[0] == "finished"
    queue.stop()
