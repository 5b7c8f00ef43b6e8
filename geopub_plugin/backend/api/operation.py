"""What a route takes and answers, declared beside it; `openapi` makes the document of all of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Callable, Mapping, Optional, Sequence, Tuple, TypeVar, Union

from .fields import Body, BytesBody, ListBody, MapBody, Parameter
from .schema import ANY, TEXT, Schema, item_of, list_of

AnyBody = Union[Body, ListBody, MapBody, BytesBody]
View = TypeVar("View", bound=Callable[..., Any])

JSON = "application/json"

PAGE = Parameter("page", {"type": "integer", "minimum": 1, "maximum": 1 << 30}, "The number of the page, from 1.")
LIMIT = Parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1 << 30}, "How many items a page has.")
PAGING = (PAGE, LIMIT)
SORT = Parameter("sort", {"type": "string", "pattern": r"^\w+([,:](asc|desc))?$"}, "As in `creation,desc`.")
FIELDS = Parameter("fields", list_of(TEXT), "The fields that are wanted; all when absent. Commas do as well.")
TAGS_FILTER = Parameter(
    "tags",
    {"type": "object", "additionalProperties": TEXT},
    "Tags that items must carry, as in `tags[datasheet_name]=Roads`.",
    style="deepObject",
)

PLACE = {"Content-Range": {"description": "The place of the page in the whole: `0-9/57`.", "schema": TEXT}}


@dataclass(frozen=True)
class Answer:
    """What a route answers when it has done what was asked."""

    status: int = 200
    content: Mapping[str, Schema] = field(default_factory=dict)  # media type -> schema
    headers: Mapping[str, Any] = field(default_factory=dict)
    description: str = "Done."


@dataclass(frozen=True)
class Operation:
    """The declaration of a route."""

    answers: Tuple[Answer, ...]
    query: Tuple[Parameter, ...] = ()
    body: Optional[AnyBody] = None
    body_required: bool = True
    refuses: Tuple[int, ...] = ()  # statuses of errors, besides those that follow from the rest
    public: bool = False  # answers without a token


def operation(
    *answers: Answer,
    query: Sequence[Parameter] = (),
    body: Optional[AnyBody] = None,
    body_required: bool = True,
    refuses: Sequence[int] = (),
    public: bool = False,
) -> Callable[[View], View]:
    """Declare what a view takes and answers; its docstring says what it does."""
    declared = Operation(answers, tuple(query), body, body_required, tuple(refuses), public)

    def declare(view: View) -> View:
        view.operation = declared  # type: ignore[attr-defined]
        return view

    return declare


def operation_of(view: Callable[..., Any]) -> Optional[Operation]:
    """Return the declaration of a view, None when it has none."""
    return getattr(view, "operation", None)


def gives(schema: Schema, status: int = 200, description: str = "Done.") -> Answer:
    """Declare an answer in JSON."""
    return Answer(status, {JSON: schema}, description=description)


def makes(schema: Schema) -> Answer:
    """Declare the answer of what has made an entity."""
    return gives(schema, 201, "Made.")


def gives_list(schema: Schema) -> Answer:
    """Declare a list whose items are whole."""
    return replace(gives(list_of(schema)), headers=PLACE)


def gives_page(schema: Schema) -> Answer:
    """Declare a part of a list whose items may be limited by `fields`."""
    return gives_list(item_of(schema))


def gives_nothing() -> Answer:
    """Declare an answer without a body."""
    return Answer(204)


def gives_file(*media: str) -> Answer:
    """Declare a file."""
    return Answer(200, dict.fromkeys(media, ANY), description="The file.")


def lists(filters: Mapping[str, str], *more: Parameter, tagged: bool = False) -> Tuple[Parameter, ...]:
    """Return the parameters of a list: page, sort, fields, filters by text (`%` stands for any text) and more."""
    chosen = tuple(Parameter(name, TEXT, "Compared without case; `%` stands for any text.") for name in filters)
    return (*PAGING, SORT, FIELDS, *chosen, *more, *((TAGS_FILTER,) if tagged else ()))
