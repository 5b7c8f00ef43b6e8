"""Messages are in English, and go to servers of the tests."""

from __future__ import annotations

from typing import Any, Iterator, List

import pytest
from aiosmtpd.controller import Controller

from geopub_plugin.backend.translation import language, use_language

from .receivers import Listener, Mailbox, free_port


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = language()
    use_language("en")
    yield
    use_language(before)


@pytest.fixture
def mail():
    """Start mail servers."""
    started = []

    def start(mailbox: Mailbox, **options: Any) -> Controller:
        controller = Controller(mailbox, hostname="127.0.0.1", port=0, authenticator=mailbox,
                                auth_require_tls=False, **options)  # fmt: skip
        controller.port = free_port()
        controller.start()
        started.append(controller)
        return controller

    yield start
    for controller in started:
        controller.stop()


@pytest.fixture
def listen() -> Iterator[Any]:
    started: List[Listener] = []

    def start(*statuses: int) -> Listener:
        started.append(Listener(*statuses))
        return started[-1]

    yield start
    for listener in started:
        listener.close()
