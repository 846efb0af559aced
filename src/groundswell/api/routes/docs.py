"""The API's own documentation, readable without any other server: its scripts are installed with it."""

import html
from functools import cache
from importlib.resources import files
from typing import Literal

from fastapi import APIRouter, Request, Response
from starlette.responses import HTMLResponse, JSONResponse

from groundswell.api.live.events import document
from groundswell.api.permissions import permission

router = APIRouter(include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; worker-src blob:; base-uri 'none'; frame-ancestors 'none'"
)
"""Nothing from elsewhere: no script, no font, no picture. The two viewers style themselves inline."""

Asset = Literal["swagger-ui-bundle.js", "swagger-ui.css", "redoc.standalone.js", "start.js"]

START = b"""SwaggerUIBundle({
  url: "/openapi.json", dom_id: "#viewer", deepLinking: true, layout: "BaseLayout",
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIBundle.SwaggerUIStandalonePreset],
});
"""

SWAGGER = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="viewer"></div>
<script src="/docs/assets/swagger-ui-bundle.js"></script><script src="/docs/assets/start.js"></script>
</body></html>
"""

REDOC = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,"></head>
<body style="margin: 0"><redoc spec-url="/openapi.json"></redoc>
<script src="/docs/assets/redoc.standalone.js"></script></body></html>
"""


@router.get("/openapi.json", dependencies=[permission("read")])
def openapi(request: Request) -> JSONResponse:
    """Return the machine-readable description of this API."""
    return JSONResponse(request.app.openapi())


@router.get("/asyncapi.json", dependencies=[permission("read")])
def asyncapi() -> JSONResponse:
    """Return the machine-readable description of the live feed."""
    return JSONResponse(document())


@router.get("/docs", dependencies=[permission("read")])
async def swagger(request: Request) -> HTMLResponse:
    """Show the API to people who want to try it."""
    return _page(SWAGGER, request)


@router.get("/redoc", dependencies=[permission("read")])
async def redoc(request: Request) -> HTMLResponse:
    """Show the API to people who want to read."""
    return _page(REDOC, request)


def _page(template: str, request: Request) -> HTMLResponse:
    page = template.format(title=html.escape(request.app.title))
    return HTMLResponse(page, headers={"Content-Security-Policy": POLICY})


@router.get("/docs/assets/{name}", dependencies=[permission("read")])
def asset(name: Asset) -> Response:
    """Return a script or style of the documentation pages."""
    media_type = "text/css" if name.endswith(".css") else "text/javascript"
    return Response(_asset(name), media_type=media_type, headers={"Cache-Control": "max-age=86400"})


@cache
def _asset(name: Asset) -> bytes:
    """Read an asset; `fastapi-offline` brings Swagger UI (Apache 2.0) and ReDoc (MIT)."""
    return START if name == "start.js" else files("fastapi_offline").joinpath("static", name).read_bytes()
