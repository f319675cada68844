"""The error bodies of the API, in every shape it is known to use: its sentence, and the paths it names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from confirma_connector.contract import Contract
from confirma_connector.jsontext import first, json_body, text, words

__all__ = ["Explanation", "alike", "errors_of", "explanation"]

_DEEPEST = 20
"""As far in one another errors are read: no invoice has so many levels."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the API refused: its sentence, and the wire paths it named with what it said of each."""

    message: str
    fields: tuple[tuple[str, str], ...] = ()


def explanation(body: bytes, content_type: str, contract: Contract) -> Explanation | None:
    """Read a refusal in any shape the API is known to use; None when the body is a gateway's page or nothing."""
    plain = body.decode("utf-8", "replace").strip()
    kind = content_type.split(";")[0].strip().lower()
    if not plain or plain.startswith("<") or "html" in kind:
        return None
    try:
        tree = json_body(body)
    except ValueError:
        return Explanation(words(plain)) if kind in ("text/plain", "") else None
    if isinstance(tree, str):
        return Explanation(words(tree)) if words(tree) else None
    if isinstance(tree, list):
        fields = tuple(errors_of(tree, contract))
        return Explanation("", fields) if fields else None
    if not isinstance(tree, dict):
        return None
    fields = tuple(errors_of(_errors_in(tree, contract), contract))
    message = next((said for name in contract.names("answer", "message") if (said := words(first(tree, (name,))))), "")
    return Explanation(message, fields) if message or fields else None


def _errors_in(tree: Mapping[str, Any], contract: Contract) -> Any:
    """Give the list of errors, wherever it stands: some frameworks put it where others have the sentence."""
    found = first(tree, contract.names("answer", "errors"))
    lists = (tree[name] for name in contract.names("answer", "message") if isinstance(tree.get(name), (dict, list)))
    return next(lists, None) if found is None else found


def errors_of(errors: Any, contract: Contract, at: str = "") -> Iterator[tuple[str, str]]:
    """Read `[{field, message}]`, `{field: [message]}`, `[message]`, and such within one another."""
    if isinstance(errors, dict):
        for field, said in errors.items():
            yield from _of_field(f"{at}.{text(field)}" if at else text(field), said, contract)
    elif isinstance(errors, list):
        for index, error in enumerate(errors):
            if isinstance(error, dict):
                field = _path(first(error, contract.names("answer", "error.field")))
                message = words(first(error, contract.names("answer", "error.message")))
                if message or (field and not at):
                    yield f"{at}.{field}" if at and field else field or at, message
                elif at:
                    yield from errors_of(error, contract, f"{at}[{index}]")
            elif said := words(error):
                yield at, said
    elif said := words(errors):
        yield at, said


def _of_field(field: str, said: Any, contract: Contract) -> Iterator[tuple[str, str]]:
    """Give what is said of one field: its sentences as one, or what is said of the fields in it."""
    texts = said if isinstance(said, list) else [said]
    if any(isinstance(one, dict) for one in texts):
        if field.count(".") < _DEEPEST:
            yield from errors_of(said, contract, field)
    elif message := "; ".join(filter(None, map(words, texts))):
        yield field, message


def _path(value: Any) -> str:
    """Give a path as one text: it may be a list of its parts, or stand one level further in."""
    if isinstance(value, list):
        return ".".join(text(part) for part in value)
    if isinstance(value, dict):
        return next((path for part in value.values() if (path := text(part))), "")
    return text(value)


def alike(explained: Explanation | None, status: int) -> str:
    """Give a mark by which refusals of one and the same kind are recognised."""
    fields = ",".join(sorted(field for field, _ in explained.fields)) if explained else ""
    kind = f"{status}|{fields}|{'' if fields or explained is None else explained.message}"
    return hashlib.sha256(kind.encode()).hexdigest()
