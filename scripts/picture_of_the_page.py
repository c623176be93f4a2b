"""Draw the README's picture: the page as it runs, in Chromium, after a few clicks.

    python -m scripts.picture_of_the_page docs/page.webp

Run again after a change that can be seen. Needs what the tests need: Playwright and a Chromium.
"""

import argparse
import io
import sys
from pathlib import Path

from PIL import Image

from bench.serve import chromium, page_process

WIDTH, HEIGHT, DENSITY = 1440, 900, 1.25  # CSS pixels, and picture pixels for each
LARGEST = 160_000  # bytes: a README loads at once, and the clone is small
QUALITIES = (90, 80, 70, 60, 50, 40)
SHOPPER = 2  # whose history is borrowed: a long one, of one taste


def draw(dataset: str, checkpoint: str) -> Image.Image:
    """The first tab with somebody's history in it, (HEIGHT, WIDTH) times DENSITY pixels."""
    with page_process(dataset, checkpoint) as (address, _), chromium() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=DENSITY)
        page.goto(address)
        page.locator("#history .personas button").nth(SHOPPER).click()
        page.wait_for_selector(f"#history .personas button:nth-of-type({SHOPPER + 1})[aria-pressed=true]")
        page.mouse.move(0, 0)
        page.wait_for_function(
            """() => [...document.querySelectorAll('img')].every((one) => one.loading === 'lazy' || one.complete)"""
        )
        page.wait_for_timeout(500)  # the highlight of the click fades
        return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def packed(picture: Image.Image) -> bytes:
    """WebP of at most LARGEST bytes, in the best quality that fits. Raises ValueError where none does."""
    for quality in QUALITIES:
        data = io.BytesIO()
        picture.save(data, "webp", quality=quality, method=6)
        if data.tell() <= LARGEST:
            return data.getvalue()
    raise ValueError(f"no quality gives at most {LARGEST:,} bytes")


def main() -> int:
    """Write the picture; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path, help="such as docs/page.webp")
    parser.add_argument("--dataset", default="assets/demo")
    parser.add_argument("--checkpoint", default="checkpoints/demo")
    options = parser.parse_args()
    data = packed(draw(options.dataset, options.checkpoint))
    options.out.write_bytes(data)
    print(f"{options.out}: {len(data):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
