"""No log holds what opens something."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from urllib.parse import quote

import pytest

from geopub_plugin.backend.access.journal import FILE
from geopub_plugin.backend.access.masking import masked
from geopub_plugin.backend.logs import logging_to

from ..api.conversation import TOKEN, running

SECRET = "s3cr3t-Value_that.opens"


@pytest.mark.parametrize(
    "text",
    [
        f"GET /private/wfs/ows?apikey={SECRET}&service=WFS",
        f"GET /private/wfs/ows?service=WFS&ApiKey={SECRET}",
        f"/x?a=b&access_token={SECRET} HTTP/1.1",
        f"/realms/x/token?code={SECRET}&state=1",
        f"password={SECRET}",
        f"/preview/{SECRET}/tms/1.0.0/roads",
        f"/plans/tms/1.0.0/{SECRET}/3/4/5.pbf",
        f"Authorization: Bearer {SECRET}",
        f"Authorization: Basic {SECRET.replace('.', '')}==",
        f"https://maps.example.org/?apikey={SECRET}#here",
    ],
)
def test_what_opens_something_is_masked(text: str) -> None:
    clean = masked(text)
    assert SECRET not in clean
    assert SECRET.replace(".", "") not in clean
    assert "…" in clean


@pytest.mark.parametrize("text", ["/wfs/ows?service=WFS&typeNames=code:token", "12 tokens", "the password of ada"])
def test_the_rest_stays(text: str) -> None:
    assert masked(text) == text


def test_the_log_of_the_backend_masks_tracebacks_too(tmp_path: Path) -> None:
    with logging_to(tmp_path):
        try:
            raise ValueError(f"https://x.example.org/?apikey={SECRET}")
        except ValueError:
            logging.getLogger("geopub").exception("asked %s", f"/preview/{SECRET}/")
    text = (tmp_path / "backend.log").read_text("utf-8")
    assert "ValueError" in text
    assert SECRET not in text


def test_the_access_log_tells_who_asked_what_and_no_secret(tmp_path: Path) -> None:
    with running(tmp_path / "data", access_log=True) as backend:
        client = backend.app.test_client()
        client.get(f"/private/wfs/ows?service=WFS&apikey={SECRET}&request=GetCapabilities")
        client.get(f"/preview/{SECRET}/tms/1.0.0/")
        client.get(f"/health?x={quote('a b')}", headers={"User-Agent": 'evil" 200 1\\', "Referer": f"/?token={SECRET}"})
        client.get("/api/users/me", headers={"Authorization": f"Bearer {TOKEN}"})
        client.get("/health?x=%0a127.0.0.1 forged")
        text = (backend.store.folder.log / FILE).read_text("utf-8")
    lines = text.splitlines()
    assert len(lines) == 5
    assert SECRET not in text
    assert TOKEN not in text
    common = r'127\.0\.0\.1 - \S+ \[[^]]+\] "[A-Z]+ (\S| )+ HTTP/1\.1" \d{3} (\d+|-) "([^"\\]|\\.)*" "([^"\\]|\\.)*"'
    assert all(re.fullmatch(common, line) for line in lines), text
    assert " - local@localhost [" in lines[3]
    assert " 401 " in lines[0]
