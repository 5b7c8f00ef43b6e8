"""The fields of requests: each is declared once, and then both described to clients and read, leniently, from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Callable, Dict, List, Mapping, Sequence, Tuple

from flask import request

from ..errors import InvalidInput
from ..translation import tr
from . import questions
from .schema import COUNT, FLAG, OBJECT, TEXT, Schema, described, list_of, one_of, shape

Reader = Callable[[Any, str], Any]


@dataclass(frozen=True)
class Field:
    """What one field of a body is: its schema, and the function that reads it or refuses it with its name."""

    schema: Schema
    read: Reader
    required: bool = False


def text(description: str = "", *, required: bool = False, choices: Sequence[str] = (), schema: Schema = TEXT) -> Field:
    """Declare a text; numbers and truth values, which some clients send, become text."""

    def read(value: Any, name: str) -> str:
        found = _read_text(value, name)
        if choices and found and found not in choices:
            raise InvalidInput(
                tr("The field “{name}” cannot be “{value}”.", name=name, value=found[:80]),
                cure=tr("Give one of: {choices}.", choices=", ".join(choices)),
            )
        return found

    return Field(described(one_of(*choices) if choices else schema, description), read, required)


def whole(description: str = "", *, required: bool = False) -> Field:
    """Declare a whole number, 0 or more."""

    def read(value: Any, name: str) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise InvalidInput(
            tr("The field “{name}” must be a whole number.", name=name), cure=tr("Give it without quotes, as 0 or 12.")
        )

    return Field(described(COUNT, description), read, required)


def flag(description: str = "", *, otherwise: bool = False) -> Field:
    """Declare a truth value; texts as Python and forms write it are taken, too."""

    def read(value: Any, name: str) -> bool:
        found = questions.flag(value, name)
        return otherwise if found is None else found

    return Field({**described(FLAG, description), "default": otherwise}, read)


def mapping(description: str = "", *, schema: Schema = OBJECT, required: bool = False) -> Field:
    """Declare an object."""
    return Field(described(schema, description), questions.object_field, required)


def names(description: str = "", *, schema: Schema = TEXT, required: bool = False) -> Field:
    """Declare a list of texts."""
    return Field(described(list_of(schema), description), questions.names_field, required)


def anything(schema: Schema, description: str = "", *, required: bool = False) -> Field:
    """Declare a field that is read as it is, for the catalogue to judge."""
    return Field(described(schema, description), lambda value, _name: value, required)


class Body:
    """A JSON object with declared fields."""

    media = "application/json"

    def __init__(self, **fields: Field) -> None:
        self._fields = fields

    @property
    def schema(self) -> Schema:
        """The schema of the object."""
        return shape({name if one.required else f"{name}?": one.schema for name, one in self._fields.items()})

    @property
    def parameters(self) -> Tuple[Parameter, ...]:
        """Fields that may stand in the query instead: none."""
        return ()

    def read(self) -> Dict[str, Any]:
        """Return the declared fields that the request gives; others are passed over.

        Raises:
            InvalidInput: the body is no JSON object, or a field is missing or not what it should be.
        """
        return self._read(questions.body())

    def _read(self, given: Mapping[str, Any]) -> Dict[str, Any]:
        found = {name: field.read(given[name], name) for name, field in self._fields.items() if name in given}
        for name, field in self._fields.items():
            if field.required and found.get(name) in (None, "", [], {}):
                raise InvalidInput(
                    tr("The field “{name}” is missing.", name=name), cure=tr("Give it in the body of the request.")
                )
        return found


class FileBody(Body):
    """A multipart form: one part “file”, and fields that may stand in the query as well."""

    media = "multipart/form-data"

    @property
    def schema(self) -> Schema:
        """The schema of the form."""
        file = {"type": "string", "format": "binary", "description": "The file."}
        return shape({"file": file, **{f"{name}?": one.schema for name, one in self._fields.items()}})

    @property
    def parameters(self) -> Tuple[Parameter, ...]:
        """The fields, as parameters of the query."""
        return tuple(Parameter(name, one.schema) for name, one in self._fields.items())

    def read(self) -> Dict[str, Any]:
        """Return the declared fields from form and query."""
        lists = {name for name, one in self._fields.items() if one.schema.get("type") == "array"}
        given = {name: questions.texts(name, form=True) for name in lists}
        given.update({name: questions.text(name) for name in self._fields if name not in lists})
        return self._read({name: value for name, value in given.items() if value})


@dataclass(frozen=True)
class ListBody:
    """A JSON array."""

    items: Schema
    media = "application/json"
    parameters: Tuple[Parameter, ...] = ()

    @property
    def schema(self) -> Schema:
        """The schema of the array."""
        return list_of(self.items)

    def read(self) -> List[Any]:
        """Return the array of the request."""
        return questions.body_list()


@dataclass(frozen=True)
class MapBody:
    """A JSON object whose names are the client's own, as tags are."""

    values: Schema
    media = "application/json"
    parameters: Tuple[Parameter, ...] = ()

    @property
    def schema(self) -> Schema:
        """The schema of the object."""
        return {"type": "object", "additionalProperties": self.values}


@dataclass(frozen=True)
class BytesBody:
    """Plain bytes."""

    media = "application/octet-stream"
    parameters: Tuple[Parameter, ...] = ()

    @property
    def schema(self) -> Schema:
        """Bytes have none."""
        return {}


@dataclass(frozen=True)
class Parameter:
    """One parameter of the query or of the head."""

    name: str
    schema: Schema
    description: str = ""
    place: str = "query"
    required: bool = False
    style: str = ""  # "deepObject" for name[key]=value

    @property
    def value(self) -> str:
        """The value in the query of this request, "" for none."""
        return request.args.get(self.name, "")

    @property
    def values(self) -> List[str]:
        """The values in the query of this request, however their array is written."""
        return questions.texts(self.name)

    @property
    def truth(self) -> Any:
        """The truth value in the query of this request, None for none."""
        return questions.flag(request.args.get(self.name), self.name)


def _read_text(value: Any, name: str) -> str:
    if isinstance(value, (dict, list)):
        raise InvalidInput(tr("The field “{name}” must be a text.", name=name))
    return questions.as_text(value)
