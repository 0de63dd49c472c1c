"""Describe the API as an OpenAPI document, which is made from the types of its calls. No I/O."""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from tears.journal.access.role import Role
from tears.journal.web.api.api_call import API_ROOT, JSON_TYPE, ApiCall, ApiFault, NoFields

_PATH_PLACE = re.compile(r"\{(\w+)\}")
_SCHEMAS = "#/components/schemas/{name}"


class OtherPath(NamedTuple):
    """A path of the API that answers with something else than the types of a call say."""

    path: str
    summary: str
    media_type: str
    method: str = "get"
    gives: Any = None


def describe_api(calls: Sequence[ApiCall[Any, Any]], others: Sequence[OtherPath], version: str) -> dict[str, Any]:
    """Return the document, as it becomes JSON."""
    types = [ApiFault, *(one for call in calls for one in (call.query, call.takes, call.gives) if _is_said(one))]
    types += [other.gives for other in others if other.gives]
    schemas, components = msgspec.json.schema_components(types, ref_template=_SCHEMAS)
    schema_of = dict(zip(map(repr, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, schema_of, components)
    for other in others:
        said: dict[str, Any] = {"schema": schema_of[repr(other.gives)]} if other.gives else {}
        content = {other.media_type: said}
        paths.setdefault(other.path, {})[other.method] = {
            "summary": other.summary,
            "parameters": _places(other.path),
            "responses": {"200": {"description": "As asked.", "content": content}, **_faults(schema_of)},
        }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Tears: the journal", "version": version},
        "servers": [{"url": API_ROOT}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(call: ApiCall[Any, Any], schema_of: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": call.summary,
        "description": f"For {'parents' if call.role is Role.PARENT else 'parents and guests'}.",
        "operationId": call.method.lower() + _PATH_PLACE.sub(r"\1", call.path).replace("/", "_"),
        "parameters": [*_places(call.path), *_query(call, components)],
        "responses": {**_success(call, schema_of), **_faults(schema_of)},
    }
    if call.takes is not NoFields:
        described["requestBody"] = {"required": True, "content": {JSON_TYPE: {"schema": schema_of[repr(call.takes)]}}}
    return described


def _success(call: ApiCall[Any, Any], schema_of: dict[str, Any]) -> dict[str, Any]:
    if call.gives is None:
        return {"204": {"description": "It is done."}}
    content = {JSON_TYPE: {"schema": schema_of[repr(call.gives)]}}
    return {"200": {"description": "As asked.", "content": content}}


def _faults(schema_of: dict[str, Any]) -> dict[str, Any]:
    content = {JSON_TYPE: {"schema": schema_of[repr(ApiFault)]}}
    return {"default": {"description": "It is not done; the text says why.", "content": content}}


def _places(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PATH_PLACE.findall(path)
    ]


def _query(call: ApiCall[Any, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    if call.query is NoFields:
        return []
    schema = components[call.query.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": field}
        for name, field in schema["properties"].items()
    ]


def _is_said(one: Any) -> bool:
    return one is not None and one is not NoFields
