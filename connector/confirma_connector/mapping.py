"""The mapping file: its shape, and every mistake in it that can be found without data."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from confirma_connector import rules
from confirma_connector.errors import MappingError
from confirma_connector.fields import CHOICES, INVOICE_FIELDS, NOT_SENT, REQUIRED, ROW_FIELDS, Conversion, Kind
from confirma_connector.mistakes import Mistakes, did_you_mean, opened
from confirma_connector.money import Prices, Vat
from confirma_connector.parsing import Locale, is_date_pattern
from confirma_connector.plugins import Adapter, Registry, bundled
from confirma_connector.records import ResultHeaders
from confirma_connector.tables import CodeTable, TableError, read_table
from confirma_connector.transforms import TRANSFORMS
from confirma_connector.yamltext import Place

__all__ = ["FieldRule", "LoadedMapping", "MappingFile", "Skip", "find", "load_mapping", "mapping_schema", "shipped"]


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _short_form(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]


def _is_mark(mark: str) -> bool:
    return len(mark) == 1 and not mark.isalnum() and mark not in "+-\u2212()"


class _Block(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LocaleBlock(_Block):
    """How numbers and dates are spelled in this source."""

    decimal: str = Field(default=".", min_length=1, max_length=1)
    thousands: Texts = ()
    dates: Texts = ("%Y-%m-%d",)
    empty: Texts = ("",)
    trailing_minus: bool = False
    parentheses: bool = False

    @model_validator(mode="after")
    def _unambiguous(self) -> Self:
        if self.decimal.isspace() or not _is_mark(self.decimal):
            raise ValueError(f'"{self.decimal}" cannot be a decimal mark: one character, as a comma or a point')
        for mark in self.thousands:
            if not _is_mark(mark):
                raise ValueError(f'"{mark}" cannot be a thousands mark: one character, as a space or a point')
            if mark == self.decimal:
                raise ValueError(f'"{mark}" is declared both as decimal and as thousands mark')
        for pattern in self.dates:
            if not is_date_pattern(pattern):
                raise ValueError(f'"{pattern}" is not a date pattern with %d, %m and %Y')
        return self

    def locale(self) -> Locale:
        """Give the parser for these declarations."""
        return Locale(**dict(self))


class Skip(_Block):
    """One kind of row that is not an invoice row, told by one column as spelled."""

    column: str
    empty: bool | None = None
    equals: str | None = None
    in_: Texts | None = Field(default=None, alias="in")
    starts_with: str | None = Field(default=None, min_length=1)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        tests = (self.empty, self.equals, self.in_, self.starts_with)
        if sum(test is not None for test in tests) != 1:
            raise ValueError("a skip needs exactly one of empty, equals, in, starts_with")
        return self


class FieldRule(_Block):
    """Where one field's value comes from: column(s) → empty? → default → transforms → table → type."""

    column: str | None = None
    columns: Texts | None = None
    constant: str | None = None
    join: str = " "
    default: str | None = None
    transform: Texts = ()
    table: str | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if sum(origin is not None for origin in (self.column, self.columns, self.constant)) != 1:
            raise ValueError("a field needs exactly one of column, columns, constant")
        return self

    def sources(self) -> tuple[str, ...]:
        """Name the columns this field reads, in our words."""
        return (self.column,) if self.column is not None else self.columns or ()


class ResultsBlock(_Block):
    """Other headers for the result columns."""

    state: str = "confirma_state"
    message: str = "confirma_message"
    updated: str = "confirma_updated"
    case_id: str = "confirma_case_id"


Rules = dict[str, Annotated[FieldRule, BeforeValidator(_short_form, json_schema_input_type=str | FieldRule)]]


class MappingFile(_Block):
    """A mapping from one kind of source to Confirma's invoice."""

    version: Literal["1"]
    name: str = Field(min_length=1)
    adapter: str
    description: str = ""
    source: dict[str, Any] = {}
    locale: LocaleBlock = LocaleBlock()
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
    tables: dict[str, dict[str, str]] = {}
    results: ResultsBlock = ResultsBlock()
    rules: dict[str, str] = {}


@dataclass(frozen=True)
class LoadedMapping:
    """A mapping with everything it names found: adapter, options, tables, transforms, severities."""

    path: Path
    file: MappingFile
    adapter: Adapter
    options: BaseModel | None
    locale: Locale
    tables: Mapping[str, CodeTable]
    transforms: Mapping[str, Callable[[str], str]]
    severities: Mapping[str, str]

    @property
    def name(self) -> str:
        """The mapping's own name."""
        return self.file.name

    @property
    def headers(self) -> ResultHeaders:
        """The headers of the result columns."""
        return ResultHeaders(**dict(self.file.results))

    def conversion(self, kind: Kind, rule: FieldRule) -> Conversion:
        """Give what a field's rule does with the text of its column."""
        steps = tuple(self.transforms[step] for step in rule.transform)
        return Conversion(kind, self.locale, steps, None if rule.table is None else self.tables[rule.table])


def shipped() -> dict[str, Path]:
    """Give the mappings that come with the product, by name."""
    return {path.stem: path for path in sorted(bundled("mappings").glob("*.yaml"))}


