"""A visitor brings a catalogue: the page in Chromium over a tiny random encoder, and over the real one where marked."""

import threading
import time
import zipfile
from pathlib import Path

import httpx
import numpy as np
import pytest
from axe import serious_problems
from PIL import Image
from served import SIZES, Visit, serving, visiting
from standin import write_checkpoint
from tiny_backbone import save_tiny_backbone
from tiny_world import write_tiny_folder

from app.tabs.catalogue import encoding
from app.tabs.catalogue import tab as catalogue
from app.tabs.catalogue.encoding import Encoding
from app.tabs.catalogue.uploads import Uploads

pytestmark = pytest.mark.browser

HOSTILE = "<img src=x onerror=alert(1)> “Mug” & {{title}}"


def open_catalogue(page) -> None:
    """By its tab, or by the menu that holds the tabs for which a phone has no room."""
    page.wait_for_selector("#tabs [role=tab]")
    tab = page.get_by_role("tab", name="Your catalogue")
    if tab.count():
        tab.click()
    else:
        page.locator("#tabs .overflow-menu > button").click()
        page.get_by_role("button", name="Your catalogue").click()


class Served:
    """A page, what it holds of its visitors, and a gate through which the encoder passes step by step."""

    def __init__(self):
        self.uploads, self.gate = [], threading.Event()
        self.gate.set()

    def held(self):
        """(token, upload) of everything that is here now."""
        return self.uploads[-1].held()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    from molar.encoder.item_encoder import EncoderConfig, ItemEncoder

    root, here, patch = tmp_path_factory.mktemp("upload"), Served(), pytest.MonkeyPatch()
    backbone = str(save_tiny_backbone(root / "backbone"))

    def load(checkpoint):
        encoder = ItemEncoder.load(EncoderConfig(backbone, "float32"))
        encode = encoder.encode
        encoder.encode = lambda *parts: here.gate.wait(60) and encode(*parts)
        return encoder

    def fresh():
        here.uploads.append(Uploads())
        return here.uploads[-1]

    patch.setattr(encoding, "load_encoder", load)
    patch.setattr(catalogue, "Uploads", fresh)
    dataset = write_tiny_folder(root / "tiny")
    with pytest.MonkeyPatch.context() as building:
        building.setattr(Encoding, "missing", lambda self: "")
        running = serving(dataset, write_checkpoint(root / "checkpoint", dataset))
        here.address = running.__enter__()
    yield here
    running.__exit__(None, None, None)
    patch.undo()


@pytest.fixture
def visit(browser, served):
    """Opens the tab; every visit must end without console errors and without leaving 127.0.0.1."""
    with visiting(browser) as open_page:

        def open_tab(size: str = "desktop", **context):
            opened = open_page(served.address, size, **context)
            open_catalogue(opened.page)
            opened.page.wait_for_selector("#own-drop input[type=file]", state="attached")
            return opened

        yield open_tab
        served.gate.set()
    for store in served.uploads:
        store.close()


def write_zip(path: Path, count: int, bad: bool = False) -> Path:
    """A catalogue of `count` pictured items; `bad`: row 3 has no title, row 5 no picture that can be read."""
    rng = np.random.default_rng(0)
    with zipfile.ZipFile(path, "w") as archive:
        lines = ["item_id,title,image"]
        for number in range(1, count + 1):
            title = HOSTILE if number == 2 else f"Mug {number}"
            lines.append(f'm{number},"{"" if bad and number == 2 else title}",m{number}.png')
            with archive.open(f"shop/images/m{number}.png", "w") as file:
                if bad and number == 4:
                    file.write(b"<svg/>")
                else:
                    Image.fromarray(rng.integers(0, 256, (40, 40, 3), dtype=np.uint8)).save(file, "PNG")
        archive.writestr("shop/items.csv", "\n".join(lines))
    return path


def bring(visit, *paths: Path) -> None:
    visit.page.locator("#own-drop input[type=file]").set_input_files([str(path) for path in paths])


def ready(visit, count: int) -> None:
    visit.page.wait_for_selector(f"text=All {count} items are encoded", timeout=60_000)


def rows(visit) -> list[list[str]]:
    return [one.locator(".name").all_inner_texts() for one in visit.page.locator("#own-rows .answer").all()]


@pytest.mark.parametrize("size", SIZES)
def test_a_zip_becomes_recommendations(size, visit, served, tmp_path):
    opened = visit(size)
    bring(opened, write_zip(tmp_path / "shop.zip", 14))
    ready(opened, 14)
    opened.wait_for_pictures("#own-gallery", 14)
    assert len(rows(opened)[0]) == 8
    opened.page.locator("#own-gallery .card", has_text="Mug 7").click()
    opened.page.wait_for_selector("#own-rows h2:has-text('Mug 7')")
    assert len(rows(opened)) == 2
    assert not {"Mug 1", "Mug 7"} & set(rows(opened)[1])
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    ((_, upload),) = served.held()
    assert not upload.folder.exists(), "the files are deleted once they are encoded"


