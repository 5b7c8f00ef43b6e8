"""What members may do: every route of every datastore, asked by a stranger, by readers, by members with one right."""

from __future__ import annotations

import re
from typing import Dict, Iterator, List, Tuple

import pytest

from geopub_plugin.backend.access.rights import CHANGES, needs
from geopub_plugin.backend.catalogue.spaces import RIGHTS, Datastore, User

from .conversation import Backend, Client, running
from .team import as_user, group, join, person

NOWHERE = "00000000-0000-4000-8000-000000000000"
ALL = frozenset(RIGHTS)

# The specification: beginning of a route behind the datastore, methods -> who may. What is in no line, all rights may.
TABLE: Tuple[Tuple[str, str, str], ...] = (
    ("uploads/<>/comments", "POST PATCH DELETE", "UPLOAD PROCESSING"),
    ("uploads", "POST PUT PATCH DELETE", "UPLOAD"),
    ("checks", "POST DELETE", "UPLOAD"),
    ("processings", "POST DELETE", "PROCESSING"),
    ("stored_data/<>$", "DELETE", "PROCESSING"),
    ("stored_data/<>/(completion|plan_layers)$", "POST", "PROCESSING"),
    ("stored_data", "POST PATCH DELETE", "PROCESSING BROADCAST"),
    ("statics", "POST PUT PATCH DELETE", "ANNEX BROADCAST"),
    ("annexes", "POST PUT PATCH DELETE", "ANNEX"),
    ("metadata", "POST PUT PATCH DELETE", "ANNEX BROADCAST"),
    ("configurations", "POST PUT PATCH DELETE", "BROADCAST"),
    ("offerings", "POST PUT PATCH DELETE", "BROADCAST"),
    ("permissions", "POST PATCH DELETE", "BROADCAST"),
)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tuple[Backend, Datastore, Dict[str, User]]]:
    """Return a backend with a datastore “town”, its members by what they may, and strangers."""
    with running(tmp_path_factory.mktemp("team") / "data", login="local") as backend:
        people = {name.lower(): person(backend, name.lower()) for name in (*RIGHTS, "reader", "chief", "stranger")}
        people["neighbour"] = person(backend, "neighbour")
        town = group(backend, "town", people["chief"])
        group(backend, "village", people["neighbour"])
        join(backend, people["reader"], town)
        for right in RIGHTS:
            join(backend, people[right.lower()], town, right)
        yield backend, town, people


def routes(backend: Backend) -> List[Tuple[str, str, str]]:
    """Return every route of a datastore: method, rule behind the datastore, path with ids that lead nowhere."""
    found = []
    prefix = "/api/datastores/<datastore>"
    for rule in backend.app.url_map.iter_rules():
        if rule.rule.startswith(prefix):
            rest = rule.rule[len(prefix) :].lstrip("/")
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
                path = re.sub("<[^>]*>", NOWHERE, re.sub("<int:[^>]*>", "1", rest))
                found.append((method, re.sub("<[^>]*>", "<>", rest), path))
    return found


def allowed(method: str, rule: str) -> List[str]:
    """Return the members that the specification lets do something, by their names."""
    if method == "GET":
        return ["reader", "chief", *(right.lower() for right in RIGHTS)]
    for start, methods, rights in TABLE:
        if re.match(f"{start}(/|$)" if not start.endswith("$") else start, rule) and method in methods.split():
            return ["chief", *rights.lower().split()]
    return ["chief"]


def status(client: Client, method: str, path: str, datastore: str) -> int:
    return client.raw(method, f"/api/datastores/{datastore}/{path}".rstrip("/")).status_code


def test_the_walk_meets_every_resource(team: Tuple[Backend, Datastore, Dict[str, User]]) -> None:
    met = {rule.partition("/")[0] for method, rule, _ in routes(team[0]) if method != "GET"}
    assert set(CHANGES) <= met
    assert len(routes(team[0])) > 90


@pytest.mark.parametrize("name", ["stranger", "neighbour", "reader", "chief", *(right.lower() for right in RIGHTS)])
def test_everybody_may_what_his_rights_allow_and_no_more(
    team: Tuple[Backend, Datastore, Dict[str, User]], name: str
) -> None:
    backend, town, people = team
    client = as_user(backend, people[name])
    for method, rule, path in routes(backend):
        got = status(client, method, path, "town")
        if name in allowed(method, rule):
            assert got != 403, (method, rule)
        else:
            assert got == 403, (method, rule, got)
    assert status(client, "GET", "", town.id) == (403 if name in ("stranger", "neighbour") else 200)


