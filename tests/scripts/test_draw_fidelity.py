"""The picture of what fewer bits cost shows what was measured, and leaves out what was not."""

from scripts.draw_fidelity import PANELS, figure


def measured(dataset: str, variant: str, **metrics) -> dict:
    return {"dataset": dataset, "variant": variant, "slice": "300 items", "metrics": metrics}


def test_each_dataset_has_a_bar_for_each_precision_that_was_measured():
    rows = [
        measured("Shop", "nf4", **{"overlap@10": 0.9, "memory_mb": 290.0}),
        measured("Shop", "bfloat16", **{"overlap@10": 1.0, "memory_mb": 442.0}),
        measured("Films", "nf4", **{"overlap@10": 0.8}),
        measured("Shop", "catalogue nf4, query int8", **{"overlap@10": 0.7}),
    ]
    bars = {(bar.name, place % len(PANELS)): dict(zip(bar.x, bar.y)) for place, bar in enumerate(figure(rows).data)}
    assert bars["Shop", 0] == {"bfloat16": 1.0, "nf4": 0.9}
    assert bars["Films", 0] == {"nf4": 0.8}
    assert bars["Films", list(PANELS).index("memory_mb")] == {}