def test_a_csv_and_pictures_are_a_catalogue(visit, tmp_path):
    opened = visit()
    with zipfile.ZipFile(write_zip(tmp_path / "shop.zip", 3)) as archive:
        archive.extractall(tmp_path)  # our own zip
    folder = tmp_path / "shop"
    bring(opened, folder / "items.csv", *sorted((folder / "images").iterdir()))
    ready(opened, 3)


def test_mistakes_are_a_table_and_bad_rows_can_be_left_out(visit, tmp_path):
    opened = visit()
    bring(opened, write_zip(tmp_path / "shop.zip", 6, bad=True))
    opened.page.wait_for_selector("#own-report table")
    cells = [line.locator("td").all_inner_texts() for line in opened.page.locator("#own-report tbody tr").all()]
    assert [cell[:3] for cell in cells] == [["items.csv", "3", "title"], ["items.csv", "5", "image"]]
    assert "SVG" in cells[1][3]
    assert "Leaves out 2 of 6 items: row 3; row 5 (Mug 4). 4 remain." in opened.page.locator("#own-report").inner_text()
    opened.page.get_by_role("button", name="Continue without the bad rows").click()
    ready(opened, 4)


def test_a_bad_archive_is_one_sentence_and_another_can_be_chosen(visit, served, tmp_path):
    opened = visit()
    (tmp_path / "broken.zip").write_bytes(b"PK")
    bring(opened, tmp_path / "broken.zip")
    opened.page.wait_for_selector("#own-said .own-bad")
    assert opened.page.locator("#own-said .own-bad").inner_text().startswith("This is no zip")
    assert served.held() == []
    bring(opened, write_zip(tmp_path / "shop.zip", 3))
    ready(opened, 3)


def test_search_by_words_and_similar_items(visit, tmp_path):
    opened = visit()
    bring(opened, write_zip(tmp_path / "shop.zip", 14))
    ready(opened, 14)
    opened.page.locator("#own-search textarea, #own-search input").fill("mug 12")
    opened.page.wait_for_function("document.querySelectorAll('#own-gallery .card').length === 1")
    opened.page.locator("#own-gallery .card").click()
    opened.page.wait_for_selector("#own-rows h2:has-text('Mug 12')")
    opened.page.get_by_role("button", name="Similar: Mug 1", exact=True).click()
    opened.page.wait_for_selector("#own-rows h2:text-is('Most like “Mug 1”')")


def test_text_of_a_catalogue_stays_text(visit, tmp_path):
    opened = visit()
    bring(opened, write_zip(tmp_path / "shop.zip", 3))
    ready(opened, 3)
    assert HOSTILE in opened.page.locator("#own-gallery .name").all_inner_texts()
    assert opened.page.locator("img[src=x]").count() == 0


def test_the_pictures_are_there_before_the_first_answers_and_cannot_be_picked(visit, served, tmp_path):
    opened = visit()
    served.gate.clear()
    bring(opened, write_zip(tmp_path / "shop.zip", 20))
    opened.wait_for_pictures("#own-gallery", 12)
    assert opened.page.locator("#own-gallery .card:disabled").count() == 12
    assert opened.page.locator("#own-rows .answer").count() == 0
    served.gate.set()
    ready(opened, 20)
    assert opened.page.locator("#own-gallery .card:disabled").count() == 0
    assert opened.page.locator("#own-gallery .card").count() == 20


def test_first_answers_come_before_the_rest_and_cancel_keeps_them(visit, served, tmp_path):
    opened = visit()
    served.gate.clear()
    bring(opened, write_zip(tmp_path / "shop.zip", 40))
    opened.page.wait_for_selector("#own-progress progress")
    ((_, upload),) = served.held()
    while upload.encoded < 12:
        served.gate.set()
        time.sleep(0.01)
    served.gate.clear()
    opened.page.wait_for_selector("#own-rows .answer", timeout=15_000)
    assert 12 <= upload.usable <= upload.encoded < 40
    assert opened.page.locator("#own-gallery .card:disabled").count() == 24 - upload.usable
    opened.page.get_by_role("button", name="Cancel").click()
    served.gate.set()
    opened.page.get_by_role("button", name="Go on").wait_for()
    kept = upload.encoded
    assert 12 <= kept < 40
    opened.page.get_by_role("button", name="Go on").click()
    ready(opened, 40)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_state_of_the_tab_has_a_serious_problem_of_access(scheme, size, visit, served, tmp_path):
    opened = visit(size, color_scheme=scheme)
    assert serious_problems(opened.page) == [], "at the start"
    bring(opened, write_zip(tmp_path / "shop.zip", 16, bad=True))
    opened.page.wait_for_selector("#own-report table")
    assert serious_problems(opened.page) == [], "with mistakes"
    served.gate.clear()
    opened.page.get_by_role("button", name="Continue without the bad rows").click()
    opened.page.wait_for_selector("#own-gallery .card:disabled")
    assert serious_problems(opened.page) == [], "while it waits for the first answers"
    served.gate.set()
    ready(opened, 14)
    opened.page.wait_for_selector("#own-rows .answer")
    assert serious_problems(opened.page) == [], "in use"


