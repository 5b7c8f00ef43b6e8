"""How often somebody may guess, with a clock of our own."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import List

from geopub_plugin.backend.access.attempts import LONGEST_WAIT, Attempts, guesses
from geopub_plugin.backend.errors import TooManyRequests

HERE, THERE = "192.0.2.1", "198.51.100.1"


class Clock:
    moment = 0.0

    def __call__(self) -> float:
        return self.moment


def seconds(attempts: Attempts, name: str = "ada", address: str = HERE) -> int:
    """Guess wrongly; return the seconds to wait, 0 when the guess was looked at."""
    try:
        attempts.begin(guesses("password", name, address))
    except TooManyRequests as error:
        return error.seconds
    return 0


def test_waits_grow_and_are_forgotten() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    waits: List[int] = []
    for _ in range(15):
        while True:
            wait = seconds(attempts)
            if not wait:
                break
            waits.append(wait)
            clock.moment += wait
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]
    clock.moment += LONGEST_WAIT + 1
    assert [seconds(attempts) for _ in range(5)] == [0] * 5


def test_the_right_one_makes_the_wrong_ones_forgotten() -> None:
    attempts = Attempts(Clock())
    for _ in range(10):
        for _ in range(4):
            assert seconds(attempts) == 0
        counted = guesses("password", "ada", HERE)
        attempts.begin(counted)
        attempts.succeeded(counted)


def test_nobody_can_shut_somebody_out_from_elsewhere_easily() -> None:
    attempts = Attempts(Clock())
    for _ in range(30):
        seconds(attempts, address=THERE)
    assert seconds(attempts, address=THERE) > 0
    assert seconds(attempts, address=HERE) == 0


def test_one_address_cannot_try_all_names() -> None:
    attempts = Attempts(Clock())
    assert sum(seconds(attempts, f"user{number}") == 0 for number in range(500)) == 50


def test_many_addresses_cannot_try_one_name_for_ever() -> None:
    attempts = Attempts(Clock())
    looked_at = sum(seconds(attempts, "ada", f"10.0.{n // 250}.{n % 250}") == 0 for n in range(1000))
    assert looked_at == 200


def test_a_subscriber_of_ipv6_is_one_address() -> None:
    attempts = Attempts(Clock())
    assert sum(seconds(attempts, f"u{n}", f"2001:db8:0:1::{n:x}") == 0 for n in range(1, 200)) == 50


def test_guesses_at_the_same_time_count_one_by_one() -> None:
    attempts = Attempts(Clock())
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: seconds(attempts), range(200)))
    assert found.count(0) == 5
