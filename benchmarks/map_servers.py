"""QGIS Server and MapServer as FastCGI programs on one socket, and a small client that asks them (Linux).

A server is started with a listening socket as its standard input, as the FastCGI specification (1.0, §2.2) has it, so
no web server stands between: what is measured is the server alone. Debian: `apt-get install qgis-server cgi-mapserver`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Iterator, List, Optional, Sequence, Tuple

_QGIS = ("/usr/lib/cgi-bin/qgis_mapserv.fcgi", "/usr/bin/qgis_mapserv.fcgi")
_MAPSERVER = ("/usr/lib/cgi-bin/mapserv", "/usr/bin/mapserv")
_BEGIN, _END, _PARAMS, _STDIN, _STDOUT = 1, 3, 4, 5, 6  # kinds of records
_PIECE = 1 << 18
_TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 300.0  # seconds for an answer


@dataclass(frozen=True)
class Answer:
    """What one request took and brought."""

    status: int
    media_type: str
    size: int  # bytes of the body
    found: int  # how often the mark occurs in it
    first: float  # seconds to the first byte of the body
    wall: float  # seconds to the last
    head: bytes  # the first thousand bytes of the body


def installed(places: Sequence[str]) -> Optional[str]:
    """Return the first of several programs that is there, None where none is."""
    return next((place for place in places if Path(place).exists()), None)


def qgis_server() -> Optional[str]:
    """Return where QGIS Server is, None where it is not."""
    return installed(_QGIS) or shutil.which("qgis_mapserv.fcgi")


def mapserver() -> Optional[str]:
    """Return where MapServer is, None where it is not."""
    return installed(_MAPSERVER) or shutil.which("mapserv")


class FastCgiServer:
    """One FastCGI program, running; use it in a `with`."""

    def __init__(self, name: str, program: str, folder: Path, environment: Dict[str, str], fixed: str = "") -> None:
        """Start the program; `fixed` stands before every query ("map=…&")."""
        self.name, self._fixed = name, fixed
        self._address = str(folder / f"{name.replace(' ', '-').lower()}.sock")
        with socket.socket(socket.AF_UNIX) as listening, (folder / f"{name}.log").open("wb") as log:
            listening.bind(self._address)
            listening.listen(64)
            usual = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "QT_QPA_PLATFORM": "offscreen"}
            self._process = subprocess.Popen(
                [program], stdin=listening, stdout=log, stderr=log, env={**usual, **environment}, start_new_session=True
            )
        self.pid = self._process.pid

    def __enter__(self) -> FastCgiServer:
        return self

    def __exit__(self, *_: object) -> None:
        os.killpg(self.pid, signal.SIGKILL)  # MapServer takes no notice of SIGTERM before its next request
        self._process.wait()

    def ask(self, query: str, mark: bytes = b"\0") -> Answer:
        """Return what a GET request with a query brings; count how often a mark occurs."""
        begun = time.monotonic()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(self._address)
            connection.sendall(_request(self._fixed + query))
            return _read(_bodies(connection), mark, begun)

    def fetch(self, query: str) -> bytes:
        """Return the body that a GET request with a query brings."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(PATIENCE)
            connection.connect(self._address)
            connection.sendall(_request(self._fixed + query))
            whole = b"".join(_bodies(connection))
        head = re.search(rb"\r?\n\r?\n", whole)
        return whole[head.end() :] if head else b""

    def cpu(self) -> float:
        """Return the seconds of processor that the program has used."""
        return cpu_of(self.pid)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def _request(query: str) -> bytes:
    told = {
        "GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "QUERY_STRING": query, "SCRIPT_NAME": "/ows",
        "REQUEST_URI": f"/ows?{query}", "SERVER_NAME": "localhost", "SERVER_PORT": "80", "HTTP_HOST": "localhost",
        "SERVER_PROTOCOL": "HTTP/1.1",
    }  # fmt: skip
    pairs = b"".join(_length(name) + _length(value) + name + value for name, value in _encoded(told))
    begin = _record(_BEGIN, struct.pack(">HB5x", 1, 0))  # a responder that closes the connection
    return begin + _record(_PARAMS, pairs) + _record(_PARAMS, b"") + _record(_STDIN, b"")


def _encoded(told: Dict[str, str]) -> Iterator[Tuple[bytes, bytes]]:
    return ((name.encode(), value.encode()) for name, value in told.items())


def _length(text: bytes) -> bytes:
    return bytes([len(text)]) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)


