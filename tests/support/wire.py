"""The vendor's schema as a judge: what is sent and answered must fit the official messages exactly.

`clarifai-grpc` carries every route with its request and answer message. Here a request or an answer as it stood on
the wire is parsed strictly into its message: an unknown field, a wrong type or an enum number that does not exist
is an error, where the vendor's own client would look away.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote

from clarifai_grpc.grpc.api import service_pb2
from clarifai_grpc.grpc.api.status import status_pb2
from google.api import annotations_pb2
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

VERBS = ("get", "post", "put", "patch", "delete")
PLACEHOLDER = re.compile(r"\{([^}=]+)(?:=[^}]*)?\}")
TRUE, FALSE = ("1", "t", "T", "true", "True", "TRUE"), ("0", "f", "F", "false", "False", "FALSE")


class Unlike(AssertionError):
    """What stood on the wire does not fit the official message."""


@dataclass(frozen=True)
class Binding:
    """One verb and path of one rpc. `takes_body`: every field that is not in the path comes from the body."""

    rpc: str
    verb: str
    template: str
    takes_body: bool
    request: type[Message]
    answer: type[Message]
    pattern: re.Pattern[str]

    @property
    def literals(self) -> int:
        """Path segments that are fixed words: of two fitting routes the one with more of them is meant."""
        return sum("{" not in part for part in self.template.split("/"))


@cache
def bindings() -> tuple[Binding, ...]:
    """Every route of the official schema that can be called with plain JSON (streaming ones left out)."""
    found = []
    for method in service_pb2.DESCRIPTOR.services_by_name["V2"].methods:
        rule = method.GetOptions().Extensions[annotations_pb2.http]
        for one in (rule, *rule.additional_bindings):
            verb = one.WhichOneof("pattern")
            if verb not in VERBS:
                continue
            template = getattr(one, verb)
            parts = [
                f"(?P<g{place}>[^/]+)" if PLACEHOLDER.fullmatch(part) else re.escape(part)
                for place, part in enumerate(template.split("/"))
            ]
            found.append(
                Binding(
                    method.name,
                    verb.upper(),
                    template,
                    one.body == "*",
                    GetMessageClass(method.input_type),
                    GetMessageClass(method.output_type),
                    re.compile("/".join(parts)),
                )
            )
    return tuple(found)


@cache
def _fitting(verb: str, path: str) -> tuple[Binding, ...]:
    fitting = [one for one in bindings() if one.verb == verb and one.pattern.fullmatch(path)]
    return tuple(sorted(fitting, key=lambda one: -one.literals))


def find(verb: str, path: str) -> Binding | None:
    """The official route of a call, or None for one that the official schema does not have.

    `path` is the path only, percent-encoded as sent, from `/v2` on.
    """
    fitting = _fitting(verb.upper(), path)
    return fitting[0] if fitting else None


def path_names(binding: Binding) -> list[str]:
    """Field paths of the placeholders, such as `user_app_id.user_id`."""
    return [named[1] for part in binding.template.split("/") if (named := PLACEHOLDER.fullmatch(part))]


def path_values(binding: Binding, path: str) -> dict[str, str]:
    """{field path: value} of the placeholders, such as `user_app_id.user_id`."""
    match = binding.pattern.fullmatch(path)
    assert match is not None
    names = {
        f"g{place}": named[1]
        for place, part in enumerate(binding.template.split("/"))
        if (named := PLACEHOLDER.fullmatch(part))
    }
    return {names[group]: unquote(value) for group, value in match.groupdict().items()}


def strict_answer(verb: str, path: str, body: bytes, message: type[Message] | None = None) -> Message:
    """The answer of a route parsed strictly; raises Unlike, with the reason.

    A path without an official route may only answer an error (an envelope with a status and nothing else),
    unless `message` names what it answers (our server's own routes).
    """
    found = find(verb, path)
    if message is None:
        message = found.answer if found else status_pb2.BaseResponse
        if found is None and code_of(body) == 10000:
            raise Unlike(f"{verb} {path}: succeeded, and the official schema has no such route")
    return _parsed(f"answer of {verb} {path}", body, message)


def strict_request(
    verb: str, path: str, query: Iterable[tuple[str, str]] = (), body: bytes | None = None
) -> Message:
    """A request as it was sent, parsed strictly into the request message of its route; raises Unlike.

    As on the platform, path values win, the body counts only where the route maps it, the query only where not.
    """
    found = find(verb, path)
    if found is None:
        raise Unlike(f"{verb} {path}: the official schema has no such route")
    where = f"request {verb} {path}"
    given = list(query)
    if found.takes_body:
        if given:
            raise Unlike(f"{where}: query parameters are not mapped on this route: {given}")
        sent = json.loads(body or b"{}")
    else:
        if body not in (None, b"", b"{}"):
            raise Unlike(f"{where}: a body is ignored on this route")
        sent = _from_query(where, found.request.DESCRIPTOR, given)
    for name, value in path_values(found, path).items():
        _put(sent, name.split("."), value)
    return _parsed(where, json.dumps(sent).encode(), found.request)


def code_of(body: bytes) -> int:
    """`status.code` of an answer; 0 where there is none."""
    try:
        return int(json.loads(body)["status"]["code"])
    except (ValueError, KeyError, TypeError):
        return 0


def _parsed(where: str, body: bytes, message: type[Message]) -> Message:
    try:
        text = body.decode("utf-8")
        made: Message = json_format.Parse(text, message(), ignore_unknown_fields=False)
    except (json_format.ParseError, UnicodeDecodeError) as problem:
        raise Unlike(f"{where}: {problem}; {body[:600]!r}") from problem
    for place, number in unknown_enums(made):
        raise Unlike(f"{where}: {place} = {number} is no value of its enum")
    return made


def unknown_enums(message: Message, place: str = "") -> Iterator[tuple[str, int]]:
    """Places that hold a number which their enum does not have (JSON parsing lets any number through)."""
    for field, value in message.ListFields():
        here = f"{place}.{field.name}" if place else field.name
        if field.message_type and field.message_type.GetOptions().map_entry:
            inner = field.message_type.fields_by_name["value"]
            if inner.message_type:
                for key in value:
                    yield from unknown_enums(value[key], f"{here}[{key}]")
        elif field.message_type and field.message_type.full_name != "google.protobuf.Struct":
            for one in value if _repeated(field) else [value]:
                yield from unknown_enums(one, here)
        elif field.enum_type:
            for one in value if _repeated(field) else [value]:
                if one not in field.enum_type.values_by_number:
                    yield here, one


def _repeated(field: FieldDescriptor) -> bool:
    return bool(field.is_repeated)


def _from_query(where: str, message: Descriptor, given: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Dotted query parameters -> the JSON object that they stand for."""
    made: dict[str, Any] = {}
    for name, value in given:
        names, here = name.split("."), message
        field: FieldDescriptor | None = None
        for step, part in enumerate(names):
            field = here.fields_by_name.get(part) or here.fields_by_camelcase_name.get(part)
            if field is None:
                raise Unlike(f"{where}: no field {name!r} in {message.name}")
            if step < len(names) - 1:
                if field.message_type is None or _repeated(field):
                    raise Unlike(f"{where}: {name!r} cannot travel in a query")
                here = field.message_type
        assert field is not None
        if field.message_type is not None and field.message_type.full_name != "google.protobuf.Timestamp":
            raise Unlike(f"{where}: the message {name!r} cannot travel in a query")
        converted = _converted(f"{where}: {name}", field, value)
        if _repeated(field):
            _list(made, names).append(converted)
        else:
            _put(made, names, converted)
    return made


def _converted(where: str, field: FieldDescriptor, value: str) -> Any:
    if field.type == FieldDescriptor.TYPE_BOOL:
        if value not in TRUE + FALSE:
            raise Unlike(f"{where}: {value!r} is no boolean")
        return value in TRUE
    if field.enum_type is not None and value.lstrip("-").isdigit():
        return int(value)
    return value


def _put(made: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        made = made.setdefault(name, {})
    made[names[-1]] = value


def _list(made: Mapping[str, Any], names: list[str]) -> list[Any]:
    here: Any = made
    for name in names[:-1]:
        here = here.setdefault(name, {})
    found: list[Any] = here.setdefault(names[-1], [])
    return found
