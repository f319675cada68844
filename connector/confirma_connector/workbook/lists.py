"""Tables and autofilters grow by the result columns, or the first sort would put every state beside another invoice."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from confirma_connector.errors import NoWriteBack
from confirma_connector.language import tr
from confirma_connector.workbook.area import Area, area
from confirma_connector.workbook.book import Sheet, Table
from confirma_connector.workbook.markup import IN_TAG, attributes, edges, elements, in_attribute

__all__ = ["filter_area", "grown_filter", "grown_filter_name", "grown_table", "merged_areas", "with_attribute"]


def with_attribute(tag: str, name: str, value: str) -> str:
    """Give the text of a tag with another value for an attribute that it has."""
    return re.sub(rf"""(\s{name}\s*=\s*)(?:"[^"]*"|'[^']*')""", lambda match: f'{match[1]}"{value}"', tag, count=1)


def grown_table(data: bytes, table: Table, names: Sequence[str]) -> bytes:
    """Give a table's part with the columns *names* added at its right end."""
    text = data.decode("utf-8")
    p = _prefix(text, "table")
    widened = _widening(table.area, table.area.right + len(names))
    text = re.sub(rf"<{p}(?:table|autoFilter|sortState)(?:\s{IN_TAG})?>", widened, text)
    columns = next(elements(text, edges(f"{p}tableColumns")), None)
    if columns is None:
        raise NoWriteBack(tr("the table {table} names no columns, and cannot grow", table=table.name))
    start, end, attrs, inner = columns
    tags = re.findall(rf"<{p}tableColumn(\s{IN_TAG})>", inner)
    used = [int(number) for tag in tags if (number := attributes(tag).get("id", "")).isdecimal() and len(number) < 10]
    added = "".join(
        f'<{p}tableColumn id="{number}" name="{in_attribute(name)}"/>'  # not for people
        for number, name in enumerate(names, max(used, default=0) + 1)
    )
    opening = with_attribute(f"<{p}tableColumns{attrs}>", "count", str(len(used) + len(names)))
    closing = text[text.rindex("</", start, end) :]
    return (text[:start] + opening + inner + added + closing).encode("utf-8")


def filter_area(tail: str, prefix: str) -> Area | None:
    """Give the area of the sheet's own autofilter."""
    match = re.search(rf"<{prefix}autoFilter({IN_TAG})>", _own(tail, prefix))
    return area(attributes(match[1]).get("ref", "")) if match else None


def grown_filter(tail: str, prefix: str, was: Area, right: int) -> str:
    """Give a sheet's tail with its autofilter, and the order it keeps, reaching to column *right*."""
    own = _own(tail, prefix)
    changed, end = "", 0
    for match in re.finditer(rf"<{prefix}(?:autoFilter|sortState)(?:\s{IN_TAG})?>", own):
        changed += tail[end : match.start()] + _widening(was, right)(match)
        end = match.end()
    return changed + tail[end:]


def grown_filter_name(data: bytes, sheet: Sheet, was: Area, right: int) -> bytes:
    """Give the workbook's part with the hidden name of the sheet's autofilter reaching to column *right*."""
    text = data.decode("utf-8")
    p = _prefix(text, "workbook")

    def fix(match: re.Match[str]) -> str:
        told = attributes(match[1])
        is_its = told.get("name") == "_xlnm._FilterDatabase" and told.get("localSheetId") == str(sheet.position)
        start, mark, place = match[2].rpartition("!")
        if not is_its or area(place) != was:
            return match[0]
        wide = str(was.widened(right))
        shown = re.sub(r"([A-Z]+)(\d+)", r"$\1$\2", wide) if "$" in place else wide
        return f"<{p}definedName{match[1]}>{start}{mark}{shown}{match[3]}"

    return re.sub(rf"<{p}definedName({IN_TAG})>([^<]*)(</{p}definedName\s*>)", fix, text).encode("utf-8")


def merged_areas(tail: str, prefix: str) -> list[Area]:
    """Give the areas of merged cells."""
    found = re.findall(rf"<{prefix}mergeCell({IN_TAG})>", tail)
    return [place for attrs in found if (place := area(attributes(attrs).get("ref", "")))]


def _prefix(text: str, root: str) -> str:
    match = re.search(rf"<([\w.-]+:)?{root}[\s>]", text)
    return match[1] or "" if match else ""


def _own(tail: str, prefix: str) -> str:
    """Give the tail with other people's views of the sheet blanked out: they have filters of their own."""
    own, last = "", 0
    for start, end, _, _ in elements(tail, edges(f"{prefix}customSheetViews")):
        own, last = own + tail[last:start] + " " * (end - start), end
    return own + tail[last:]


def _widening(was: Area, right: int) -> Callable[[re.Match[str]], str]:
    """Give what widens the `ref` of a tag that reaches to the right end of the list."""

    def widened(match: re.Match[str]) -> str:
        place = area(attributes(match[0]).get("ref", ""))
        if place is None or place.right != was.right or not was.top <= place.top <= was.bottom:
            return match[0]
        return with_attribute(match[0], "ref", str(place.widened(right)))

    return widened