def _bodies(connection: socket.socket) -> Iterator[bytes]:
    """Yield the contents of the records that the program writes to its standard output."""
    held = bytearray()
    while True:
        received = connection.recv(_PIECE)
        if not received:
            return
        held += received
        at = 0
        while len(held) - at >= 8:
            kind, length, padding = held[at + 1], held[at + 4] << 8 | held[at + 5], held[at + 6]
            if len(held) - at < 8 + length + padding:
                break
            if kind == _STDOUT and length:
                yield bytes(held[at + 8 : at + 8 + length])
            if kind == _END:
                return
            at += 8 + length + padding
        del held[:at]


def _read(pieces: Iterator[bytes], mark: bytes, begun: float) -> Answer:
    """Take apart the head of a CGI answer (RFC 3875 §6) and count its body."""
    head, body = b"", b""
    for piece in pieces:
        head += piece
        if b"\n\n" in head.replace(b"\r\n", b"\n"):
            break
    head, _, body = head.replace(b"\r\n", b"\n").partition(b"\n\n")
    fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\n") if ": " in line)
    counted = Counted(mark, begun)
    counted.take(body)
    for piece in pieces:
        counted.take(piece)
    status = int(fields.get("Status", "200").split()[0])
    return counted.answer(status, fields.get("Content-Type", ""))


class Counted:
    """A body that goes by: its size, its beginning, how often a mark occurs, and when it came."""

    def __init__(self, mark: bytes, begun: float) -> None:
        self._mark, self._begun, self._first = mark, begun, 0.0
        self._size = self._found = 0
        self._tail, self._head = b"", b""

    def take(self, piece: bytes) -> None:
        """Take the next piece."""
        if not piece:
            return
        self._first = self._first or time.monotonic() - self._begun
        self._size += len(piece)
        if len(self._head) < 1000:
            self._head += piece[:1000]
        joined = self._tail + piece
        self._found += joined.count(self._mark)
        keep = len(self._mark) - 1
        self._tail = joined[len(joined) - keep :] if keep else b""

    def answer(self, status: int, media_type: str) -> Answer:
        """Return what has gone by, now that it is over."""
        wall = time.monotonic() - self._begun
        return Answer(status, media_type, self._size, self._found, self._first or wall, wall, self._head[:1000])


def cpu_of(pid: int) -> float:
    """Return the seconds of processor that a process and its descendants have used."""
    total = 0.0
    family = [pid]
    for one in family:
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            children = [
                Path(f"/proc/{one}/task/{task}/children").read_text() for task in os.listdir(f"/proc/{one}/task")
            ]
        except OSError:
            continue
        total += (int(fields[11]) + int(fields[12])) / _TICKS
        family += [int(child) for text in children for child in text.split()]
    return total


def peak_memory(pid: int) -> int:
    """Return the greatest resident set of a process since `forget_peak`, in bytes."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def forget_peak(pid: int) -> None:
    """Begin to look for the greatest resident set anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


# QGIS Server --------------------------------------------------------------------------------------------------------

_PROJECT = """
import json, os, sys
from qgis.core import QgsApplication, QgsProject, QgsVectorLayer
told = json.loads(sys.argv[1])
application = QgsApplication([], False)
application.initQgis()
project = QgsProject.instance()
identifiers = []
for one in told["layers"]:
    layer = QgsVectorLayer(f"{one['file']}|layername={one['table']}", one["name"], "ogr")
    assert layer.isValid(), one
    if one.get("style"):
        text, done = layer.loadNamedStyle(one["style"])
        assert done, text
    project.addMapLayer(layer)
    identifiers.append(layer.id())
    project.writeEntry("WFSLayersPrecision", "/" + layer.id(), one["decimals"])
project.setCrs(layer.crs())
project.writeEntry("WFSLayers", "/", identifiers)
project.writeEntry("WMSServiceCapabilities", "/", True)
project.writeEntry("WMSServiceTitle", "/", "benchmark")
project.writeEntry("WMSOnlineResource", "/", "http://localhost/ows")
project.writeEntry("WFSUrl", "/", "http://localhost/ows")
assert project.write(told["project"])
sys.stdout.flush()
os._exit(0)
"""


@dataclass(frozen=True)
class ServedLayer:
    """A table that the servers serve under a name."""

    file: Path
    table: str
    name: str
    srs: str  # "EPSG:2154"
    decimals: int = 3  # of coordinates in features
    style: Optional[Path] = None  # QML, for QGIS Server
    classes: str = "CLASS STYLE COLOR 200 220 180 OUTLINECOLOR 80 80 80 WIDTH 1 END END"  # fmt: skip - for MapServer


