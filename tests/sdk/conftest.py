"""The platform's own SDK, `sdk-entrepot-gpf`, configured by an ini file only, against a real `geopub serve`."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Callable, Iterator, List, Sequence

import pytest

from geopub_plugin.backend.catalogue.accounts import add_account
from geopub_plugin.backend.catalogue.store import Store
from geopub_plugin.backend.data_folder import DataFolder

from ..live.conftest import Serving

LOGIN, PASSWORD = "marie@example.org", "correct horse battery"
LAST_NAME = "Dupont"  # of which the tutorial makes its names

INI = """
[store_authentification]
token_url={url}/realms/geoplateforme/protocol/openid-connect/token
login={login}
password={password}
[store_api]
root_url={url}/api
datastore={datastore}
[upload]
nb_sec_between_check_updates=1
[processing_execution]
nb_sec_between_check_updates=1
[miscellaneous]
tmp_workdir={folder}
"""

ONE_AFTER_THE_OTHER = """
import json, sys
from sdk_entrepot_gpf.scripts.run import main
for command in json.loads(sys.argv[1]):  # main ends the process, also when all went well
    sys.argv[1:] = command
    try:
        main("sdk_entrepot_gpf")
    except SystemExit as end:
        if end.code:
            raise
"""


def python_of(version: str) -> Path:
    """Return the Python of the environment that `make setup` made for a version of the SDK, or skip."""
    place = Path(sys.prefix) / "sdk" / version
    if not list(place.glob("lib/python*/site-packages/sdk_entrepot_gpf")):
        pytest.skip(f"sdk-entrepot-gpf {version} is not installed; make setup installs it")
    return place / "bin" / "python"


class Sdk:
    """The SDK in a folder of its own, as its users start it."""

    def __init__(self, version: str, folder: Path, url: str, datastore: str) -> None:
        self.version, self.folder, self.url = version, folder, url
        self._python = python_of(version)
        values = {"url": url, "login": LOGIN, "password": PASSWORD, "datastore": datastore, "folder": folder}
        (folder / "config.ini").write_text(INI.format(**values), encoding="utf-8")

    def __call__(self, *arguments: object, answer: str = "") -> str:
        """Run a command of the SDK, which has to succeed, and return what it says."""
        told = self.run(*arguments, answer=answer)
        said = told.stdout + told.stderr
        assert told.returncode == 0, said
        assert "Traceback" not in said, said
        return said

    def together(self, *commands: Sequence[object]) -> None:
        """Run several commands in one process, since to start the SDK takes longer than what it does."""
        self.python(ONE_AFTER_THE_OTHER, json.dumps([[str(argument) for argument in one] for one in commands]))

    def python(self, program: str, *arguments: str) -> None:
        """Run a few lines that use the SDK as a library, which have to succeed."""
        told = self._started("-c", program, *arguments)
        assert told.returncode == 0, told.stdout + told.stderr

    def run(self, *arguments: object, answer: str = "") -> subprocess.CompletedProcess:
        """Run a command of the SDK and return how it ended."""
        return self._started("-m", "sdk_entrepot_gpf", *arguments, answer=answer)

    def _started(self, *arguments: object, answer: str = "") -> subprocess.CompletedProcess:
        return subprocess.run(
            [self._python, *map(str, arguments)],
            cwd=self.folder,
            env={**os.environ, "PYTHONIOENCODING": "utf-8", "NO_COLOR": "1"},
            input=answer,
            capture_output=True,
            encoding="utf-8",
            timeout=180,
            check=False,
        )

    def listed(self, entity: str, *options: object) -> List[str]:
        """Return the ids that a list shows."""
        return re.findall(r"^\W*([0-9a-f-]{36})\b", self(entity, *options), re.MULTILINE)

    def steps(self, workflow: Path) -> List[str]:
        """Return the names of a workflow's steps, as they stand in the file: each behind those that it needs."""
        text = re.sub(r"^\s*//.*$", "", workflow.read_text("utf-8"), flags=re.MULTILINE)
        return list(json.loads(re.sub(r"//[^\"\n]*$", "", text, flags=re.MULTILINE))["workflow"]["steps"])


class StoreOfSdk(Serving):
    """A running store with an account for the SDK."""

    def __init__(self, data: Path, catalogue: str, *options: str) -> None:
        with DataFolder(data) as folder:
            store = Store(folder, catalogue_url=catalogue)
            with store.writing() as connection:
                self.user = add_account(connection, LOGIN, PASSWORD, "Marie", LAST_NAME)
            store.close()
        kept = {"GEOPUB_CATALOGUE_URL": catalogue}
        super().__init__(data, "--login", "local", *options, environment=kept)
        self.url = self.ready()


Opened = Callable[..., StoreOfSdk]


@pytest.fixture
def store_of_sdk(tmp_path: Path, catalogue_for: Callable[[Path], str]) -> Iterator[Opened]:
    started: List[StoreOfSdk] = []

    def start(*options: str) -> StoreOfSdk:
        data = tmp_path / "data"
        started.append(StoreOfSdk(data, catalogue_for(data), *options))
        return started[-1]

    yield start
    for one in started:
        one.close()
