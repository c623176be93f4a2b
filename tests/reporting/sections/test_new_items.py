"""How new items are ranked: the picture of the trade, its table, and the offsets that tables stand at."""

import math

import pytest
from standin_results import curve, offset_line, row, shop_rows, write, write_curves, write_offsets

from molar.reporting.charts import curves_svg
from molar.reporting.files import read_results, results_of
from molar.reporting.html import sections_html
from molar.reporting.markdown import section_lines
from molar.reporting.report import by_slice, report
from molar.reporting.sections.new_items import TRADE, known_less, trade, warm_at_equal_cold


@pytest.fixture
def results(tmp_path):
    """The shop's rows with cold items among themselves, content in two seeds whose offsets differ."""
    rows = [*shop_rows(), row("content", seed=1), row("content", "among cold", value=0.4, n=40)]
    for one in rows:
        if one["model"] == "content" and one["slice"] in ("all", "warm", "cold") and one["kind"] == "own":
            one["metrics"]["new_items_offset"] = 1.0 - one["seed"]
    write(tmp_path, "demo", rows)
    other = offset_line("content", 1, all=[0.1, 0.14, 0.13])
    write_offsets(tmp_path, "demo", [offset_line("content"), other, offset_line("sasrec, guessed")])
    return results_of(tmp_path, "demo")


def text(section) -> str:
    return "\n".join(section_lines(section))


def test_the_dot_is_where_validation_chose(results):
    content, guessed = trade(results).curves.lines
    assert content.seeds == [[(0.1, 0.25), (0.13, 0.1), (0.14, 0.02)]] * 2
    assert content.best == pytest.approx(((0.1 + 0.13) / 2, (0.25 + 0.1) / 2)) and guessed.best == (0.1, 0.25)
    assert "| content only | 0, 1 | +1, 0 | 0.175 ± 0.106 | 0.115 ± 0.021 | 0.100 ± 0.000 |" in text(trade(results))


def test_page_and_documents_have_the_picture(results):
    found = [section for section in report(results) if section.curves]
    assert found[0].title == TRADE and found[0].curves.key == "-offsets"
    assert f"<h2>{TRADE}</h2>" in sections_html(found) and "<polyline" in sections_html(found)
    picture = curves_svg(found[0].curves, "Shop")
    assert "validation NDCG@10, warm" in picture and ">0.04</text>" in picture
    assert f"![{TRADE}: validation NDCG@10, cold](demo-offsets.svg)" in section_lines(found[0], picture="demo")


def test_cold_items_among_themselves_are_a_column_and_the_offsets_a_sentence(results):
    found = text(by_slice(results))
    assert "| cold among cold items alone, 40 users |" in found
    assert "Offset of new items, in logits, chosen on validation: content +1, 0." in found


def test_older_results_have_neither(tmp_path):
    write(tmp_path, "demo", shop_rows())
    write_curves(tmp_path, "demo", [curve("content")])
    old = results_of(tmp_path, "demo")
    assert trade(old) is None and "among" not in text(by_slice(old)) and "Offset" not in text(by_slice(old))


def test_curves_of_other_data_are_not_drawn(tmp_path):
    write(tmp_path, "demo", shop_rows())
    write_offsets(tmp_path, "demo", [offset_line("content", data="e" * 16)])
    (run,), _ = read_results(tmp_path)
    assert run.offsets == []


def test_models_are_compared_where_their_cold_items_do_equally_well(tmp_path):
    content = offset_line("content", cold=[0.05, 0.1, 0.2], warm=[0.3, 0.25, 0.1])
    molar = offset_line("molar", cold=[0.02, 0.05, 0.15], warm=[0.32, 0.3, 0.2], among_cold=0.5)
    assert math.isclose(warm_at_equal_cold(molar, content), 0.25)
    assert warm_at_equal_cold(offset_line("molar", cold=[0, 0.01, 0.02]), content) is None
    write_offsets(tmp_path, "cold", [content, molar])
    assert "| Tiny shop | **Molar, aligned** | 0 | 0.050 | 0.500 | 0.300 | 0.250 |" in text(known_less(tmp_path))
    other = offset_line("content", 1, cold=[0.05, 0.12, 0.2], warm=[0.3, 0.25, 0.1])
    write_offsets(tmp_path, "cold", [content, other])
    told = "| Tiny shop | content only | 0, 1 | 0.110 ± 0.014 | 0.300 ± 0.000 | 0.250 ± 0.000 |"
    assert told in text(known_less(tmp_path))


def test_the_older_file_is_told_of_data_alone_that_no_other_speaks_of(tmp_path):
    assert known_less(tmp_path) is None
    write_offsets(tmp_path, "cold", [offset_line("content", cold=[0, 0.9, 1]), offset_line("content", dataset="films")])
    write_offsets(tmp_path, "demo", [offset_line("content", cold=[0, 0.2, 1])])
    write_offsets(tmp_path, "ablations-x", [offset_line("alpha-1")])
    found = text(known_less(tmp_path))
    assert "0.200" in found and "0.900" not in found and "| films | content only |" in found
    assert "alpha-1" not in found and "| Print shop: content, ID and aligned models | content only |" in found
