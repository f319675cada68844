"""What stands before a sheet's rows: its dimension and the widths of its columns, made to fit the result columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from confirma_connector.workbook.area import area
from confirma_connector.workbook.lists import with_attribute
from confirma_connector.workbook.markup import IN_TAG, attributes, edges, elements, masked

__all__ = ["fitted_head"]


def fitted_head(head: bytes, prefix: str, widths: Mapping[int, int], bottom: int) -> bytes:
    """Give a sheet's head for new columns of *widths* down to row *bottom*; a column that was hidden there is shown."""
    text, look = head.decode("latin-1"), masked(head).decode("latin-1")  # a character a byte: places are the same
    rows = re.search(rf"<{prefix}sheetData{IN_TAG}>\Z", look)
    blocks = (found for found in elements(look, edges(f"{prefix}cols")) if not found[2].endswith("/"))
    if block := next(blocks, None):
        end = look.rindex("</", block[0], block[1])
        start = end - len(block[3])
        text = text[:start] + _columns(text[start:end], look[start:end], prefix, widths) + text[end:]
    elif rows:
        fresh = f"<{prefix}cols>{_columns('', '', prefix, widths)}</{prefix}cols>"
        text = text[: rows.start()] + fresh + text[rows.start() :]
    dimension = re.search(rf"<{prefix}dimension\s{IN_TAG}>", look)
    if dimension and (place := area(attributes(dimension[0]).get("ref", ""))):
        wide = with_attribute(dimension[0], "ref", str(place.widened(max(widths)).lengthened(bottom)))
        text = text[: dimension.start()] + wide + text[dimension.end() :]
    return text.encode("latin-1")


def _columns(text: str, look: str, prefix: str, widths: Mapping[int, int]) -> str:
    missing = dict(widths)
    found: list[tuple[int, str]] = []
    end = 0
    for match in re.finditer(rf"<{prefix}col(\s{IN_TAG})(?:(?<=/)>|(?<!/)>\s*</{prefix}col\s*>)", look):
        told = attributes(match[1])
        first, last = int(told.get("min", "0")), int(told.get("max", "0"))
        lead, end = text[end : match.start()], match.end()
        ours = [column for column in widths if first <= column <= last]
        if ours and told.get("hidden", "0") in ("1", "true"):
            found += [(column, lead + tag) for column, tag in _around(match[0], first, last, ours)]
        else:
            found.append((first, lead + match[0]))
            missing = {column: width for column, width in missing.items() if column not in ours}
    found += [
        (column, f'<{prefix}col min="{column}" max="{column}" width="{width}" customWidth="1"/>')  # not for people
        for column, width in missing.items()
    ]
    return "".join(tag for _, tag in sorted(found, key=lambda column: column[0])) + text[end:]


def _around(tag: str, first: int, last: int, ours: list[int]) -> Iterator[tuple[int, str]]:
    """Give what is left of a run of hidden columns when ours are taken out of it."""
    if first < min(ours):
        yield first, with_attribute(tag, "max", str(min(ours) - 1))
    if last > max(ours):
        yield max(ours) + 1, with_attribute(with_attribute(tag, "min", str(max(ours) + 1)), "max", str(last))
