"""One table, written as HTML and as Markdown."""

import re

import pytest

from molar.reporting.html import said, sections_html
from molar.reporting.markdown import cell_text, section_lines, table_lines
from molar.reporting.tables import (
    DIFFERENCES,
    VALUES,
    Column,
    Difference,
    Measured,
    Quoted,
    Row,
    Section,
    Source,
    Table,
)

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.mark.parametrize(
    "cell, html, markdown",
    [
        (None, "–", "–"),
        ("text", "text", "text"),
        (Measured(0.1234, (0.1, 0.2)), "0.123 [0.100, 0.200]", "0.123 [0.100, 0.200]"),
        (Measured(0.2, (0.1, 0.3), (0.1, 0.3)), "0.200 ± 0.141 [0.100, 0.300]", "0.200 ± 0.141"),
        (Measured(0.8, shuffled=0.05), "0.800 shuffled 0.050", "0.800 (shuffled 0.050)"),
        (Measured(-51.467), "−51.5", "-51.467"),
        (
            Difference(-0.01, (-0.02, 0.0), p=0.0204, corrected=True),
            "−0.010 [−0.020, +0.000], p = 0.020 after Holm’s correction",
            "-0.010 [-0.020, +0.000], p = .020",
        ),
        (
            Difference(0.01, (0.005, 0.02), p=0.0001),
            "+0.010 [+0.005, +0.020], p < 0.001, uncorrected",
            "+0.010 [+0.005, +0.020], p < .001",
        ),
        (Difference(0.01, (0.005, 0.02)), "+0.010 [+0.005, +0.020]", "+0.010 [+0.005, +0.020]"),
        (Quoted((0.1259, 0.1341)), "0.126 / 0.134", ".1259 / .1341"),
    ],
)
def test_a_cell_says_the_same_in_both(cell, html, markdown):
    assert " ".join(said(cell)) == html
    assert cell_text(cell) == markdown


def section(text: str = "a name", axis: str = VALUES, **row) -> Section:
    """A section with `text` wherever text can stand."""
    rows = [Row(text, [Measured(0.1, (0.05, 0.15)), text], text, text, **row)]
    table = Table(text, [Column(text, text, axis), Column(text)], rows, groups=text)
    source = Source((text,), (text,), (text,), (text,), ((text, text),))
    return Section(text, [text], text, table, [text], source=source)


@pytest.mark.parametrize("axis", ["", VALUES, DIFFERENCES])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_no_text_of_results_becomes_a_tag(axis, elsewhere):
    html = sections_html([section(HOSTILE, axis, elsewhere=elsewhere)])
    assert "<img" not in html
    assert html.count("&lt;img") >= 12
    assert not re.search(r'="[^"]*<', html)


def test_no_name_ends_a_cell_or_begins_a_tag_in_markdown():
    table = section(f"{HOSTILE} | b").table
    lines = table_lines(table)
    assert "<img" not in "".join(lines)
    assert {len(re.split(r"(?<!\\)\|", line)) for line in lines} == {6}


def test_a_significant_difference_is_filled_and_another_is_not():
    rows = [Row("full", [Difference(0.01, p=0.01)]), Row("not", [Difference(0.01, p=0.2)])]
    html = sections_html([Section("", table=Table("", [Column("", axis=DIFFERENCES)], rows))])
    assert re.findall(r'<circle class="(\w+)"', html) == ["dot", "hollow"]
    assert re.findall(r'class="ev-strip (way-\w+)"', html) == ["way-up", "way-same"]


def test_the_axis_fits_the_models_and_says_what_lies_beyond():
    rows = [Row("model", [Measured(0.1)], "molar"), Row("oracle", [Measured(0.5)], "oracle-reading")]
    html = sections_html([Section("", table=Table("", [Column("", axis=VALUES)], rows))])
    assert html.count('class="beyond"') == 1
    assert "▸ lies beyond the axis" in html


def test_many_rows_are_folded_away_on_the_page_alone():
    rows = [Row(str(one), [Difference(0.01, p=0.2)]) for one in range(15)]
    folded = Section("Differences", table=Table("", [Column("", axis=DIFFERENCES)], rows, shown=12))
    assert "More differences (3)" in sections_html([folded])
    assert len(table_lines(folded.table)) == 17


def test_a_section_in_markdown_has_notes_table_and_source():
    lines = section_lines(section(), level=3)
    assert lines[:3] == ["### a name", "", "a name"]
    assert "| a name | a name | 0.100 [0.050, 0.150] | a name |" in lines
    assert lines[-3:] == ["Data `a name`, split `a name`, by `a name`.", "Weights: a name `a name`.", ""]
    assert not any("Weights" in line for line in section_lines(section(), source=False))
