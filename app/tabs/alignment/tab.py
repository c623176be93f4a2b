"""Third tab: the shoppers' maps before and after alignment, and the numbers without which a map misleads."""

from collections.abc import Sequence
from html import escape

import gradio as gr

from app.state import Shop
from app.strings import page as words
from app.tabs.alignment import inspector, map_data, numbers
from app.tabs.alignment.map import LinkedMaps
from molar.serving.map_queries import ShopperMaps

NUMBERS = "metrics.json"


def build(shop: Shop, tab: gr.Tab, history: gr.State) -> None:
    """Lay out the tab. `history` holds the visitor's History; the point follows it whenever the tab is opened."""
    maps = shop.maps
    _html(f'<div class="lead"><h2>{words.MAP_TITLE}</h2><p class="quiet">{words.MAP_LEAD}</p></div>')
    if maps is None:
        _html(f'<p class="quiet">{escape(shop.why_no_maps)}</p>')
    else:
        linked = LinkedMaps(shop.packed_maps.address, lambda row: open_shopper(maps, row), elem_id="linked-maps")
    with gr.Row(elem_id="evidence"):
        with gr.Column(elem_id="reading"):
            _html(f'<h2>{words.MAP_LIMITS_TITLE}</h2><p class="limits">{words.MAP_LIMITS}</p>')
            told = _html("")
        with gr.Column(elem_id="numbers"):
            _html(numbers.table(shop.checkpoint / NUMBERS))
    if maps is not None:
        tab.select(
            lambda now: (locate(maps, now.picks), summary(maps)),
            history,
            [linked, told],
            api_visibility="private",
            show_progress="hidden",
        )


def summary(maps: ShopperMaps) -> str:
    """The maps in words; every canvas names this as its description."""
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in map_data.summary(maps))
    return f'<h2>{words.MAP_SUMMARY_TITLE}</h2><div class="limits" id="maps-in-words">{sentences}</div>'


def _html(value: str) -> gr.HTML:
    return gr.HTML(value, apply_default_css=False, js_on_load=None)


def open_shopper(maps: ShopperMaps, row: object) -> dict | None:
    """The inspector of one shopper; None for anything from the browser that is not a row of the maps."""
    if not isinstance(row, int) or isinstance(row, bool) or not 0 <= row < len(maps):
        return None
    return inspector.of_shopper(maps, row)


def locate(maps: ShopperMaps, picks: Sequence[int]) -> dict:
    """The visitor's own point and inspector; without a history, no point."""
    places = maps.locate([str(maps.recommender.dataset.item_ids[number]) for number in picks])
    return inspector.of_visitor(maps, picks, places)
