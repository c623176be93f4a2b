"""The upload tab without a browser: what a visitor may do while the encoder is still at work."""

from types import SimpleNamespace

import gradio as gr
import numpy as np
import pytest

from app.tabs.catalogue import view
from app.tabs.catalogue.tab import CatalogueTab
from app.tabs.catalogue.uploads import Uploads
from molar.core.errors import MolarError
from molar.serving.similar import ContentNeighbours


class Job:
    """An encoder that never ends."""

    started = 1.0

    def wait(self, seconds: float) -> bool:
        return False

    def left(self) -> str:
        return ""


@pytest.fixture
def tab(tiny):
    """(tab, token, upload): the tiny world's items as a visitor's catalogue, of which nothing is encoded yet."""
    uploads = Uploads()
    with gr.Blocks():
        tab = CatalogueTab(uploads, SimpleNamespace(start=lambda upload: Job()))
    token, upload = uploads.open()
    upload.checked = SimpleNamespace(dataset=tiny.dataset)
    upload.vectors = np.zeros((tiny.dataset.n_items + 1, 16), np.float32)
    yield tab, token, upload
    uploads.close()


def encode_up_to(upload, vectors, count: int) -> None:
    upload.vectors[1 : count + 1] = vectors[1 : count + 1]
    upload.encoded = count


def test_only_items_that_the_neighbours_know_can_be_picked(tab, tiny_vectors):
    tab, token, upload = tab
    watched = tab.encode(token)
    next(watched)
    encode_up_to(upload, tiny_vectors, 12)
    next(watched)
    encode_up_to(upload, tiny_vectors, 20)  # the neighbours are renewed at 24
    news = next(watched)
    assert 'data-usable="12"' in news[tab.on.progress]
    upload.pick(13)
    upload.pick(12)
    assert upload.selected == [1, 12]
    encode_up_to(upload, tiny_vectors, 24)
    assert 'data-usable="24"' in next(watched)[tab.on.progress]
    upload.pick(24)
    assert upload.selected == [1, 12, 24]


def test_before_the_first_answers_nothing_can_be_picked(tab, tiny_vectors):
    _, _, upload = tab
    encode_up_to(upload, tiny_vectors, 8)
    upload.pick(1)
    assert upload.selected == [] and 'data-usable="0"' in view.progress(upload, "")


def test_what_the_encoder_is_just_writing_is_not_known_yet(tab, tiny_vectors):
    tab, _, upload = tab
    encode_up_to(upload, tiny_vectors, 12)
    upload.vectors[13:15] = tiny_vectors[13:15]
    tab.opened(upload)
    assert upload.usable == 12


def test_who_leaves_before_the_first_answers_stops_the_encoder(tab):
    tab, token, upload = tab
    watched = tab.encode(token)
    assert tab.on.gallery in next(watched)
    watched.close()
    assert upload.stop.is_set()


@pytest.mark.parametrize("number", [0, 13, 20, -1, 31])
def test_nothing_is_like_an_item_without_a_vector(number, tiny_vectors):
    vectors = tiny_vectors.copy()
    vectors[13:] = 0
    with pytest.raises(MolarError, match=f"Item number {number} has no vector"):
        ContentNeighbours(vectors).like([1, number], 8)
