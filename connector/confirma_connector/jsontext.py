"""JSON as the API sends it, and the texts in it as people may see them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import InvalidOperation
from typing import Any

import simplejson

from confirma_connector.errors import legible
from confirma_connector.language import tr
from confirma_connector.masking import masked

__all__ = ["first", "json_body", "text", "words"]


def json_body(body: bytes) -> Any:
    """Parse a body as JSON with exact numbers. Raises ValueError."""
    try:
        return simplejson.loads(body.decode("utf-8-sig"), use_decimal=True)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None
    except InvalidOperation:
        raise ValueError(tr("it has a number with an exponent beyond all bounds")) from None


def first(tree: Mapping[str, Any], names: Iterable[str]) -> Any:
    """Give the first member of *names* that is not empty."""
    return next((tree[name] for name in names if tree.get(name) not in (None, "")), None)


def text(value: Any) -> str:
    """Give a plain value as one line; "" for an object or a list."""
    return "" if value is None or isinstance(value, (dict, list)) else legible(" ".join(str(value).split()))


def words(value: Any) -> str:
    """Give what is said for people: it may repeat what an invoice says, but no personal identity number."""
    return masked(text(value))
