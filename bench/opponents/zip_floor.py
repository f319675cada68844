"""The floor of writing a workbook: every part unzipped and zipped again, none of it understood."""

from __future__ import annotations

import shutil
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

__all__ = ["run"]


def run(source: str, target: str) -> dict[str, int]:
    """Copy a workbook part by part."""
    with ZipFile(source) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for part in old.infolist():
            with old.open(part) as read, new.open(part.filename, "w") as written:
                shutil.copyfileobj(read, written, 1 << 16)
    return {"bytes": Path(target).stat().st_size}
