"""Which mapping a file is for, when nobody said: the one shipped mapping whose columns, or documents, are all there."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from confirma_connector.columns import Columns
from confirma_connector.errors import AdapterError, CannotRun, MappingError, SourceError
from confirma_connector.headers import MissingColumns
from confirma_connector.joining import lines_path, read
from confirma_connector.language import tr, trn
from confirma_connector.limits import Limits
from confirma_connector.mapping import LoadedMapping, find, load_mapping, shipped, to_be_added
from confirma_connector.plugins import Registry
from confirma_connector.records import Source

__all__ = ["fits", "mapping_for"]

_FAR = 1_000
"""As far as if so many columns were missing: the sheet itself is not there, or the file cannot be read that way."""

_NEAR = 3
"""A shipped mapping that lacks more columns than these was made for other files: what it lacks helps nobody."""

_TRIED = 100
"""As many documents of a source are looked at for one that is an invoice."""


class _LeftOut(SourceError):
    """Its documents are there, and the conditions of the mapping leave them all out: nearer than a file without any."""

    count = _FAR - 1


def mapping_for(
    path: Path, name: str | None, registry: Registry, severities: Mapping[str, str], limits: Limits
) -> LoadedMapping:
    """Give the mapping called *name*, or the one shipped mapping that fits *path*.

    Raises MappingError naming the candidates when several fit, or what the nearest lacks when none does; SourceError
    where all say the same of the file, as that it is protected by a password: then it is not for want of a mapping.
    """
    if name:
        return load_mapping(find(name), registry, severities)
    if not path.exists():
        raise SourceError(tr("{path}: there is no such file", path=path))
    limits.check_file(path)
    claims = registry.claims(path)
    if not claims:
        raise SourceError(
            tr("{path}: cannot be read: it is empty", path=path)
            if path.stat().st_size == 0
            else tr("{path}: cannot be read: it is of no kind that an adapter here knows", path=path)
        )
    fitting, lacking = fits(path, claims, registry, severities, limits)
    if len(fitting) == 1:
        if needed := to_be_added(fitting[0]):
            raise MappingError(
                tr("{path}: fits the mapping {name}, and {problem}", path=path, name=fitting[0].name, problem=needed)
            )
        return fitting[0]
    if fitting:
        names = tr(" and ").join(mapping.path.stem for mapping in fitting)
        raise MappingError(tr("{path}: fits the mappings {names}; choose one with --mapping", path=path, names=names))
    nearest = min(lacking, key=lambda name: getattr(lacking[name], "count", _FAR), default=None)
    error = lacking.get(nearest) if nearest else None
    if partners := [registry.adapters[name] for name in claims if not registry.adapters[name].is_ours]:
        one = partners[0]
        raise MappingError(
            tr(
                '{path}: is claimed by the adapter "{name}" ({origin}), for which no mapping is shipped; name yours '
                "with --mapping",
                path=path,
                name=one.name,
                origin=one.origin,
            )
        )
    if (fault := _fault(lacking.values())) is not None:
        raise fault
    if nearest is None or error is None or (isinstance(error, MissingColumns) and error.count > _NEAR):
        raise MappingError(
            tr(
                "{path}: no shipped mapping fits this file; name yours with --mapping, or let confirma map propose one",
                path=path,
            )
        )
    problem = (error.said if isinstance(error, MissingColumns) else str(error)).removeprefix(f"{path}: ")
    if len(lacking) == 1 or hasattr(error, "count"):
        raise MappingError(
            tr(
                "{path}: no shipped mapping fits this file; name yours with --mapping, or let confirma map propose "
                "one; the nearest is {name}: {problem}",
                path=path,
                name=nearest,
                problem=problem,
            )
        )
    raise MappingError(
        tr(
            "{path}: no shipped mapping fits this file; name yours with --mapping, or let confirma map propose "
            "one; of {names} the first says: {problem}",
            path=path,
            names=", ".join(lacking),
            problem=problem,
        )
    )


def _fault(errors: Collection[CannotRun]) -> SourceError | None:
    """Give what all of several mappings say of the file in the same words; None where they say different things."""
    first = next(iter(errors), None)
    is_said_by_all = len(errors) > 1 and len({str(error) for error in errors}) == 1
    return first if is_said_by_all and isinstance(first, SourceError) and not isinstance(first, _LeftOut) else None


def fits(
    path: Path, claims: Collection[str], registry: Registry, severities: Mapping[str, str], limits: Limits
) -> tuple[list[LoadedMapping], dict[str, CannotRun]]:
    """Give the shipped mappings that fit *path*, and what keeps each other of the adapters in *claims* from it."""
    fitting: list[LoadedMapping] = []
    lacking: dict[str, CannotRun] = {}
    for shipped_name, file in shipped().items():
        try:
            mapping = load_mapping(file, registry, severities, as_it_is=True)
        except AdapterError:
            continue
        if mapping.adapter.name in claims:
            try:
                fitting.append(replace(mapping, why=_fit(path, mapping, limits)))
            except (MappingError, SourceError) as error:
                lacking[shipped_name] = error
    return fitting, lacking


def _fit(path: Path, mapping: LoadedMapping, limits: Limits) -> str:
    """Say why *path* fits *mapping*. Raises what keeps it from fitting: MissingColumns, MappingError, SourceError."""
    source = Source((path,), mapping.options, mapping.headers, limits=limits)
    records = read(mapping, source, lines_path(mapping, path))
    first = next(records, None)
    if first is None:
        raise SourceError(tr("{path}: the file has no rows", path=path))
    columns = Columns(mapping, str(path))
    if first.part == "whole" or mapping.lines is not None:
        columns.bind(first)
        return trn("the one column that it reads is there", "all {count} columns that it reads are there", len(columns))
    headers = (record for record in itertools.chain((first,), records) if record.part == "header")
    for record in itertools.islice(headers, _TRIED):
        if not record.skipped:
            return tr("it knows what begins at {place} as an invoice", place=record.where)
    raise _LeftOut(f"{path}: {first.skipped}" if first.skipped else tr("{path}: has no invoice", path=path))
