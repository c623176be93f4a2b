"""Frames per second while the middle map morphs with 5,000 synthetic shoppers, in Chromium with software rendering.

    python -m bench.morph_fps [--dataset DIR] [--checkpoint DIR] [--shoppers 5000] [--out bench/results/morph_fps.json]

The real page is opened; only what it is told of the shoppers is replaced. A frame counts when the browser calls
requestAnimationFrame again while the map travels, so the screen's 60 a second are the most that can be seen. Needs the test
tools (make test installs them).
"""

import argparse
import json
import os
import platform
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
from served import Visit, chromium, serving

TARGET = 50
# Plays from before to after and gives back the times of all frames drawn meanwhile, in milliseconds.
MORPH = """() => new Promise((done) => {
    const frames = [], caption = document.querySelector('#linked-maps [data-panel=stage] figcaption');
    let travelled = false;
    document.querySelector('#linked-maps .play').click();
    const tick = (now) => {
        const travels = caption.textContent.includes('%');
        travelled ||= travels;
        if (travels) frames.push(now);
        if (travelled && !travels) done(frames); else requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
})"""

# The same for a second in which nothing is drawn: what this machine gives at best just now.
IDLE = """() => new Promise((done) => {
    const frames = [];
    const tick = (now) => { frames.push(now); if (now - frames[0] > 1000) done(frames); else requestAnimationFrame(tick); };
    requestAnimationFrame(tick);
})"""


def synthetic(told: dict, count: int) -> dict:
    """`count` shoppers in thirty blobs, in the shape of `app.tabs.alignment.map_data.shoppers`."""
    rng = np.random.default_rng(0)
    blob = rng.integers(0, 30, count)

    def places() -> list[int]:
        points = rng.normal(size=(30, 2))[blob] * 0.35 + rng.normal(size=(count, 2)) * 0.06
        return np.round(1000 * points).astype(int).ravel().tolist()

    colour = {
        "key": "blob",
        "label": "Blob",
        "groups": [f"blob {i}" for i in range(30)],
        "low": 0,
        "high": 1,
        "ends": ["", ""],
    }
    return told | {
        "shoppers": [f"x{i}" for i in range(count)],
        "places": {view: places() for view in ("before", "after", "id")},
        "reach": {view: [1.0, 1.0] for view in ("before", "after", "id")},
        "last": [[1, 2, 3, 4]] * count,
        "length": [4] * count,
        "colours": [colour | {"of": blob.tolist()}],
    }


def measure(dataset: Path, checkpoint: Path, count: int, runs: int) -> dict:
    with serving(dataset, checkpoint) as address, chromium() as browser:
        visit = Visit(browser, address, 1440, 900)
        page = visit.page

        def replaced(route):
            route.fulfill(json=synthetic(route.fetch().json(), count))

        page.route("**/maps/shoppers-*.json", replaced)
        page.get_by_role("tab", name="Alignment").click()
        page.wait_for_selector(
            f"#linked-maps [data-ready='{count}'], #linked-maps[data-ready='{count}']", state="attached"
        )
        page.wait_for_timeout(1000)
        rates, slowest, idle = [], [], []
        for _ in range(runs):
            gaps = np.diff(page.evaluate(IDLE))
            idle.append(round(1000 * len(gaps) / gaps.sum(), 1))
            gaps = np.diff(page.evaluate(MORPH))
            rates.append(round(1000 * len(gaps) / gaps.sum(), 1))
            slowest.append(round(float(np.percentile(gaps, 95)), 1))
        assert visit.errors == [], visit.errors
        version = browser.version
    return {
        "shoppers": count,
        "frames_per_second": statistics.median(rates),
        "target": TARGET,
        "runs": rates,
        "idle_runs": idle,
        "p95_milliseconds_between_frames": slowest,
        "rendering": "software (--disable-gpu)",
        "chromium": version,
        "screen": "1440x900",
        "cores": os.cpu_count(),
        "machine": platform.machine(),
        "load": round(os.getloadavg()[0], 1),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dataset", type=Path, default=Path("assets/demo"))
    parser.add_argument("--checkpoint", type=Path, default=Path("checkpoints/demo"))
    parser.add_argument("--shoppers", type=int, default=5000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, help="write the result there as well")
    wanted = parser.parse_args()
    found = measure(wanted.dataset, wanted.checkpoint, wanted.shoppers, wanted.runs)
    text = json.dumps(found, indent=1) + "\n"
    print(text, end="")
    if wanted.out:
        wanted.out.parent.mkdir(parents=True, exist_ok=True)
        wanted.out.write_text(text, encoding="utf-8")
    return 0 if found["frames_per_second"] >= TARGET else 1


if __name__ == "__main__":
    raise SystemExit(main())
