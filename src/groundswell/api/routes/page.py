"""The dashboard: `GET /` for browsers, and the files it is made of; they are built from `dashboard/`."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from starlette.responses import JSONResponse

from groundswell import __version__
from groundswell.api.errors import errors
from groundswell.api.permissions import permission
from groundswell.core.errors import DashboardNotBuilt, NotFound

router = APIRouter(tags=["page"])

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere runs, whatever a post contains."""


PAGE_HEADERS = {"Content-Security-Policy": POLICY, "Vary": "Accept"}

HASHED = "assets/"
"""Files in this folder carry a hash of their content in their name: they never change."""

FOREVER = {"Cache-Control": "public, max-age=31536000, immutable"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page, held in memory."""

    content: bytes
    media_type: str
    etag: str


@cache
def assets() -> dict[str, Asset]:
    """Return the page's files by path: what is not among them cannot be asked for.

    Raises `DashboardNotBuilt` where there are none.
    """
    folder = files("groundswell.api") / "page"
    if not (folder / "index.html").is_file():
        raise DashboardNotBuilt
    return {
        name: Asset(content, TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        for name, content in _files(folder)
        if (suffix := f".{name.rpartition('.')[2]}") in TYPES
    }


def _files(folder: Traversable, above: str = "") -> Iterator[tuple[str, bytes]]:
    for item in folder.iterdir():
        if item.is_dir():
            yield from _files(item, f"{above}{item.name}/")
        else:
            yield above + item.name, item.read_bytes()


@router.get(
    "/",
    dependencies=[permission("open")],
    responses={
        200: {
            "description": "The dashboard where `Accept` names `text/html`, else a welcome.",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "application/json": {
                    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                    "example": {
                        "message": "Welcome to Groundswell: the API is described at /docs.",
                        "status": "healthy",
                        "version": __version__,
                    },
                },
            },
        }
    },
)
def front(request: Request) -> Response:
    """Show the dashboard to browsers, and a welcome to programs."""
    if _wants_html(request.headers.get("accept", "")):
        return _page(request)
    body = {
        "message": "Welcome to Groundswell: the API is described at /docs.",
        "status": "healthy",
        "version": __version__,
    }
    return JSONResponse(body, headers={"Vary": "Accept"})


def _page(request: Request) -> Response:
    try:
        return _send(request, assets()["index.html"], PAGE_HEADERS)
    except DashboardNotBuilt as error:
        words = f"Groundswell is running. {error.message}\n"
        return Response(words, status_code=501, media_type="text/plain", headers=PAGE_HEADERS)


@router.get(
    "/page/{name:path}", dependencies=[permission("open")], include_in_schema=False, responses=errors(404)
)
def asset(request: Request, name: Annotated[str, InPath(description="Path of the file.")]) -> Response:
    """Send one of the page's files."""
    if name not in assets():
        raise NotFound(f"The page has no file {name!r}.")
    keep = FOREVER if name.startswith(HASHED) else {}
    return _send(request, assets()[name], keep)


def _wants_html(accept: str) -> bool:
    """Tell whether `Accept` names HTML; `*/*`, as programs send it, does not."""
    names = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return bool(names & {"text/html", "application/xhtml+xml"})


def _send(request: Request, found: Asset, more: dict[str, str]) -> Response:
    """Send a file; unless `more` says otherwise, browsers ask each time whether it has changed."""
    headers = {"ETag": found.etag, "Cache-Control": "no-cache", **more}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
