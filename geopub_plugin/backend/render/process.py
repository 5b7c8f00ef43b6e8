"""The renderer process: `python -m geopub_plugin.backend.render.process`.

Its threads read requests as frames on stdin, draw them, and write answers as frames on what was stdout; it ends with
its stdin. Whatever Qt, GDAL or PROJ print goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from typing import Any, BinaryIO, Dict, NoReturn

from ..errors import GeoPubError, JobFailed
from ..translation import tr
from .frames import read_frame, write_frame
from .requests import (
    FeatureInfoRequest,
    GlyphsRequest,
    LegendRequest,
    MessageRequest,
    MetatileRequest,
    Request,
    SldRequest,
    SpritesRequest,
    from_json,
)


class Drawing:
    """Answers requests with the layers it keeps open."""

    def __init__(self) -> None:
        from .layers import OpenedLayers
        from .main_thread import MainThread

        self.main_thread = MainThread()
        self._layers = OpenedLayers(self.main_thread)

    def answer(self, request: Request) -> bytes:
        """Return the picture or the JSON that a request asks for."""
        from .features import find_features
        from .glyphs import draw_glyphs
        from .legends import draw_legend
        from .maps import draw_map, draw_message
        from .metatiles import draw_metatile
        from .slds import write_sld
        from .sprites import draw_sprites

        if isinstance(request, MessageRequest):
            return draw_message(request)
        if isinstance(request, SpritesRequest):
            return self.main_thread.call(draw_sprites, request)
        if isinstance(request, GlyphsRequest):
            return self.main_thread.call(draw_glyphs, request)
        if isinstance(request, LegendRequest):
            with self._layers.lent(request.layers) as layers:
                return self.main_thread.call(draw_legend, request, layers)
        if isinstance(request, SldRequest):
            with self._layers.lent(request.layers) as layers:
                return self.main_thread.call(write_sld, request, layers)
        view = request.view
        with self._layers.lent(view.layers) as layers:
            if isinstance(request, FeatureInfoRequest):
                return find_features(request, layers)
            if isinstance(request, MetatileRequest):
                return draw_metatile(request, layers)
            return draw_map(request, layers)


class Answers:
    """Writes answers, one at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._lock = stream, threading.Lock()

    def write(self, header: Dict[str, Any], body: bytes = b"") -> None:
        """Write one answer."""
        with self._lock:
            write_frame(self._stream, header, body)


def _answer(drawing: Drawing, answers: Answers, header: Dict[str, Any]) -> None:
    number = header["id"]
    try:
        body = drawing.answer(from_json(header["request"]))
    except GeoPubError as error:
        answers.write({"id": number, "error": _said(error)})
    except Exception:  # noqa: BLE001 - the edge of the process: one request fails, and the log says how
        traceback.print_exc()
        answers.write({"id": number, "error": _said(_unexpected())})
    else:
        answers.write({"id": number}, body)


def _said(error: GeoPubError) -> Dict[str, str]:
    return {"kind": type(error).__name__, "what": error.what, "why": error.why, "cure": error.cure}


def _unexpected() -> GeoPubError:
    return JobFailed(
        tr("The picture could not be drawn."),
        tr("The renderer met an error that it does not know."),
        tr("Look into the renderer's log, and report it."),
    )


def _serve(requests: BinaryIO, reading: threading.Lock, drawing: Drawing, answers: Answers) -> NoReturn:
    """Answer one request after another; threads that do so read in turn, so none has to hand its request on.

    Once stdin has ended the process does so at once: it holds nothing that could be lost.
    """
    while True:
        with reading:
            frame = read_frame(requests)
            if frame is None:
                os._exit(0)  # neither waits for drawings nor lets Qt take itself apart
        _answer(drawing, answers, frame[0])


def _reserve_stdout() -> BinaryIO:
    """Return the stream of what is stdout now, and point stdout at stderr for everyone else."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def main() -> None:
    """Run until stdin ends."""
    answers = Answers(_reserve_stdout())
    setup = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
    try:
        from qgis.core import Qgis

        from .application import start_qgis
    except ImportError as error:
        answers.write({"missing": str(error)})
        return
    application = start_qgis(setup.get("profile", ""))
    drawing = Drawing()
    answers.write({"ready": Qgis.QGIS_VERSION})
    work = (sys.stdin.buffer, threading.Lock(), drawing, answers)
    for number in range(int(setup.get("threads", 2))):
        threading.Thread(target=_serve, args=work, name=f"draw {number}", daemon=True).start()
    application.exec()


if __name__ == "__main__":
    main()
