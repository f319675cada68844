"""The durable memory of what was sent; the only truth about it."""

from confirma_connector.journal.book import Journal
from confirma_connector.journal.entry import TAKEN, Claim, Entry, Facts, ResultsFile, State, facts
from confirma_connector.journal.step import REOPENABLE, Step

__all__ = ["REOPENABLE", "TAKEN", "Claim", "Entry", "Facts", "Journal", "ResultsFile", "State", "Step", "facts"]
