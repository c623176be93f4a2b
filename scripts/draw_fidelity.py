"""What fewer bits cost, as a picture.

    python -m scripts.draw_fidelity results/fidelity-nano.json docs/fidelity-nano.png
"""

import argparse
import tempfile
from pathlib import Path

from molar.precision import PRECISIONS
from molar.results import read_rows

PANELS = {
    "overlap@10": "ten nearest items kept",
    "cur_item/cosine_p5": "[Cur_Item] cosine, 5th percentile",
    "memory_mb": "weights, MB",
    "items_per_second": "items a second, language model",
}
COLOURS = ("#2c8a8f", "#d3573f")
SIZE = {"width": 1200, "height": 420}


def draw(results: Path, out: Path) -> None:
    """Write a PNG of the four costs by precision, one colour a dataset. Needs Chromium, as the browser tests do."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    from bench.serve import chromium

    rows = [row for row in read_rows(results) if row["variant"] in PRECISIONS]
    figure = make_subplots(cols=len(PANELS), subplot_titles=list(PANELS.values()))
    for colour, dataset in zip(COLOURS, dict.fromkeys(row["dataset"] for row in rows)):
        own = {row["variant"]: row["metrics"] for row in rows if row["dataset"] == dataset}
        for column, metric in enumerate(PANELS, start=1):
            values = [own[precision].get(metric) for precision in PRECISIONS]
            figure.add_trace(
                go.Bar(x=PRECISIONS, y=values, name=dataset, marker_color=colour, showlegend=column == 1,
                       text=[f"{value:.3g}" for value in values], textposition="outside", cliponaxis=False),
                row=1, col=column,
            )  # fmt: skip
    figure.update_layout(template="plotly_white", font_size=13, legend={"orientation": "h", "y": -0.15}, margin={"t": 60, "l": 50, "r": 20}, **SIZE)
    figure.update_annotations(font_size=13)
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        page_file = Path(scratch) / "figure.html"
        figure.write_html(page_file, include_plotlyjs=True, config={"displayModeBar": False})
        page = browser.new_page(viewport=SIZE)
        page.goto(page_file.as_uri())
        page.wait_for_selector(".main-svg")
        page.screenshot(path=out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("out", type=Path)
    options = parser.parse_args()
    draw(options.results, options.out)


if __name__ == "__main__":
    main()
