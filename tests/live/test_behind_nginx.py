"""The nginx of docs/server.md, with TLS, before a backend: addresses, who is believed, uploads, what is logged."""

from __future__ import annotations

import datetime
import ipaddress
import math
import os
import re
import shutil
import socket
import ssl
import subprocess
import threading
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, Callable, Iterator, Tuple

import pytest
import requests
from requests.adapters import HTTPAdapter

from geopub_plugin.publish.client.store import open_store
from geopub_plugin.publish.publication import Publication, PublicationRequest

from ..processes import PROC
from .conftest import Serving
from .small_tables import make_table

pytestmark = pytest.mark.slow

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "server.md"
SERVER = re.compile(r"^nginx:\n\n```\n(server \{.*?)\n\}\n```$", re.MULTILINE | re.DOTALL)
CACHE_PATH = re.compile(r"^proxy_cache_path \S+( .*;)$", re.MULTILINE)
CACHE = re.compile(r"^```\n(location ~ \^/\(tms\|wmts\)/ \{.*?\n\})\n```$", re.MULTILINE | re.DOTALL)
MIB = 1 << 20
STRANGER = "127.0.0.2"  # an address of this machine that no setting trusts

AROUND = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log {folder}/access.log;
  client_body_temp_path {folder}/bodies; proxy_temp_path {folder}/answers;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  proxy_cache_path {folder}/cache{cache}
  {server}
}}
"""


@dataclass(frozen=True)
class Proxy:
    """A running nginx with the backend behind it."""

    serving: Serving
    folder: Path
    url: str
    process: subprocess.Popen

    @property
    def certificate(self) -> str:
        return str(self.folder / "certificate.pem")

    def get(self, path: str, **headers: str) -> requests.Response:
        return asked(self.url + path, self.certificate, **headers)

    def noted(self) -> str:
        """Return the last line of the backend's access log."""
        return (self.serving.data / "log" / "access.log").read_text("utf-8").splitlines()[-1]


