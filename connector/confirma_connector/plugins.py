"""Finding adapters, checking them against the hooks, and asking one of them at a time."""

from __future__ import annotations

import difflib
import importlib.util
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pluggy
from pydantic import BaseModel

from confirma_connector import hookspecs
from confirma_connector.errors import AdapterError, ConfirmaError, NoWriteBack, SourceError, at_line
from confirma_connector.hookspecs import PROJECT
from confirma_connector.language import because, mark, tr
from confirma_connector.records import Match, Record, Result, Source, Unreadable
from confirma_connector.transforms import TRANSFORMS

__all__ = ["Adapter", "Broken", "Registry", "bundled", "discover"]

SHIPPED = mark("shipped")
"""The origin of our own adapters."""

_HEAD = 65_536
_PLAIN_VALUES = frozenset({str, Decimal, int, date, Unreadable, type(None)})
_IN_THE_CHECKOUT = {"problems": "docs"}
_HOOKS = ("read", "write_results", "detect", "options", "transforms")


def bundled(kind: Literal["adapters", "mappings", "problems"]) -> Path:
    """Give the folder of our own adapters, mappings, or pages of problems: in the wheel, or in the checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "_bundled" / kind
    return inside if inside.is_dir() else package.parents[1] / _IN_THE_CHECKOUT.get(kind, kind)


@dataclass(frozen=True)
class Adapter:
    """One working adapter. Whatever goes wrong inside it comes out as an error that names it.

    Each adapter has a plugin manager of its own, so that a question can reach nobody else.
    """

    name: str
    origin: str
    hooks: tuple[str, ...]
    _manager: pluggy.PluginManager

    def _ask(self, hook: str, **arguments: Any) -> Any:
        try:
            return getattr(self._manager.hook, hook)(**arguments)
        except ConfirmaError:
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(tr("failed in {hook}: {place}", hook=hook, place=_place(error))) from error

    def _failed(self, how: str) -> AdapterError:
        return AdapterError(
            tr('adapter "{name}" ({origin}) {fault}', name=self.name, origin=tr(self.origin), fault=how)
        )

    def options(self) -> type[BaseModel] | None:
        """Give the model of the mapping's `source:` block, None when the adapter takes no options."""
        model = self._ask("options") if "options" in self.hooks else None
        if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise self._failed(tr("gave options that are no pydantic model"))
        return model

    def transforms(self) -> Mapping[str, Callable[[str], str]]:
        """Give the adapter's own named steps for mappings. Raises AdapterError, also for the name of one of ours."""
        steps = self._ask("transforms") if "transforms" in self.hooks else {}
        if not isinstance(steps, Mapping) or not all(callable(step) for step in steps.values()):
            raise self._failed(tr("gave transforms that are no mapping of names to functions"))
        if taken := sorted(set(steps) & set(TRANSFORMS)):
            raise self._failed(
                tr("has a transform {name}, but every mapping has one of that name already", name=taken[0])
            )
        return {name: partial(self._step, name, step) for name, step in steps.items()}

    def _step(self, name: str, step: Callable[[str], str], text: str) -> str:
        try:
            changed = step(text)
        except (ConfirmaError, ValueError):
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(tr("failed in its transform {name}: {place}", name=name, place=_place(error))) from error
        if not isinstance(changed, str):
            raise self._failed(
                tr("gave a {type} in its transform {name}, not text", type=type(changed).__name__, name=name)
            )
        return changed

    def detect(self, path: Path) -> Match:
        """Ask whether *path* is for this adapter."""
        if "detect" not in self.hooks:
            return "no"
        try:
            with path.open("rb") as file:
                head = file.read(_HEAD)
        except OSError as error:
            raise SourceError(tr("{path}: cannot be read: {reason}", path=path, reason=because(error))) from None
        answer = self._ask("detect", path=path, head=head)
        if answer not in ("no", "generic", "specific"):
            raise self._failed(tr("answered {answer} in detect, not no, generic or specific", answer=repr(answer)))
        return answer  # type: ignore[no-any-return]

    def read(self, source: Source) -> Iterator[Record]:
        """Give the records of *source*; whatever else the adapter gives is its own error."""
        try:
            for record in self._manager.hook.read(source=source):
                if not isinstance(record, Record):
                    raise self._failed(tr("gave a {type} in read, not a Record", type=type(record).__name__))
                if fault := _fault(record.values, record.where):
                    raise self._failed(fault)
                yield record
        except (ConfirmaError, GeneratorExit):
            raise
        except OSError as error:
            raise SourceError(tr("{path}: cannot be read: {reason}", path=source.path, reason=because(error))) from None
        except (Exception, SystemExit) as error:
            raise self._failed(tr("failed in read: {place}", place=_place(error))) from error

    def write_results(self, source: Source, results: Sequence[Result], target: Path) -> str:
        """Write the copy of *source* with its results to *target*; give what a person should know about it.

        Raises NoWriteBack when the source cannot carry any.
        """
        if "write_results" not in self.hooks:
            raise NoWriteBack(tr('adapter "{name}" cannot write results into this format', name=self.name))
        try:
            answer = self._manager.hook.write_results(source=source, results=results, target=target)
        except (ConfirmaError, OSError):  # a full disk is no fault of the adapter
            raise
        except (Exception, SystemExit) as error:
            raise self._failed(tr("failed in write_results: {place}", place=_place(error))) from error
        if not target.is_file():
            raise self._failed(tr("wrote nothing in write_results"))
        return answer if isinstance(answer, str) else ""


