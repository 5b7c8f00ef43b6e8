"""The WFS benchmark goes its whole way with a few polygons; its client of FastCGI against a program of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from map_servers import Counted, FastCgiServer, mapserver, qgis_server
from wfs_data import TABLE, parcels

ROOT = Path(__file__).resolve().parent.parent.parent
SERVER = """#!{python}
import socket, struct
listening = socket.socket(fileno=0)
while True:
    connection, _ = listening.accept()
    while not connection.recv(65536).endswith(struct.pack(">BBHHBx", 1, 5, 1, 0, 0)):
        pass
    def send(kind, content, padding=0):
        connection.sendall(struct.pack(">BBHHBx", 1, kind, 1, len(content), padding) + content + bytes(padding))
    send(6, b"Status: 404 Not Found\\r\\nContent-Ty")
    send(6, b"pe: text/plain\\r\\n\\r\\nmark and ma", 3)
    send(7, b"a message for the log")
    send(6, b"rk" * 1000)
    send(3, bytes(8))
    connection.close()
"""


def test_the_client_reads_records_as_they_come(tmp_path: Path) -> None:
    program = tmp_path / "server.py"
    program.write_text(SERVER.format(python=sys.executable))
    program.chmod(0o755)
    with FastCgiServer("Small", str(program), tmp_path, {}) as server:
        for _ in range(2):
            answer = server.ask("a=b", b"mark")
            assert (answer.status, answer.media_type, answer.found) == (404, "text/plain", 2)
            assert answer.size == len("mark and ma") + 2000 and 0 < answer.first <= answer.wall
        assert server.cpu() >= 0


def test_marks_are_counted_across_pieces() -> None:
    counted = Counted(b"abc", 0.0)
    for piece in (b"ab", b"", b"cab", b"c", b"abcabc"):
        counted.take(piece)
    assert (counted.answer(200, "").found, counted.answer(200, "").size) == (4, 12)


def test_the_table_is_as_said(tmp_path: Path) -> None:
    from geopub_plugin.backend.features.geopackage import GeoPackageTable

    parcels(tmp_path / "p.gpkg", 50)
    with GeoPackageTable(tmp_path / "p.gpkg", TABLE) as table:
        (batch,) = table.batches()
        assert len(batch) == 50 and len(batch.geometries.x) == 50 * 15 and len(table.schema.fields) == 8


@pytest.mark.slow
def test_it_measures_what_is_here_and_says_the_ratio(tmp_path: Path) -> None:
    if not (qgis_server() and mapserver()):
        pytest.skip("QGIS Server and MapServer are not on this machine (Debian: qgis-server cgi-mapserver)")
    command = [sys.executable, str(ROOT / "benchmarks" / "wfs.py")]
    options = ["--count", "500", "--starts", "1", "--runs", "1", "--dry", "--folder", str(tmp_path)]
    told = subprocess.run([*command, *options], capture_output=True, text=True, timeout=120, check=False)
    assert told.returncode == 0, told.stderr
    assert "| whole table, GML |" in told.stdout and "| hits |" in told.stdout
