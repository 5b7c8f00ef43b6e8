"""The OpenAPI 3.1 document of the API, made from its routes and what is declared beside them."""

from __future__ import annotations

import re
from typing import Any, Callable, Dict, Iterator, List, Tuple

from flask import Flask
from werkzeug.routing import Rule

from ..about import __version__
from .fields import Body, Parameter
from .operation import JSON, Answer, Operation, operation_of
from .schema import ANY, TEXT, Schema, list_of, shape

Json = Dict[str, Any]

PREFIX = "/api/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")

FAULT = shape({"id": TEXT, "severity": TEXT, "what": TEXT}, "Fault")
ERROR = shape({"error": TEXT, "error_description": list_of(TEXT), "faults?": list_of(FAULT)}, "Error")

REFUSALS = {
    400: "The request cannot be used as it is.",
    401: "The request carries no valid token.",
    403: "The caller may not do this.",
    404: "There is no such thing.",
    409: "The state of an entity, or a name already taken, forbids this.",
    413: "The body is too large.",
    422: "The document is malformed.",
    503: "A part that is needed does not answer.",
    507: "No room is left on the disk or in the quota.",
}

_PLACE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")
_UNDECLARED = Operation((Answer(200, {JSON: ANY}),))


def document(app: Flask) -> Json:
    """Return the document of an application, without the servers, which depend on who asks."""
    components: Dict[str, Schema] = {}
    paths: Dict[str, Json] = {}
    for rule, method, view, declared in routes(app):
        described = _operation(rule, method, view, declared, components)
        paths.setdefault(_PLACE.sub(r"{\1}", rule.rule), {})[method.lower()] = described
    _refer(ERROR, components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "GeoPub",
            "version": __version__,
            "description": "The store API of the Géoplateforme, as GeoPub speaks it.",
            "license": {"name": "GPL-2.0-or-later", "identifier": "GPL-2.0-or-later"},
        },
        "security": [{"bearer": []}],
        "tags": [{"name": name} for name in sorted({tag for one in paths.values() for tag in _tags(one)})],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted(components.items())),
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def routes(app: Flask) -> Iterator[Tuple[Rule, str, Callable[..., Any], Operation]]:
    """Yield every route of the API: rule, method, view, declaration."""
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(PREFIX):
            view = app.view_functions[rule.endpoint]
            for method in METHODS:
                if method in (rule.methods or ()):
                    yield rule, method, view, operation_of(view) or _UNDECLARED


def _operation(
    rule: Rule, method: str, view: Callable[..., Any], declared: Operation, components: Dict[str, Schema]
) -> Json:
    responses = {str(answer.status): _answer(answer, components) for answer in declared.answers}
    for status in _refusals(rule, method, declared):
        responses[str(status)] = {
            "description": REFUSALS[status],
            "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    made: Json = {
        "operationId": _operation_id(rule, method),
        "summary": (view.__doc__ or rule.endpoint).strip().partition("\n")[0],
        "tags": [rule.endpoint.partition(".")[0]],
        "responses": dict(sorted(responses.items())),
    }
    in_body = declared.body.parameters if isinstance(declared.body, Body) else ()
    parameters = [_path_parameter(name) for name in _PLACE.findall(rule.rule)]
    parameters += [_parameter(one, components) for one in (*declared.query, *in_body)]
    if parameters:
        made["parameters"] = parameters
    if declared.body is not None:
        schema = _refer(declared.body.schema, components)
        made["requestBody"] = {"required": declared.body_required, "content": {declared.body.media: {"schema": schema}}}
    if declared.public:
        made["security"] = []
    return made


def _refusals(rule: Rule, method: str, declared: Operation) -> List[int]:
    statuses = {403, *declared.refuses}
    if not declared.public:
        statuses |= {401, 503}
    if declared.query or declared.body or rule.arguments:
        statuses.add(400)
    if rule.arguments:
        statuses.add(404)
    if declared.body is not None:
        statuses.add(413)
    if method in ("POST", "PUT", "PATCH"):
        statuses.add(507)
    return sorted(statuses)


def _answer(answer: Answer, components: Dict[str, Schema]) -> Json:
    made: Json = {"description": answer.description}
    if answer.content:
        made["content"] = {media: {"schema": _refer(one, components)} for media, one in answer.content.items()}
    if answer.headers:
        made["headers"] = dict(answer.headers)
    return made


def _parameter(parameter: Parameter, components: Dict[str, Schema]) -> Json:
    made: Json = {"name": parameter.name, "in": parameter.place, "schema": _refer(parameter.schema, components)}
    if parameter.required:
        made["required"] = True
    if parameter.description:
        made["description"] = parameter.description
    if parameter.style:
        made.update({"style": parameter.style, "explode": True})
    return made


def _path_parameter(name: str) -> Json:
    description = {"datastore": "Id or technical name.", "entity": "Id."}.get(name, "")
    made: Json = {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    return {**made, "description": description} if description else made


def _operation_id(rule: Rule, method: str) -> str:
    several = len(set(rule.methods or ()) & set(METHODS)) > 1
    return f"{rule.endpoint}.{method.lower()}" if several else rule.endpoint


def _refer(schema: Schema, components: Dict[str, Schema]) -> Schema:
    """Return a schema in which every titled one is a reference, and keep these as components."""
    if isinstance(schema, list):
        return [_refer(one, components) for one in schema]  # type: ignore[return-value]
    if not isinstance(schema, dict):
        return schema
    made = {
        key: {name: _refer(one, components) for name, one in value.items()}
        if key == "properties"
        else _refer(value, components)
        for key, value in schema.items()
        if key != "title" or not isinstance(value, str)
    }
    title = schema.get("title")
    if not isinstance(title, str):
        return made
    components[title] = made
    return {"$ref": f"#/components/schemas/{title}"}


def _tags(path: Json) -> List[str]:
    return [tag for one in path.values() for tag in one["tags"]]
