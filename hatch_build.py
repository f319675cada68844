"""Put adapters/ and mappings/ into the wheel; an editable install reads them where they are."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundledFiles(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own affair
    """Ship the top-level folders as confirma_connector/_bundled/…, in the standard wheel only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add both folders to a standard wheel, and nothing to an editable one."""
        if version == "standard":
            for folder in ("adapters", "mappings"):
                build_data["force_include"][str(Path(self.root, folder))] = f"confirma_connector/_bundled/{folder}"
