"""Axes, dots and lines, read as SVG."""

import xml.etree.ElementTree as ET

import pytest

from molar.reporting.charts import Axis, Curves, Line, curves_html, curves_svg, moved_apart, shade_of, strip

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "low, high, ticks",
    [
        (0, 0.154, ["0.00", "0.05", "0.10", "0.15"]),
        (-0.015, 0.026, ["−0.01", "0.00", "0.01", "0.02"]),
        (0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (0, 0.12, ["0.000", "0.025", "0.050", "0.075", "0.100"]),
        (0, 0, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    ],
)
def test_axes_have_round_ticks(low, high, ticks):
    axis = Axis.over(low, high)
    assert [axis.label(tick) for tick in axis.ticks] == ticks


def test_what_lies_beyond_the_axis_is_an_arrow():
    axis = Axis.over(0, 0.2)
    assert "▸" in strip(axis, 0.5, [0.4, 0.6], "")
    assert "<circle" not in strip(axis, 0.5, None, "")
    assert "▸" not in strip(axis, 0.2, None, "")


def test_names_beside_curves_keep_their_distance_and_their_order():
    places = moved_apart([300.0, 298.0, 10.0, 299.0], 340)
    assert places[2] < places[1] < places[3] < places[0] <= 332
    assert min(high - low for low, high in zip(sorted(places), sorted(places)[1:])) >= 22


def curves(name: str = "a", seeds: int = 2) -> Curves:
    points = [[(1, 0.01), (2, 0.05 + 0.01 * seed), (3, 0.04)] for seed in range(seeds)]
    return Curves(
        [Line(name, shade_of(name, [name]), points, points[0], (2, 0.05))], "epoch", "NDCG@10", "what it shows"
    )


def test_a_file_has_a_line_a_seed_the_mean_and_the_best_epoch():
    root = ET.fromstring(curves_svg(curves(), "Films <all>"))
    lines = root.findall(".//{*}polyline")
    assert [line.get("class") for line in lines] == ["thin", "thin", "thick"]
    best = root.find(".//{*}circle")
    assert f"{best.get('cx')},{best.get('cy')}" == ",".join(
        f"{one}%" for one in lines[2].get("points").split()[1].split(",")
    )
    assert {"a", "epoch", "Films <all>: NDCG@10"} <= {text.text for text in root.findall(".//{*}text")}


def test_the_same_curves_give_the_same_bytes():
    assert curves_svg(curves(), "Films") == curves_svg(curves(), "Films")


@pytest.mark.parametrize("draw", [curves_html, lambda drawn: curves_svg(drawn, HOSTILE)])
def test_a_models_name_is_never_a_tag(draw):
    assert "<img" not in draw(curves(HOSTILE))


def test_a_description_is_never_a_tag():
    assert "<img" not in strip(Axis.over(0, 1), 0.5, None, HOSTILE)
    assert 'says "so"' not in strip(Axis.over(0, 1), 0.5, None, 'says "so"')
