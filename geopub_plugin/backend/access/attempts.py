"""How often somebody may guess: each further wrong guess costs a longer wait."""

from __future__ import annotations

import ipaddress
import math
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Callable, Sequence, Tuple

from ..errors import TooManyRequests
from ..translation import tr

LONGEST_WAIT = 900.0  # seconds; also how long a wrong guess is remembered
_REMEMBERED = 20_000  # names and addresses

Guess = Tuple[str, int]  # what is counted, and how many wrong guesses are free


@dataclass(frozen=True)
class _Count:
    wrong: int
    last: float


class Attempts:
    """Counts wrong guesses in memory. Each guess counts as wrong from its begin, so that parallel ones help nobody."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, _Count] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, guesses: Sequence[Guess]) -> None:
        """Count a guess.

        Raises:
            TooManyRequests: too many were wrong; this one was not looked at.
        """
        moment = self._clock()
        with self._lock:
            wait = max((self._wait(name, free, moment) for name, free in guesses), default=0.0)
            if wait <= 0:
                for name, _ in guesses:
                    self._counts[name] = _Count(self._wrong(name, moment) + 1, moment)
                    self._counts.move_to_end(name)
                while len(self._counts) > _REMEMBERED:
                    self._counts.popitem(last=False)
                return
        seconds = math.ceil(wait)
        raise TooManyRequests(
            tr("There were too many wrong attempts."),
            tr("The next one is possible in {seconds} s.", seconds=seconds),
            tr("Wait, then try again. If you have forgotten the password, ask the administrator of the server."),
            seconds=seconds,
        )

    def succeeded(self, guesses: Sequence[Guess]) -> None:
        """Forget the wrong guesses before the right one: all of a name, one of what is shared with others."""
        with self._lock:
            for name, _ in guesses[:1]:
                self._counts.pop(name, None)
            for name, _ in guesses[1:]:
                count = self._counts.get(name)
                if count is not None:
                    self._counts[name] = _Count(max(0, count.wrong - 1), count.last)

    def _wrong(self, name: str, moment: float) -> int:
        count = self._counts.get(name)
        return count.wrong if count is not None and moment - count.last < LONGEST_WAIT else 0

    def _wait(self, name: str, free: int, moment: float) -> float:
        over = self._wrong(name, moment) - free
        if over < 0:
            return 0.0
        return self._counts[name].last + min(2.0 ** min(over, 20), LONGEST_WAIT) - moment


def guesses(what: str, name: str, address: str) -> Sequence[Guess]:
    """Return what a guess at somebody's secret counts for: name and address together, the address, the name.

    The name alone has a high limit: who guesses from many addresses is slowed down, and who wants to shut somebody out
    must work for it.
    """
    where, who = _network(address), name.strip().lower()[:200]
    return ((f"{what} {who} {where}", 5), (f"{what} @ {where}", 50), (f"{what} {who}", 200))


def _network(address: str) -> str:
    """Return the address, or the /64 that one subscriber of IPv6 has all to himself."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if found.version == 6 and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
