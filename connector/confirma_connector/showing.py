"""One request body as people may see it: laid out, personal identity numbers hidden, files cut short."""

from __future__ import annotations

from typing import Any

import simplejson

from confirma_connector.contract import Contract
from confirma_connector.language import tr, whole
from confirma_connector.masking import masked

__all__ = ["shown"]

_LONGEST = 300


def shown(body: bytes, contract: Contract) -> str:
    """Give *body* as indented JSON."""
    tree = simplejson.loads(body, use_decimal=True)
    text = simplejson.dumps(_shortened(tree), use_decimal=True, ensure_ascii=False, indent=2)
    return masked(text, contract.personal(body))


def _shortened(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shortened(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner) for inner in value]
    if isinstance(value, str) and len(value) > _LONGEST:
        return tr("{beginning}… ({length} characters)", beginning=value[:40], length=whole(len(value)))
    return value
