"""The page on this machine: answers to who holds the token, and to nobody else.

Binds 127.0.0.1. The address holds a random token, other values of the Host header are refused (a
name that was made to lead here), runs and games are asked for by number and by listed name, never
by path, and a request's body is short.
"""

from __future__ import annotations

import json
import logging
import secrets
import socket
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from typing import Any, TypeVar

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dsrl.runs.rundir import RunError
from dsrl.view.encoders import Encoders, ViewedEncoder
from dsrl.view.page import FILES, HTML, LATENTS, part
from dsrl.view.runs import Library, ViewedRun
from dsrl.view.takeover import Seat

T = TypeVar("T")
HOST = "127.0.0.1"
HOSTS = (HOST, "localhost")
LONGEST_BODY = 32_768  # bytes
TOO_LARGE = 413
MOST_TOLD = 80  # characters of what a stranger asked
LOG = logging.getLogger("dsrl.view")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


class _Answers:
    """What each address of the page answers."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._seat = Seat()
        self._searching = Lock()  # one question at a time: each has a process of its own

    def runs(self, request: Request) -> Response:
        return JSONResponse(self._library.about())

    def evaluations(self, request: Request) -> Response:
        return JSONResponse(self._library.evaluations())

    def timeline(self, request: Request) -> Response:
        return JSONResponse(self._run(request).timeline(_game(request)))

    def steps(self, request: Request) -> Response:
        return JSONResponse(self._run(request).steps(_game(request), _number(request)))

    def frames(self, request: Request) -> Response:
        block = self._run(request).frames(_game(request), _number(request))
        return Response(block, media_type="application/octet-stream")

    def story(self, request: Request) -> Response:
        (told,) = self._run(request).stories(_game(request), [_number(request)])
        return JSONResponse(told)

    def futures(self, request: Request) -> Response:
        other = str(request.path_params["action"])
        return JSONResponse(self._run(request).futures(_game(request), _number(request), other))

    def eyes(self, request: Request) -> Response:
        return JSONResponse(self._run(request).eyes())

    def latents(self, request: Request) -> Response:
        return JSONResponse(self._run(request).latents(_game(request), _number(request)))

    def ready(self, request: Request) -> Response:
        from dsrl.view.search import read

        with self._searching:
            read(steps for steps, _ in self._library.logged())
        return JSONResponse(None)

    async def search(self, request: Request) -> Response:
        question = await _text(request, "question")
        return JSONResponse(await run_in_threadpool(self._found, question))

    def _found(self, question: str) -> dict[str, Any]:
        from dsrl.view.search import search  # and what it rests on: not before the first picture

        with self._searching:
            names = [run.stage.names for run in self._library.runs]
            return search(question, self._library.logged(), names)

    async def rules(self, request: Request) -> Response:
        text = await _text(request, "rules")
        run, game, number = self._run(request), _game(request), _number(request)
        return JSONResponse(await run_in_threadpool(self._tried, run, game, number, text))

    def _tried(self, run: ViewedRun, game: str, number: int, text: str) -> dict[str, Any]:
        with self._searching:
            return run.tried(game, number, text)

    def take_over(self, request: Request) -> Response:
        run, game, number = self._run(request), _game(request), _number(request)
        return JSONResponse(self._seat.take(lambda: run.take_over(game, number)))

    async def play_on(self, request: Request) -> Response:
        session = str(request.path_params["session"])
        action = await _text(request, "action", or_none=True)
        return JSONResponse(await run_in_threadpool(self._seat.step, session, action))

    def leave(self, request: Request) -> Response:
        self._seat.leave(str(request.path_params["session"]))
        return JSONResponse(None)

    def _run(self, request: Request) -> ViewedRun:
        return _one_of(self._library.runs, request)


class _OfLatents:
    """What each address of the page of latents answers."""

    def __init__(self, encoders: Encoders) -> None:
        self._encoders = encoders

    def encoders(self, request: Request) -> Response:
        return JSONResponse(self._encoders.about())

    def sample(self, request: Request) -> Response:
        return JSONResponse(self._run(request).sample(_number(request)))

    async def drawn(self, request: Request) -> Response:
        run, latents = self._run(request), await _numbers(request, "latents")
        turn = int(request.path_params["turn"])
        return JSONResponse(await run_in_threadpool(run.drawn, latents, _number(request), turn))

    def _run(self, request: Request) -> ViewedEncoder:
        return _one_of(self._encoders.runs, request)


def application(library: Library | Encoders, token: str) -> Starlette:
    """The page of these runs at ``/TOKEN/``."""
    if isinstance(library, Encoders):
        first, routes = LATENTS, _routes_of_latents(_OfLatents(library))
    else:
        first, routes = HTML, _routes(_Answers(library))

    def page(request: Request) -> Response:
        name = request.path_params.get("file", first)
        if name not in FILES:
            raise HTTPException(404, f"the page has no {name}")
        return Response(part(name), media_type=FILES[name])

    return Starlette(
        routes=[Mount(f"/{token}", routes=[Route("/", page), Route("/{file:str}", page), *routes])],
        middleware=[
            Middleware(_Refusals, token=token),
            Middleware(TrustedHostMiddleware, allowed_hosts=[*HOSTS], www_redirect=False),
            Middleware(_Guard, token=token),
        ],
        exception_handlers={ValueError: _refusal, HTTPException: _refusal},
        max_body_size=LONGEST_BODY,
    )


def _routes_of_latents(answers: _OfLatents) -> list[Route]:
    run = "/api/encoders/{run:int}"
    return [
        Route("/api/encoders", answers.encoders),
        Route(run + "/samples/{number:int}", answers.sample),
        Route(run + "/samples/{number:int}/drawn/{turn:int}", answers.drawn, methods=["POST"]),
    ]


def _routes(answers: _Answers) -> list[Route]:
    game = "/api/runs/{run:int}/games/{game}"
    return [
        Route("/api/runs", answers.runs),
        Route("/api/evaluations", answers.evaluations),
        Route("/api/runs/{run:int}/eyes", answers.eyes),
        Route(game, answers.timeline),
        Route(game + "/steps/{number:int}", answers.steps),
        Route(game + "/frames/{number:int}", answers.frames),
        Route(game + "/story/{number:int}", answers.story),
        Route(game + "/futures/{number:int}/{action:str}", answers.futures),
        Route(game + "/latents/{number:int}", answers.latents),
        Route(game + "/rules/{number:int}", answers.rules, methods=["POST"]),
        Route(game + "/takeover/{number:int}", answers.take_over, methods=["POST"]),
        Route("/api/takeover/{session:str}", answers.play_on, methods=["POST"]),
        Route("/api/takeover/{session:str}/end", answers.leave, methods=["POST"]),
        Route("/api/search", answers.search, methods=["POST"]),
        Route("/api/search/ready", answers.ready),
    ]


class _Refusals:
    """Tells on standard error of who was refused for what they are or send: not of a request of the
    page's own that went wrong."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._tell(scope, int(message["status"]))
            await send(message)

        await self._app(scope, receive, watched)

    def _tell(self, scope: Scope, status: int) -> None:
        host = Headers(scope=scope).get("host", "")
        stranger = first_part(scope) != self._token or host.partition(":")[0] not in HOSTS
        outside = any(each in scope["path"] for each in ("..", "//"))  # the page's own have none
        if status == TOO_LARGE or (status >= 400 and (stranger or outside)):
            path = scope["path"].replace(self._token, "TOKEN")[:MOST_TOLD]
            said = f"{scope['method']} {path!r} for host {host[:MOST_TOLD]!r}"
            LOG.warning("dsrl view refused %s: %d", said, status)


