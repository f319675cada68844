"""What a run tells: every invoice, every skipped row, the sums and the exit code; as data first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from confirma_connector.errors import SettingsError
from confirma_connector.language import tr
from confirma_connector.records import Problem

if TYPE_CHECKING:
    import pandas

__all__ = [
    "AttentionReport",
    "FileReport",
    "InvoiceReport",
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
    details: Annotated[tuple[Problem, ...], Field(exclude=True)] = field(default=(), repr=False)


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