def start_qgis_server(
    layers: Sequence[ServedLayer], folder: Path, python: str = "/usr/bin/python3", name: str = "QGIS Server"
) -> FastCgiServer:
    """Start QGIS Server with a project of these layers; `qgis_server` must be there."""
    project = folder / "qgis-server.qgs"
    told = {
        "project": str(project),
        "layers": [
            {"file": str(one.file), "table": one.table, "name": one.name, "decimals": one.decimals,
             "style": str(one.style) if one.style else ""} for one in layers
        ],
    }  # fmt: skip
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QGIS_CUSTOM_CONFIG_PATH": str(folder)}
    environment.pop("PYTHONPATH", None)
    subprocess.run([python, "-c", _PROJECT, json.dumps(told)], check=True, env=environment, timeout=120)
    settings = {
        "QGIS_PROJECT_FILE": str(project), "QGIS_SERVER_LOG_LEVEL": "2", "QGIS_SERVER_LOG_STDERR": "1",
        "QGIS_OPTIONS_PATH": str(folder), "QGIS_SERVER_PARALLEL_RENDERING": "0",
    }  # fmt: skip
    return FastCgiServer(name, str(qgis_server()), folder, settings)


# MapServer ----------------------------------------------------------------------------------------------------------

_MAP = """MAP
  NAME "benchmark"
  SIZE 256 256
  MAXSIZE 8192
  EXTENT -1e7 -1e7 1e7 1e7
  PROJECTION "init={srs}" END
  IMAGETYPE "png"
  OUTPUTFORMAT
    NAME "geojson"
    DRIVER "OGR/GEOJSON"
    MIMETYPE "application/json; subtype=geojson"
    FORMATOPTION "STORAGE=stream"
    FORMATOPTION "FORM=SIMPLE"
    FORMATOPTION "LCO:COORDINATE_PRECISION={decimals}"
  END
  OUTPUTFORMAT
    NAME "lightpng"
    DRIVER "AGG/PNG"
    MIMETYPE "image/png; mode=light"
    IMAGEMODE RGB
    EXTENSION "png"
    FORMATOPTION "COMPRESSION=1"
  END
  OUTPUTFORMAT
    NAME "rgbapng"
    DRIVER "AGG/PNG"
    MIMETYPE "image/png; mode=rgba"
    IMAGEMODE RGBA
    TRANSPARENT ON
    EXTENSION "png"
  END
  OUTPUTFORMAT
    NAME "lightrgbapng"
    DRIVER "AGG/PNG"
    MIMETYPE "image/png; mode=lightrgba"
    IMAGEMODE RGBA
    TRANSPARENT ON
    EXTENSION "png"
    FORMATOPTION "COMPRESSION=1"
  END
  WEB METADATA
    "ows_title" "benchmark"
    "ows_onlineresource" "http://localhost/ows?"
    "ows_enable_request" "*"
    "ows_srs" "{srs} EPSG:3857 EPSG:4326"
    "wfs_getfeature_formatlist" "geojson"
  END END
{layers}END
"""
_LAYER = """  LAYER
    NAME "{name}"
    TYPE POLYGON
    STATUS ON
    CONNECTIONTYPE OGR
    CONNECTION "{file}"
    DATA "{table}"
    PROCESSING "CLOSE_CONNECTION=DEFER"
    PROJECTION "init={srs}" END
    TEMPLATE "any"
    METADATA
      "ows_title" "{name}"
      "gml_include_items" "all"
      "gml_featureid" "{key}"
      "gml_types" "auto"
      "wfs_use_default_extent_for_getfeature" "false"
      "wfs_geometry_precision" "{decimals}"
    END
    {classes}
  END
"""


def start_mapserver(
    layers: Sequence[ServedLayer], folder: Path, key: str = "fid", name: str = "MapServer"
) -> FastCgiServer:
    """Start MapServer with a map of these layers (polygons); `mapserver` must be there."""
    written = folder / "mapserver.map"
    parts: List[str] = [
        _LAYER.format(
            name=one.name, file=one.file, table=one.table, srs=one.srs.lower(), key=key, decimals=one.decimals,
            classes=one.classes,
        )
        for one in layers
    ]  # fmt: skip
    written.write_text(
        _MAP.format(srs=layers[0].srs.lower(), decimals=layers[0].decimals, layers="".join(parts)), "utf-8"
    )
    config = folder / "mapserver.conf"
    config.write_text(f'CONFIG\n  ENV\n    MS_MAP_PATTERN "^{folder}/.*\\.map$"\n  END\nEND\n', "utf-8")
    settings = {"MAPSERVER_CONFIG_FILE": str(config), "OGR_SQLITE_CACHE": "64"}
    return FastCgiServer(name, str(mapserver()), folder, settings, fixed=f"map={written}&")


def main() -> None:
    """Say which of the two are on this machine."""
    for name, place in (("QGIS Server", qgis_server()), ("MapServer", mapserver())):
        print(f"{name}: {place or 'not here'}", file=sys.stdout)


if __name__ == "__main__":
    main()
