"""The renderer process: `python -m geopub_plugin.backend.render.process`.

The first line of its stdin tells it which lines to the backend are its own (`lines.py`): a thread answers each. It says
on stdout who it is and when it is ready, and ends with its stdin. Whatever Qt, GDAL or PROJ print goes to stderr.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import traceback
from typing import Any, BinaryIO, Callable, Dict, NoReturn, Type

from ..errors import GeoPubError, JobFailed
from ..translation import tr
from .lines import ANSWER, ERROR, Line, Message, taken_over
from .requests import (
    FeatureInfoRequest,
    GlyphsRequest,
    LegendRequest,
    MapRequest,
    MessageRequest,
    MetatileRequest,
    Request,
    SldRequest,
    SpritesRequest,
    from_json,
)

# Seconds after which a thread lets go of Python for another: one that comes back from QGIS has waited long enough.
_TURN = 0.0005


class Drawing:
    """Answers requests with the layers it keeps open."""

    def __init__(self) -> None:
        from .bands import BandedMaps
        from .features import find_features
        from .glyphs import draw_glyphs
        from .layers import OpenedLayers
        from .legends import draw_legend
        from .main_thread import MainThread
        from .maps import draw_message
        from .slds import write_sld
        from .sprites import draw_sprites

        self._main_thread = MainThread()
        self._layers = OpenedLayers(self._main_thread)
        maps = BandedMaps(self._layers)
        self._answers: Dict[Type[Any], Callable[[Any], bytes]] = {
            MapRequest: self._with_layers(maps.picture),
            MetatileRequest: self._with_layers(maps.metatile),
            FeatureInfoRequest: self._with_layers(find_features),
            LegendRequest: self._with_layers(self._in_main_thread(draw_legend)),
            SldRequest: self._with_layers(self._in_main_thread(write_sld)),
            SpritesRequest: self._in_main_thread(draw_sprites),
            GlyphsRequest: self._in_main_thread(draw_glyphs),
            MessageRequest: draw_message,
        }

    def answer(self, request: Request) -> bytes:
        """Return the picture or the JSON that a request asks for."""
        return self._answers[type(request)](request)

    def _with_layers(self, draw: Callable[[Any, Any], bytes]) -> Callable[[Any], bytes]:
        """Return a function that lends what it draws the layers of its request."""

        def answer(request: Any) -> bytes:
            described = getattr(request, "view", request)
            with self._layers.lent(described.layers) as layers:
                return draw(request, layers)

        return answer

    def _in_main_thread(self, draw: Callable[..., bytes]) -> Callable[..., bytes]:
        return lambda *described: self._main_thread.call(draw, *described)


def _serve(line: Line, drawing: Drawing) -> None:
    """Answer what comes on a line, one question after the other, until its other end has gone."""
    with contextlib.suppress(EOFError, OSError):
        while True:
            _kind, question = line.receive()
            line.send(*_answered(drawing, question))


def _answered(drawing: Drawing, question: bytes) -> Message:
    try:
        return ANSWER, drawing.answer(from_json(json.loads(question)))
    except GeoPubError as error:
        return ERROR, _said(error)
    except Exception:  # noqa: BLE001 - the edge of the process: one request fails, and the log says how
        traceback.print_exc()
        return ERROR, _said(_unexpected())


def _said(error: GeoPubError) -> bytes:
    told = {"kind": type(error).__name__, "what": error.what, "why": error.why, "cure": error.cure}
    return json.dumps(told).encode("utf-8")


def _unexpected() -> GeoPubError:
    return JobFailed(
        tr("The picture could not be drawn."),
        tr("The renderer met an error that it does not know."),
        tr("Look into the renderer's log, and report it."),
    )


def _end_with_stdin() -> NoReturn:
    """End the process at once when its stdin does: it holds nothing that could be lost."""
    sys.stdin.buffer.read()
    os._exit(0)  # neither waits for drawings nor lets Qt take itself apart


def _reserve_stdout() -> BinaryIO:
    """Return the stream of what is stdout now, and point stdout at stderr for everyone else."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return stream


def main() -> None:
    """Run until stdin ends."""
    stdout = _reserve_stdout()
    _say(stdout, {"pid": os.getpid()})
    setup = json.loads(sys.stdin.buffer.readline())
    lines = list(map(taken_over, setup["lines"]))
    threading.Thread(target=_end_with_stdin, name="end", daemon=True).start()
    try:
        from qgis.core import Qgis

        from .application import start_qgis
    except ImportError as error:
        _say(stdout, {"missing": str(error)})
        return
    sys.setswitchinterval(_TURN)
    application = start_qgis(setup["profile"])
    drawing = Drawing()
    for number, line in enumerate(lines):
        threading.Thread(target=_serve, args=(line, drawing), name=f"draw {number}", daemon=True).start()
    _say(stdout, {"ready": Qgis.QGIS_VERSION})
    application.exec()


def _say(stdout: BinaryIO, what: Dict[str, Any]) -> None:
    stdout.write(json.dumps(what).encode("utf-8") + b"\n")
    stdout.flush()


if __name__ == "__main__":
    main()
