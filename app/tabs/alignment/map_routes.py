"""Addresses of the maps: the shoppers for the component, and the Plotly figure as JSON and as a page of its own."""

import math
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Route

from app.components.templates import render
from app.tabs.alignment.figure import PAPER, figure
from app.tabs.alignment.map_data import Colour, Packed, colours
from molar.serving.map_queries import ShopperMaps
from molar.serving.user_maps import VIEWS

CACHE = {"Cache-Control": "public, max-age=600"}


def routes(maps: ShopperMaps, packed: Packed) -> list[Route]:
    """The packed shoppers, `/maps/figure.json` and `.html` (?colour=KEY and, for the visitor's point, VIEW=x,y)."""

    @cache
    def ways() -> dict[str, Colour]:
        return {one.key: one for one in colours(maps)}

    def shoppers(request: Request) -> Response:
        return Response(packed.data, media_type="application/json", headers={"Content-Encoding": "gzip", **CACHE})

    def drawn(request: Request):
        colour = ways().get(request.query_params.get("colour", ""), next(iter(ways().values())))
        found = {view: place(request.query_params.get(view, "")) for view in VIEWS}
        return figure(maps, colour, {view: point for view, point in found.items() if point})

    def as_json(request: Request) -> Response:
        return Response(drawn(request).to_json(), media_type="application/json")

    def as_html(request: Request) -> Response:
        page = drawn(request).to_html(include_plotlyjs=True, full_html=True, config={"displaylogo": False})
        page = page.replace("<head>", f"<head>{render('tabs/alignment/figure_head.html', paper=PAPER)}", 1)
        return HTMLResponse(page, headers={"Content-Disposition": 'attachment; filename="maps.html"'})

    def plotly(request: Request) -> Response:
        import plotly

        script = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
        return FileResponse(script, media_type="text/javascript", headers=CACHE)

    return [
        Route(f"/{packed.address}", shoppers),
        Route("/maps/figure.json", as_json),
        Route("/maps/figure.html", as_html),
        Route("/maps/plotly.js", plotly),
    ]


def place(text: str) -> tuple[float, float] | None:
    """A point of a map from "x,y"; None unless it is one."""
    try:
        x, y = map(float, text.split(","))
    except ValueError:
        return None
    return (x, y) if math.hypot(x, y) <= 1.5 else None  # also refuses nan and inf
