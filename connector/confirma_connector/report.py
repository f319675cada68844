"""What a run tells: every invoice, every skipped row, the sums and the exit code; as data first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from dataclasses import field as member
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from confirma_connector.errors import SettingsError
from confirma_connector.language import tr
from confirma_connector.ranges import PlaceRange
from confirma_connector.records import Problem
from confirma_connector.summary import Summary

if TYPE_CHECKING:
    import pandas

__all__ = [
    "AttentionReport",
    "FileReport",
    "InvoiceReport",
    "ProblemGroup",
    "ProblemReport",
    "ProfileReport",
    "Report",
    "Reports",
    "SkippedRow",
]

_COLUMNS = ("file", "number", "state", "where", "message", "case_id", "is_new", "problems", "results")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemReport:
    """One problem, without the value that stood there: it may be personal."""

    code: str
    severity: Literal["error", "warning"]
    where: str
    header: str
    field: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemGroup:
    """What is wrong with several invoices in the same field and in the same words; where it stands, without values."""

    code: str
    severity: Literal["error", "warning"]
    header: str
    field: str
    message: str
    mapping: Annotated[str, Field(description="the line of the mapping file that is to blame, where it is one")]
    count: Annotated[int, Field(description="so many problems")]
    invoices: Annotated[int, Field(description="in so many invoices")]
    places: tuple[PlaceRange, ...]
    numbers: Annotated[tuple[str, ...], Field(description="the first of these invoices")]
    values: Annotated[tuple[str, ...], Field(exclude=True)] = member(default=(), repr=False)
    has_more_values: Annotated[bool, Field(exclude=True)] = member(default=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedRow:
    """A row that is no invoice row by the mapping's own words."""

    where: str
    reason: str
    has_amount: Annotated[bool, Field(description="there is an amount in it: worth a look")]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceReport:
    """What became of one invoice."""

    number: str
    state: str
    where: str = ""
    message: str = ""
    case_id: str = ""
    is_new: Annotated[bool, Field(description="this run dealt with it")] = False
    problems: tuple[ProblemReport, ...] = ()
    details: Annotated[tuple[Problem, ...], Field(exclude=True)] = member(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class AttentionReport:
    """An invoice that needs a person: where it stands, in the file at *path*, if this run read it in one."""

    number: str
    state: str
    path: str = ""
    where: str = ""


class FileReport(_Model):
    """What became of one source file, or of one results file that was updated."""

    path: str
    mapping: str
    rows: int = 0
    invoices: tuple[InvoiceReport, ...] = ()
    skipped: tuple[SkippedRow, ...] = ()
    totals: dict[str, Decimal] = Field(default={}, description="gross amount of the valid invoices by currency")
    methods: dict[str, int] = Field(default={}, description="valid invoices by distribution method")
    results: str = Field(default="", description="the results file that was written")
    notices: tuple[str, ...] = ()
    unheard: tuple[str, ...] = Field(default=(), description="columns of the mapping that may be misspelt")
    problems: tuple[ProblemGroup, ...] = Field(default=(), description="the problems of the invoices, by their cause")
    summary: Summary = Summary()
    annotated: str = Field(default="", description="the copy that check wrote, with the problems beside the rows")

    def counts(self) -> dict[str, int]:
        """Count the invoices by state."""
        counts: dict[str, int] = {}
        for invoice in self.invoices:
            counts[invoice.state] = counts.get(invoice.state, 0) + 1
        return counts


class Report(_Model):
    """One run of check, send or track."""

    version: Literal[1] = 1
    command: Literal["check", "send", "track"]
    environment: str
    account: str
    exit_code: int
    files: tuple[FileReport, ...] = ()
    changed: tuple[InvoiceReport, ...] = Field(
        default=(), description="invoices of the account whose state changed in this run"
    )
    journal: dict[str, int] = Field(default={}, description="every invoice of the account by state")
    notices: tuple[str, ...] = ()
    summary: Summary = Field(default=Summary(), description="the files together")
    problem: str = Field(default="", description="why the run stopped before its work was done")
    attention: tuple[AttentionReport, ...] = Field(default=(), exclude=True, repr=False)

    def to_frame(self) -> pandas.DataFrame:
        """Give a DataFrame with one row for each invoice of the files.

        Its columns are file, number, state, where, message, case_id, is_new, problems and results; all are text but
        is_new. Raises SettingsError where pandas is missing.
        """
        try:
            import pandas
        except ImportError as error:
            raise SettingsError(
                tr('a DataFrame needs more: pip install "confirma-connector[table]" ({name})', name=error.name)
            ) from None
        frame = pandas.DataFrame(self._rows(), columns=_COLUMNS, dtype=object)
        return frame.astype({name: bool if name == "is_new" else "string" for name in _COLUMNS})

    def _rows(self) -> Iterator[tuple[str | bool, ...]]:
        for file in self.files:
            for one in file.invoices:
                problems = "; ".join(Problem(**asdict(problem)).text() for problem in one.problems)
                told = (one.number, one.state, one.where, one.message, one.case_id)
                yield (file.path, *told, one.is_new, problems, file.results)


class ProfileReport(_Model):
    """The run of one profile."""

    profile: str
    report: Report


class Reports(_Model):
    """The runs of several profiles, one after the other."""

    version: Literal[1] = 1
    exit_code: int
    reports: tuple[ProfileReport, ...]
