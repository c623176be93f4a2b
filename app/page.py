"""Assembles the page and launches it."""

import atexit
import os
from threading import Timer

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # read by Gradio at import: nothing may leave the machine

import gradio as gr
from starlette.routing import Route

from app import api
from app.components import pictures
from app.components.panel import Panel
from app.components.styles import SHARED
from app.components.templates import render
from app.state import PageState
from app.strings import common as words
from app.tabs.alignment import tab as alignment
from app.tabs.catalogue import tab as catalogue
from app.tabs.evidence import tab as evidence
from app.tabs.quiz import tab as quiz
from app.tabs.recommend import tab as recommend
from molar.core.schema import EVERYTHING
from molar.serving.map_queries import ShopperMaps

TABS = (recommend, quiz, alignment, evidence, catalogue)
WARM = 15  # seconds after the start, when the first visitors have their page
LARGEST = 110 * 1024 * 1024  # bytes of one uploaded file; what is in it is checked by molar.data.ingest.archive


def build(shop: PageState) -> tuple[gr.Blocks, list[Route]]:
    """The page over one loaded dataset and checkpoint, and the addresses beside it that its parts are drawn from."""
    routes = pictures.routes(shop.dataset)
    with gr.Blocks(title=words.PAGE_TITLE, analytics_enabled=False, fill_width=True, delete_cache=(600, 3600)) as page:
        Panel(
            render("components/header.html", dataset=shop.dataset, joined=EVERYTHING in shop.recommender.models),
            elem_id="header",
        )
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab(words.TAB_RECOMMEND, id="recommend"):
                history = recommend.build(shop, page)
            with gr.Tab(words.TAB_QUIZ, id="quiz"):
                quiz.build(shop)
            with gr.Tab(words.TAB_ALIGNMENT, id="alignment") as tab:
                routes += alignment.build(shop, tab, history)
            with gr.Tab(words.TAB_EVIDENCE, id="evidence") as tab:
                evidence.build(shop, tab)
            with gr.Tab(words.TAB_CATALOGUE, id="catalogue") as tab:
                catalogue.build(shop, tab)
        api.publish(shop)
    return page, routes


def start(shop: PageState, host: str, port: int | None) -> tuple[gr.Blocks, str]:
    """Serve the page in the background: the running blocks, and the address. A port of None takes a free one."""
    page, routes = build(shop)
    page.queue(max_size=200, default_concurrency_limit=4, api_open=False)
    _, address, _ = page.launch(
        server_name=host,
        server_port=port,
        app_kwargs={"routes": routes},
        theme=gr.themes.Base(
            font=["Instrument Sans", "system-ui", "sans-serif"], font_mono=["ui-monospace", "monospace"]
        ),
        css="\n".join(
            [f":root {{ --aspect: {pictures.aspect(shop.dataset):.3f}; }}", SHARED, *(tab.STYLE for tab in TABS)]
        ),
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
        _warm_up(shop.maps)
    return page, address


def _warm_up(maps: ShopperMaps) -> None:
    """Compute the shoppers' vectors soon, so that neither the start nor the first visitor of the maps waits for them."""
    warm = Timer(WARM, lambda: maps.spaces)
    warm.daemon = True
    warm.start()

    def finish() -> None:  # the interpreter aborts when it ends while such a thread is inside of PyTorch
        warm.cancel()
        warm.join()

    atexit.register(finish)
