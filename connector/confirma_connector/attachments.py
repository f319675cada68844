"""A PDF named in a source: only from below the configured folder, never too large, as base64."""

from __future__ import annotations

import base64
from pathlib import Path

from confirma_connector.invoice import Attachment
from confirma_connector.language import because, tr

__all__ = ["LARGEST", "attachment"]

LARGEST = 10 * 1024 * 1024
"""The largest PDF that is sent, in bytes."""


def attachment(folder: Path | None, name: str) -> Attachment:
    """Read the PDF *name* below *folder*. Raises ValueError with a sentence."""
    if folder is None:
        raise ValueError(tr("a PDF is named but no attachments folder is set (--attachments or CONFIRMA_ATTACHMENTS)"))
    path = _below(folder, name)
    try:
        if not path.is_file():
            raise ValueError(tr("there is no such file in the attachments folder"))
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(tr("the PDF cannot be read: {reason}", reason=because(error))) from None
    if len(data) > LARGEST:
        raise ValueError(tr("the PDF is larger than {largest} MB", largest=LARGEST // 1024 // 1024))
    if not data.startswith(b"%PDF-"):
        raise ValueError(tr("the file is not a PDF"))
    return Attachment(file_name=Path(name).name, data=base64.b64encode(data).decode("ascii"))


def _below(folder: Path, name: str) -> Path:
    try:
        path = (folder / name).resolve()
        is_below = path.is_relative_to(folder.resolve()) and not Path(name).is_absolute()
    except (OSError, RuntimeError, ValueError):  # a loop of links, or a character that no name can have
        raise ValueError(tr("this is not the name of a file")) from None
    if not is_below:
        raise ValueError(tr("the PDF lies outside the attachments folder"))
    return path
