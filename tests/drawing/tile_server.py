"""A server for those who draw: tiles of an archive, MapLibre, a page, and a place to send pictures to."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Dict, Optional, Sequence

from pmtiles.reader import MmapSource, Reader

from .views import View

_TYPES = {".mjs": "text/javascript", ".js": "text/javascript", ".html": "text/html", ".css": "text/css"}
_PAGE = Path(__file__).with_name("maplibre.html")


class TileServer(ThreadingHTTPServer):
    """Serves one archive on 127.0.0.1; `finished` is set when all pictures have come, or something went wrong."""

    daemon_threads = True

    def __init__(self, archive: Path, maplibre: Optional[Path] = None, views: Sequence[View] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self._file = archive.open("rb")
        self.reader = Reader(MmapSource(self._file))
        self.maplibre = maplibre
        self.views = views
        self.pictures: Dict[int, bytes] = {}
        self.trouble = ""
        self.finished = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> TileServer:
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self._file.close()


class _Handler(BaseHTTPRequestHandler):
    server: TileServer

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].lstrip("/")
        if name.startswith("tiles/"):
            level, column, row = (int(part) for part in name[6:].removesuffix(".pbf").split("/"))
            tile = self.server.reader.get(level, column, row)
            self._answer(tile or b"", "application/vnd.mapbox-vector-tile", 200 if tile else 204, bool(tile))
        elif name == "views.json":
            views = [{"level": one.level, "centre": one.centre} for one in self.server.views]
            self._answer(json.dumps(views).encode(), "application/json")
        elif name == "":
            self._answer(_PAGE.read_bytes(), "text/html")
        elif self.server.maplibre is not None and (self.server.maplibre / Path(name).name).exists():
            file = self.server.maplibre / Path(name).name
            self._answer(file.read_bytes(), _TYPES.get(file.suffix, "application/octet-stream"))
        else:
            self._answer(b"", "text/plain", 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/picture/"):
            self.server.pictures[int(self.path.rpartition("/")[2])] = body
        else:
            self.server.trouble = body.decode("utf-8", "replace")
        self._answer(b"", "text/plain")
        if self.server.trouble or len(self.server.pictures) == len(self.server.views):
            self.server.finished.set()

    def _answer(self, body: bytes, kind: str, status: int = 200, gzipped: bool = False) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if gzipped:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(body)
