"""The transport of the plugin, on QGIS's network: its proxies, certificates and time-outs apply.

Every network object lives in the GUI thread, and the thread that works waits for its answer. In the threads of tasks
PyQt's network objects died while they were in use, or took QGIS down, about once in ten publications on a busy machine.
"""

from __future__ import annotations

import time
from threading import Event
from typing import Iterator, Optional, Tuple

from qgis.core import QgsApplication, QgsNetworkAccessManager
from qgis.PyQt.QtCore import QByteArray, QCoreApplication, QIODevice, QObject, QThread, QUrl, pyqtSignal
from qgis.PyQt.QtNetwork import QNetworkAccessManager, QNetworkProxy, QNetworkReply, QNetworkRequest

from ..backend.errors import GeoPubError, NotAuthenticated
from ..backend.translation import tr
from .background import handle_events, unforeseen
from .transport import Request, Response, Sent, interrupted, is_loopback, unreachable

GRAIN = 0.05  # seconds between two looks at whether the work is cancelled
TURN = 5  # ms for which events are handled at a time where the GUI thread itself waits
LARGEST_HELD = 16 * 1024 * 1024  # bytes of a body that are read before they are sent; a larger one is streamed
LATE = 10.0  # seconds after its time-out when nobody waits for an answer any more: QGIS is ending


class QgisTransport:
    """Carries requests over the GUI thread's network for the thread that uses it; QGIS goes on meanwhile."""

    def __init__(self, authcfg: str = "") -> None:
        """Sign each request as the configuration `authcfg` of QGIS's authentication manager says, "" for not at all."""
        self._courier = _Courier(authcfg)
        self._courier.moveToThread(QCoreApplication.instance().thread())
        self._courier.listen()

    def send(self, request: Request, sent: Optional[Sent] = None, cancel: Optional[Event] = None) -> Response:
        """Send a request and return the answer, see `Transport.send`."""
        if cancel is not None and cancel.is_set():
            raise interrupted()
        errand = _Errand(request)
        self._courier.asked.emit(errand)  # done at once when this is the GUI thread, else when it comes round to it
        self._wait(errand, sent, cancel)
        if errand.refusal is not None:
            raise errand.refusal
        if sent is not None and request.size:
            sent(request.size, request.size)
        return errand.response

    def close(self) -> None:
        """Close the connections that are kept open."""
        self._courier.deleteLater()

    def _wait(self, errand: _Errand, sent: Optional[Sent], cancel: Optional[Event]) -> None:
        """Return when an errand has ended; tell meanwhile how much of it was sent."""
        here = QThread.currentThread() == self._courier.thread()
        given_up = time.monotonic() + errand.request.timeout + LATE
        told = errand.moved
        while not errand.done.is_set():
            if here:
                handle_events(TURN)
            else:
                errand.done.wait(GRAIN)
            if errand.moved != told:
                told = errand.moved
                given_up = time.monotonic() + errand.request.timeout + LATE
                if sent is not None:
                    sent(*told)
            cancelled = cancel is not None and cancel.is_set()
            if cancelled or time.monotonic() > given_up:
                self._courier.dropped.emit(errand)
                raise interrupted() if cancelled else unreachable(errand.request.url, tr("No answer came in time."))


class _Errand:
    """One request under way: written in the GUI thread, read by the one that waits once `done` is set."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.body: Optional[QByteArray] = None  # None: streamed
        if request.size <= LARGEST_HELD:
            self.body = QByteArray(b"".join(request.blocks()))
        self.reply: Optional[QNetworkReply] = None
        self.moved: Tuple[int, int] = (0, 0)  # bytes sent, and of how many
        self.response: Response = Response(0, {}, b"")
        self.refusal: Optional[GeoPubError] = None
        self.done = Event()

    def refused(self, error: GeoPubError) -> None:
        """Tell who waits that there is no answer."""
        self.refusal = error
        self.done.set()


class _Courier(QObject):
    """Lives in the GUI thread and runs errands for another."""

    asked = pyqtSignal(object)  # _Errand
    dropped = pyqtSignal(object)  # _Errand that nobody waits for any more

    def __init__(self, authcfg: str) -> None:
        super().__init__()
        self._authcfg = authcfg
        self._local: Optional[QNetworkAccessManager] = None

    def listen(self) -> None:
        """Run errands in the thread to which this object was moved: connections belong to the thread of that moment."""
        self.asked.connect(self._run)
        self.dropped.connect(self._drop)

    def _run(self, errand: _Errand) -> None:
        """Send a request; whatever goes wrong with that is an answer, too: a thread waits for one."""
        try:
            self._send(errand)
        except GeoPubError as error:
            errand.refused(error)
        except Exception as error:  # noqa: BLE001 - the edge of a slot
            errand.refused(unforeseen(errand.request.url, error))

    def _send(self, errand: _Errand) -> None:
        request = errand.request
        asked = self._signed(_qt_request(request))
        body = errand.body if errand.body is not None else _Body(request, errand)
        reply = self._manager(request.url).sendCustomRequest(asked, request.method.encode(), body)
        if isinstance(body, _Body):
            body.setParent(reply)
        if self._authcfg:
            QgsApplication.authManager().updateNetworkReply(reply, self._authcfg)
        errand.reply = reply
        reply.uploadProgress.connect(lambda done, total: self._moved(errand, done, total))
        reply.finished.connect(lambda: self._ended(errand))

    def _moved(self, errand: _Errand, done: int, total: int) -> None:
        if total > 0:
            errand.moved = (done, total)

    def _ended(self, errand: _Errand) -> None:
        reply, errand.reply = errand.reply, None
        if reply is None:
            return
        status = reply.attribute(QNetworkRequest.Attribute.HttpStatusCodeAttribute)
        if errand.refusal is not None:
            pass  # the body could not be read to its end
        elif status is None:
            errand.refusal = unreachable(errand.request.url, reply.errorString())
        else:
            headers = {_text(name).lower(): _text(value) for name, value in reply.rawHeaderPairs()}
            errand.response = Response(int(status), headers, bytes(reply.readAll()))
        reply.deleteLater()
        errand.done.set()

    def _drop(self, errand: _Errand) -> None:
        if errand.reply is not None:
            errand.reply.abort()  # which ends it

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
        """Return QGIS's network, or for this machine itself one that no proxy comes between."""
        if not is_loopback(url):
            return QgsNetworkAccessManager.instance()
        if self._local is None:
            self._local = QNetworkAccessManager(self)
            self._local.setProxy(QNetworkProxy(QNetworkProxy.ProxyType.NoProxy))
        return self._local


class _Body(QIODevice):
    """A body too large to be held, read while it is sent."""

    def __init__(self, request: Request, errand: _Errand) -> None:
        super().__init__()
        self._errand = errand
        self._blocks: Iterator[bytes] = request.blocks()
        self._left = b""
        self._unread = request.size
        self.open(QIODevice.OpenModeFlag.ReadOnly | QIODevice.OpenModeFlag.Unbuffered)

    def isSequential(self) -> bool:
        return True

    def bytesAvailable(self) -> int:
        return self._unread

    def readData(self, size: int) -> Optional[bytes]:
        try:
            self._left = self._left or next(self._blocks, b"")
        except OSError as error:  # Qt would wait for the rest until the time is over
            self._errand.refusal = unforeseen(self._errand.request.url, error)
            return None
        data, self._left = self._left[:size], self._left[size:]
        self._unread -= len(data)
        return data

    def writeData(self, data: bytes) -> int:
        return -1


def _text(raw: QByteArray) -> str:
    return bytes(raw).decode("latin-1")


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
