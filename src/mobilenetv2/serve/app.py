"""The routes: a picture to its answer, health, counts, and a page to drop pictures on."""

import hmac
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from mobilenetv2.pipeline import Predictor
from mobilenetv2.serve import open_inference as v2
from mobilenetv2.serve.body import read_body, read_picture
from mobilenetv2.serve.desk import Desk
from mobilenetv2.serve.limits import Limits
from mobilenetv2.serve.metrics import Metrics
from mobilenetv2.serve.query import read_options
from mobilenetv2.serve.question import Form, Question
from mobilenetv2.serve.refusals import NoSuchModelError, RefusalError, TokenError
from mobilenetv2.serve.tensors import read_inputs, split_body
from mobilenetv2.tasks.options import Options
from mobilenetv2.tasks.task_of import answering_task

Handler = Callable[[Request], Awaitable[Response]]


class Service:
    """One model, shared by all requests.

    Args:
        model: answers on several threads at once.
        name: what it is called in the Open Inference Protocol.
        limits: for each client.
        token: what a request must bear in `Authorization: Bearer`; None: nothing.

    Raises:
        OptionError: a feature extractor, which has no answers.
    """

    def __init__(self, model: Predictor[Any], name: str, limits: Limits, token: str | None) -> None:
        self._model = model
        self._task = answering_task(model.task)
        self._name = name
        self._limits = limits
        self._token = token
        self._desk = Desk(limits)
        self._metrics = Metrics()

    def app(self) -> Starlette:
        """The ASGI application, for uvicorn or any other server."""
        own = f"/v2/models/{self._name}"
        routes = [
            self._route("/", self._page, "GET", open_to_all=True),
            self._route("/healthz", self._healthy, "GET", open_to_all=True),
            self._route("/metrics", self._counts, "GET"),
            self._route("/predict", self._predict, "POST"),
            self._route("/v2", self._server, "GET"),
            self._route("/v2/health/live", self._healthy, "GET", open_to_all=True),
            self._route("/v2/health/ready", self._healthy, "GET", open_to_all=True),
            self._route(own, self._metadata, "GET"),
            self._route(f"{own}/ready", self._healthy, "GET", open_to_all=True),
            self._route(f"{own}/infer", self._infer, "POST"),
            self._route("/v2/models/{name}", self._unknown, "GET"),
            self._route("/v2/models/{name}/{rest}", self._unknown, "GET", "POST"),
        ]
        return Starlette(
            routes=routes,
            lifespan=self._lifespan,
            exception_handlers={HTTPException: self._no_such_route},
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        yield
        self._desk.close()

    def _route(
        self, path: str, handler: Handler, *methods: str, open_to_all: bool = False
    ) -> Route:
        async def endpoint(request: Request) -> Response:
            begin = time.perf_counter()
            try:
                if not open_to_all:
                    self._admit(request)
                response = await handler(request)
            except RefusalError as refusal:
                response = _refused(refusal)
            except ClientDisconnect:
                # Nobody will read it; the count is what remains.
                response = Response(status_code=499)
            self._metrics.count(path, response.status_code, time.perf_counter() - begin)
            return response

        return Route(path, endpoint, methods=list(methods))

    def _admit(self, request: Request) -> None:
        if self._token is None:
            return
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        # Compared in a time that does not tell how much of it was right.
        right = hmac.compare_digest(given.strip().encode(), self._token.encode())
        if kind.lower() != "bearer" or not right:
            raise TokenError("this server needs its token: Authorization: Bearer TOKEN")

    async def _predict(self, request: Request) -> Response:
        options = read_options(request.query_params.multi_items())
        picture = await read_picture(request, self._limits)
        question = Question(picture, options, self._limits.pixels)
        form, media = _form(request.headers.get("accept", ""))
        if form == "json":
            result = await self._desk.do(lambda: question.answer(self._model))
            return JSONResponse(result.to_json())
        drawn = await self._desk.do(lambda: question.drawn(self._model, form))
        return Response(drawn, media_type=media)

    async def _infer(self, request: Request) -> Response:
        body = await read_body(request, self._limits)
        asked, binary = split_body(body, request.headers.get(v2.HEADER_LENGTH))
        (given,) = read_inputs(asked, binary)
        parameters = asked.get("parameters")
        chosen = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in (parameters.items() if isinstance(parameters, dict) else ())
            if name != "binary_data_output"
        }
        options: Options = read_options(chosen.items())
        question = Question(v2.picture_of(given), options, self._limits.pixels)
        result = await self._desk.do(lambda: question.answer(self._model))
        content, headers = v2.reply(self._name, asked, v2.tensors_of(result))
        return Response(content, headers=headers)

    async def _metadata(self, _: Request) -> Response:
        return JSONResponse(v2.metadata(self._name, self._task))

    async def _server(self, _: Request) -> Response:
        return JSONResponse(
            {
                "name": "mobilenetv2",
                "version": version("mobilenetv2"),
                "extensions": ["binary_tensor_data"],
            }
        )

    async def _unknown(self, request: Request) -> Response:
        name = request.path_params["name"]
        raise NoSuchModelError(f"the model served here is {self._name!r}, got {name!r}")

    async def _no_such_route(self, request: Request, error: Exception) -> Response:
        """An address, or a method, that is none: in the words of every refusal."""
        status = error.status_code if isinstance(error, HTTPException) else 404
        headers = error.headers if isinstance(error, HTTPException) else None
        self._metrics.count("other", status, 0.0)
        said = f"POST /predict answers pictures, got {request.method} {request.url.path[:80]}"
        return JSONResponse({"error": said}, status, headers)

    async def _healthy(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "model": self._name, "task": self._task})

    async def _counts(self, _: Request) -> Response:
        text = self._metrics.text(self._desk.taken)
        return PlainTextResponse(text, media_type="text/plain; version=0.0.4")

    async def _page(self, _: Request) -> Response:
        return HTMLResponse(files("mobilenetv2.serve").joinpath("page.html").read_text("utf-8"))


def _form(accept: str) -> tuple[Form, str]:
    """How an answer is wanted: `Accept: image/jpeg` draws it, `image/png` gives the mask."""
    kinds = [part.partition(";")[0].strip() for part in accept.lower().split(",")]
    for kind in kinds:
        match kind:
            case "image/jpeg":
                return "drawing", kind
            case "image/png":
                return "mask", kind
            case _:
                pass
    return "json", "application/json"


def _refused(refusal: RefusalError) -> Response:
    headers = {}
    if refusal.retry_seconds is not None:
        headers["retry-after"] = str(refusal.retry_seconds)
    if isinstance(refusal, TokenError):
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": str(refusal)}, refusal.status, headers)
