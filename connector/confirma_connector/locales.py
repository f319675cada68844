"""How a mapping says in what way numbers, dates and nothing are spelled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator

from confirma_connector.language import mark, tr
from confirma_connector.parsing import Locale, is_date_pattern

__all__ = ["LocaleBlock", "Texts"]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _is_mark(text: str) -> bool:
    return len(text) == 1 and not text.isalnum() and text not in "+-\u2212()"


def _is_decimal_mark(text: str) -> bool:
    return _is_mark(text) and not text.isspace()


def _checked(fits: Callable[[str], bool], otherwise: str) -> AfterValidator:
    def check(text: str) -> str:
        if not fits(text):
            raise ValueError(tr(otherwise, text=text))
        return text

    return AfterValidator(check)


_OneOrMore = BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])
Texts = Annotated[tuple[str, ...], _OneOrMore]
DecimalMark = Annotated[
    str, _checked(_is_decimal_mark, mark('"{text}" cannot be a decimal mark: one character, as a comma or a point'))
]
ThousandsMark = Annotated[
    str, _checked(_is_mark, mark('"{text}" cannot be a thousands mark: one character, as a space or a point'))
]
DatePattern = Annotated[str, _checked(is_date_pattern, mark('"{text}" is not a date pattern with %d, %m and %Y'))]


class LocaleBlock(BaseModel):
    """How numbers and dates are spelled in this source."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    decimal: DecimalMark = "."
    thousands: Annotated[tuple[ThousandsMark, ...], _OneOrMore] = ()
    dates: Annotated[tuple[DatePattern, ...], _OneOrMore] = ("%Y-%m-%d",)
    empty: Texts = ("",)
    trailing_minus: bool = False
    parentheses: bool = False

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        if self.decimal in self.thousands:
            raise ValueError(tr('"{decimal}" is declared both as decimal and as thousands mark', decimal=self.decimal))
        return self

    def locale(self) -> Locale:
        """Give the parser for these declarations."""
        return Locale(**dict(self))
