"""`python -m confirma_connector.testing.child WORK`: a run in a process of its own, which is there to be killed."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from confirma_connector import contract
from confirma_connector.errors import ConfirmaError
from confirma_connector.pipeline import Choice, Run, send
from confirma_connector.settings import Settings
from confirma_connector.testing.subject import Subject


def main(words: str) -> None:
    """Send the file that *words*, as JSON, describe."""
    work = json.loads(words)
    name, folders, module = work["subject"]
    run = Run(
        Settings.model_validate(work["settings"]), contract.read(), Subject(name, tuple(folders), module).registry
    )
    try:
        send(run, Choice((Path(work["path"]),), mapping=work["mapping"]))
    except ConfirmaError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1])
