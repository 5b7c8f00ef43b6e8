"""A team server as its administrator has it: users from the command line, tokens over HTTP, all at the same time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator

import pytest
import requests

from geopub_plugin.backend.announcement import announced
from geopub_plugin.backend.catalogue.administration import administer
from geopub_plugin.backend.errors import GeoPubError

PASSWORD = "correct horse battery staple"
PATH = "/realms/geoplateforme/protocol/openid-connect/token"


def geopub(data: Path, *arguments: str, status: int = 0, given: str = "") -> str:
    command = [sys.executable, "-m", "geopub_plugin.cli", *arguments, "--data", str(data)]
    told = subprocess.run(command, capture_output=True, text=True, input=given, timeout=60, check=False)
    assert told.returncode == status, told.stdout + told.stderr
    return told.stdout + told.stderr


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Serve a new data folder, and return it."""
    data = tmp_path_factory.mktemp("team") / "data"
    environment = {**os.environ, "GEOPUB_LOGIN": "local", "GEOPUB_ACCESS_LOG": "yes"}
    command = [sys.executable, "-m", "geopub_plugin.backend", "serve", "--data", str(data), "--until-stdin-closes"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout and process.stdout.readline().startswith("READY ")
    yield data
    process.communicate(timeout=20)


def sign_in(data: Path, email: str, password: str = PASSWORD) -> requests.Response:
    told = announced(data)
    assert told
    form = {"grant_type": "password", "client_id": "gpf-warehouse", "username": email, "password": password}
    return requests.post(told.url + PATH, data=form, timeout=20)


def me(data: Path, token: str) -> Dict[str, Any]:
    told = announced(data)
    assert told
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{told.url}/api/users/me", headers=headers, timeout=20).json()


def do(data: Path, action: str, **told: Any) -> Any:
    """Do what the command line has done, without its two processes."""
    return administer(data, "", {"do": action, **told})


def test_users_come_and_go_while_the_server_runs(server: Path, tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(PASSWORD + "\n")
    geopub(server, "user", "add", "ada@example.org", "--password-file", str(file), "--first-name", "Ada")
    token = sign_in(server, "ada@example.org").json()["access_token"]
    assert me(server, token)["first_name"] == "Ada"

    geopub(server, "datastore", "add", "town", "--supervisor", "ada@example.org", "--gigabytes", "2", "--services", "5")
    names = {one["community"]["technical_name"] for one in me(server, token)["communities_member"]}
    assert names == {"decouverte", "town"}
    do(server, "datastore.limit", name="town", bytes=3_500_000_000, keep_days=30)
    listed = {one["name"]: one for one in do(server, "datastore.list")}
    assert (listed["town"]["bytes"], listed["town"]["offerings"], listed["town"]["keep_days"]) == (3_500_000_000, 5, 30)

    do(server, "user.add", email="bob@example.org", password=PASSWORD)
    shown = do(server, "datastore.member", name="town", email="bob@example.org", rights=["UPLOAD", "PROCESSING"])
    assert shown["members"]["bob@example.org"] == ["PROCESSING", "UPLOAD"]
    assert "bob@example.org" in geopub(server, "user", "list")

    do(server, "user.password", email="bob@example.org", password=PASSWORD + " anew")
    assert sign_in(server, "bob@example.org").status_code == 400
    bob = sign_in(server, "bob@example.org", PASSWORD + " anew").json()["access_token"]
    do(server, "user.remove", email="bob@example.org")
    assert "_id" not in me(server, bob)
    told = announced(server)
    assert told
    log = (server / "log" / "access.log").read_text("utf-8")
    assert "POST " + PATH in log
    assert PASSWORD not in log
    assert me(server, told.token)["email"] == "local@localhost"


def test_a_program_gets_a_secret_once(server: Path) -> None:
    redirect = "http://127.0.0.1:7070/callback"
    secret = geopub(server, "client", "add", "qgis", "--redirect", redirect).strip()
    assert len(secret) == 43
    listed = {one["id"]: one for one in do(server, "client.list")}
    assert listed["qgis"] == {
        "id": "qgis",
        "public": False,
        "grants": ["authorization_code", "refresh_token"],
        "redirects": [redirect],
    }
    assert listed["gpf-warehouse"]["public"] is True
    assert secret not in json.dumps(list(listed.values()))
    do(server, "client.remove", id="qgis")
    assert "qgis" not in {one["id"] for one in do(server, "client.list")}


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ("user.add", {"email": "nonsense", "password": PASSWORD}),
        ("user.add", {"email": "eve@example.org", "password": "short"}),
        ("user.remove", {"email": "nobody@example.org"}),
        ("user.remove", {"email": "local@localhost"}),
        ("user.password", {"email": "local@localhost", "password": PASSWORD}),
        ("datastore.add", {"name": "Un nom", "supervisor": "local@localhost"}),
        ("datastore.add", {"name": "local", "supervisor": "local@localhost"}),
        ("datastore.add", {"name": "new", "supervisor": "nobody@example.org"}),
        ("datastore.member", {"name": "local", "email": "local@localhost", "rights": ["ROOT"]}),
        ("client.add", {"id": "useless"}),
        ("client.remove", {"id": "nobody"}),
        ("nonsense", {}),
    ],
)
def test_what_cannot_be_done_is_said(server: Path, action: str, told: Dict[str, Any]) -> None:
    with pytest.raises(GeoPubError):
        do(server, action, **told)


def test_a_folder_without_a_catalogue_is_said_to_be_one(tmp_path: Path) -> None:
    assert "geopub serve" in geopub(tmp_path / "nothing", "user", "list", status=1)