def test_delete_now_leaves_nothing(visit, served, tmp_path):
    opened = visit()
    bring(opened, write_zip(tmp_path / "shop.zip", 3))
    ready(opened, 3)
    opened.page.get_by_role("button", name="Delete now").click()
    opened.page.wait_for_selector("text=nothing of your catalogue is left")
    assert served.held() == [] and opened.page.locator("#own-gallery .card").count() == 0
    opened.page.wait_for_selector("#own-drop")


def test_delete_while_encoding_leaves_nothing(visit, served, tmp_path):
    opened = visit()
    served.gate.clear()
    bring(opened, write_zip(tmp_path / "shop.zip", 30))
    opened.page.wait_for_selector("#own-progress progress")
    ((_, upload),) = served.held()
    opened.page.get_by_role("button", name="Delete now").click()
    opened.page.wait_for_selector("text=nothing of your catalogue is left")
    served.gate.set()
    opened.page.wait_for_timeout(1500)
    assert served.held() == [] and not upload.folder.exists()


def test_another_visitor_reaches_nothing(visit, served, tmp_path):
    """The other's picture URL, link, API argument and cancel."""
    one, other = visit(), visit()
    sent = []
    one.page.on(
        "response", lambda answer: "/upload" in answer.url and answer.request.method == "POST" and sent.append(answer)
    )
    served.gate.clear()
    bring(one, write_zip(tmp_path / "shop.zip", 20))
    one.page.wait_for_selector("#own-progress progress")
    ((token, upload),) = served.held()
    assert len(token) == 32

    # Pictures have no address of their own, and the archive is gone from the one it was sent to.
    for path in sent[0].json():
        assert not Path(path).exists()
        assert other.page.request.get(f"{served.address}gradio_api/file={path}").status in (403, 404)
    picture = next(upload.folder.rglob("*.png"))
    assert other.page.request.get(f"{served.address}gradio_api/file={picture}").status in (403, 404)

    # Private listeners take the token from the session alone: the other's, sent as an argument, is not looked at.
    config = httpx.get(f"{served.address}config").json()
    states = [one["id"] for one in config["components"] if one["type"] == "state"]
    tried = 0
    for listener in config["dependencies"]:
        if listener["inputs"] and set(listener["inputs"][:1]) & set(states):
            body = {
                "data": [token] + [None] * (len(listener["inputs"]) - 1),
                "fn_index": listener["id"],
                "session_hash": f"other{listener['id']}",
                "event_data": {"number": 1},
            }
            httpx.post(f"{served.address}gradio_api/queue/join", json=body)
            httpx.post(f"{served.address}gradio_api/run/predict", json=body)
            tried += 1
    assert tried >= 8
    other.page.wait_for_timeout(1000)
    assert served.held() == [(token, upload)] and not upload.stop.is_set()

    served.gate.set()
    ready(one, 20)
    assert all(
        source.startswith("data:image/")
        for source in one.page.locator("#own img").evaluate_all("all => all.map(i => i.src)")
    )

    # A link that names the other's items and token shows none of them; programs do not get at them either.
    other.page.goto(f"{served.address}?items=m1,m2&catalogue={token}")
    other.page.get_by_role("tab", name="Your catalogue").click()
    other.page.wait_for_selector("#own-drop")
    assert "Mug" not in other.page.content()
    for arguments in (["m1", 5], [token, 5]):
        asked = httpx.post(f"{served.address}gradio_api/call/similar_items", json={"data": arguments}).json()[
            "event_id"
        ]
        answer = httpx.get(f"{served.address}gradio_api/call/similar_items/{asked}", timeout=10).text
        assert "event: error" in answer and "Mug" not in answer


def test_without_the_backbone_one_sentence_says_what_is_missing(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("MOLAR_HOME", str(tmp_path / "home"))
    dataset = write_tiny_folder(tmp_path / "tiny")
    with serving(dataset, write_checkpoint(tmp_path / "checkpoint", dataset)) as address:
        opened = Visit(browser, address, *SIZES["desktop"])
        opened.page.get_by_role("tab", name="Your catalogue").click()
        assert "fetch-backbone" in opened.page.locator("#own-missing").inner_text()
        assert opened.page.locator("#own-drop").count() == 0
        opened.context.close()
