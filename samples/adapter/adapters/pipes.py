"""Invoices of Acme's ERP: fields between pipes, H the header of an invoice, R a row of the invoice above it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from confirma_connector import Match, Record, Result, Source, SourceError, hookimpl

FIRST = "ACME|INVOICES|1"
HEADER = ("kind", "number", "date", "due", "buyer", "email")
ROW = ("kind", "text", "quantity", "unit", "price", "vat")


@hookimpl
def detect(head: bytes) -> Match:
    """Claim what begins as Acme's files do."""
    return "specific" if head.startswith(FIRST.encode()) else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give a record for each H and R line; those of one invoice have the same document."""
    document = ""
    for number, line in source.lines():
        fields, where = line.split("|"), f"line {number}"
        if fields[0] == "H":
            document = where
            names = HEADER if len(fields) <= len(HEADER) else (*HEADER, *source.headers.names())
        elif fields[0] == "R":
            names = ROW
        elif line in (FIRST, ""):
            continue
        else:
            raise SourceError(f"{source.path.name}, {where}: expected a line that begins with H| or R|")
        problems = () if len(fields) == len(names) else (f"has {len(fields)} fields, expected {len(names)}",)
        values = dict(zip(names, fields, strict=False))
        yield Record(values, number, where, document or where, "line" if names is ROW else "header", problems)


@hookimpl
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool:
    """Write the four results behind the fields of their H line, in the place of older ones."""
    tails = {result.at: [cell.replace("|", "/") for cell in result.cells()] for result in results}

    def with_results(number: int, line: str) -> list[str]:
        fields = line.split("|")
        is_whole = fields[0] == "H" and len(fields) in (len(HEADER), len(HEADER) + 4)
        return ["|".join(fields[: len(HEADER)] + tails[number])] if number in tails and is_whole else [line]

    source.copy_lines(target, with_results)
    return True
