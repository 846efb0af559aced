"""The live page: `GET /` for browsers, and the files it is made of."""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from groundswell.api.errors import errors
from groundswell.api.permissions import permission
from starlette.responses import JSONResponse

from groundswell import __version__
from groundswell.core.errors import NotFound

router = APIRouter(tags=["page"])

TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""Nothing inline and nothing from elsewhere runs, whatever a post contains."""


PAGE_HEADERS = {"Content-Security-Policy": POLICY, "Vary": "Accept"}


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of the page, held in memory."""

    content: bytes
    media_type: str
    etag: str


@cache
def assets() -> dict[str, Asset]:
    """Return the page's files by name: what is not among them cannot be asked for."""
    folder = files("groundswell.api") / "page"
    found = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}
    return {
        name: Asset(content, TYPES[suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        for name, content in found.items()
        if (suffix := f".{name.rpartition('.')[2]}") in TYPES
    }


@router.get(
    "/",
    dependencies=[permission("open")],
    responses={
        200: {
            "description": "The live page where `Accept` names `text/html`, else a welcome.",
            "content": {
                "text/html": {"schema": {"type": "string"}},
                "application/json": {
                    "schema": {"type": "object", "additionalProperties": {"type": "string"}},
                    "example": {
                        "message": "Welcome to Groundswell: the API is described at /docs.",
                        "status": "healthy",
                        "version": __version__,
                    }
                },
            },
        }
    },
)
def front(request: Request) -> Response:
    """Show the live page to browsers, and a welcome to programs."""
    if _wants_html(request.headers.get("accept", "")):
        return _send(request, assets()["index.html"], **PAGE_HEADERS)
    body = {
        "message": "Welcome to Groundswell: the API is described at /docs.",
        "status": "healthy",
        "version": __version__,
    }
    return JSONResponse(body, headers={"Vary": "Accept"})


@router.get("/page/{name}", dependencies=[permission("open")], include_in_schema=False, responses=errors(404))
def asset(request: Request, name: Annotated[str, InPath(description="Name of the file.")]) -> Response:
    """Send one of the page's files."""
    if name not in assets():
        raise NotFound(f"The page has no file {name!r}.")
    return _send(request, assets()[name])


def _wants_html(accept: str) -> bool:
    """Tell whether `Accept` names HTML; `*/*`, as programs send it, does not."""
    names = {part.partition(";")[0].strip().lower() for part in accept.split(",")}
    return bool(names & {"text/html", "application/xhtml+xml"})


def _send(request: Request, found: Asset, **headers: str) -> Response:
    """Send a file; browsers ask each time whether it has changed."""
    headers |= {"ETag": found.etag, "Cache-Control": "no-cache"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
