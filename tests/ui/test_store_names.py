"""What stores of GeoPub call things in French, for the platform's clients, the panel says in the user's language."""

from __future__ import annotations

from geopub_plugin.backend.catalogue.programs import PROCESSINGS, SANDBOX_PROCESSINGS
from geopub_plugin.backend.catalogue.seeds import ENDPOINTS, PRIVATE_ENDPOINTS, STORAGES
from geopub_plugin.publish.client.allowances import BYTES, Allowance
from geopub_plugin.publish.client.executions import Execution
from geopub_plugin.ui.executions_view import job_name, job_names
from geopub_plugin.ui.room_view import room_name, room_names


def test_every_job_of_a_store_and_no_other_has_words(qgis_app):
    assert set(job_names()) == {one.name for one in (*PROCESSINGS, *SANDBOX_PROCESSINGS)}
    for name, words in job_names().items():
        assert job_name(Execution("1", name, "PROGRESS")) == words != name
    assert job_name(Execution("1", "Moissonnage", "PROGRESS")) == "Moissonnage"


def test_every_room_of_a_store_and_no_other_has_words(qgis_app):
    assert set(room_names()) == {one["name"] for one in (*STORAGES, *ENDPOINTS, *PRIVATE_ENDPOINTS)}
    for name, words in room_names().items():
        assert room_name(Allowance(name, "data", BYTES, 0, 0)) == words
    assert room_name(Allowance("Archives", "data", BYTES, 0, 0)) == "Archives"
    assert len(set(room_names().values())) == len(room_names())
