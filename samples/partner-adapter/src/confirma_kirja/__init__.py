"""Invoices of Kirja: lines of fixed width, each a row of an invoice; results stand behind them, after tabs."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from confirma_connector import Match, Record, Result, Source, hookimpl

ENCODING = "cp850"
ENDS = {"number": 8, "date": 16, "due": 24, "buyer": 48, "email": 72, "text": 96, "quantity": 104, "price": 114}
PLACES = {name: slice(start, end) for (name, end), start in zip(ENDS.items(), [0, *ENDS.values()], strict=False)}
WIDTH = ENDS["price"]


@hookimpl
def detect(path: Path, head: bytes) -> Match:
    """Claim what is called .kirja and begins with a number and two dates."""
    return "specific" if path.suffix == ".kirja" and head[:24].lstrip().isdigit() else "no"


@hookimpl
def read(source: Source) -> Iterator[Record]:
    """Give one record a line; the mapping groups those of one invoice by their number."""
    for number, line in source.lines(ENCODING):
        row, *cells = line.split("\t")
        values = {name: row[place].strip() for name, place in PLACES.items()}
        if cells:  # an editor may have cut off the tabs at the end
            values |= dict(zip(source.headers.names(), [*cells, "", "", ""], strict=False))
        problems = () if len(row) in (0, WIDTH) else (f"has {len(row)} characters, expected {WIDTH}",)
        yield Record(values, at=number, where=f"line {number}", problems=problems)


@hookimpl
def write_results(source: Source, results: Sequence[Result], target: Path) -> bool:
    """Write the four results behind their lines, in the place of older ones."""
    tails = {result.at: [cell.replace("\t", " ") for cell in result.cells()] for result in results}

    def with_results(number: int, line: str) -> list[str]:
        return ["\t".join([line.split("\t")[0], *tails[number]])] if number in tails else [line]

    source.copy_lines(target, with_results, ENCODING)
    return True
