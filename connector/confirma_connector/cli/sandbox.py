"""`confirma sandbox`."""

from __future__ import annotations

from pathlib import Path

import click

from confirma_connector.cli.saying import say
from confirma_connector.errors import SettingsError
from confirma_connector.files import private_file
from confirma_connector.language import because, tr

__all__ = ["sandbox"]


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8765, show_default=True, type=click.IntRange(0, 65535), help="The port to listen on.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    default=Path("sandbox.sqlite3"),
    show_default=True,
    help="The file it keeps its data in.",
)
@click.option(
    "--key", default="sandbox", show_default=True, help="The key it takes (a made-up one: it protects nothing)."
)
@click.option("--pace", default=1.0, show_default=True, help="Seconds from one status to the next.")
def sandbox(host: str, port: int, store: Path, key: str, pace: float) -> None:
    """Run the stand-in server alone: PAUSED, ACCEPTED, INTERMEDIATED, and faults on demand (see /docs on it)."""
    try:
        from confirma_connector.sandbox import run

        say(
            tr(
                "the stand-in listens on http://{host}:{port} (OpenAPI: http://{host}:{port}/docs); Ctrl-C ends it",
                host=host,
                port=port,
            )
        )
        say(
            tr(
                "use it with CONFIRMA_ENVIRONMENT=sandbox CONFIRMA_URL=http://{host}:{port} CONFIRMA_TOKEN={key}",
                host=host,
                port=port,
                key=key,
            )
        )
        run(host, port, private_file(store), key, pace)
    except ImportError as error:
        raise SettingsError(
            tr('the sandbox needs more: pip install "confirma-connector[sandbox]" ({name})', name=error.name)
        ) from None
    except OSError as error:
        raise SettingsError(
            tr(
                "the stand-in cannot listen on {host}:{port}: {reason}",
                host=host,
                port=port,
                reason=because(error),
            )
        ) from None
