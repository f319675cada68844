"""The adapter that is tried: found as the host finds it, by name, by file or by module."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType

from confirma_connector.asking import Adapter
from confirma_connector.errors import AdapterError
from confirma_connector.hookspecs import PROJECT
from confirma_connector.plugins import Registry, discover

__all__ = ["Subject"]


@dataclass(frozen=True)
class Subject:
    """An adapter under trial. *module* is the name of a module that no installed package declares."""

    name: str
    folders: tuple[str, ...] = ()
    module: str = ""

    @classmethod
    def of(cls, adapter: str | Path | ModuleType, base: Path, folders: Sequence[Path] = ()) -> Subject:
        """Find what *adapter* means: a name, a file (from the folder *base*), or a module. Raises AdapterError."""
        places = tuple(str(folder.resolve()) for folder in folders)
        if isinstance(adapter, ModuleType):
            declared = (point.name for point in entry_points(group=PROJECT) if point.module == adapter.__name__)
            return cls(next(declared, adapter.__name__.rpartition(".")[2]), places, adapter.__name__)
        if str(adapter).endswith(".py"):
            file = (base / adapter).resolve()
            if not file.is_file():
                raise AdapterError(f"there is no file {file}: `adapter` names the adapter, or its file")
            return cls(file.stem, tuple(dict.fromkeys((*places, str(file.parent)))))
        return cls(str(adapter), places)

    @cached_property
    def registry(self) -> Registry:
        """Every adapter there is, with this one."""
        installed = list(entry_points(group=PROJECT))
        if self.module and all(point.name != self.name for point in installed):
            installed.append(EntryPoint(self.name, self.module, PROJECT))
        return discover(map(Path, self.folders), installed)

    @property
    def adapter(self) -> Adapter:
        """The adapter itself. Raises AdapterError when it is missing or broken."""
        return self.registry.get(self.name)
