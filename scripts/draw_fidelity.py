"""What fewer bits cost, as a picture.

python -m scripts.draw_fidelity results/fidelity-nano.json docs/fidelity-nano.png
"""

import argparse
import tempfile
from pathlib import Path

from molar.backbones.quantisation import PRECISIONS
from molar.experiments.results import read_rows_with_variant as read_rows

PANELS = {
    "overlap@10": "ten nearest items kept",
    "cur_item/cosine_p5": "[Cur_Item] cosine, 5th percentile",
    "memory_mb": "weights, MB",
}
COLOURS = ("#2c8a8f", "#d3573f")
SIZE = {"width": 1100, "height": 400}


def figure(rows: list[dict]):
    """The plotly figure of three costs by precision, one colour a dataset; what was not measured is left out."""
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    made = make_subplots(cols=len(PANELS), subplot_titles=list(PANELS.values()))
    for colour, dataset in zip(COLOURS, dict.fromkeys(row["dataset"] for row in rows)):
        own = {row["variant"]: row["metrics"] for row in rows if row["dataset"] == dataset}
        for column, metric in enumerate(PANELS, start=1):
            shown = [precision for precision in PRECISIONS if metric in own.get(precision, {})]
            values = [own[precision][metric] for precision in shown]
            made.add_trace(
                go.Bar(
                    x=shown,
                    y=values,
                    name=dataset,
                    marker_color=colour,
                    showlegend=column == 1,
                    text=[f"{value:.3g}" for value in values],
                    textposition="outside",
                    cliponaxis=False,
                ),
                row=1,
                col=column,
            )
    made.update_layout(
        template="plotly_white",
        font_size=13,
        legend={"orientation": "h", "y": -0.15},
        margin={"t": 60, "l": 50, "r": 20},
        **SIZE,
    )
    made.update_annotations(font_size=13)
    return made


def draw(results: Path, out: Path, slice: str) -> None:
    """Write the figure of the rows of one slice as a PNG. Needs Chromium, as the browser tests do."""
    from bench.serve import chromium

    rows = [row for row in read_rows(results) if row["slice"] == slice]
    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        page_file = Path(scratch) / "figure.html"
        figure(rows).write_html(page_file, include_plotlyjs=True, config={"displayModeBar": False})
        page = browser.new_page(viewport=SIZE)
        page.goto(page_file.as_uri())
        page.wait_for_selector(".main-svg")
        page.screenshot(path=out)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--slice", default="300 items")
    options = parser.parse_args()
    draw(options.results, options.out, options.slice)


if __name__ == "__main__":
    main()
