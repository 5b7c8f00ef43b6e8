"""The HTTP server: threads that answer on a listening socket, and an orderly end."""

from __future__ import annotations

import select
import socket
import threading
from typing import Any, Callable
from urllib.parse import urlsplit

import waitress
from waitress import wasyncore

from .http_channel import Channel
from .lanes import Lanes
from .listening import url_of
from .settings import MIB, Settings
from .stopping import StopRequest

try:
    import resource
except ImportError:  # Windows, where connections do not count as files
    resource = None  # type: ignore[assignment]

_MOST_CONNECTIONS = 1000
_SELECTED = 400  # connections, where select() has to look at them all: Windows lets it look at 512
_FILES = 4096  # that this process would like to be able to open
_STALLED_SECONDS = 60.0  # without a byte taken of an answer that is there: the reader has gone, or wants to harm
_LOOK_SECONDS = 5  # from one look for such readers to the next
_TO_FINISH_SECONDS = 0.5  # for the requests that are being answered when the end comes
_TO_NOTICE_SECONDS = 1.0  # for those that are cut off after that


class HttpServer:
    """A WSGI application on a bound socket."""

    def __init__(
        self, application: Callable[..., Any], bound: socket.socket, settings: Settings,
        stalled_seconds: float = _STALLED_SECONDS,
    ) -> None:  # fmt: skip
        """Take over a listening socket; requests are answered once `run` is called.

        Who takes nothing of an answer for `stalled_seconds` is hung up on, and what it held is freed: its thread too.
        So is who has not said in that time what he asks for.
        """
        self._stalled_seconds = stalled_seconds
        self._lanes = Lanes(settings.threads)
        self._server = waitress.create_server(
            application,
            map={},
            sockets=[bound],
            _dispatcher=self._lanes,
            ident="GeoPub",
            server_name=urlsplit(url_of(bound)).hostname,  # for who names no host, as HTTP/1.0 allows
            asyncore_use_poll=hasattr(select, "poll"),  # select() fails from the 1024th socket on
            connection_limit=connection_limit(),
            clear_untrusted_proxy_headers=False,  # `access.addresses.TrustedProxies` knows whom to believe
            outbuf_high_watermark=MIB,  # a slow reader of a large answer holds this much memory, not 16 times more
            outbuf_overflow=32 * MIB,  # pieces of answers are smaller: none goes through a file on its way
            max_request_body_size=settings.upload_bytes + MIB,
            cleanup_interval=min(_LOOK_SECONDS, max(1, int(stalled_seconds))),
        )
        self._server.channel_class = Channel
        self._idle, self._server.maintenance = self._server.maintenance, self._look_after

    def run(self, stop: StopRequest) -> None:
        """Answer requests until the stop is requested and what is being answered is finished, or time is up."""
        ending = threading.Thread(target=self._end_at, args=(stop,), name="end of service", daemon=True)
        ending.start()
        self._server.run()
        ending.join()
        self._lanes.shutdown(timeout=_TO_NOTICE_SECONDS)
        if self._lanes.are_empty():  # else one pulls it yet, when its number may be that of somebody's file
            self._server.trigger.close()

    def _end_at(self, stop: StopRequest) -> None:
        stop.wait()
        self._on_the_loop(lambda: wasyncore.dispatcher.close(self._server))  # listens no more, the rest goes on
        self._lanes.shutdown(timeout=_TO_FINISH_SECONDS)
        self._on_the_loop(self._hang_up)

    def _on_the_loop(self, call: Callable[[], None]) -> None:
        """Have something done by the thread of the loop, which alone may touch its sockets."""
        self._server.trigger.pull_trigger(call)

    def _look_after(self, now: float) -> None:
        """Close what is idle, as waitress does, and what is stalled, which it would wait for without end."""
        self._idle(now)
        for channel in list(self._server.active_channels.values()):
            if self._is_stalled(channel, now):
                channel.handle_close()  # unlike close(), wakes the thread that waits for its reader

    def _is_stalled(self, channel: Channel, now: float) -> bool:
        asked = channel.request
        if asked is not None and not asked.headers_finished and now - asked.begun > self._stalled_seconds:
            return True
        return bool(channel.total_outbufs_len) and now - channel.last_activity > self._stalled_seconds

    def _hang_up(self) -> None:
        for channel in list(self._server.active_channels.values()):
            channel.handle_close()  # unlike close(), wakes the thread that waits for its reader
        self._server.trigger.del_channel()  # without anything to look at, the loop ends


def connection_limit() -> int:
    """Return how many connections may be open: so many that half of the files stay for whoever is to be answered."""
    if not hasattr(select, "poll"):
        return _SELECTED
    if resource is None:
        return _MOST_CONNECTIONS
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if most == resource.RLIM_INFINITY else min(most, _FILES)
    if resource.RLIM_INFINITY != allowed < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
        allowed = wanted
    return _MOST_CONNECTIONS if allowed == resource.RLIM_INFINITY else min(_MOST_CONNECTIONS, allowed // 2)