def test_what_is_somebody_elses_is_not_there(team: Tuple[Backend, Datastore, Dict[str, User]]) -> None:
    """Who may everything in his own datastore reaches through it nothing of another one."""
    backend, _, people = team
    owner, thief = as_user(backend, people["chief"], "town"), as_user(backend, people["neighbour"], "village")
    upload = owner.post("uploads", {"name": "roads", "description": "Roads", "type": "VECTOR", "srs": "EPSG:2154"})
    annexe = owner.send_file("annexes", b"text", "a.txt", paths="/a.txt", published="true")
    for kind, entity in (("uploads", upload["_id"]), ("annexes", annexe["_id"])):
        for method, rule, path in routes(backend):
            if rule.startswith(f"{kind}/<>"):
                got = status(thief, method, path.replace(NOWHERE, entity), "village")
                assert got in (400, 404, 405), (method, rule, got)
        assert owner.get(f"{kind}/{entity}")["_id"] == entity


def test_an_unknown_action_needs_every_right() -> None:
    assert needs("POST", "something/new").fulfilled(ALL)
    for right in RIGHTS:
        assert not needs("POST", "something/new").fulfilled(ALL - {right})


def test_an_administrator_may_everything(team: Tuple[Backend, Datastore, Dict[str, User]]) -> None:
    backend, _, _ = team
    client = as_user(backend, person(backend, "root", administrator=True))
    assert {status(client, method, path, "town") for method, _, path in routes(backend)}.isdisjoint({401, 403})


# Communities ----------------------------------------------------------------------------------------------------------


def test_members_are_let_in_changed_and_taken_out(team: Tuple[Backend, Datastore, Dict[str, User]]) -> None:
    backend, town, people = team
    chief, newcomer = as_user(backend, people["chief"]), person(backend, "newcomer")
    base = f"/api/communities/{town.community}"
    put = chief.raw("PUT", f"{base}/users/{newcomer.id}", json={"rights": ["UPLOAD"]})
    assert put.get_json()["rights"] == ["UPLOAD"]
    client = as_user(backend, newcomer)
    assert status(client, "POST", "uploads", "town") == 400
    assert status(client, "POST", "configurations", "town") == 403
    chief.raw("PUT", f"{base}/users/{newcomer.email}", json={"rights": ["BROADCAST"]})
    assert status(client, "POST", "uploads", "town") == 403
    listed = client.raw("GET", f"{base}/users").get_json()
    assert {"rights": ["BROADCAST"], "user": put.get_json()["user"]} in listed
    assert client.raw("DELETE", f"/api/users/me/communities/{town.community}").status_code == 204
    assert status(client, "GET", "", "town") == 403
    assert chief.raw("PUT", f"{base}/users/{NOWHERE}", json={"rights": []}).status_code == 404
    assert chief.raw("PUT", f"{base}/users/{newcomer.id}", json={"rights": ["ROOT"]}).status_code == 400


@pytest.mark.parametrize("name", ["reader", "upload", "broadcast", "stranger", "neighbour"])
def test_only_who_may_changes_a_community(team: Tuple[Backend, Datastore, Dict[str, User]], name: str) -> None:
    backend, town, people = team
    client, base = as_user(backend, people[name]), f"/api/communities/{town.community}"
    target = people["annex"].id
    for method, path, body in (
        ("PATCH", base, {"name": "Mine"}),
        ("PUT", f"{base}/users/{people[name].id}", {"rights": list(RIGHTS)}),
        ("DELETE", f"{base}/users/{target}", None),
    ):
        assert client.raw(method, path, json=body).status_code == 403
    assert client.raw("GET", base).status_code == (200 if name not in ("stranger", "neighbour") else 403)


def test_the_right_to_manage_members_does_not_make_a_chief(team: Tuple[Backend, Datastore, Dict[str, User]]) -> None:
    backend, town, people = team
    client, base = as_user(backend, people["community"]), f"/api/communities/{town.community}"
    assert client.raw("PATCH", base, json={"description": "A town."}).status_code == 200
    assert client.raw("PATCH", base, json={"supervisor": people["community"].id}).status_code == 403
    assert client.raw("DELETE", f"{base}/users/{people['chief'].id}").status_code == 409


def test_users_me_shows_no_more_of_a_community_than_clients_bear(
    team: Tuple[Backend, Datastore, Dict[str, User]],
) -> None:
    backend, town, people = team
    answer = as_user(backend, people["upload"]).raw("GET", "/api/users/me")
    assert answer.headers["Content-Type"] == "application/json"
    mine = {one["community"]["technical_name"]: one for one in answer.get_json()["communities_member"]}
    assert mine["town"]["rights"] == ["UPLOAD"]
    assert set(mine["town"]["community"]) == {"_id", "name", "technical_name", "datastore", "supervisor", "public"}
    assert mine["town"]["community"]["datastore"] == town.id
    assert mine["decouverte"]["rights"] == ["PROCESSING", "ANNEX", "BROADCAST", "UPLOAD"]