class FromStranger(HTTPAdapter):
    """Asks from another address of this machine."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, source_address=(STRANGER, 0), **options)


def asked(url: str, certificate: str = "", **headers: str) -> requests.Response:
    """Ask as a stranger."""
    session = requests.Session()
    session.mount("http://", FromStranger())
    session.mount("https://", FromStranger())
    session.trust_env, session.verify = False, certificate or True
    return session.get(url, headers={name.replace("_", "-"): value for name, value in headers.items()}, timeout=30)


@pytest.fixture
def proxy(serve: Callable[..., Serving], tmp_path: Path) -> Iterator[Proxy]:
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not os.access(nginx, os.X_OK):
        pytest.skip("nginx is not on this machine (Debian: apt install nginx)")
    folder = tmp_path / "nginx"
    folder.mkdir()
    port = _free_port()
    url = f"https://127.0.0.1:{port}"
    told = {"GEOPUB_PUBLIC_URL": url, "GEOPUB_TRUSTED_PROXIES": "127.0.0.1", "GEOPUB_ACCESS_LOG": "yes"}
    serving = serve(environment=told)
    backend = serving.ready()
    _write_certificate(folder)
    page = DOCUMENT.read_text("utf-8")
    server = f"{SERVER.search(page).group(1)}\n{CACHE.search(page).group(1)}\n}}"
    cache = CACHE_PATH.search(page).group(1)
    for documented, here in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("server_name maps.example.org;", "server_name 127.0.0.1;"),
        ("# ssl_certificate …; ssl_certificate_key …;",
         f"ssl_certificate {folder}/certificate.pem; ssl_certificate_key {folder}/key.pem;"),
        ("http://127.0.0.1:8123", backend),
    ):  # fmt: skip
        assert documented in server
        server = server.replace(documented, here)
    (folder / "nginx.conf").write_text(AROUND.format(folder=folder, server=server, cache=cache), encoding="utf-8")
    process = subprocess.Popen([nginx, "-c", folder / "nginx.conf", "-p", folder, "-e", folder / "error.log"])
    try:
        started = Proxy(serving, folder, url, process)
        _wait_until_it_answers(started)
        yield started
    finally:
        process.terminate()
        process.wait(20)


def test_addresses_lead_through_the_proxy(proxy: Proxy, tmp_path: Path) -> None:
    make_table(tmp_path / "small.gpkg", 1)
    store = open_store(proxy.serving.announcement.url, proxy.serving.announcement.token)
    result = Publication(store, PublicationRequest.proposed(tmp_path / "small.gpkg")).run()
    assert all(one.url.startswith(proxy.url) for one in result.urls)
    for path in (
        "/wfs/ows?service=WFS&request=GetCapabilities",
        "/wms-v/ows?service=WMS&version=1.3.0&request=GetCapabilities",
        "/wmts?service=WMTS&request=GetCapabilities",
        "/tms/1.0.0/",
        f"/tms/1.0.0/{result.layer_name}/metadata.json",
    ):
        answer = proxy.get(path, X_Forwarded_Host="evil.example.org", X_Forwarded_Proto="gopher", Forwarded="host=evil")
        assert answer.status_code == 200, path
        links = [link for link in re.findall(r'"(https?://[^"]+)"', answer.text) if "127.0.0.1" in link]
        assert links or path.endswith(".json")
        assert all(link.startswith(proxy.url + "/") for link in links), path
        assert "evil" not in answer.text and "gopher" not in answer.text
    told = proxy.get(f"/tms/1.0.0/{result.layer_name}/metadata.json").json()
    assert told["tiles"][0].startswith(proxy.url)
    (longitude, latitude), level = told["center"][:2], told["minzoom"]
    column = int((longitude + 180) / 360 * 2**level)
    row = int((1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2 * 2**level)
    tile = told["tiles"][0].format(z=level, x=column, y=row)
    answers = [asked(tile, proxy.certificate) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.headers["X-Cache-Status"] for answer in answers] == ["MISS", "HIT", "HIT"]
    assert len({answer.content for answer in answers}) == 1
    behind = tile.replace("/tms/", "/private/tms/")
    assert "X-Cache-Status" not in asked(behind, proxy.certificate).headers


def test_only_the_proxy_is_believed_who_asks(proxy: Proxy) -> None:
    assert proxy.get("/health").status_code == 200
    assert proxy.noted().startswith(f"{STRANGER} ")  # not the proxy's own address
    proxy.get("/health", X_Forwarded_For="203.0.113.9")
    assert proxy.noted().startswith(f"{STRANGER} ")  # what the client says of itself is not reached
    asked(proxy.serving.announcement.url + "/health", X_Forwarded_For="203.0.113.9")
    assert proxy.noted().startswith(f"{STRANGER} ")  # past the proxy nobody is believed


def test_what_opens_something_is_in_no_log(proxy: Proxy) -> None:
    proxy.get("/private/wfs/ows?service=WFS&request=GetCapabilities&apikey=a-key-of-tests")
    proxy.get("/preview/a-ticket-of-tests/")
    proxy.get("/health")
    kept = (proxy.folder / "access.log").read_text("utf-8")
    assert "GET /health" in kept
    kept += (proxy.serving.data / "log" / "access.log").read_text("utf-8")
    assert "a-key-of-tests" not in kept
    assert "a-ticket-of-tests" not in kept


def test_a_large_upload_streams_through(proxy: Proxy) -> None:
    """As the platform's web client sends it: one request, one part of a form."""
    store = open_store(proxy.serving.announcement.url, proxy.serving.announcement.token)
    upload = store.uploads.create("large", "EPSG:4326")
    me = proxy.get("/api/users/me", **_bearer(proxy)).json()
    datastore = me["communities_member"][0]["community"]["datastore"]
    head = b'--edge\r\nContent-Disposition: form-data; name="file"; filename="a.bin"\r\n\r\n'
    tail, block, count = b"\r\n--edge--\r\n", os.urandom(MIB), 192
    before = _memory(proxy)
    connection = HTTPSConnection(
        "127.0.0.1", int(proxy.url.rpartition(":")[2]), timeout=120,
        context=ssl.create_default_context(cafile=proxy.certificate),
    )  # fmt: skip
    connection.putrequest("POST", f"/api/datastores/{datastore}/uploads/{upload.id}/data?path=a.bin")
    for name, value in _bearer(proxy).items():
        connection.putheader(name, value)
    connection.putheader("Content-Type", "multipart/form-data; boundary=edge")
    connection.putheader("Content-Length", str(len(head) + count * MIB + len(tail)))
    connection.endheaders(head)
    for number in range(count):
        connection.send(block)
        if number == count // 2:
            assert _open_below(proxy.process.pid, proxy.folder / "bodies") == 0
    connection.send(tail)
    answer = connection.getresponse()
    assert answer.status < 300, answer.read()
    assert [(one.path, one.size) for one in store.uploads.tree(upload.id)] == [("a.bin", count * MIB)]
    grown = [after - at_first for at_first, after in zip(before, _memory(proxy))]
    assert all(growth < 40 * MIB for growth in grown), grown


def _bearer(proxy: Proxy) -> Any:
    return {"Authorization": f"Bearer {proxy.serving.announcement.token}"}


def _memory(proxy: Proxy) -> Tuple[int, int]:
    """Return the greatest resident sets of nginx and of the backend so far, in bytes."""
    of_nginx, of_backend = (
        int(re.search(r"VmHWM:\s+(\d+)", (PROC / str(pid) / "status").read_text()).group(1)) * 1024
        for pid in (proxy.process.pid, proxy.serving.process.pid)
    )
    return of_nginx, of_backend


def _open_below(pid: int, folder: Path) -> int:
    """Return how many files in a folder a process has open, removed ones too."""
    opened = [os.readlink(place) for place in (PROC / str(pid) / "fd").iterdir()]
    return sum(place.startswith(str(folder)) for place in opened)


def _wait_until_it_answers(proxy: Proxy) -> None:
    for _ in range(200):
        assert proxy.process.poll() is None, (proxy.folder / "error.log").read_text()
        try:
            proxy.get("/health")
        except requests.ConnectionError:
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError((proxy.folder / "error.log").read_text())


def _write_certificate(folder: Path) -> None:
    """Write a certificate for 127.0.0.1 that is good for an hour, and its key."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + datetime.timedelta(hours=1))
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(address, False).sign(key, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(private)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
