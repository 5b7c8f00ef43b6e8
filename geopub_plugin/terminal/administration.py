"""`geopub user`, `geopub datastore`, `geopub client`: what the administrator of a team server does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import click
from rich.console import Console

from ..backend.translation import tr
from .backend_command import answer_of_backend

GIGABYTE = 1_000_000_000

out = Console(highlight=False, soft_wrap=True)

DataFolder = Callable[[Optional[Path]], Path]
_data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="GEOPUB_DATA",
    help=tr("The data folder; by default that of the user ($GEOPUB_DATA)."),
)
_json_option = click.option("--json", "as_json", is_flag=True, help=tr("Print one JSON document on standard output."))
_password_option = click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=tr("The file with the password; it is asked for by default."),
)


def administer(data: Path, **told: Any) -> Any:
    """Have the backend do something with its catalogue and return what it says.

    Raises:
        GeoPubError: what the backend said why it cannot be done.
    """
    return answer_of_backend("administer", data, told, tr("The backend could not do it."))


def commands(folder_of: DataFolder) -> Tuple[click.Group, ...]:
    """Return the groups of commands; `folder_of` gives the data folder when none is given."""
    return _user_commands(folder_of), _datastore_commands(folder_of), _client_commands(folder_of)


def _user_commands(folder_of: DataFolder) -> click.Group:
    group = click.Group("user", help=tr("The users of a team server."))

    @group.command(help=tr("Add a user, who signs in with a password."))
    @click.argument("email")
    @click.option("--first-name", default="")
    @click.option("--last-name", default="")
    @click.option("--administrator", is_flag=True, help=tr("Who may do everything in every datastore."))
    @_password_option
    @_data_option
    def add(email: str, password_file: Optional[Path], data: Optional[Path], **more: Any) -> None:
        administer(folder_of(data), do="user.add", email=email, password=_password(password_file), **more)
        out.print(tr("{email} may sign in.", email=email), markup=False)

    @group.command("list", help=tr("List the users."))
    @_data_option
    @_json_option
    def list_users(data: Optional[Path], as_json: bool) -> None:
        found = administer(folder_of(data), do="user.list")
        _show(found, as_json, ("email", "name", "sign_in", "last_login"))

    @group.command(help=tr("Remove a user, with keys and tokens."))
    @click.argument("email")
    @_data_option
    def remove(email: str, data: Optional[Path]) -> None:
        administer(folder_of(data), do="user.remove", email=email)
        out.print(tr("{email} may sign in no more.", email=email), markup=False)

    @group.command(help=tr("Give a user another password, and end every sign-in with the former one."))
    @click.argument("email")
    @_password_option
    @_data_option
    def password(email: str, password_file: Optional[Path], data: Optional[Path]) -> None:
        administer(folder_of(data), do="user.password", email=email, password=_password(password_file))
        out.print(tr("{email} has another password.", email=email), markup=False)

    return group


def _datastore_commands(folder_of: DataFolder) -> click.Group:
    group = click.Group("datastore", help=tr("The datastores of a team server, with their members and quotas."))

    @group.command(help=tr("Add a datastore with its community."))
    @click.argument("name")
    @click.option("--title", default="", help=tr("The name people see."))
    @click.option("--supervisor", required=True, help=tr("Who leads it: an e-mail address."))
    @_limit_options
    @_data_option
    def add(name: str, data: Optional[Path], **told: Any) -> None:
        administer(folder_of(data), do="datastore.add", name=name, **_limits(told))
        out.print(tr("The datastore {name} is there.", name=name), markup=False)

    @group.command("list", help=tr("List the datastores."))
    @_data_option
    @_json_option
    def list_datastores(data: Optional[Path], as_json: bool) -> None:
        found = administer(folder_of(data), do="datastore.list")
        _show(found, as_json, ("name", "title", "used", "bytes", "offerings", "keep_days", "members"))

    @group.command(help=tr("Change the quotas of a datastore; 0 for none."))
    @click.argument("name")
    @_limit_options
    @_data_option
    def limit(name: str, data: Optional[Path], **told: Any) -> None:
        found = administer(folder_of(data), do="datastore.limit", name=name, **_limits(told))
        _show([found], False, ("name", "used", "bytes", "offerings", "keep_days"))

    @group.command(help=tr("Let a user into a datastore with these rights, or change them."))
    @click.argument("name")
    @click.argument("email")
    @click.argument("rights", nargs=-1)
    @_data_option
    def member(name: str, email: str, rights: Tuple[str, ...], data: Optional[Path]) -> None:
        told = {"name": name, "email": email, "rights": [right.upper() for right in rights]}
        found = administer(folder_of(data), do="datastore.member", **told)
        _show([found], False, ("name", "members"))

    return group


def _client_commands(folder_of: DataFolder) -> click.Group:
    group = click.Group("client", help=tr("The programs that may ask a team server for tokens."))

    @group.command(help=tr("Add a program, and print its secret: it is shown this once."))
    @click.argument("identifier")
    @click.option("--redirect", "redirects", multiple=True, help=tr("Where it is sent codes (may be repeated)."))
    @click.option("--account", default="", help=tr("As which user it acts with its secret alone: an e-mail address."))
    @_data_option
    def add(identifier: str, redirects: Tuple[str, ...], account: str, data: Optional[Path]) -> None:
        told = {"id": identifier, "redirects": list(redirects), "account": account}
        made = administer(folder_of(data), do="client.add", **told)
        click.echo(made["secret"])

    @group.command("list", help=tr("List the programs."))
    @_data_option
    @_json_option
    def list_clients(data: Optional[Path], as_json: bool) -> None:
        _show(administer(folder_of(data), do="client.list"), as_json, ("id", "public", "grants", "redirects"))

    @group.command(help=tr("Remove a program, with its tokens."))
    @click.argument("identifier")
    @_data_option
    def remove(identifier: str, data: Optional[Path]) -> None:
        administer(folder_of(data), do="client.remove", id=identifier)
        out.print(tr("The client {name} is removed.", name=identifier), markup=False)

    return group


def _limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for name, words in (
        ("--keep-days", tr("After how many days everything is purged.")),
        ("--services", tr("How many services may be published.")),
        ("--gigabytes", tr("How much it may hold.")),
    ):
        command = click.option(
            name, type=click.FloatRange(min=0) if "giga" in name else click.IntRange(min=0), help=words
        )(command)
    return command


def _limits(told: Dict[str, Any]) -> Dict[str, Any]:
    """Return options with the limits as the backend takes them."""
    gigabytes, services = told.pop("gigabytes"), told.pop("services")
    size = None if gigabytes is None else round(gigabytes * GIGABYTE)
    return {**told, "bytes": size, "offerings": services}


def _password(file: Optional[Path]) -> str:
    if file is not None:
        return file.read_text("utf-8").rstrip("\r\n")
    return str(click.prompt(tr("Password"), hide_input=True, confirmation_prompt=True, err=True))


def _show(found: Sequence[Dict[str, Any]], as_json: bool, columns: Sequence[str]) -> None:
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
        return
    for one in found:
        out.print("\t".join(_told(one.get(column)) for column in columns), markup=False)


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_told(some)}" for name, some in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)
