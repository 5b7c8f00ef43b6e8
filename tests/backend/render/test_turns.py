"""Places are given in order, and a turn alone excludes all others."""

from __future__ import annotations

import threading

import pytest

from geopub_plugin.backend.render.turns import Turns


def test_places_are_limited() -> None:
    turns = Turns(2)
    with turns.one(1), turns.one(1), pytest.raises(TimeoutError), turns.one(0.05):
        pytest.fail("there are two places")
    with turns.one(0.1), turns.one(0.1):
        pass


def test_alone_waits_for_everyone_and_is_not_overtaken() -> None:
    turns, order = Turns(2), []
    first_is_in, leave = threading.Event(), threading.Event()

    def first() -> None:
        with turns.one(5):
            first_is_in.set()
            leave.wait(5)
            order.append("first")

    def alone() -> None:
        with turns.alone(5):
            order.append("alone")

    def late() -> None:
        with turns.one(5):
            order.append("late")

    threads = [threading.Thread(target=work) for work in (first, alone, late)]
    threads[0].start()
    assert first_is_in.wait(5)
    for count, thread in enumerate(threads[1:], start=1):
        thread.start()
        while len(turns._waiting) < count:  # the thread has asked
            threading.Event().wait(0.001)
    assert order == []
    leave.set()
    for thread in threads:
        thread.join(5)
    assert order == ["first", "alone", "late"]


def test_an_impatient_one_frees_the_queue() -> None:
    turns = Turns(1)
    with turns.one(1), pytest.raises(TimeoutError), turns.alone(0.05):
        pytest.fail("the place is taken")
    with turns.alone(0.5):
        pass
