"""The durable memory of what was sent; the only truth about it."""

from confirma_connector.journal.book import Journal
from confirma_connector.journal.entry import FINAL, TAKEN, Change, Claim, Entry, Facts, ResultsFile, State, facts
from confirma_connector.journal.step import REOPENABLE, Step
from confirma_connector.journal.totals import Total, signed

__all__ = [
    "FINAL",
    "REOPENABLE",
    "TAKEN",
    "Change",
    "Claim",
    "Entry",
    "Facts",
    "Journal",
    "ResultsFile",
    "State",
    "Step",
    "Total",
    "facts",
    "signed",
]