def find(name: str) -> Path:
    """Give the file of a mapping: a path, or the name of a shipped one. Raises MappingError."""
    if Path(name).suffix in (".yaml", ".yml"):
        if not Path(name).is_file():
            raise MappingError(f"there is no mapping file {name}")
        return Path(name).absolute()
    known = shipped()
    if name not in known:
        near = difflib.get_close_matches(name, known, 1)
        hint = f'did you mean "{near[0]}"?' if near else "a file of your own ends in .yaml"
        raise MappingError(f'there is no shipped mapping "{name}"; {hint}')
    return known[name]


def load_mapping(path: Path, registry: Registry, severities: Mapping[str, str] | None = None) -> LoadedMapping:
    """Load and check a mapping. *severities* are the user's own, below those of the file.

    Raises MappingError with one line for each mistake: file, line, path, and the nearest right name.
    """
    document = opened(path, MappingError)
    mistakes = Mistakes(path, document, MappingError)
    file = mistakes.validated(MappingFile, document.tree)
    adapter = registry.get(file.adapter)
    options_model = adapter.options()
    options = mistakes.validated(options_model, dict(file.source), ("source",)) if options_model else None
    if options_model is None and file.source:
        mistakes.add(("source",), f'adapter "{file.adapter}" takes no options')
    loaded = LoadedMapping(
        path=path,
        file=file,
        adapter=adapter,
        options=options,
        locale=file.locale.locale(),
        tables=dict(_tables(file, path, mistakes)),
        transforms={**TRANSFORMS, **adapter.transforms()},
        severities=_severities(file, severities or {}, mistakes),
    )
    _check_fields(loaded, mistakes)
    mistakes.stop()
    return loaded


def _tables(file: MappingFile, path: Path, mistakes: Mistakes) -> Iterator[tuple[str, CodeTable]]:
    for name, table in file.tables.items():
        codes: Mapping[str, str] = table
        if "file" in table and len(table) > 1:
            mistakes.add(("tables", name), "a table is either a file or codes, not both")
        elif "file" in table:
            try:
                codes = read_table(path.parent, table["file"])
            except TableError as error:
                mistakes.add(("tables", name, "file"), str(error))
        yield name, CodeTable(name, {code.strip(): meaning for code, meaning in codes.items()})


def _severities(file: MappingFile, given: Mapping[str, str], mistakes: Mistakes) -> Mapping[str, str]:
    try:
        return {**rules.severities(given), **rules.severities(file.rules)}
    except ValueError as error:
        mistakes.add(("rules",), str(error))
        return {}


def _check_fields(loaded: LoadedMapping, mistakes: Mistakes) -> None:
    file = loaded.file
    for section, fields, vocabulary in (("invoice", file.invoice, INVOICE_FIELDS), ("rows", file.rows, ROW_FIELDS)):
        for name, rule in fields.items():
            if name in vocabulary:
                _check_rule(loaded, (section, name), vocabulary[name], rule, mistakes)
            else:
                mistakes.add((section, name), f"there is no such field{did_you_mean(name, vocabulary)}")
    for name in REQUIRED:
        if name not in file.invoice:
            mistakes.add(("invoice",), f"{name} is required and not mapped")
    if not file.rows:
        mistakes.add(("rows",), "no row field is mapped: an invoice needs rows")


def _check_rule(loaded: LoadedMapping, place: Place, kind: Kind, rule: FieldRule, mistakes: Mistakes) -> None:
    unknown = [step for step in rule.transform if step not in loaded.transforms]
    for step in unknown:
        mistakes.add((*place, "transform"), f'there is no step "{step}"{did_you_mean(step, loaded.transforms)}')
    if rule.table is not None and rule.table not in loaded.tables:
        mistakes.add((*place, "table"), f'there is no table "{rule.table}"{did_you_mean(rule.table, loaded.tables)}')
    elif not unknown:
        for key, text, problem in _unfit(loaded, str(place[-1]), kind, rule):
            mistakes.add((*place, key), f'"{text}": {problem}')


def _unfit(loaded: LoadedMapping, name: str, kind: Kind, rule: FieldRule) -> Iterator[tuple[str, str, str]]:
    """Give the texts of a rule that its field cannot hold: they need no data to be found."""
    plain = Conversion(kind, loaded.locale)
    meanings = [] if rule.table is None else list(loaded.tables[rule.table].codes.values())
    told = [("constant", rule.constant), ("default", rule.default)]
    whole = loaded.conversion(kind, rule)
    for key, text, conversion in [
        *((key, text, whole) for key, text in told if text is not None),
        *(("table", text, plain) for text in meanings),
    ]:
        try:
            value = conversion.value(text, is_default=key == "default")
        except ValueError as error:
            yield key, text, str(error)
            continue
        words = (*CHOICES[name], *NOT_SENT) if name == "type" else CHOICES.get(name, ())
        if words and value is not None and value not in words:
            yield key, text, f"expected {' or '.join(words)}"


def mapping_schema() -> dict[str, Any]:
    """Give the JSON Schema of mapping files, with the closed vocabulary of fields, for editors."""
    schema = MappingFile.model_json_schema()
    for section, vocabulary in (("invoice", INVOICE_FIELDS), ("rows", ROW_FIELDS)):
        schema["properties"][section]["propertyNames"] = {"enum": list(vocabulary)}
    return schema
