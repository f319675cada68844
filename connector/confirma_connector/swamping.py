"""A source with more problems than are held: so many have a few causes, and these are told in its refusal."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from confirma_connector.errors import SourceError
from confirma_connector.language import tr, whole
from confirma_connector.records import Problem

__all__ = ["swamped"]

_INDEX = re.compile(r"\[\d+\]")
_TOLD = 5
"""As many causes are named."""


def swamped(place: str, mapping: str, problems: Iterable[Problem], bound: int) -> SourceError:
    """Give the error for a source, read by *mapping*, that passes the *bound* at *place*: with what is wrong most."""
    said = tr(
        "{place}: more than {count} problems in its invoices; the most frequent:", place=place, count=whole(bound)
    )
    advice = tr(
        "as a rule a line of the mapping {name} is to blame for so many; if the mapping is right, raise problems under "
        "[limits] in the config file",
        name=mapping,
    )
    return SourceError("\n".join([said, *_frequent(problems), advice]))


def _frequent(problems: Iterable[Problem]) -> Iterator[str]:
    """Give a line for each cause: how often it is there, and the first of its places.

    In one column the words may differ, by amounts for example; the same words in several columns have one cause.
    """
    columns, causes = dict[tuple[str, str], Problem](), Counter[tuple[str, str]]()
    firsts = dict[tuple[str, str], Problem]()
    for problem in problems:
        first = columns.setdefault((problem.code, problem.header or _INDEX.sub("", problem.field)), problem)
        cause = first.code, first.message
        firsts.setdefault(cause, first)
        causes[cause] += 1
    for cause, count in causes.most_common(_TOLD):
        said = firsts[cause].text(with_value=False)
        yield f"  {tr('{count} times, first at {problem}', count=whole(count), problem=said)}"
