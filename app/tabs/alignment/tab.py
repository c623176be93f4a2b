"""Third tab: the shoppers' maps before and after alignment, and the numbers without which a map misleads."""

from collections.abc import Sequence
from pathlib import Path

import gradio as gr
from starlette.routing import Route

from app.components.listeners import QUIET
from app.components.panel import still
from app.components.styles import stylesheets
from app.components.templates import note, render
from app.state import PageState
from app.tabs.alignment import inspector, map_data, map_routes, numbers
from app.tabs.alignment.map import LinkedMaps
from molar.serving.map_queries import ShopperMaps

STYLE = stylesheets(Path(__file__).parent, "alignment.css")
NUMBERS = "metrics.json"


def build(shop: PageState, tab: gr.Tab, history: gr.State) -> list[Route]:
    """Lay out the tab. `history` holds the visitor's History; the point follows it whenever the tab is opened.

    Gives back the addresses that the maps are drawn from.
    """
    maps, routes = shop.maps, []
    still(render("tabs/alignment/lead.html"))
    if maps is None:
        still(note(shop.why_no_maps))
    else:
        packed = map_data.Packed(maps)
        routes = map_routes.routes(maps, packed)
        linked = LinkedMaps(packed.address, lambda row: open_shopper(maps, row), elem_id="linked-maps")
    with gr.Row(elem_id="beside-maps"):
        with gr.Column(elem_id="reading"):
            still(render("tabs/alignment/limits.html"))
            told = still("")
        with gr.Column(elem_id="numbers"):
            still(numbers.table(shop.checkpoint / NUMBERS))
    if maps is not None:
        tab.select(lambda now: (locate(maps, now.items), summary(maps)), history, [linked, told], **QUIET)
    return routes


def summary(maps: ShopperMaps) -> str:
    """The maps in words; every canvas names this as its description."""
    return render("tabs/alignment/summary.html", sentences=map_data.summary(maps))


def open_shopper(maps: ShopperMaps, row: object) -> dict | None:
    """The inspector of one shopper; None for anything from the browser that is not a row of the maps."""
    if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < len(maps):
        return None
    return inspector.of_shopper(maps, row)


def locate(maps: ShopperMaps, items: Sequence[int]) -> dict:
    """The visitor's own point and inspector; without a history, no point."""
    places = maps.locate([str(maps.recommender.dataset.item_ids[number]) for number in items])
    return inspector.of_visitor(maps, items, places)
