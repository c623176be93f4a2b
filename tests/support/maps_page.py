"""Asks the linked maps of an open page what they show and where."""

import httpx
import pandas as pd

HOSTILE = "<img src=x onerror=alert(1)>"
SHOPPERS = 19  # of the tiny world, u02 has no test target
VIEWS = ("before", "stage", "id")


def ink(page, view: str) -> int:
    """A number that changes with what a canvas shows."""
    return page.evaluate(
        """(view) => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => {
            const canvas = document.querySelector(`#linked-maps [data-panel=${view}] canvas`);
            const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
            let sum = 7;
            for (let i = 0; i < data.length; i++) if (data[i]) sum = (sum * 31 + i + data[i]) % 2147483647;
            done(sum);
        })))""",
        view,
    )


def packed(page) -> dict:
    """What the browser draws the maps from."""
    return httpx.get(page.url + page.locator("#linked-maps .panels").get_attribute("data-shoppers")).json()


def at(page, table: pd.DataFrame, row: int, view: str = "before", panel: str = "before") -> dict[str, float]:
    """Where a shopper is drawn, in pixels from the canvas's corner; those beyond the map's reach are at its edge."""
    box = page.locator(f"#linked-maps [data-panel={panel}] canvas").bounding_box()
    reach = packed(page)["reach"][view]
    unit = min((box["width"] / 2 - 5) / reach[0], (box["height"] / 2 - 5) / reach[1])
    x, y = box["width"] / 2 + table[f"{view}_x"][row] * unit, box["height"] / 2 - table[f"{view}_y"][row] * unit
    return {"x": min(max(x, 5), box["width"] - 5), "y": min(max(y, 5), box["height"] - 5)}


def lonely(table: pd.DataFrame, view: str = "before") -> int:
    """The row that is farthest from any other on a map: pointing there means nobody else."""
    points = table[[f"{view}_x", f"{view}_y"]].to_numpy()
    distances = ((points[:, None] - points[None]) ** 2).sum(-1)
    distances[range(len(points)), range(len(points))] = 9
    return int(distances.min(axis=1).argmax())


def open_row(page, row: int) -> None:
    page.locator("#linked-maps .find input").fill(f"u{row:02d}")
    page.locator("#linked-maps .find input").press("Enter")
    page.wait_for_selector(f"#linked-maps .inspector h2:has-text('Shopper u{row:02d}')")


def caption(page) -> str:
    return page.locator("#linked-maps [data-panel=stage] figcaption").inner_text()
