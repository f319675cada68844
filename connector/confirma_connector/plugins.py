"""Finding adapters, checking them against the hooks, and asking one of them at a time."""

from __future__ import annotations

import difflib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from importlib.metadata import Distribution, EntryPoint, distributions, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, NoReturn

import pluggy

from confirma_connector import hookspecs
from confirma_connector.asking import Adapter
from confirma_connector.calling import SHIPPED
from confirma_connector.errors import AdapterError, brief, said
from confirma_connector.guarding import Strayed, at_work, own_context
from confirma_connector.hookspecs import HOOKS_VERSION, PROJECT
from confirma_connector.language import because, tr
from confirma_connector.patience import watched
from confirma_connector.prints import Prints

__all__ = ["SHIPPED", "Adapter", "Broken", "Registry", "bundled", "discover"]

_IN_THE_CHECKOUT = {"problems": "docs"}
_HOOKS = ("read", "write_results", "detect", "options", "transforms")
_LOADING = 60.0
"""Seconds: as long as loading a partner's adapter may take, with all that it imports."""
_LARGEST = 10_000_000


def bundled(kind: Literal["adapters", "mappings", "problems"]) -> Path:
    """Give the folder of our own adapters, mappings, or pages of problems: in the wheel, or in the checkout."""
    package = Path(__file__).resolve().parent
    inside = package / "_bundled" / kind
    return inside if inside.is_dir() else package.parents[1] / _IN_THE_CHECKOUT.get(kind, kind)


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

    def printed(self) -> list[str]:
        """Say of each adapter that printed something that it did: only its report is ours to print."""
        return [told for adapter in self.adapters.values() if (told := adapter.printed())]

    def prints(self) -> list[str]:
        """Give what adapters printed, each line with the name of its adapter: for people who look for a mistake."""
        return [f"{adapter.name}: {line}" for adapter in self.adapters.values() for line in adapter.prints.lines]

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
                    'there is no adapter "{name}"; there are: {adapters} (name the folder of yours with --adapters, or '
                    "as adapters in the config file)",
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
                tr(
                    "the name is taken twice: by {first} and by {second}; take one of them away, or its folder out of "
                    "--adapters and the config file",
                    first=tr(other.origin),
                    second=tr(origin),
                ),
            )
            continue
        prints = Prints()
        try:
            module = load() if origin == SHIPPED else _loaded(name, origin, load, prints)
            found[name] = _adapter(name, origin, module, prints)
        except KeyboardInterrupt as stop:
            stop.add_note(tr('adapter "{name}" ({origin}) was being loaded', name=name, origin=tr(origin)))
            raise
        except Strayed:
            broken[name] = Broken(name, origin, tr("it left another working directory behind when it was loaded"))
        except BaseException as error:
            broken[name] = Broken(name, origin, _brief(error))
    return Registry(found, broken)


def _loaded(name: str, origin: str, load: Callable[[], Any], prints: Prints) -> Any:
    """Load a partner's adapter, and give it up with the process if that never ends."""

    def too_long() -> str:
        return tr(
            'adapter "{name}" ({origin}) is not loaded after {seconds:g} seconds',
            name=name,
            origin=origin,
            seconds=_LOADING,
        )

    with watched(_LOADING, too_long) as timed:
        return timed(lambda: at_work(prints, own_context(), load))


def _adapter(name: str, origin: str, module: Any, prints: Prints) -> Adapter:
    """Check *module* against the hooks. Raises AdapterError or pluggy's own error when it does not fit."""
    needed = getattr(module, "HOOKS_NEEDED", 1)
    if type(needed) is not int or needed < 1:
        raise AdapterError(
            tr("HOOKS_NEEDED is expected to be a whole number from 1, and is {found}", found=repr(needed))
        )
    if needed > HOOKS_VERSION:
        raise AdapterError(
            tr(
                "it needs version {needed} of the hooks, and this confirma-connector has version {version}: "
                "install a newer one",
                needed=needed,
                version=HOOKS_VERSION,
            )
        )
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
    return Adapter(name, origin, tuple(hook for hook in _HOOKS if hook in hooks), manager, prints)


def _candidates(
    folders: Iterable[Path], installed: Iterable[EntryPoint] | None
) -> Iterator[tuple[str, str, Callable[[], Any]]]:
    own = bundled("adapters").resolve()
    for folder in dict.fromkeys((own, *(folder.resolve() for folder in folders))):
        if not folder.is_dir():
            raise AdapterError(tr("there is no adapters folder {folder}", folder=folder))
        try:
            files = sorted(path for path in folder.iterdir() if path.suffix == ".py" and path.name[0] not in "_.")
        except OSError as error:
            raise AdapterError(tr("{path}: cannot be read: {reason}", path=folder, reason=because(error))) from None
        for path in files:
            yield path.stem, SHIPPED if folder == own else str(path), partial(_module, path)
    for point in _installed() if installed is None else installed:
        if isinstance(point, str):
            yield point, point, partial(_unreadable, point)
        else:
            yield point.name, point.dist.name if point.dist else point.value, point.load


def _installed() -> Iterator[EntryPoint | str]:
    """Give what installed distributions declare; of one that cannot be understood its name alone."""
    try:
        yield from list(entry_points(group=PROJECT))
    except Exception:  # one of them is damaged: which?
        for one in distributions():
            try:
                yield from [point for point in one.entry_points if point.group == PROJECT]
            except Exception:
                yield _name_of(one)


def _name_of(damaged: Distribution) -> str:
    try:
        return str(damaged.name)
    except Exception:
        return str(getattr(damaged, "_path", damaged))


def _unreadable(name: str) -> NoReturn:
    raise AdapterError(tr("the list of entry points of the installed package {name} cannot be read", name=name))


def _module(path: Path) -> ModuleType:
    if not path.is_file() or path.stat().st_size > _LARGEST:
        raise AdapterError(tr("{path} is no file of Python code", path=path))
    name = f"confirma_adapter_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(tr("{path} cannot be loaded", path=path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _brief(error: BaseException) -> str:
    text = said(error)
    return text if isinstance(error, AdapterError) and text else brief(f"{type(error).__name__}: {text}")
