"""What stands before a sheet's rows: its dimension and the widths of its columns, made to fit the result columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from confirma_connector.workbook.area import area
from confirma_connector.workbook.lists import with_attribute
from confirma_connector.workbook.markup import IN_TAG, attributes, masked

__all__ = ["fitted_head"]


def fitted_head(head: bytes, prefix: str, widths: Mapping[int, int], bottom: int) -> bytes:
    """Give a sheet's head for new columns of *widths* down to row *bottom*; a column that was hidden there is shown."""
    text, look = head.decode("utf-8"), masked(head).decode("utf-8", "replace")
    dimension = re.search(rf"<{prefix}dimension{IN_TAG}>", look) if len(look) == len(text) else None
    if dimension and (place := area(attributes(dimension[0]).get("ref", ""))):
        wide = place.widened(max(widths)).lengthened(bottom)
        text = text[: dimension.start()] + with_attribute(dimension[0], "ref", str(wide)) + text[dimension.end() :]
    block = re.search(rf"(<{prefix}cols(?:\s{IN_TAG})?>)(.*?)(</{prefix}cols\s*>)", text, re.DOTALL)
    if block:
        told = [(attributes(tag), tag) for tag in re.findall(rf"<{prefix}col\s{IN_TAG}>", block[2])]
        return (text[: block.start(2)] + _columns(told, prefix, widths) + text[block.end(2) :]).encode("utf-8")
    rows = re.search(rf"<{prefix}sheetData{IN_TAG}>\Z", text)
    at = rows.start() if rows else len(text)
    return f"{text[:at]}<{prefix}cols>{_columns([], prefix, widths)}</{prefix}cols>{text[at:]}".encode()


def _columns(told: list[tuple[dict[str, str], str]], prefix: str, widths: Mapping[int, int]) -> str:
    missing = dict(widths)
    found: list[tuple[int, str]] = []
    for attrs, tag in told:
        first, last = int(attrs.get("min", "0")), int(attrs.get("max", "0"))
        ours = [column for column in widths if first <= column <= last]
        if not ours or attrs.get("hidden", "0") not in ("1", "true"):
            found.append((first, tag))
            missing = {column: width for column, width in missing.items() if column not in ours}
        else:
            found += _around(tag, first, last, ours)
    found += [
        (column, f'<{prefix}col min="{column}" max="{column}" width="{width}" customWidth="1"/>')
        for column, width in missing.items()
    ]
    return "".join(tag for _, tag in sorted(found, key=lambda column: column[0]))


def _around(tag: str, first: int, last: int, ours: list[int]) -> Iterator[tuple[int, str]]:
    """Give what is left of a run of hidden columns when ours are taken out of it."""
    if first < min(ours):
        yield first, with_attribute(tag, "max", str(min(ours) - 1))
    if last > max(ours):
        yield max(ours) + 1, with_attribute(with_attribute(tag, "min", str(max(ours) + 1)), "max", str(last))
