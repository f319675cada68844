"""What a mapping file may say: its blocks and fields, and their JSON Schema for editors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from confirma_connector.acknowledging import KINDS, AnswerBlock
from confirma_connector.beside import LinesBlock, RegisterBlock
from confirma_connector.fields import INVOICE_FIELDS, ROW_FIELDS
from confirma_connector.language import tr
from confirma_connector.locales import LocaleBlock, Texts
from confirma_connector.money import Prices, Vat
from confirma_connector.yamltext import Place

__all__ = ["FieldRule", "Heading", "MappingFile", "Part", "Skip", "Test", "mapping_schema"]


Part = Literal["header", "line", ""]
"""Which records of an invoice a column is read from; "" where it may be any."""


def _short_form(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Test(_Block):
    """Something that one column says, as spelled."""

    column: str
    empty: bool | None = None
    equals: str | None = None
    in_: Texts | None = Field(default=None, alias="in")
    starts_with: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.empty, self.equals, self.in_, self.starts_with)
        if sum(test is not None for test in tests) != 1:
            raise ValueError(
                tr("a skip needs exactly one of empty, equals, in, starts_with")
                if isinstance(self, Skip)
                else tr("a test needs exactly one of empty, equals, in, starts_with")
            )
        return self

    def is_met(self, text: str, *, is_empty: bool) -> bool:
        """Tell whether *text*, the column's without outer space, meets the test."""
        if self.empty is not None:
            return is_empty == self.empty
        if self.equals is not None:
            return text == self.equals.strip()
        if self.in_ is not None:
            return text in (choice.strip() for choice in self.in_)
        return text.startswith((self.starts_with or "").lstrip())

    def told(self, text: str, header: str) -> str:
        """Say in which way the *text* under *header* meets the test."""
        if self.empty is not None:
            return tr('"{header}" is empty', header=header) if self.empty else tr('"{header}" is filled', header=header)
        if self.starts_with is not None:
            return tr('"{header}" starts with "{start}"', header=header, start=self.starts_with.lstrip())
        return tr('"{header}" is "{text}"', header=header, text=text if self.equals is None else self.equals)


class Skip(Test):
    """One kind of row that is not an invoice row. *part* says which part of an invoice the row tells of.

    A header that is skipped takes the rows of its invoice along: those of its document, or the rows right below that
    name no invoice of their own. Of a row whose line is skipped the header is kept. *because* is the reason in people's
    words.
    """

    part: Literal["header", "line"] | None = None
    because: str = ""


class Split(_Block):
    """One of the parts of a text that joins several: the one that *take* counts, between the signs *at*.

    With *of* there have to be so many parts, or none.
    """

    at: str = Field(min_length=1)
    take: int = Field(ge=1)
    of: int | None = Field(default=None, ge=1)

    def piece(self, text: str) -> str:
        """Give the part; "" where the text has no such. Raises ValueError for another number of parts."""
        parts = text.split(self.at) if text else []
        if parts and self.of is not None and len(parts) != self.of:
            raise ValueError(
                tr(
                    'expected {expected} parts with "{mark}" between them, and there are {found}',
                    expected=self.of,
                    mark=self.at,
                    found=len(parts),
                )
            )
        return parts[self.take - 1] if self.take <= len(parts) else ""


class FieldRule(_Block):
    """Where one field's value comes from: column(s) → register → default → prefixes → transforms → table → type.

    Of a column that joins several texts, *split* takes one. Where the columns are empty, or there are none, *register*
    ("customers.Street") names the column of a register that fills the field.
    *empty* are spellings that mean nothing here, besides those of the locale. *prefixes* are the beginnings a text may
    have, and what stands in their place. A number whose sign another column tells
    is turned when that column meets *negative_when*; one that is for so many units is divided by the number of the
    column *per*.
    """

    column: str | None = None
    columns: Texts | None = None
    constant: str | None = None
    register_: str | None = Field(default=None, alias="register", pattern=r"^[^.]+\..")
    join: str = " "
    split: Split | None = None
    empty: Texts = ()
    default: str | None = None
    prefixes: dict[str, str] = {}
    transform: Texts = ()
    table: str | None = None
    negative_when: Test | None = None
    per: str | None = None

    @field_validator("register_", mode="before")
    @classmethod
    def _register_and_column(cls, value: object) -> object:
        name, _, column = value.partition(".") if isinstance(value, str) else ("?", "", "?")
        if not name or not column:
            raise ValueError(tr("expected a register and one of its columns, as in customers.Street"))
        return value

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        origins = sum(origin is not None for origin in (self.column, self.columns, self.constant))
        if origins > 1 or (origins == 0 and self.register_ is None):
            raise ValueError(tr("a field needs exactly one of column, columns, constant"))
        if self.register_ is not None and self.constant is not None:
            raise ValueError(tr("a constant leaves nothing for a register to fill"))
        if self.split is not None and self.column is None:
            raise ValueError(tr("only a field of one column has something to split"))
        return self

    def sources(self) -> tuple[str, ...]:
        """Name the columns this field's value is read from, in our words."""
        return (self.column,) if self.column is not None else self.columns or ()

    def words(self) -> tuple[str, ...]:
        """Name every column this field looks at, in our words."""
        told = () if self.negative_when is None else (self.negative_when.column,)
        return (*self.sources(), *told, *(() if self.per is None else (self.per,)))


