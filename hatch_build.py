"""Compile the catalogues of messages, and put adapters/, mappings/ and the pages of problems into the wheel."""

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BundledFiles(BuildHookInterface):  # type: ignore[type-arg]  # its parameter is hatchling's own affair
    """Ship the top-level folders as confirma_connector/_bundled/…, in the standard wheel only.

    An editable install reads them where they are; the catalogues are compiled in their place for both.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the catalogues; add the folders to a standard wheel, and nothing to an editable one."""
        root = Path(self.root)
        for catalogue in sorted((root / "connector" / "confirma_connector" / "locale").rglob("*.po")):
            with catalogue.open("rb") as text, catalogue.with_suffix(".mo").open("wb") as compiled:
                write_mo(compiled, read_po(text, abort_invalid=True))
        if version == "standard":
            for folder in ("adapters", "mappings"):
                build_data["force_include"][str(root / folder)] = f"confirma_connector/_bundled/{folder}"
            for page in sorted((root / "docs").glob("problems*.md")):
                build_data["force_include"][str(page)] = f"confirma_connector/_bundled/problems/{page.name}"
