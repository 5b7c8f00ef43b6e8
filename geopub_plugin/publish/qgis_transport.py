"""The transport of the plugin, on QGIS's network: its proxies, certificates and time-outs apply.

No Python function is connected to a signal here. PyQt keeps the connections of an object by its address and lets go of
them late; in a thread without a lasting event loop another object may have come to that address by then, and Python's
collector, in whatever thread it runs, then takes apart what is still in use.
"""

from __future__ import annotations

from threading import Event
from typing import Iterator, Optional, Union

from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt import sip
from qgis.PyQt.QtCore import QByteArray, QEventLoop, QIODevice, QTimer, QUrl
from qgis.PyQt.QtNetwork import QNetworkAccessManager, QNetworkProxy, QNetworkReply, QNetworkRequest

from ..backend.errors import NotAuthenticated
from ..backend.translation import tr
from .transport import FileSlice, Request, Response, Sent, interrupted, is_loopback, unreachable

CANCEL_GRAIN = 50  # ms until a cancelled transfer ends


class QgisTransport:
    """Carries requests over Qt's network, in the thread that made it; the others see no pause of Python."""

    def __init__(self, authcfg: str = "") -> None:
        """Sign each request as the configuration `authcfg` of QGIS's authentication manager says, "" for not at all."""
        self._local: Optional[QNetworkAccessManager] = None
        self._authcfg = authcfg

    def send(self, request: Request, sent: Optional[Sent] = None, cancel: Optional[Event] = None) -> Response:
        """Send a request and return the answer, see `Transport.send`."""
        if cancel is not None and cancel.is_set():
            raise interrupted()
        body = _body(request)
        asked = self._signed(_qt_request(request))
        reply = self._manager(request.url).sendCustomRequest(asked, request.method.encode(), body)
        if self._authcfg:
            QgsApplication.authManager().updateNetworkReply(reply, self._authcfg)
        try:
            _wait(reply, body, sent, cancel)
            if cancel is not None and cancel.is_set():
                raise interrupted()
            return _response(reply, request.url)
        finally:
            sip.delete(reply)  # now: no event loop of this thread would come to it

    def close(self) -> None:
        """Close the connections that are kept open, in the thread that opened them."""
        if self._local is not None:
            sip.delete(self._local)
            self._local = None

    def _signed(self, request: QNetworkRequest) -> QNetworkRequest:
        """Return a request with what the authentication manager adds to it: it may ask the user, and the network."""
        if not self._authcfg:
            return request
        done, signed = QgsApplication.authManager().updateNetworkRequest(request, self._authcfg)
        if not done:
            raise NotAuthenticated(
                tr("QGIS could not sign in with the authentication configuration “{id}”.", id=self._authcfg),
                tr("It is missing, QGIS's master password was not given, or the sign-in was refused."),
                tr("Choose or repair the configuration in Settings, Options, GeoPub."),
            )
        return signed

    def _manager(self, url: str) -> QNetworkAccessManager:
        """Return QGIS's network of this thread, or for this machine itself one that no proxy comes between."""
        if not is_loopback(url):
            return QgsNetworkAccessManager.instance()
        if self._local is None:
            self._local = QNetworkAccessManager()
            self._local.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        return self._local


class _Body(QIODevice):
    """A body with a part of a file in it, read while it is sent."""

    def __init__(self, request: Request) -> None:
        super().__init__()
        self._blocks: Iterator[bytes] = request.blocks()
        self._left = b""
        self.size_of_all = self._unread = request.size
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    @property
    def handed_over(self) -> int:
        """Bytes that the network has taken."""
        return self.size_of_all - self._unread

    def isSequential(self) -> bool:
        return True

    def bytesAvailable(self) -> int:
        return self._unread

    def readData(self, size: int) -> bytes:
        self._left = self._left or next(self._blocks, b"")
        data, self._left = self._left[:size], self._left[size:]
        self._unread -= len(data)
        return data

    def writeData(self, data: bytes) -> int:
        return -1


def _text(raw: QByteArray) -> str:
    return bytes(raw).decode("latin-1")


def _body(request: Request) -> Union[QByteArray, QIODevice]:
    if any(isinstance(piece, FileSlice) for piece in request.body):
        return _Body(request)
    return QByteArray(b"".join(request.blocks()))


def _qt_request(request: Request) -> QNetworkRequest:
    qt_request = QNetworkRequest(QUrl(request.url))
    for name, value in request.headers.items():
        qt_request.setRawHeader(name.encode("ascii"), value.encode("latin-1"))
    qt_request.setHeader(QNetworkRequest.KnownHeaders.ContentLengthHeader, request.size)
    qt_request.setAttribute(QNetworkRequest.Attribute.DoNotBufferUploadDataAttribute, True)
    # A token must not follow to another host, nor an answer come from a cache.
    qt_request.setAttribute(
        QNetworkRequest.Attribute.RedirectPolicyAttribute, QNetworkRequest.RedirectPolicy.ManualRedirectPolicy
    )
    qt_request.setAttribute(
        QNetworkRequest.Attribute.CacheLoadControlAttribute, QNetworkRequest.CacheLoadControl.AlwaysNetwork
    )
    qt_request.setTransferTimeout(int(request.timeout * 1000))
    return qt_request


def _wait(
    reply: QNetworkReply, body: Union[QByteArray, QIODevice], sent: Optional[Sent], cancel: Optional[Event]
) -> None:
    """Return when the reply has ended; end it when the work is cancelled, and tell how much of a file was sent."""
    loop, watch = QEventLoop(), QTimer()
    reply.finished.connect(loop.quit)
    watch.timeout.connect(loop.quit)
    watch.start(CANCEL_GRAIN)
    while not reply.isFinished():
        loop.exec()
        if cancel is not None and cancel.is_set():
            reply.abort()
        elif sent is not None and isinstance(body, _Body):
            sent(body.handed_over, body.size_of_all)


def _response(reply: QNetworkReply, url: str) -> Response:
    status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
    if status is None:
        raise unreachable(url, reply.errorString())
    headers = {
        bytes(name).decode("latin-1").lower(): bytes(value).decode("latin-1") for name, value in reply.rawHeaderPairs()
    }
    return Response(int(status), headers, bytes(reply.readAll()))
