"""Fifty pictured items uploaded: when the first recommendations come, how often the bar moves, what others feel of it.

    python -m bench.upload [--dataset DIR] [--checkpoint DIR] [--items 50] [--clicks 30]

Page, encoder and browser share two cores. The encoder is loaded when the visitor opens the tab, and not before. Goals:
first recommendations (for the first twelve items) within 40 s of the upload; another visitor's median click while the
encoder works at most twice that of before. Needs the backbone (python -m molar fetch-backbone).
"""

import argparse
import csv
import io
import itertools
import json
import os
import statistics
import tempfile
import time
import zipfile
from pathlib import Path

from bench.click_latency import CLICK
from bench.serve import chromium, page_process

DEMO = Path("assets/demo")
PAUSE = 0.5  # seconds between the other visitor's clicks: a hasty visitor, and yet no machine


def write_catalogue(path: Path, count: int, *, untitled: int = 0) -> Path:
    """The first `count` prints of the demo shop as a stranger's zip; the first `untitled` of them lack their title."""
    with open(DEMO / "items.csv", newline="", encoding="utf-8") as file:
        items = list(csv.DictReader(file))[:count]
    for item in items[:untitled]:
        item["title"] = ""
    table = io.StringIO()
    rows = csv.DictWriter(table, ["item_id", "title", "description", "image"], extrasaction="ignore")
    rows.writeheader()
    rows.writerows(items)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("items.csv", table.getvalue())
        for item in items:
            archive.write(DEMO / "images" / item["image"], f"images/{item['image']}")
    return path


def measure(uploader, other, archive: Path, clicks: int) -> dict:
    """All numbers of one upload on one page while another visitor clicks."""
    free = other.locator("#gallery .card[aria-pressed=false]").evaluate_all("all => all.map((one) => one.dataset.n)")
    turn = itertools.cycle(free)
    other.evaluate(CLICK, next(turn))  # the first one fills caches
    before = [other.evaluate(CLICK, next(turn)) for _ in range(clicks)]
    uploader.get_by_role("tab", name="Your catalogue").click()
    uploader.wait_for_selector("#own-drop input[type=file]", state="attached")
    start = time.perf_counter()
    uploader.locator("#own-drop input[type=file]").set_input_files(str(archive))
    first, loading, during, bars = None, [], [], [start]
    said = ""
    while not said.startswith("All"):
        (during if "left" in said else loading).append(other.evaluate(CLICK, next(turn)))
        other.wait_for_timeout(PAUSE * 1000)
        now = time.perf_counter()
        bar = uploader.locator("#own-progress .own-bar")
        if bar.count() and (told := bar.inner_text()) != said:
            said, bars = told, [*bars, now]
        if first is None and uploader.locator("#own-rows .answer").count():
            first = now - start
    return {
        "first_recommendations_s": round(first, 1),
        "all_s": round(time.perf_counter() - start, 1),
        "longest_wait_for_the_bar_s": round(max(b - a for a, b in itertools.pairwise(bars)), 1),
        "click_before_s": _summary(before),
        "click_while_loading_s": _summary(loading),
        "click_while_encoding_s": _summary(during),
    }


def _summary(seconds: list[float]) -> dict:
    ordered = sorted(seconds)
    return {"n": len(ordered)} | (
        {"median": round(statistics.median(ordered), 3), "p95": round(ordered[int(0.95 * (len(ordered) - 1))], 3)}
        if ordered
        else {}
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", default="assets/demo")
    parser.add_argument("--checkpoint", default="checkpoints/demo")
    parser.add_argument("--items", type=int, default=50)
    parser.add_argument("--clicks", type=int, default=30)
    wanted = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
    with (
        tempfile.TemporaryDirectory() as folder,
        page_process(wanted.dataset, wanted.checkpoint) as (address, _),
        chromium() as browser,
    ):
        pages = [browser.new_context(viewport={"width": 1440, "height": 900}).new_page() for _ in range(2)]
        for page in pages:
            page.goto(address)
            page.wait_for_selector("#recommendations .card img")
        found = measure(*pages, write_catalogue(Path(folder) / "shop.zip", wanted.items), wanted.clicks)
    print(json.dumps({"items": wanted.items} | found | {"load": os.getloadavg()[0]}, indent=1))


if __name__ == "__main__":
    main()
