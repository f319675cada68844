"""HTML as elements: every text is escaped when it is written, by construction."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from xml.etree.ElementTree import Element

__all__ = ["element", "picture", "table"]


def element(name: str, /, *children: Element | str, **attributes: str) -> Element:
    """Make an element; a trailing underscore of an attribute's name is left out, others become hyphens."""
    made = Element(name, {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()})
    for child in children:
        if isinstance(child, Element):
            made.append(child)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + child
        else:
            made.text = (made.text or "") + child
    return made


def table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str]],
    kinds: Mapping[int, str],
    whole: Sequence[str] = (),
) -> Element:
    """Make a table whose first column names its rows; *whole* is a last row for all of them.

    *kinds* are the columns that hold more than short text: "number", "words", "id". The table stands in a box of its
    own that scrolls sideways where the page is narrow, also by keyboard.
    """
    head = element("thead", _row(header, kinds, "th", scope="col"))
    lines = [_row(cells, kinds, "td") for cells in rows]
    if whole:
        lines.append(_row(whole, kinds, "td"))
        lines[-1].set("class", "all")
    made = element("table", element("caption", caption), head, element("tbody", *lines))
    return element("div", made, class_="wide", role="region", tabindex="0", aria_label=caption)


def _row(cells: Sequence[str], kinds: Mapping[int, str], name: str, scope: str = "row") -> Element:
    made = element("tr")
    for place, text in enumerate(cells):
        kind = {"class_": kinds[place]} if place in kinds else {}
        is_head = name == "th" or place == 0
        made.append(element("th", text, scope=scope, **kind) if is_head else element(name, text, **kind))
    return made


def picture(svg: bytes, text: str) -> Element:
    """Show a picture that the page itself holds, with *text* for those who do not see it."""
    return element("img", src=f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}", alt=text)