def _fault(values: object, where: str) -> str:
    """Say what in the values of a record no value can be; "" when all is well."""
    if values.__class__ is not dict and not isinstance(values, Mapping):
        return tr(
            "gave a {type} for the values of a Record, not a mapping, in read, at {where}",
            type=type(values).__name__,
            where=where,
        )
    if _PLAIN_VALUES.issuperset(map(type, values.values())):
        return ""
    odd = next((pair for pair in values.items() if not isinstance(pair[1], tuple(_PLAIN_VALUES))), None)
    return (
        tr(
            'gave a {type} for "{header}", not text, a Decimal, an int, a date or None, in read, at {where}',
            type=type(odd[1]).__name__,
            header=odd[0],
            where=where,
        )
        if odd
        else ""
    )


@dataclass(frozen=True)
class Broken:
    """An adapter that could not be used, and why; it fails only the run that needs it."""

    name: str
    origin: str
    reason: str


class Registry:
    """Every adapter that was found, working or broken."""

    def __init__(self, adapters: Mapping[str, Adapter], broken: Mapping[str, Broken]) -> None:
        self.adapters = dict(sorted(adapters.items()))
        self.broken = dict(sorted(broken.items()))

    def get(self, name: str) -> Adapter:
        """Give the adapter called *name*; AdapterError names the reason or those there are."""
        if name in self.broken:
            raise AdapterError(
                tr(
                    'adapter "{name}" ({origin}) is broken: {reason}',
                    name=name,
                    origin=tr(self.broken[name].origin),
                    reason=self.broken[name].reason,
                )
            )
        if name not in self.adapters:
            raise AdapterError(
                tr(
                    'there is no adapter "{name}"; there are: {adapters}',
                    name=name,
                    adapters=", ".join(self.adapters) or tr("none"),
                )
            )
        return self.adapters[name]

    def claims(self, path: Path) -> list[str]:
        """Name the adapters that can read *path*: the specific one alone, else every generic one.

        Raises AdapterError when two claim it specifically.
        """
        answers = {name: adapter.detect(path) for name, adapter in self.adapters.items()}
        specific = [name for name, answer in answers.items() if answer == "specific"]
        if len(specific) > 1:
            raise AdapterError(
                tr(
                    "{path}: claimed by {adapters}; name the mapping with --mapping",
                    path=path,
                    adapters=tr(" and ").join(specific),
                )
            )
        return specific or [name for name, answer in answers.items() if answer == "generic"]


def discover(folders: Iterable[Path] = (), installed: Iterable[EntryPoint] | None = None) -> Registry:
    """Find the bundled adapters, those in *folders*, and those that installed distributions declare.

    A file is loaded under its own name and put into `sys.modules` before it is executed. Two adapters of one name
    are both unusable: nobody could say which one a mapping means.
    """
    found: dict[str, Adapter] = {}
    broken: dict[str, Broken] = {}
    for name, origin, load in _candidates(folders, installed):
        if name in found or name in broken:
            other = found.pop(name, None) or broken[name]
            broken[name] = Broken(
                name,
                origin,
                tr("the name is taken twice: by {first} and by {second}", first=tr(other.origin), second=tr(origin)),
            )
            continue
        try:
            found[name] = _adapter(name, origin, load())
        except (Exception, SystemExit) as error:
            broken[name] = Broken(name, origin, _brief(error))
    return Registry(found, broken)


def _adapter(name: str, origin: str, module: Any) -> Adapter:
    """Check *module* against the hooks. Raises AdapterError or pluggy's own error when it does not fit."""
    manager = pluggy.PluginManager(PROJECT)
    manager.add_hookspecs(hookspecs)
    manager.register(module, name=name)
    hooks = [caller.name for caller in manager.get_hookcallers(module) or []]
    for hook in hooks:
        if hook not in _HOOKS:
            near = difflib.get_close_matches(hook, _HOOKS, 1)
            raise AdapterError(
                tr('there is no hook "{hook}"', hook=hook)
                + (tr('; did you mean "{nearest}"?', nearest=near[0]) if near else "")
            )
    if "read" not in hooks:
        raise AdapterError(tr("it has no read hook (is @hookimpl missing?)"))
    return Adapter(name, origin, tuple(hook for hook in _HOOKS if hook in hooks), manager)


def _candidates(
    folders: Iterable[Path], installed: Iterable[EntryPoint] | None
) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    own = bundled("adapters").resolve()
    for folder in dict.fromkeys((own, *(folder.resolve() for folder in folders))):
        if not folder.is_dir():
            raise AdapterError(tr("there is no adapters folder {folder}", folder=folder))
        for path in sorted(folder.glob("[!_.]*.py")):
            yield path.stem, SHIPPED if folder == own else str(path), partial(_module, path)
    for point in entry_points(group=PROJECT) if installed is None else installed:
        yield point.name, point.dist.name if point.dist else point.value, point.load


def _module(path: Path) -> ModuleType:
    name = f"confirma_adapter_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(tr("{path} cannot be loaded", path=path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _place(error: BaseException) -> str:
    """Say what happened and where in the adapter; the text of the error is left out, as it may quote an invoice."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    kind = type(error).__name__
    return f"{kind} ({at_line(Path(own[-1].filename).name, own[-1].lineno or 0)})" if own else kind


def _is_machinery(file: str) -> bool:
    return file == __file__ or Path(file).parent == Path(pluggy.__file__).parent


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text if isinstance(error, AdapterError) else f"{type(error).__name__}: {text}"
