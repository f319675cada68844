"""The calls that a file describes: where each of ours is, with its parameters, body, answers and what opens it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from confirma_connector.contracting.openapi import Pointer
from confirma_connector.contracting.shape import Schemas, Shape

__all__ = ["Call", "Parameter", "calls", "servers"]

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


@dataclass(frozen=True)
class Parameter:
    """One parameter of a call; *place* is path, query, header or cookie."""

    name: str
    place: str
    is_required: bool
    shape: Shape
    at: Pointer
    description: str = ""


@dataclass(frozen=True)
class Call:
    """One call; *path* is as the file has it, below the server's."""

    method: str
    path: str
    at: Pointer
    schemas: Schemas

    def parameters(self) -> list[Parameter]:
        """Give its parameters, with those of its path."""
        found: dict[tuple[str, str], Parameter] = {}
        for above in (self.at[:-1], self.at):
            listed = self.schemas.value((*above, "parameters"))
            for index in range(len(listed)) if isinstance(listed, list) else ():
                at = self.schemas.follow((*above, "parameters", str(index)))
                one = self.schemas.value(at)
                if isinstance(one, dict) and "name" in one:
                    for parameter in _spread(self._parameter(one, at)):
                        found[parameter.place, parameter.name] = parameter
        return list(found.values())

    def _parameter(self, one: Mapping[str, Any], at: Pointer) -> Parameter:
        shape = self.schemas.shape((*at, "schema")) if "schema" in one else Shape(at)
        said = f"{one.get('description', '')} {shape.description}"[:500]
        return Parameter(str(one["name"]), str(one.get("in", "")), one.get("required") is True, shape, at, said)

    def media(self) -> list[str]:
        """Give the kinds of body that it takes."""
        content = self.schemas.value((*self.schemas.follow((*self.at, "requestBody")), "content"))
        return [str(kind) for kind in content] if isinstance(content, dict) else []

    def body(self) -> Shape | None:
        """Give what its JSON body has in it; None where it takes none."""
        return self._json(self.schemas.follow((*self.at, "requestBody")))

    def answers(self, codes: str) -> list[Shape]:
        """Give what the JSON of its answers has in it, for the codes that fit the pattern *codes*."""
        responses = self.schemas.value((*self.at, "responses"))
        found = []
        for code in responses if isinstance(responses, dict) else ():
            if re.fullmatch(codes, str(code), re.IGNORECASE):
                shape = self._json(self.schemas.follow((*self.at, "responses", code)))
                found += [shape] if shape is not None else []
        return found

    def _json(self, at: Pointer) -> Shape | None:
        content = self.schemas.value((*at, "content"))
        for kind in content if isinstance(content, dict) else ():
            if _is_json(str(kind)):
                media = self.schemas.follow((*at, "content", kind))
                return (
                    self.schemas.shape((*media, "schema")) if self.schemas.value((*media, "schema")) else Shape(media)
                )
        return None

    def security(self) -> list[dict[str, Pointer]]:
        """Give the ways to open it, each as the names and places of all its schemes."""
        asked = self.schemas.value((*self.at, "security"))
        asked = self.schemas.value(("security",)) if asked is None else asked
        ways = []
        for way in asked if isinstance(asked, list) else ():
            if isinstance(way, dict):
                above = ("components", "securitySchemes")
                ways.append({str(name): self.schemas.follow((*above, str(name))) for name in way})
        return ways


def _spread(one: Parameter) -> list[Parameter]:
    """Give the members of an object in the query, which goes as one parameter each; anything else as it is."""
    inner = one.shape.members() if one.place == "query" and one.shape.kinds == {"object"} else {}
    return [
        Parameter(name, one.place, one.is_required and name in one.shape.required, shape, shape.at, shape.description)
        for name, shape in inner.items()
    ] or [one]


def _is_json(kind: str) -> bool:
    plain = kind.partition(";")[0].strip().lower()
    return plain in ("application/json", "*/*", "application/*", "text/json") or plain.endswith("+json")


def calls(schemas: Schemas) -> Iterator[Call]:
    """Give every call that the file describes."""
    for path in (one for one in schemas.described.tree["paths"] if str(one).startswith("/")):
        at = schemas.follow(("paths", path))
        item = schemas.value(at)
        for method in item if isinstance(item, dict) else ():
            if str(method).lower() in _METHODS and isinstance(item[method], dict):
                yield Call(str(method).upper(), str(path), (*at, method), schemas)


def servers(schemas: Schemas, call: Call) -> list[tuple[str, str, Pointer]]:
    """Give the addresses of a call as host ("" for none) and path, with their places."""
    found = []
    for above in (call.at, call.at[:-1], ()):
        listed = schemas.value((*above, "servers"))
        for index in range(len(listed)) if isinstance(listed, list) else ():
            one = listed[index]
            url = _filled(str(one.get("url", "")), one.get("variables")) if isinstance(one, dict) else ""
            try:
                parts = urlsplit(url)
            except ValueError:
                continue
            host = f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
            found.append(
                (host, "/" + parts.path.strip("/") if parts.path.strip("/") else "", (*above, "servers", str(index)))
            )
        if found:
            return found
    return [("", "", ())]


def _filled(url: str, variables: Any) -> str:
    for name, one in variables.items() if isinstance(variables, dict) else ():
        if isinstance(one, dict):
            url = url.replace("{" + str(name) + "}", str(one.get("default", "")))
    return url
