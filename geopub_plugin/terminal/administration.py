"""`geopub user`, `geopub datastore`, `geopub client`: what the administrator of a team server does."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, Dict, Optional, Sequence, Tuple

import click

from ..backend.translation import tr
from .backend_command import answer_of_backend
from .options import FILE, data_folder, data_option, json_option, out, print_json

GIGABYTE = 1_000_000_000

_password_option = click.option(
    "--password-file", type=FILE, help=tr("The file with the password; it is asked for by default.")
)


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


def administer(data: Path, **told: Any) -> Any:
    """Have the backend do something with its catalogue and return what it says.

    Raises:
        GeoPubError: what the backend said why it cannot be done.
    """
    return answer_of_backend("administer", data, told, tr("The backend could not do it."))


@click.group(help=tr("The users of a team server."))
def user() -> None:
    """Hold the commands together."""


@user.command("add", help=tr("Add a user, who signs in with a password."))
@click.argument("email")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--administrator", is_flag=True, help=tr("Who may do everything in every datastore."))
@_password_option
@data_option
def add_user(email: str, password_file: Optional[Path], data: Optional[Path], **more: Any) -> None:
    """Add a user."""
    administer(data_folder(data), do="user.add", email=email, password=_password(password_file), **more)
    _say(tr("{email} may sign in.", email=email))


@user.command("list", help=tr("List the users."))
@data_option
@json_option
def list_users(data: Optional[Path], as_json: bool) -> None:
    """List the users."""
    found = administer(data_folder(data), do="user.list")
    _show(found, as_json, ("email", "name", "sign_in", "last_login"))


@user.command("remove", help=tr("Remove a user, with keys and tokens."))
@click.argument("email")
@data_option
def remove_user(email: str, data: Optional[Path]) -> None:
    """Remove a user."""
    administer(data_folder(data), do="user.remove", email=email)
    _say(tr("{email} may sign in no more.", email=email))


@user.command("password", help=tr("Give a user another password, and end every sign-in with the former one."))
@click.argument("email")
@_password_option
@data_option
def change_password(email: str, password_file: Optional[Path], data: Optional[Path]) -> None:
    """Change a user's password."""
    administer(data_folder(data), do="user.password", email=email, password=_password(password_file))
    _say(tr("{email} has another password.", email=email))


@click.group(help=tr("The datastores of a team server, with their members and quotas."))
def datastore() -> None:
    """Hold the commands together."""


@datastore.command("add", help=tr("Add a datastore with its community."))
@click.argument("name")
@click.option("--title", default="", help=tr("The name people see."))
@click.option("--supervisor", required=True, help=tr("Who leads it: an e-mail address."))
@_limit_options
@data_option
def add_datastore(name: str, data: Optional[Path], **told: Any) -> None:
    """Add a datastore."""
    administer(data_folder(data), do="datastore.add", name=name, **_limits(told))
    _say(tr("The datastore {name} is there.", name=name))


@datastore.command("list", help=tr("List the datastores."))
@data_option
@json_option
def list_datastores(data: Optional[Path], as_json: bool) -> None:
    """List the datastores."""
    found = administer(data_folder(data), do="datastore.list")
    _show(found, as_json, ("name", "title", "used", "bytes", "offerings", "keep_days", "members"))


@datastore.command("limit", help=tr("Change the quotas of a datastore; 0 for none."))
@click.argument("name")
@_limit_options
@data_option
def limit_datastore(name: str, data: Optional[Path], **told: Any) -> None:
    """Change the quotas of a datastore."""
    found = administer(data_folder(data), do="datastore.limit", name=name, **_limits(told))
    _show([found], False, ("name", "used", "bytes", "offerings", "keep_days"))


@datastore.command("member", help=tr("Let a user into a datastore with these rights, or change them."))
@click.argument("name")
@click.argument("email")
@click.argument("rights", nargs=-1)
@data_option
def admit_member(name: str, email: str, rights: Tuple[str, ...], data: Optional[Path]) -> None:
    """Give a user rights in a datastore."""
    told = {"name": name, "email": email, "rights": [right.upper() for right in rights]}
    found = administer(data_folder(data), do="datastore.member", **told)
    _show([found], False, ("name", "members"))


@click.group(help=tr("The programs that may ask a team server for tokens."))
def client() -> None:
    """Hold the commands together."""


@client.command("add", help=tr("Add a program, and print its secret: it is shown this once."))
@click.argument("identifier")
@click.option("--redirect", "redirects", multiple=True, help=tr("Where it is sent codes (may be repeated)."))
@click.option("--account", default="", help=tr("As which user it acts with its secret alone: an e-mail address."))
@data_option
def add_client(identifier: str, redirects: Tuple[str, ...], account: str, data: Optional[Path]) -> None:
    """Add a program and print its secret."""
    told = {"id": identifier, "redirects": list(redirects), "account": account}
    made = administer(data_folder(data), do="client.add", **told)
    click.echo(made["secret"])


@client.command("list", help=tr("List the programs."))
@data_option
@json_option
def list_clients(data: Optional[Path], as_json: bool) -> None:
    """List the programs."""
    _show(administer(data_folder(data), do="client.list"), as_json, ("id", "public", "grants", "redirects"))


@client.command("remove", help=tr("Remove a program, with its tokens."))
@click.argument("identifier")
@data_option
def remove_client(identifier: str, data: Optional[Path]) -> None:
    """Remove a program."""
    administer(data_folder(data), do="client.remove", id=identifier)
    _say(tr("The client {name} is removed.", name=identifier))


def _say(words: str) -> None:
    out().print(words, markup=False, soft_wrap=True)


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
        print_json(found)
        return
    for one in found:
        _say("\t".join(_told(one.get(column)) for column in columns))


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_told(some)}" for name, some in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value)) or "–"
    return "–" if value in (None, "") else str(value)
