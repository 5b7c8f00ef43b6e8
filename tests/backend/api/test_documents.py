"""Documents of users: kept, changed, shown to others, published, deleted; and what users/me says of them."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Dict, Iterator, Tuple

import pytest

from geopub_plugin.backend.catalogue import documents as kept_documents
from geopub_plugin.backend.catalogue.spaces import User

from .conversation import Backend, Client, Json, running
from .team import as_user, person

People = Tuple[Backend, Dict[str, User], Dict[str, Client]]
PLACE = "/api/users/me/documents"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    with running(tmp_path_factory.mktemp("documents") / "data", login="local") as backend:
        users = {name: person(backend, name) for name in ("ada", "bob", "eve")}
        yield backend, users, {name: as_user(backend, user) for name, user in users.items()}


def keep(client: Client, content: bytes = b"%PDF-1.4 plan", name: str = "plan.pdf", **fields: Any) -> Json:
    made = client.raw("POST", PLACE, data={"file": (BytesIO(content), name), **fields})
    assert made.status_code == 201, made.text
    return made.get_json()


def test_a_document_from_its_begin_to_its_end(people: People) -> None:
    _, _, clients = people
    ada = clients["ada"]
    made = keep(ada, name="Plan d’été.pdf", description="A plan.", labels="type=plan,year=2026")
    assert (made["name"], made["size"], made["mime_type"]) == ("Plan d’été.pdf", 13, "application/pdf")
    assert made["labels"] == ["type=plan", "year=2026"]
    assert "public_url" not in made
    place = f"{PLACE}/{made['_id']}"
    assert ada.raw("GET", place).get_json() == made
    sent = ada.raw("GET", f"{place}/file")
    assert (sent.data, sent.content_type) == (b"%PDF-1.4 plan", "application/pdf")
    assert sent.headers["X-Content-Type-Options"] == "nosniff"
    changed = ada.raw("PATCH", place, json={"name": "Plan", "labels": "a,b", "extra": {"x": 1}}).get_json()
    assert (changed["name"], changed["labels"], changed["extra"]) == ("Plan", ["a", "b"], {"x": 1})
    replaced = ada.raw("PUT", place, data={"file": (BytesIO(b"x" * 5), "a.txt")}).get_json()
    assert (replaced["size"], replaced["mime_type"], replaced["name"]) == (5, "text/plain", "Plan")
    assert ada.raw("DELETE", place).status_code == 204
    assert ada.raw("GET", place).status_code == 404


def test_documents_are_listed_by_pages_names_and_labels(people: People) -> None:
    _, _, clients = people
    bob = clients["bob"]
    for number in range(3):
        keep(bob, name=f"n{number}.txt", labels=f"all,n={number}")
    listed = bob.raw("GET", PLACE, query_string={"limit": 2, "page": 2})
    assert (len(listed.get_json()), listed.headers["Content-Range"]) == (1, "2-2/3")
    assert [one["name"] for one in bob.raw("GET", f"{PLACE}?name=%N1%").get_json()] == ["n1.txt"]
    assert [one["name"] for one in bob.raw("GET", f"{PLACE}?labels=all,n=2").get_json()] == ["n2.txt"]
    assert clients["eve"].raw("GET", PLACE).get_json() == []


def test_others_read_what_is_shared_with_them_and_change_nothing(people: People) -> None:
    _, users, clients = people
    ada, eve = clients["ada"], clients["eve"]
    place = f"{PLACE}/{keep(ada)['_id']}"
    assert eve.raw("GET", place).status_code == 404
    assert ada.raw("POST", f"{place}/sharings", json=[users["eve"].id] * 2).status_code == 204
    (reader,) = ada.raw("GET", f"{place}/sharings").get_json()
    assert reader == {"_id": users["eve"].id, "first_name": "Eve", "last_name": "Test"}
    assert eve.raw("GET", f"{place}/file").data == b"%PDF-1.4 plan"
    for method, path in (("PATCH", ""), ("DELETE", ""), ("GET", "/sharings"), ("DELETE", "/sharings?users=x")):
        assert eve.raw(method, f"{place}{path}", json={}).status_code == 404
    assert clients["bob"].raw("GET", place).status_code == 404
    assert ada.raw("DELETE", f"{place}/sharings?users={users['eve'].id}").status_code == 204
    assert eve.raw("GET", place).status_code == 404
    assert ada.raw("POST", f"{place}/sharings", json=["nobody"]).status_code == 400


def test_everybody_reads_what_is_public_and_nothing_runs_in_it(people: People) -> None:
    backend, _, clients = people
    made = keep(clients["ada"], b"<script>alert(1)</script>", "page.html")
    public = clients["ada"].raw("PATCH", f"{PLACE}/{made['_id']}", json={"public_url": "true"}).get_json()["public_url"]
    stranger = backend.app.test_client()
    answer = stranger.get(public)
    assert (answer.status_code, answer.data) == (200, b"<script>alert(1)</script>")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    clients["ada"].raw("PATCH", f"{PLACE}/{made['_id']}", json={"public_url": False})
    assert stranger.get(public).status_code == 404


def test_users_me_says_what_is_used(people: People) -> None:
    backend, _, _ = people
    zoe = as_user(backend, person(backend, "zoe"))
    before = zoe.raw("GET", "/api/users/me").get_json()
    assert (before["documents_use"], before["documents_quota"]) == (0, kept_documents.QUOTA)
    keep(zoe, b"x" * 1000)
    zoe.raw("POST", "/api/users/me/keys", json={"name": "a", "type": "HASH"})
    after = zoe.raw("GET", "/api/users/me").get_json()
    assert (after["documents_use"], after["keys_use"]) == (1000, 1)
    assert after["keys_quota"] > 1


def test_what_has_no_room_is_refused_with_numbers(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    backend, _, _ = people
    max_ = as_user(backend, person(backend, "max"))
    monkeypatch.setattr(kept_documents, "QUOTA", 2500)
    monkeypatch.setattr(kept_documents, "LARGEST", 2000)
    keep(max_, b"x" * 1500)
    full = max_.raw("POST", PLACE, data={"file": (BytesIO(b"x" * 1500), "a")})
    assert full.status_code == 507
    assert "2.5 kB" in " ".join(full.get_json()["error_description"])
    assert max_.raw("POST", PLACE, data={"file": (BytesIO(b"x" * 2001), "a")}).status_code == 413
    assert max_.raw("POST", PLACE, data={"file": (BytesIO(b""), "a")}).status_code == 400
    assert max_.raw("POST", PLACE, data={}).status_code == 400
