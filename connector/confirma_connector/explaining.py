"""What each problem code means, its cause and its cure: the pages of docs/, in the reader's language."""

from __future__ import annotations

import re
from collections.abc import Iterator

from confirma_connector.language import current
from confirma_connector.plugins import bundled

__all__ = ["explanations", "meaning", "paragraphs"]

_SECTION = re.compile(r"^## (?P<code>E-[A-Z-]+)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`([^`]*)`")
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def explanations() -> dict[str, str]:
    """Give what the page of the language says of each code, by code."""
    name = "problems.md" if current() == "en" else f"problems.{current()}.md"
    page = (bundled("problems") / name).read_text("utf-8")
    return {found["code"]: found["text"].strip() for found in _SECTION.finditer(page)}


def meaning(text: str) -> str:
    """Give the first sentence of an explanation: what the problem is."""
    return _plain(text.partition("\n\n")[0])


def paragraphs(text: str) -> Iterator[tuple[str, bool]]:
    """Give an explanation as plain text, paragraph by paragraph, and of each whether its lines are to stay."""
    for part in text.split("\n\n"):
        if part.startswith("```"):
            yield "\n".join(part.split("\n")[1:-1]), True
        else:
            yield _plain(part), False


def _plain(part: str) -> str:
    text = " ".join(_LINK.sub(r"\1", part).replace("**", "").split())
    return _CODE.sub(lambda found: found[1] if '"' in found[1] else f'"{found[1]}"', text)
