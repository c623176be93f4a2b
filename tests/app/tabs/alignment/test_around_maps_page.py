"""What stands around the maps in Chromium: numbers, how not to read them, the maps in words, and what can be saved."""

import io

import pytest
from maps_page import SHOPPERS
from PIL import Image

pytestmark = pytest.mark.browser


def test_numbers_stand_with_chance_and_ranking_in_one_table(visit):
    page = visit().page
    table = page.locator("#numbers table")
    assert table.count() == 1
    assert page.locator("#numbers thead th").all_inner_texts()[1:] == ["before", "after", "change", "chance"]
    lines = table.inner_text()
    for said in ("Ten nearest shoppers shared with the ID model", "NDCG@10, all items", "+0.400", "+0.0200"):
        assert said in lines


def test_a_sentence_tells_what_a_umap_may_not_be_read_for(visit):
    said = visit().page.locator("#reading .limits").first.inner_text()
    assert "UMAP" in said and "mean nothing" in said


def test_the_maps_are_told_in_words(visit, world):
    page = visit().page
    said = page.locator("#maps-in-words").inner_text()
    overlap = 10 * world[1]["overlap_after_id"].mean()
    assert f"{SHOPPERS} shoppers" in said and f"{overlap:.1f} after it" in said and "Same true room" in said
    for canvas in page.locator("#linked-maps canvas").all():
        assert canvas.get_attribute("aria-describedby") == "maps-in-words"
        assert canvas.get_attribute("aria-label")


def test_a_picture_is_saved(visit):
    page = visit().page
    with page.expect_download(timeout=60_000) as saved:
        page.click("#linked-maps [data-save=png]")
    assert saved.value.suggested_filename == "maps.png"
    with Image.open(io.BytesIO(saved.value.path().read_bytes())) as picture:
        assert picture.width == 3000 and 800 <= picture.height <= 1800
        assert len(picture.convert("RGB").resize((300, 136)).getcolors(50_000)) > 50


def test_a_page_of_its_own_is_saved(visit, browser, tmp_path):
    page = visit().page
    with page.expect_download(timeout=60_000) as saved:
        page.click("#linked-maps [data-save=html]")
    alone = tmp_path / "maps.html"
    saved.value.save_as(alone)
    context = browser.new_context()
    asked, other = [], context.new_page()
    other.on("request", lambda request: asked.append(request.url))
    other.goto(alone.as_uri())
    other.wait_for_selector(".js-plotly-plot .scatterlayer .point", state="attached", timeout=30_000)
    assert other.locator(".scatterlayer .point").count() == 3 * (SHOPPERS + 1)  # and the visitor
    assert other.locator("img[src=x]").count() == 0
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    context.close()
