"""Number formats: what a numeric cell shows is a date, a rate in per cent, a code with its zeros, or a plain number."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Literal
from xml.etree import ElementTree

from confirma_connector.language import tr
from confirma_connector.records import Unreadable, Value
from confirma_connector.workbook.markup import children

__all__ = ["PLAIN", "Format", "formats", "parsed"]

Kind = Literal["number", "date", "percent", "zeros"]

_CODES: Mapping[str, Sequence[int]] = {
    "0": (1,),
    "0.00": (2,),
    "#,##0": (3, 37, 38, 41, 42),
    "#,##0.00": (4, 39, 40, 43, 44),
    "0%": (9,),
    "0.00%": (10,),
    "0.00E+00": (11, 48),
    "# ?/?": (12, 13),
    "d.m.yyyy": (14, 15, 16, 17, *range(27, 32), 36, *range(50, 55), 57, 58),
    "h:mm": (18, 19, 20, 21, 32, 33, 34, 35, 45, 46, 47, 55, 56),
    "d.m.yyyy h:mm": (22,),
}
_BUILT_IN = {number: code for code, numbers in _CODES.items() for number in numbers}
"""The formats that have a number only (ECMA-376, 18.8.30), as far as they differ for us."""

_TOKEN = re.compile(r'"[^"]*"?|\\.?|_.?|\*.?|\[[^\]]*\]?|.', re.DOTALL)
_ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_BETWEEN_ZEROS = frozenset("- /.")
_FIFTEEN = Context(prec=15)
_MOST_DIGITS = 15
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_LONGEST = 400
_LARGEST = 307  # ten to the power of this
_MOST_DECIMALS = 30
_WIDE = Context(prec=400)
_LAST_DAY = 2_958_465  # 9999-12-31 in the 1900 system
_NOT_A_LEAP_YEAR = 60  # the 29th of February 1900, which Excel knows and the calendar does not


@dataclass(frozen=True, slots=True)
class Format:
    """How a numeric cell is shown. *template* has a 0 for each digit; *decimals* is None where they are not fixed."""

    kind: Kind = "number"
    decimals: int | None = None
    template: str = ""
    has_time: bool = False
    has_day: bool = False

    def value(self, text: str, *, is_1904: bool, rounds: bool) -> Value:
        """Give what the number *text* means in a cell of this format; *rounds* to the decimals that are shown."""
        is_number = len(text) <= _LONGEST and _NUMBER.fullmatch(text)
        number = Decimal(text if is_number else "NaN") or Decimal(0)
        if number.is_nan() or abs(number.adjusted()) > _LARGEST:
            return Unreadable(text, tr("is no number that a cell can hold"))
        if self.kind == "date":
            return self._moment(number, text, is_1904=is_1904)
        if number.adjusted() >= _MOST_DIGITS:
            return Unreadable(
                f"{number:f}",
                tr(
                    "is a number of more than 15 digits, of which a spreadsheet keeps only the first 15: "
                    "format the cell as text and enter it again"
                ),
            )
        if (
            _FIFTEEN.plus(number) != number
        ):  # Excel itself counts and shows fifteen: the rest is the residue of binary sums
            number = Decimal(f"{float(number):.15g}").normalize()
        if self.kind == "zeros" and number >= 0 and number == number.to_integral_value():
            return _filled(self.template, f"{number:.0f}")
        if self.kind == "percent":
            number *= 100
        if rounds and self.decimals is not None:
            number = number.quantize(Decimal(1).scaleb(-self.decimals), ROUND_HALF_UP, _WIDE)
        return number or Decimal(0)

    def _moment(self, number: Decimal, text: str, *, is_1904: bool) -> Value:
        last = _LAST_DAY - 1462 if is_1904 else _LAST_DAY
        if not 0 <= number < last + 1:
            return Unreadable(text, tr("has the format of a date, and is none"))
        days, seconds = divmod(int((number * 86_400).to_integral_value(ROUND_HALF_UP)), 86_400)
        if not self.has_day:
            minutes, second = divmod(days * 86_400 + seconds, 60)
            return f"{minutes // 60}:{minutes % 60:02}:{second:02}"
        if not self.has_time:
            days, seconds = int(number), 0
        if days > last or (days in (0, _NOT_A_LEAP_YEAR) and not is_1904):
            return Unreadable(text, tr("has the format of a date, and is none"))
        day = _day_zero(days, is_1904=is_1904) + dt.timedelta(days=days)
        return dt.datetime.combine(day, dt.time()) + dt.timedelta(seconds=seconds) if seconds else day


def _day_zero(days: int, *, is_1904: bool) -> dt.date:
    if is_1904:
        return dt.date(1904, 1, 1)
    return dt.date(1899, 12, 31 if days < _NOT_A_LEAP_YEAR else 30)


PLAIN = Format()


def _filled(template: str, digits: str) -> str:
    """Put *digits* into the zeros of *template* from the right: "00000" and 100 give "00100"."""
    left, shown = list(digits), []
    for sign in reversed(template):
        shown.append((left.pop() if left else "0") if sign == "0" else sign)
    return "".join(left) + "".join(reversed(shown))


def parsed(code: str) -> Format:
    """Read a format code; only its first section that shows a value counts, as a rule that of positive numbers."""
    bare, template = "", ""
    has_elapsed = False
    for token in _TOKEN.findall(code):
        if token == ";":
            if bare.strip():
                break
            template = ""
            continue
        has_elapsed = has_elapsed or bool(_ELAPSED.fullmatch(token))
        literal = token[1:].removesuffix('"') if token[0] in '"\\' else ""
        if token[0] not in '"\\_*[':
            bare += token
        template += literal if token[0] in '"\\' else "" if token[0] in "_*[" else token
    lowered = bare.lower()
    if lowered in ("general", "@", ""):
        return PLAIN
    if has_elapsed or any(sign in lowered for sign in "dmyhs"):
        has_time = has_elapsed or "h" in lowered or "s" in lowered
        return Format("date", has_day="d" in lowered or "y" in lowered or not has_time, has_time=has_time)
    if template.count("0") > 1 and set(bare) <= {"0", "-", " "} and set(template) <= {"0", *_BETWEEN_ZEROS}:
        return Format("zeros", decimals=0, template=template.strip())
    is_scaled = "e" in lowered or "/" in bare or re.search(r"[0#?],+(?:$|[^0#?,])", bare)
    decimals = None if is_scaled else min(len(re.findall(r"[0#?]", bare.partition(".")[2])), _MOST_DECIMALS)
    if not re.search(r"[0#?]", bare):
        decimals = None
    return Format("percent" if "%" in bare else "number", decimals)


def formats(styles: ElementTree.Element | None) -> Sequence[Format]:
    """Give the format of each cell style by its index (`s`)."""
    codes = dict(_BUILT_IN)
    for block in children(styles, "numFmts"):
        for custom in children(block, "numFmt"):
            codes[int(custom.get("numFmtId", "0"))] = custom.get("formatCode", "")
    known: dict[int, Format] = {}
    found = []
    for block in children(styles, "cellXfs"):
        for style in children(block, "xf"):
            number = int(style.get("numFmtId", "0"))
            if number not in known:
                known[number] = parsed(codes.get(number, "General"))
            found.append(known[number])
    return found
