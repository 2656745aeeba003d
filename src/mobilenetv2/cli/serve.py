"""`mobilenetv2 serve`: a model behind HTTP."""

import click

from mobilenetv2.cli.console import messages
from mobilenetv2.cli.loading import open_predictor, plain_name
from mobilenetv2.cli.number_range import NumberRange
from mobilenetv2.errors import MissingDependencyError
from mobilenetv2.model import DEFAULT_MODEL
from mobilenetv2.serve.limits import Limits

TOKEN_VARIABLE = "MOBILENETV2_TOKEN"


@click.command()
@click.option("--model", default=DEFAULT_MODEL, show_default=True, help="A file or a known name.")
@click.option("--host", default="127.0.0.1", show_default=True, help="0.0.0.0: every network.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--name", help="What Open Inference clients call the model.  [default: its file's name]"
)
@click.option("--workers", type=click.IntRange(min=1), help="Pictures at once.  [default: cores]")
@click.option("--queue", type=click.IntRange(min=0), default=Limits().queue, show_default=True,
              help="Pictures that wait; more get 503.")  # fmt: skip
@click.option("--megabytes", type=NumberRange(min=0, min_open=True),
              default=Limits().megabytes, show_default=True, help="Of a request.")  # fmt: skip
@click.option("--megapixels", type=NumberRange(min=0, min_open=True),
              default=Limits().megapixels, show_default=True, help="Of a picture.")  # fmt: skip
@click.option("--seconds", type=NumberRange(min=0, min_open=True),
              default=Limits().seconds, show_default=True, help="Until an answer.")  # fmt: skip
@click.option("--token", envvar=TOKEN_VARIABLE, show_envvar=True,
              help="What requests must bear: Authorization: Bearer TOKEN.")  # fmt: skip
def serve(
    model: str,
    host: str,
    port: int,
    name: str | None,
    workers: int | None,
    queue: int,
    megabytes: float,
    megapixels: float,
    seconds: float,
    token: str | None,
) -> None:
    """Answer pictures over HTTP with the JSON of `predict`.

    \b
    mobilenetv2 serve --model run/model.safetensors
    curl --data-binary @photo.jpg 'http://127.0.0.1:8000/predict?top=3'
    curl -H 'Accept: image/jpeg' --data-binary @photo.jpg http://127.0.0.1:8000/predict > drawn.jpg

    POST /predict takes a picture as body or as a form's file; options of `predict` stand in the
    address. Beside it: the Open Inference Protocol below /v2, /healthz, /metrics (Prometheus), and
    a page to drop pictures on at /. SIGTERM: what was begun is answered first.
    """
    limits = Limits(
        workers=workers or 0, queue=queue, megabytes=megabytes, megapixels=megapixels,
        seconds=seconds,
    )  # fmt: skip
    try:
        from mobilenetv2.serve.app import Service
        from mobilenetv2.serve.run import serve as run
    except ImportError as error:
        raise MissingDependencyError("starlette and uvicorn", "serve", "Serving") from error
    # As many pictures at once as there are cores, each on one.
    loaded = open_predictor(model, threads=1)
    called = name or plain_name(model)
    app = Service(loaded, called, limits, token or None).app()
    messages().print(f"serving {called} ({loaded.task})", markup=False)
    run(app, host, port, limits)