class ResultsBlock(_Block):
    """Other headers for the result columns; and the kind of list that a source which cannot carry them gets."""

    state: str = "confirma_state"
    message: str = "confirma_message"
    updated: str = "confirma_updated"
    case_id: str = "confirma_case_id"
    file: Literal["csv", "xlsx"] = "csv"


class ToAddBlock(_Block):
    """What the source does not say and a mapping that extends this one has to: by key, as an example spells it."""

    locale: dict[str, Any] = {}
    invoice: dict[str, Any] = {}


Rules = dict[str, Annotated[FieldRule, BeforeValidator(_short_form, json_schema_input_type=str | FieldRule)]]


class Heading(BaseModel):
    """What every mapping file says for itself: nothing of it is inherited."""

    model_config = ConfigDict(frozen=True)

    version: Literal["1"]
    name: str = Field(min_length=1)
    description: str = ""
    extends: str | None = None


class MappingFile(Heading, _Block):
    """A mapping from one kind of source to Confirma's invoice, with what it extends."""

    adapter: str
    source: dict[str, Any] = {}
    locale: LocaleBlock = LocaleBlock()
    lines_from: LinesBlock | None = None
    columns: dict[str, Texts] = {}
    skip: tuple[Skip, ...] = ()
    fill_down: Texts = ()
    group_by: Texts = ()
    first_in_group: Texts = ()
    scattered: bool = False
    prices: Prices = "net"
    vat: Vat = "per_row"
    missing_reference: Literal["fi", "rf"] | None = None
    invoice: Rules
    rows: Rules = {}
    charges: tuple[Rules, ...] = ()
    to_add: ToAddBlock = ToAddBlock()
    tables: dict[str, dict[str, str]] = {}
    registers: dict[str, RegisterBlock] = {}
    results: ResultsBlock = ResultsBlock()
    answer: AnswerBlock | None = None
    rules: dict[str, str] = {}

    @model_validator(mode="after")
    def _one_way_to_group(self) -> Self:
        words = ("fill_down", "group_by", "first_in_group", "scattered")
        if self.lines_from is not None and (said := [word for word in words if getattr(self, word)]):
            raise ValueError(
                tr(
                    "{keys} is for rows in one table: lines_from says already what belongs together",
                    keys=tr(" and ").join(said),
                )
            )
        return self

    def told_by(self, rule: FieldRule) -> tuple[str, ...]:
        """Name the columns that a field's value is read from, or looked up by."""
        register = self.registers.get(rule.register_.partition(".")[0]) if rule.register_ else None
        return rule.sources() if register is None else (*rule.sources(), register.by)

    def uses(self) -> Iterator[tuple[Place, str, Part]]:
        """Give every column the mapping looks at, with its place and the part of an invoice it is read from."""
        for index, skip in enumerate(self.skip):
            yield ("skip", index), skip.column, skip.part or ""
        for key, words in (("fill_down", self.fill_down), ("group_by", self.group_by)):
            yield from (((key,), word, "") for word in words)
        yield from ((("first_in_group",), word, "") for word in self.first_in_group)
        if self.lines_from is not None:
            yield ("lines_from", "key"), self.lines_from.key, "line"
            yield ("lines_from", "to"), self.lines_from.header_key, "header"
        blocks: list[tuple[Place, Part, Rules]] = [
            (("invoice",), "header", self.invoice),
            (("rows",), "line", self.rows),
        ]
        blocks += [(("charges", index), "header", charge) for index, charge in enumerate(self.charges)]
        for place, part, fields in blocks:
            for name, rule in fields.items():
                yield from (
                    ((*place, name), word, part) for word in dict.fromkeys((*self.told_by(rule), *rule.words()))
                )
        for name, word in self.answer.values.items() if self.answer else ():
            yield ("answer", "values", name), word, "header"


def mapping_schema() -> dict[str, Any]:
    """Give the JSON Schema of mapping files, with the closed vocabulary of fields, for editors."""
    schema = MappingFile.model_json_schema()
    for section, vocabulary in (("invoice", INVOICE_FIELDS), ("rows", ROW_FIELDS)):
        schema["properties"][section]["propertyNames"] = {"enum": list(vocabulary)}
    schema["$defs"]["AnswerBlock"]["properties"]["kind"]["enum"] = list(KINDS)
    for block in (
        schema,
        schema["$defs"]["LocaleBlock"],
        schema["$defs"]["ResultsBlock"],
        schema["$defs"]["ToAddBlock"],
    ):
        for name in block["properties"].keys() - Heading.model_fields.keys():
            block["properties"][name] = _or_blank(block["properties"][name])
    schema["properties"]["version"] = {"enum": ["1", 1]}  # unlike us, an editor sees a number in `version: 1`
    of_each = Heading.model_json_schema()["required"]
    inherited = [name for name in schema["required"] if name not in of_each]
    return schema | {"required": of_each, "if": {"not": {"required": ["extends"]}}, "then": {"required": inherited}}


def _or_blank(part: dict[str, Any]) -> dict[str, Any]:
    """A file that extends another takes out what it leaves blank; an editor sees a null there."""
    if isinstance(values := part.get("additionalProperties"), dict):
        part = part | {"additionalProperties": _or_blank(values)}
    is_block = part.get("type") == "object"
    return part | {"type": ["object", "null"]} if is_block else {"anyOf": [part, {"type": "null"}]}
