"""The backend as a process: how it starts, what it refuses, and that nothing of it is left when it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from geopub_plugin.backend.about import __version__
from geopub_plugin.backend.data_folder import FORMAT, DataFolder

from ..processes import descendants, gone_within
from .conftest import ROOT

PARENT = """
import subprocess, sys
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE)
print("PID", child.pid, flush=True)
child.wait()
"""


def test_it_announces_itself_on_stdout_and_in_a_file_that_only_its_user_reads(serve, tmp_path):
    serving = serve()
    url = serving.ready()
    said = serving.announcement
    assert (said.url, said.pid, said.version) == (url, serving.process.pid, __version__)
    assert len(said.token) >= 40
    if os.name == "posix":
        assert (tmp_path / "data" / "server.json").stat().st_mode & 0o777 == 0o600
        assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "data" / "catalogue.sqlite").stat().st_mode & 0o077 == 0
    assert requests.get(f"{url}/api/health", timeout=10).json()["status"] == "ready"


def test_the_token_opens_the_store_and_nothing_else_does(serve):
    serving = serve()
    me = serving.ready() + "/api/users/me"
    token = serving.announcement.token
    assert requests.get(me, timeout=10).status_code == 401
    assert requests.get(me, headers={"Authorization": f"Bearer {token[:-1]}"}, timeout=10).status_code == 401
    assert requests.get(me, headers={"Authorization": f"Bearer {token}"}, timeout=10).status_code == 200


def test_it_listens_on_this_computer_only(serve):
    port = int(serve().ready().rsplit(":", 1)[1])
    listening = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
        listening |= {row[1] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    assert listening == {f"0100007F:{port:04X}"}  # 127.0.0.1, as the kernel writes it


def test_the_token_is_never_logged(serve, tmp_path):
    serving = serve()
    url, token = serving.ready(), serving.announcement.token
    for path in ("/api/users/me", "/api/nothing", "/nothing", f"/api/datastores/{token}"):
        requests.get(url + path, headers={"Authorization": f"Bearer {token}"}, timeout=10)
    serving.close()
    log = (tmp_path / "data" / "log" / "backend.log").read_text()
    assert f"serves {tmp_path / 'data'} at {url}" in log
    assert token not in log


def test_a_second_backend_on_the_same_folder_is_refused_and_the_first_goes_on(serve):
    first = serve()
    url = first.ready()
    second = serve()
    failure = second.failure()
    assert second.process.wait(10) == 4
    assert (failure["kind"], failure["exit"]) == ("DataFolderLocked", 4)
    assert str(first.process.pid) in failure["why"] and url in failure["why"] and failure["cure"]
    words = second.process.stderr.read()
    assert failure["what"] in words and "Traceback" not in words
    assert first.announcement.url == url
    assert requests.get(f"{url}/api/health", timeout=10).ok


def test_a_port_that_is_taken_is_refused(serve, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        serving = serve("--port", str(port))
        failure = serving.failure()
    assert serving.process.wait(10) == 3
    assert failure["exit"] == 3 and str(port) in failure["what"] and "--port" in failure["cure"]
    assert not (tmp_path / "data" / "server.json").exists()
    assert not (tmp_path / "data" / "catalogue.sqlite").exists()


def test_a_folder_of_a_newer_version_is_refused(serve, tmp_path):
    DataFolder(tmp_path / "data").close()
    (tmp_path / "data" / "version").write_text(json.dumps({"format": FORMAT + 1, "written_by": "99.0"}))
    serving = serve()
    failure = serving.failure()
    assert serving.process.wait(10) == 5
    assert failure["kind"] == "DataFolderNewer" and "99.0" in failure["why"]


@pytest.mark.parametrize("damage", [b"", b"no database at all" * 1000, None])
def test_a_damaged_or_lost_catalogue_is_refused_and_the_data_stay(serve, tmp_path, damage):
    first = serve()
    first.ready()
    first.close()
    data = tmp_path / "data"
    precious = data / "stored" / "0de8c60b-9938-4be9-aa36-9026b77c3c96" / "1.gpkg"
    precious.parent.mkdir()
    precious.write_bytes(b"precious")
    if damage is None:
        (data / "catalogue.sqlite").unlink()
    else:
        (data / "catalogue.sqlite").write_bytes(damage)
    second = serve()
    failure = second.failure()
    assert second.process.wait(10) == 2
    assert "catalogue.sqlite" in failure["why"] and "backup" in failure["cure"]
    assert "Traceback" not in second.process.stderr.read()
    assert precious.read_bytes() == b"precious"


@pytest.mark.parametrize(
    ("options", "environment", "said"),
    [
        (["--port", "99999"], {}, "99999"),
        ([], {"GEOPUB_WORKERS": "many"}, "many"),
        (["--host", "192.0.2.1"], {}, "192.0.2.1"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(serve, options, environment, said):
    serving = serve(*options, environment=environment)
    failure = serving.failure()
    assert serving.process.wait(10) == 2
    assert failure["kind"] == "InvalidInput" and said in failure["what"] + failure["why"]


def test_a_refusal_speaks_the_language_of_its_user(serve):
    english = serve("--port", "99999").failure()
    french = serve("--port", "99999", "--language", "fr").failure()
    assert english["what"].startswith("The setting")
    assert set(english) == set(french)


def test_an_option_that_does_not_exist_is_a_matter_of_usage(serve):
    serving = serve("--colour", "red")
    assert serving.process.wait(20) == 2
    assert "--colour" in serving.process.stderr.read()


@pytest.mark.parametrize("end", ["stdin", "SIGTERM", "SIGINT"])
def test_it_ends_within_a_second_and_takes_its_announcement_away(serve, tmp_path, end):
    serving = serve("--until-stdin-closes")
    url = serving.ready()
    assert requests.get(f"{url}/api/health", timeout=10).ok
    if end == "stdin":
        serving.process.stdin.close()
    else:
        serving.process.send_signal(getattr(signal, end))
    assert serving.seconds_to_end() < 5  # a second where the machine does nothing else
    assert serving.process.returncode == 0
    assert not (tmp_path / "data" / "server.json").exists()
    assert serving.process.stderr.read() == ""
    assert list((tmp_path / "data").glob("catalogue.sqlite-*")) == []  # all is in the one file


def test_a_closed_stdin_ends_only_who_was_told_so(serve):
    serving = serve()
    url = serving.ready()
    serving.process.stdin.close()
    time.sleep(0.3)
    assert requests.get(f"{url}/api/health", timeout=10).ok


def test_the_next_start_answers_at_the_same_url(serve):
    first = serve()
    url = first.ready()
    first.kill()
    assert serve().ready() == url


def test_it_ends_when_the_process_that_started_it_is_killed(tmp_path):
    command = [sys.executable, "-m", "geopub_plugin.backend", "serve", "--data", str(tmp_path / "data")]
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, *command, "--until-stdin-closes"], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    lines = [parent.stdout.readline(), parent.stdout.readline()]
    backend = int(next(line.split()[1] for line in lines if line.startswith("PID")))
    assert any(line.startswith("READY") for line in lines)
    family = {backend, *descendants(backend)}
    parent.kill()
    parent.communicate()
    assert gone_within(family, 2)
    assert not (tmp_path / "data" / "server.json").exists()
