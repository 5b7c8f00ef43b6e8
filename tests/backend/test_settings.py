"""Settings: where they come from, and what each refusal says."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from geopub_plugin.backend.errors import InvalidInput
from geopub_plugin.backend.settings import GIB, Settings


def test_an_argument_wins_over_the_environment_and_that_over_the_default():
    environment = {"GEOPUB_DATA": "/a", "GEOPUB_PORT": "8001", "GEOPUB_WORKERS": "3", "GEOPUB_HOST": ""}
    settings = Settings.read(environment, port=8002, workers=None)
    assert (settings.data, settings.port, settings.workers) == (Path("/a"), 8002, 3)
    assert (settings.host, settings.threads) == ("127.0.0.1", 8)


def test_settings_are_values():
    settings = Settings.read({}, data="/a")
    assert settings == Settings(Path("/a"))
    with pytest.raises(FrozenInstanceError):
        settings.port = 1


def test_a_relative_data_folder_is_made_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert Settings.read({}, data="somewhere").data == tmp_path / "somewhere"


@pytest.mark.parametrize(
    ("name", "value", "meant"),
    [
        ("port", "0", 0),
        ("port", 65535, 65535),
        ("host", "::1", "::1"),
        ("host", "maps.example.org", "maps.example.org"),
        ("public_url", "https://maps.example.org/geopub/", "https://maps.example.org/geopub"),
        ("public_url", "http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("language", "fr_FR.UTF-8", "fr"),
        ("until_stdin_closes", "yes", True),
        ("until_stdin_closes", False, False),
        ("upload_bytes", 4096 * GIB, 4096 * GIB),
    ],
)
def test_what_is_accepted(name, value, meant):
    assert getattr(Settings.read({}, data="/a", **{name: value}), name) == meant


@pytest.mark.parametrize(
    ("name", "value", "rule"),
    [
        ("port", "65536", "from 0 to 65535"),
        ("port", "http", "from 0 to 65535"),
        ("port", "1e3", "from 0 to 65535"),
        ("port", "9" * 5000, "from 0 to 65535"),
        ("workers", "0", "from 1 to 64"),
        ("render_seconds", -1, "from 1 to 3600"),
        ("host", "a b", "IP address"),
        ("host", "-rf", "IP address"),
        ("host", "http://localhost", "IP address"),
        ("public_url", "maps.example.org", "https://maps.example.org/geopub"),
        ("public_url", "ftp://maps.example.org", "https://maps.example.org/geopub"),
        ("public_url", "https://u:p@maps.example.org", "https://maps.example.org/geopub"),
        ("public_url", "https://maps.example.org/?a=b", "https://maps.example.org/geopub"),
        ("public_url", "https://maps.example.org:port/", "https://maps.example.org/geopub"),
        ("language", "français", "fr or en"),
        ("until_stdin_closes", "perhaps", "yes or no"),
        ("data", "/a\0b", "path of a folder"),
    ],
)
def test_a_refusal_names_the_setting_the_value_the_rule_and_both_ways_to_give_another(name, value, rule, monkeypatch):
    monkeypatch.setattr("geopub_plugin.backend.translation._language", "en")
    with pytest.raises(InvalidInput) as caught:
        Settings.read({}, **{"data": "/a", name: value})
    assert name in caught.value.what and str(value) in caught.value.what
    assert rule in caught.value.why
    assert f"--{name.replace('_', '-')}" in caught.value.cure and f"GEOPUB_{name.upper()}" in caught.value.cure


def test_without_a_data_folder_there_is_nothing_to_serve():
    with pytest.raises(InvalidInput) as caught:
        Settings.read({})
    assert "GEOPUB_DATA" in caught.value.cure


def test_a_setting_that_does_not_exist_is_a_mistake_of_the_caller():
    with pytest.raises(TypeError, match="colour"):
        Settings.read({}, data="/a", colour="red")
