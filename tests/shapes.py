"""The shapes of JSON, one line a key: of a schema, and of an answer."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["flat", "keys"]

BY_WHAT_THERE_IS = (".states", ".by_state", ".gross")
"""Objects whose keys are what a journal holds: states, currencies."""


def flat(name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    """Give a JSON Schema as one line for each key, with its type; what is defined once is listed once."""
    yield from spread(name, schema)
    for kind, its in sorted(schema.get("$defs", {}).items()):
        yield from spread(f"{name}:{kind}", its)


def spread(path: str, schema: Mapping[str, Any]) -> Iterator[str]:
    required = set(schema.get("required", ()))
    yield f"{path}: {shape(schema)}"
    for key, inner in schema.get("properties", {}).items():
        yield f"{path}.{key}: {shape(inner)}{' required' if key in required else ''}"


def shape(schema: Any) -> str:
    """Spell the type of a schema in one line."""
    if not isinstance(schema, dict):
        return str(schema)
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " | ".join(shape(one) for one in schema[word])
    if "enum" in schema or "const" in schema:
        return " | ".join(json.dumps(one) for one in schema.get("enum", [schema.get("const")]))
    its = schema.get("type", "any")
    if its == "array":
        return f"[{shape(schema.get('items', {}))}]"
    if isinstance(its, list):
        return " | ".join(shape({**schema, "type": one}) for one in its)
    inner = schema.get("additionalProperties")
    return f"{{*: {shape(inner)}}}" if its == "object" and isinstance(inner, dict) else str(its)


def keys(path: str, tree: Any) -> Iterator[str]:
    """Give every key of a tree with the kind of its values."""
    if isinstance(tree, dict):
        for key, inner in tree.items():
            its = "*" if path.endswith(BY_WHAT_THERE_IS) else key
            yield from keys(f"{path}.{its}", inner)
    elif isinstance(tree, list):
        yield f"{path}[]"
        for inner in tree:
            yield from keys(f"{path}[]", inner)
    else:
        yield f"{path}: {'null' if tree is None else type(tree).__name__}"
