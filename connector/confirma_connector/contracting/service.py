"""Paths, hosts and parameters: what a request needs before anything that is in it matters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from confirma_connector.contract import Contract
from confirma_connector.contracting.calls import Call, Parameter, servers
from confirma_connector.contracting.carrying import note_fixed
from confirma_connector.contracting.evidence import Ours, plain, tokens
from confirma_connector.contracting.finding import Notes, Weight
from confirma_connector.contracting.matching import matched
from confirma_connector.contracting.openapi import Pointer
from confirma_connector.contracting.shape import Schemas, Shape
from confirma_connector.language import tr

__all__ = ["Service"]

_ROOT: Pointer = ("paths",)
_FROM = ("from", "fromdate", "datefrom", "startdate", "invoicedatefrom", "frominvoicedate", "since", "start")
_TO = ("to", "todate", "dateto", "enddate", "invoicedateto", "toinvoicedate", "until", "end")
_PAGES = (
    "limit",
    "pagesize",
    "perpage",
    "size",
    "take",
    "count",
    "maxresults",
    "page",
    "offset",
    "cursor",
    "skip",
    "pagenumber",
)
_SIZES = ("limit", "pagesize", "perpage", "size", "take", "maxresults")


class Service:
    """Finds our calls in a file, and compares all of them but what is in their bodies."""

    def __init__(self, contract: Contract, schemas: Schemas, found: Sequence[Call], notes: Notes) -> None:
        self._contract, self._schemas, self._calls, self._notes = contract, schemas, found, notes

    # -- paths ---------------------------------------------------------------------------------------------------------

    def create(self, inner: Iterable[str]) -> Call | None:
        """Find the call that creates an invoice; *inner* are names that its body has."""
        names = {plain(name) for name in inner}

        def fits(call: Call) -> bool:
            body = call.body()
            return body is not None and len(names & _names_in(body)) >= 3

        return self._found("create", "POST", fits, tr("invoices cannot be sent"))

    def listing(self, lists: Callable[[Call], bool]) -> Call | None:
        """Find the call that lists delivery information; *lists* tells whether its answer is such a list."""

        def fits(call: Call) -> bool:
            wanted = [item.wire for key, item in self._contract.file.listing.items() if key.startswith("query.")]
            given = {plain(one.name) for one in call.parameters() if one.place == "query"}
            words = set(tokens(call.path))
            return (
                len({plain(name) for name in wanted} & given) >= 2
                or bool(words & {"distribution", "distributions"})
                or lists(call)
            )

        return self._found("listing", "GET", fits, tr("nobody can tell which invoices arrived, so none is sent"))

    def _found(self, name: str, method: str, fits: Callable[[Call], bool], follows: str) -> Call | None:
        path, line = self._contract.path(name), f"paths.{name}"
        same = [call for call in self._calls if path in self._full_paths(call)]
        if of_method := [call for call in same if call.method == method]:
            return of_method[0]
        likely = [call for call in self._calls if call.method == method and fits(call)]
        last = path.rpartition("/")[2]
        named = [call for call in likely if plain(call.path.rpartition("/")[2]).rstrip("s") == plain(last).rstrip("s")]
        chosen = named if len(named) == 1 else likely
        if len(chosen) == 1 and "{" not in chosen[0].path:
            return chosen[0]
        text = tr("there is no {method} {path}", method=method, path=path)
        if len(chosen) > 1:
            names = ", ".join(f"{call.method} {call.path}" for call in chosen)
            text = tr("there is no {method} {path}; it may be {names}", method=method, path=path, names=names)
            for call in chosen:
                self._notes.change(line, {"wire": call.path}, text, is_open=True)
        elif chosen or same:
            text = tr(
                "there is no {method} {path}, but {other}, which needs what we do not have",
                method=method,
                path=path,
                other=f"{(chosen or same)[0].method} {(chosen or same)[0].path}",
            )
        todo = tr("{follows}: ask for the path", follows=follows)
        self._notes.add(Weight.STOPS, "ambiguous" if len(chosen) > 1 else "missing", line, _ROOT, text, todo)
        return None

    def _full_paths(self, call: Call) -> list[str]:
        return [path + call.path for _, path, _ in servers(self._schemas, call)]

    def paths(self, create: Call | None, listing: Call | None) -> None:
        """Note where the calls are: what is common to all of ours stays the prefix, if it can."""
        ours = self._contract.file.paths
        found = {name: call for name, call in (("create", create), ("listing", listing)) if call is not None}
        for name in ("validate", "renew"):  # of the key, for `confirma token` alone
            path = self._contract.path(name)
            if call := next(
                (one for one in self._calls if one.method == "GET" and path in self._full_paths(one)), None
            ):
                found[name] = call
            else:
                text = tr("{path} is not described", path=path)
                self._notes.add(Weight.NEW, "missing", f"paths.{name}", _ROOT, text, needs_person=False)
        full = {name: self._full_path(name, call) for name, call in found.items()}
        below = [path for _, path, _ in servers(self._schemas, next(iter(found.values())))] if found else []
        before = ours["prefix"].wire
        choices = [
            before,
            *below,
            *(full["create"].removesuffix(ours["create"].wire) for _ in range("create" in full)),
            "",
        ]
        prefix = next(one for one in choices if all(path.startswith(f"{one}/") for path in full.values()))
        if prefix != before:
            self._notes.renamed("paths.prefix", found["create"].at if "create" in found else _ROOT, before, prefix)
        for name, call in found.items():
            own = full[name].removeprefix(prefix)
            if own != ours[name].wire:
                self._notes.renamed(f"paths.{name}", call.at, ours[name].wire, own)
            else:
                self._notes.fits(f"paths.{name}", call.at, own)

    def _full_path(self, name: str, call: Call) -> str:
        """Give the whole path of a call: ours where it is one of several."""
        paths = list(dict.fromkeys(self._full_paths(call)))
        if len(paths) == 1 or self._contract.path(name) in paths:
            return self._contract.path(name) if self._contract.path(name) in paths else paths[0]
        text = tr("it is at several paths: {names}", names=", ".join(paths))
        todo = tr("the first is taken: see that it is the right one")
        self._notes.add(Weight.DANGER, "ambiguous", f"paths.{name}", call.at, text, todo, candidates=paths)
        return paths[0]

    def hosts(self, call: Call) -> None:
        """Compare the addresses: another one is never taken over without a person, since the key goes there."""
        ours = {item.wire: name for name, item in self._contract.file.hosts.items()}
        for host, _, at in servers(self._schemas, call):
            if not host:
                continue
            if host in ours:
                self._notes.fits(f"hosts.{ours[host]}", at, host)
                continue
            text = tr("the address {host} is none of ours", host=host)
            todo = tr("only you know whether the key may go there")
            is_useful = host.startswith("https://")
            self._notes.add(Weight.NEW, "new", "hosts", at, text, todo, needs_person=False)
            for name in ours.values() if is_useful else ():
                self._notes.change(f"hosts.{name}", {"wire": host}, text, is_open=True)

    # -- parameters ----------------------------------------------------------------------------------------------------

    def own_parameters(self, call: Call) -> None:
        """Note what a call wants beside its body, and what is not JSON."""
        for one in call.parameters():
            if one.place in ("path", "query", "cookie") and one.is_required:
                text = tr(
                    'the parameter "{name}" ({place}) is required, and we do not send it',
                    name=one.name,
                    place=one.place,
                )
                self._notes.add(Weight.STOPS, "new", "paths.create", one.at, text, tr("ask what belongs there"))
        if call.body() is None:
            text = tr("it takes no JSON, but {kinds}", kinds=", ".join(call.media()) or "{}")
            self._notes.add(Weight.STOPS, "unlike", "paths.create", call.at, text, tr("we send JSON: ask for it"))

    def query(self, call: Call) -> None:
        """Compare the parameters that delivery information is asked with."""
        given = {one.name: one for one in call.parameters() if one.place == "query"}
        lines = {key: item for key, item in self._contract.file.listing.items() if key.startswith("query.")}
        used = {item.wire for item in lines.values()}
        more = {"query.from": _FROM, "query.to": _TO, "query.invoice_number": ("number", "invoiceno")}
        left = []
        for key, item in lines.items():
            if item.wire in given:
                self._notes.fits(f"listing.{key}", given[item.wire].at, item.wire)
                self._as_time(key, given[item.wire].shape)
            else:
                kind = "whole" if key == "query.invoice_number" else "date"
                left.append(Ours(f"listing.{key}", (item.wire, *more[key]), kind))  # type: ignore[arg-type]
        pairs = matched(left, {name: one.shape for name, one in given.items() if name not in used}, {"invoice", "inv"})
        for one in left:
            key = one.line.removeprefix("listing.")
            if name := pairs.renamed.get(one.line):
                used.add(name)
                self._renamed(one, given[name])
                self._as_time(key, given[name].shape)
            elif names := pairs.open.get(one.line):
                self._notes.ambiguous(Weight.DANGER, one.line, call.at, one.wire, names)
            else:
                text = tr('there is no parameter "{name}"', name=one.wire)
                todo = tr("ask how delivery information is asked for: without it an invoice may be sent twice")
                self._notes.add(Weight.DANGER, "missing", one.line, call.at, text, todo)
        for name, parameter in given.items():
            if name not in used and name not in self._contract.file.query:
                self._other(parameter)

    def _renamed(self, ours: Ours, parameter: Parameter) -> None:
        said = f"{parameter.name} {parameter.description}".lower()
        is_sure = ours.kind != "date" or "inv" in said
        todo = "" if is_sure else tr("see that it means the days of the invoices, not of anything else")
        self._notes.renamed(ours.line, parameter.at, ours.wire, parameter.name, is_sure=is_sure, todo=todo)

    def _as_time(self, key: str, shape: Shape) -> None:
        is_so = self._contract.file.listing[key].type == "date-time"
        if key != "query.invoice_number" and shape.format == "date-time" and not is_so:
            text = tr(
                "the file wants {theirs} here, and ours is {ours}", theirs="string (date-time)", ours="string (date)"
            )
            self._notes.add(Weight.ADAPTED, "respelled", f"listing.{key}", shape.at, text, needs_person=False)
            self._notes.change(f"listing.{key}", {"type": "date-time"}, text)

    def _other(self, one: Parameter) -> None:
        line, shape = f"query.{one.name}", one.shape
        is_size = plain(one.name) in _SIZES and isinstance(shape.maximum, int) and shape.maximum > 0
        if is_size:
            text = tr('delivery information comes in pages: "{name}" asks for the longest', name=one.name)
            self._notes.add(Weight.ADAPTED, "new", line, one.at, text, needs_person=False)
            self._notes.change(line, {"wire": str(shape.maximum)}, text)
        elif one.is_required and shape.only is not None:
            note_fixed(self._notes, line, one)
        elif one.is_required:
            text = tr(
                'the parameter "{name}" ({place}) is required, and we do not send it', name=one.name, place="query"
            )
            self._notes.add(Weight.STOPS, "new", line, one.at, text, tr("ask what belongs there"))
            self._notes.change(line, {"wire": ""}, text, is_open=True)
        else:
            text = tr('the parameter "{name}" may be sent', name=one.name)
            if plain(one.name) in _PAGES:
                text = tr(
                    'the parameter "{name}" may be sent; what is not listed whole is asked for day by day',
                    name=one.name,
                )
            self._notes.add(Weight.NEW, "new", line, one.at, text, needs_person=False)


def _names_in(shape: Shape, depth: int = 3) -> set[str]:
    found: set[str] = set()
    for name, one in shape.members().items() if depth else ():
        found |= {plain(name)} | _names_in(one, depth - 1)
    return found
