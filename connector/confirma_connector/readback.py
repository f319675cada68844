"""Reading back what a partner's adapter wrote: the source, with the results in, and nothing else."""

from __future__ import annotations

import filecmp
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from confirma_connector.language import tr, trn
from confirma_connector.records import Record, Result, Source

__all__ = ["difference"]


def difference(
    read: Callable[[Source], Iterator[Record]], source: Source, results: Sequence[Result], target: Path
) -> str:
    """Say, after "the adapter …", in what *target* is not *source* with the *results*, both read by *read*; or ""."""
    due = {result.at: result.state for result in results}
    ours = source.headers.names()
    shapes: dict[frozenset[str], frozenset[str]] = {}
    there: list[tuple[str, frozenset[str], int, str]] = []
    for record in _spoken(read(source)):
        names = frozenset(record.values).difference(ours)
        names = shapes.setdefault(names, names)
        there.append((record.where, names, _mark(record, names), due.get(record.at, "")))
    copy = target.with_name(target.name + source.path.suffix)  # a reader may go by the name
    shutil.copyfile(target, copy)
    try:
        count, is_shown = 0, False
        for record in _spoken(read(source.at(copy))):
            count += 1
            if count > len(there):
                continue
            where, names, told, state = there[count - 1]
            if _mark(record, names) != told:
                return tr(
                    "wrote a file in write_results that says something else than the source at {where}", where=where
                )
            is_shown = is_shown or ours[0] in record.values
            if state and record.values.get(ours[0], state) != state:
                return tr('wrote no "{state}" in write_results for {where}', state=state, where=where)
    finally:
        copy.unlink(missing_ok=True)
    if count != len(there):
        return trn(
            "wrote a file with {count} record in write_results, and the source has {there}",
            "wrote a file with {count} records in write_results, and the source has {there}",
            count,
            there=len(there),
        )
    if any(due.values()) and not is_shown and filecmp.cmp(target, source.path, shallow=False):
        return tr("wrote a file without results in write_results")
    return ""


def _spoken(records: Iterable[Record]) -> Iterator[Record]:
    return (record for record in records if not record.skipped)


def _mark(record: Record, names: Iterable[str]) -> int:
    """Give what tells one record from another: its part, and its values under *names*."""
    return hash((record.part, frozenset((name, record.values.get(name)) for name in names)))
