"""The encoder's tables and the picture of what fewer bits cost."""

import xml.etree.ElementTree as ET

from standin_results import row

from molar.reporting.encoder import fine_tuning, quantisation_svg


def of_bits(dataset: str, setting: str, **metrics) -> dict:
    return row("encoder", "300 items", dataset=dataset, setting=setting) | {"metrics": metrics}


def test_each_dataset_has_a_bar_for_each_precision_that_was_measured():
    rows = [
        of_bits("Shop", "nf4", **{"overlap@10": 0.9, "memory_mb": 290.0}),
        of_bits("Shop", "bfloat16", **{"overlap@10": 1.0, "memory_mb": 442.0}),
        of_bits("Films <b>", "nf4", **{"overlap@10": 0.8, "cur_item/cosine_p5": 0.7}),
        of_bits("Shop", "catalogue nf4, query int8", **{"overlap@10": 0.7}),
    ]
    root = ET.fromstring(quantisation_svg(rows))
    bars = [one.get("class") for one in root.findall("{*}rect[@class]")]
    assert bars.count("bar shade-0") == 2 + 2 + 1, "two panels, and the legend"
    assert bars.count("bar shade-1") == 1 + 1 + 1
    texts = [one.text for one in root.findall("{*}text")]
    assert {".9", "1", ".8", "442", "290", "Films <b>"} <= set(texts)
    assert texts.index("bfloat16") < texts.index("nf4"), "in the order of their bits"


def test_losses_are_told_at_the_quarters_of_a_run():
    curve = [{"step": step, "it": {"answer": 5 - step / 100}} for step in range(0, 101, 5)]
    encoder = {"name": "full", "dataset": "films", "data_hash": "d", "weights_sha256": "w", "curve": curve}
    (section,) = fine_tuning([encoder | {"samples": {"it": [1000, 10]}}])
    assert section.table.rows[0].cells == ["it", "1,000", "5.00", "4.75", "4.50", "4.25", "4.00"]