class _Guard:
    """Refuses who does not know the token, and gives every answer `HEADERS`."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # the start and the end of the server, and no websockets
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        async def headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        given = first_part(scope)
        if secrets.compare_digest(given.encode(), self._token):
            await self._app(scope, receive, headed)
        else:
            refused = PlainTextResponse("give the address as dsrl view printed it\n", 403)
            await refused(scope, receive, headed)


def first_part(scope: Scope) -> str:
    """What stands in the path where the token must; of OPTIONS it may be *."""
    return str(scope["path"].removeprefix("/").partition("/")[0])


def serve(library: Library | Encoders, port: int, browser: bool) -> None:
    """Serves until Ctrl-C; ``port`` 0 is any that is free. ValueError: the port cannot be had."""
    token = secrets.token_urlsafe(16)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((HOST, port))
            listening.listen()  # now, so that a browser finds it however fast it is
        except OSError as error:
            fault = f"port {port} of {HOST} cannot be had: {error.strerror}"
            raise ValueError(f"{fault}; give another --port, or none for a free one") from error
        address = f"http://{HOST}:{listening.getsockname()[1]}/{token}/"
        print(f"{address}\nCtrl-C ends it", flush=True)
        if browser:
            webbrowser.open(address)
        config = uvicorn.Config(application(library, token), log_level="warning", use_colors=False)
        uvicorn.Server(config).run(sockets=[listening])


@contextmanager
def served(library: Library | Encoders) -> Iterator[str]:
    """The address of a page that is served meanwhile by another thread of this process."""
    token = secrets.token_urlsafe(16)
    with socket.socket() as listening:
        listening.bind((HOST, 0))
        listening.listen()
        config = uvicorn.Config(application(library, token), log_level="warning", use_colors=False)
        server = uvicorn.Server(config)
        thread = Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://{HOST}:{listening.getsockname()[1]}/{token}/"
        finally:
            server.should_exit = True
            thread.join()


def _refusal(request: Request, error: Exception) -> Response:
    """One line that says what is wrong."""
    if isinstance(error, HTTPException):
        return JSONResponse({"error": error.detail}, error.status_code)
    return JSONResponse({"error": str(error)}, 404 if isinstance(error, RunError) else 400)


async def _text(request: Request, name: str, *, or_none: bool = False) -> Any:
    """The text of this name in the request's body."""
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        value = json.loads(await request.body())[name]
        if isinstance(value, str) or (or_none and value is None):
            return value
    raise HTTPException(400, f'send {{"{name}": "..."}}')


async def _numbers(request: Request, name: str) -> list[float]:
    """The list of numbers of this name in the request's body."""
    with suppress(ValueError, KeyError, TypeError, RecursionError, OverflowError):
        values = json.loads(await request.body())[name]
        if isinstance(values, list) and all(type(each) in (int, float) for each in values):
            return [float(each) for each in values]
    raise HTTPException(400, f'send {{"{name}": [...]}}')


def _one_of(runs: Sequence[T], request: Request) -> T:
    number = int(request.path_params["run"])
    if number >= len(runs):
        raise HTTPException(404, f"there are runs 0 to {len(runs) - 1}")
    return runs[number]


def _game(request: Request) -> str:
    return str(request.path_params["game"])


def _number(request: Request) -> int:
    return int(request.path_params["number"])
