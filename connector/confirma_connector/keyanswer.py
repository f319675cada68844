"""What the API says about the key itself: whether it is good, and what in its answer may be a new one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import SecretStr

from confirma_connector.contract import Contract
from confirma_connector.errorbodies import explanation
from confirma_connector.httpanswer import Answer
from confirma_connector.jsontext import json_body
from confirma_connector.language import tr
from confirma_connector.settings import as_key

__all__ = ["KeyAnswer", "key_answer"]

_WORD = re.compile(r"[\w.~+/=-]{12,}", re.ASCII)
_SURELY_NO_WORD = 24
_SHORTEST, _MOST, _LONGEST_MESSAGE = 8, 5, 300


@dataclass(frozen=True, slots=True)
class KeyAnswer:
    """An answer about the key: *message* has "***" where a key may have stood; *maybe_keys*, the likeliest first."""

    is_valid: bool | None
    message: str
    maybe_keys: tuple[SecretStr, ...] = ()


def key_answer(answer: Answer, key: SecretStr, contract: Contract) -> KeyAnswer:
    """Read a success answer that *key* got. Raises ValueError when it is a page, not the API's."""
    tree = _tree(answer)
    members = list(_texts("", tree))
    names = {name.lower() for name in contract.names("answer", "new_key")}
    named = [answer.headers.get(contract.key_header, ""), *(text for name, text in members if name.lower() in names)]
    words = [word for _, text in members for match in _WORD.findall(text) if _is_odd(word := match.strip("."))]
    found = [text for text in dict.fromkeys([*filter(_could_be, named), *words]) if text != key.get_secret_value()]
    explained = explanation(answer.content, answer.headers.get("Content-Type", ""), contract)
    message = explained.message if explained else ""
    for text in sorted(found, key=len, reverse=True):
        message = message.replace(text, "***")
    plain = "".join(sign for sign in message if sign.isprintable())
    return KeyAnswer(_validity(tree, contract), plain[:_LONGEST_MESSAGE], tuple(map(SecretStr, found[:_MOST])))


def _tree(answer: Answer) -> Any:
    text = answer.content.decode("utf-8", "replace").strip()
    if not text:
        return {}
    try:
        return json_body(answer.content)
    except ValueError:
        if text.startswith("<") or "html" in answer.headers.get("Content-Type", "").lower():
            raise ValueError(tr("it is a page, not an answer of the API's")) from None
        return text


def _texts(name: str, tree: Any) -> Iterator[tuple[str, str]]:
    """Give every text in *tree*, with the name of its member."""
    left = [(name, tree)]
    while left:
        name, value = left.pop(0)
        if isinstance(value, str):
            yield name, value.strip()
        elif isinstance(value, dict):
            left += [(str(member), inner) for member, inner in value.items()]
        elif isinstance(value, list):
            left += [(name, inner) for inner in value]


def _could_be(text: str) -> bool:
    try:
        return len(as_key(text).get_secret_value()) >= _SHORTEST
    except ValueError:
        return False


def _is_odd(word: str) -> bool:
    """Whether a long word is none of a language's: such a one is never shown."""
    return len(word) >= _SURELY_NO_WORD or any(sign.isdigit() for sign in word)


def _validity(tree: Any, contract: Contract) -> bool | None:
    names = contract.names("answer", "is_valid")
    said = next((tree[name] for name in names if name in tree), None) if isinstance(tree, dict) else None
    return {"true": True, "false": False}.get(str(said).lower())
