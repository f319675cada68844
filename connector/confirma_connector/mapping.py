"""The mapping file: its shape, and every mistake in it that can be found without data."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from confirma_connector import rules
from confirma_connector.errors import MappingError
from confirma_connector.fields import INVOICE_FIELDS, REQUIRED, ROW_FIELDS, typed
from confirma_connector.money import Prices, Vat
from confirma_connector.parsing import Locale
from confirma_connector.plugins import Adapter, Registry, bundled
from confirma_connector.records import ResultHeaders
from confirma_connector.tables import TableError, read_table
from confirma_connector.transforms import TRANSFORMS
from confirma_connector.yamltext import Document, Place, YamlError, load

__all__ = ["FieldRule", "LoadedMapping", "MappingFile", "Skip", "find", "load_mapping", "mapping_schema", "shipped"]


_Model = TypeVar("_Model", bound=BaseModel)


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _short_form(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


Texts = Annotated[tuple[str, ...], BeforeValidator(_one_or_more, json_schema_input_type=str | list[str])]


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
        for mark in self.thousands:
            if len(mark) != 1 or mark.isdigit():
                raise ValueError(f'"{mark}" cannot be a thousands mark: one character that is not a digit')
            if mark == self.decimal:
                raise ValueError(f'"{mark}" is declared both as decimal and as thousands mark')
        for pattern in self.dates:
            if not all(part in pattern for part in ("%d", "%m")) or not ("%Y" in pattern or "%y" in pattern):
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
    tables: Mapping[str, Mapping[str, str]]
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
    try:
        document = load(path)
    except YamlError as error:
        raise MappingError(f"{path}, line {error.line}: {error}") from None
    except OSError as error:
        raise MappingError(f"{path}: cannot be read: {error.strerror}") from None
    mistakes = _Mistakes(path, document)
    file = mistakes.validated(MappingFile, document.tree, ())
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


class _Mistakes:
    """Collects what is wrong with one mapping file, each with its line."""

    def __init__(self, path: Path, document: Document) -> None:
        self._path = path
        self._document = document
        self._lines: list[tuple[int, str]] = []

    def add(self, place: Place, message: str) -> None:
        path = ".".join(str(part) for part in place)
        self._lines.append((self._document.line(place), f"{path}: {message}" if path else message))

    def stop(self) -> None:
        if self._lines:
            raise MappingError("\n".join(f"{self._path}, line {line}: {text}" for line, text in sorted(self._lines)))

    def validated(self, model: type[_Model], tree: object, under: Place) -> _Model:
        try:
            return model.model_validate(tree)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                place = (*under, *detail["loc"])
                self.add(place, _sentence(model, detail))
            self.stop()
            raise


def _sentence(model: type[BaseModel], detail: Any) -> str:
    kind, loc, text = detail["type"], detail["loc"], str(detail["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"there is no such key here{_did_you_mean(str(loc[-1]), _keys_at(model, loc[:-1]))}"
    if kind == "missing":
        return "is required"
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        return "expected a block of key: value lines"
    if kind in ("string_type", "tuple_type"):
        return "expected text" if kind == "string_type" else "expected a list"
    if kind == "bool_parsing":
        return "expected true or false"
    return text[:1].lower() + text[1:]


def _keys_at(model: type[BaseModel], loc: tuple[str | int, ...]) -> Iterable[str]:
    blocks: dict[str | int, type[BaseModel]] = {
        "locale": LocaleBlock,
        "skip": Skip,
        "results": ResultsBlock,
        "invoice": FieldRule,
        "rows": FieldRule,
    }
    chosen = blocks.get(loc[0], model) if loc else model
    return [info.alias or name for name, info in chosen.model_fields.items()]


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    names = list(known)
    near = difflib.get_close_matches(name, names, 1)
    return f'; did you mean "{near[0]}"?' if near else f"; known are {', '.join(names)}" if len(names) <= 12 else ""


def _tables(file: MappingFile, path: Path, mistakes: _Mistakes) -> Iterator[tuple[str, Mapping[str, str]]]:
    for name, table in file.tables.items():
        if set(table) != {"file"}:
            yield name, table
            continue
        try:
            yield name, read_table(path.parent, table["file"])
        except TableError as error:
            mistakes.add(("tables", name, "file"), str(error))
            yield name, {}


def _severities(file: MappingFile, given: Mapping[str, str], mistakes: _Mistakes) -> Mapping[str, str]:
    try:
        return {**rules.severities(given), **rules.severities(file.rules)}
    except ValueError as error:
        mistakes.add(("rules",), str(error))
        return {}


def _check_fields(loaded: LoadedMapping, mistakes: _Mistakes) -> None:
    file = loaded.file
    for section, fields, vocabulary in (("invoice", file.invoice, INVOICE_FIELDS), ("rows", file.rows, ROW_FIELDS)):
        for name, rule in fields.items():
            place: Place = (section, name)
            if name not in vocabulary:
                mistakes.add(place, f"there is no such field{_did_you_mean(name, vocabulary)}")
                continue
            for step in rule.transform:
                if step not in loaded.transforms:
                    mistakes.add(
                        (*place, "transform"), f'there is no step "{step}"{_did_you_mean(step, loaded.transforms)}'
                    )
            if rule.table is not None and rule.table not in loaded.tables:
                mistakes.add(
                    (*place, "table"), f'there is no table "{rule.table}"{_did_you_mean(rule.table, loaded.tables)}'
                )
            if rule.constant is not None and rule.table is None and not rule.transform:
                _check_constant(loaded, place, vocabulary[name], rule.constant, mistakes)
    for name in REQUIRED:
        if name not in file.invoice:
            mistakes.add(("invoice",), f"{name} is required and not mapped")
    if not file.rows:
        mistakes.add(("rows",), "no row field is mapped: an invoice needs rows")


def _check_constant(loaded: LoadedMapping, place: Place, kind: Any, constant: str, mistakes: _Mistakes) -> None:
    try:
        typed(kind, constant, loaded.locale)
    except ValueError as error:
        mistakes.add((*place, "constant"), f'"{constant}": {error}')


def mapping_schema() -> dict[str, Any]:
    """Give the JSON Schema of mapping files, with the closed vocabulary of fields, for editors."""
    schema = MappingFile.model_json_schema()
    for section, vocabulary in (("invoice", INVOICE_FIELDS), ("rows", ROW_FIELDS)):
        schema["properties"][section]["propertyNames"] = {"enum": list(vocabulary)}
    return schema
