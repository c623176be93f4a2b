"""Assembles the page and launches it."""

import atexit
import os
from pathlib import Path
from threading import Timer

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by Gradio at import: nothing may leave the machine

import gradio as gr  # noqa: E402

from app import api  # noqa: E402
from app.components import (
    cards,  # noqa: E402
    pictures,  # noqa: E402
)
from app.components.panel import Board  # noqa: E402
from app.state import Shop  # noqa: E402
from app.strings import page as words  # noqa: E402
from app.tabs.alignment import map_routes  # noqa: E402
from app.tabs.alignment import tab as alignment  # noqa: E402
from app.tabs.catalogue import tab as catalogue  # noqa: E402
from app.tabs.catalogue.encoding import Encoding  # noqa: E402
from app.tabs.catalogue.uploads import Uploads  # noqa: E402
from app.tabs.evidence import tab as evidence  # noqa: E402
from app.tabs.quiz import tab as game  # noqa: E402
from app.tabs.recommend import tab as pick  # noqa: E402

STYLES = (
    "components/style.css",
    "tabs/recommend/recommend.css",
    "tabs/quiz/quiz.css",
    "tabs/catalogue/catalogue.css",
    "tabs/evidence/evidence.css",
)
WARM = 15  # seconds after the start, when the first visitors have their page
LARGEST = 110 * 1024 * 1024  # bytes of one uploaded file; what is in it is checked by molar.data.ingest.archive


def style() -> str:
    """The stylesheets, and the words that only a stylesheet can put into Gradio's file field."""
    files = [(Path(__file__).parent / name).read_text(encoding="utf-8") for name in STYLES]
    return "\n".join([f':root {{ --own-drop: "{words.OWN_DROP}"; }}', *files])


def build(shop: Shop) -> gr.Blocks:
    """The page over one loaded dataset and checkpoint."""
    with gr.Blocks(title=words.PAGE_TITLE, analytics_enabled=False, fill_width=True, delete_cache=(600, 3600)) as page:
        Board(cards.header(shop.dataset), elem_id="header")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(words.TAB_RECOMMEND, id="recommend"):
                history = pick.build(shop, page)
            with gr.Tab(words.TAB_GAME, id="game"):
                game.build(shop)
            with gr.Tab(words.TAB_ALIGNMENT, id="alignment") as tab:
                alignment.build(shop, tab, history)
            with gr.Tab(words.TAB_EVIDENCE, id="evidence") as tab:
                evidence.build(shop, tab)
            with gr.Tab(words.TAB_CATALOGUE, id="catalogue") as tab:
                catalogue.build(shop, Uploads(), Encoding(shop.checkpoint), tab)
        api.publish(shop)
    return page


def start(shop: Shop, host: str, port: int | None) -> tuple[gr.Blocks, str]:
    """Serve the page in the background: the running blocks, and the address. A port of None takes a free one."""
    page = build(shop)
    routes = pictures.routes(shop.dataset)
    if shop.maps is not None:
        routes += map_routes.routes(shop.maps, shop.packed_maps)
    page.queue(max_size=200, default_concurrency_limit=4, api_open=False)
    _, address, _ = page.launch(
        server_name=host,
        server_port=port,
        app_kwargs={"routes": routes},
        theme=gr.themes.Base(
            font=["Instrument Sans", "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        css=f":root {{ --aspect: {pictures.aspect(shop.dataset):.3f}; }}\n" + style(),
        max_file_size=LARGEST,
        footer_links=[],
        run_history=False,
        ssr_mode=False,
        pwa=False,
        share=False,
        quiet=True,
        prevent_thread_lock=True,
    )
    if shop.maps is not None:
        _warm_up(shop)
    return page, address


def _warm_up(shop: Shop) -> None:
    """Compute the shoppers' vectors soon, so that neither the start nor the first visitor of the maps waits for them."""
    warm = Timer(WARM, lambda: shop.maps.spaces)
    warm.daemon = True
    warm.start()

    def finish() -> None:  # the interpreter aborts when it ends while such a thread is inside of PyTorch
        warm.cancel()
        warm.join()

    atexit.register(finish)
