"""`mobilenetv2 web`: pictures and the camera, answered in a browser."""

import tempfile
from pathlib import Path

import click

from mobilenetv2.catalog.embedded import EMBEDDED
from mobilenetv2.cli.console import messages
from mobilenetv2.cli.loading import is_program, open_checkpoint, plain_name
from mobilenetv2.web.server import PageServer
from mobilenetv2.web.site import Offer, write_site


@click.command()
@click.option(
    "--model", "models", multiple=True,
    help="A file or a known name; may be given again.  [default: those in the box]",
)  # fmt: skip
@click.option("--port", default=8080, show_default=True, type=click.IntRange(0, 65535))
def web(models: tuple[str, ...], port: int) -> None:
    """Serve a page that labels pictures and the camera in the browser, to this machine alone.

    \b
    mobilenetv2 web
    mobilenetv2 web --model run/model.safetensors --port 0

    Everything is computed in the browser; pictures stay there. For a page on a server of your own:
    mobilenetv2 export MODEL --web DIR.
    """
    names = models or tuple(item.name for item in EMBEDDED)
    offers = [offer_of(name) for name in names]
    with tempfile.TemporaryDirectory(prefix="mobilenetv2-web-") as folder:
        messages().print("compiling for the browser ...", markup=False)
        # A service worker would go on answering for this port when another program has it.
        write_site(Path(folder), offers, offline=False)
        with PageServer(Path(folder), port) as server:
            messages().print(f"open {server.address} (Ctrl-C ends it)", markup=False)
            server.serve_forever()


def offer_of(name_or_path: str) -> Offer:
    """A model for the page: compiled for it, or a program file as it is."""
    path = Path(name_or_path)
    model = path if is_program(path) else open_checkpoint(name_or_path)
    return Offer(plain_name(name_or_path), model)
