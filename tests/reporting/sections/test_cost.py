"""What training costs: from rows where they tell it, else from learning curves; and epochs beside every number."""

from standin_results import curve, film_rows, row, write, write_curves

from molar.reporting.files import results_of
from molar.reporting.markdown import section_lines
from molar.reporting.report import by_slice
from molar.reporting.sections.cost import cost

COST = {"epochs": 8.0, "training_seconds": 60.0, "targets_per_second": 12345.0, "peak_memory_mb": 950.0}


def text(section) -> str:
    return "\n".join(section_lines(section))


def test_rows_tell_what_a_training_cost(tmp_path):
    write(
        tmp_path, "x", [row("content", more=COST), row("content", seed=1, more=COST | {"epochs": 12.0}), row("random")]
    )
    results = results_of(tmp_path, "x")
    found = text(cost(results))
    assert "| content only | 0, 1 | 8, 12 | 60.0 | 6.0 | 12,345 | 950 |" in found and "| random |" not in found
    assert "| content only | 0, 1 | 8, 12 | 0.100 ± 0.000 |" in text(by_slice(results))


def test_of_older_rows_the_learning_curves_tell_what_they_can(tmp_path):
    write(tmp_path, "ml1m-id", film_rows())
    write_curves(tmp_path, "ml1m-id", [curve("sasrec", seed, epochs=12) for seed in range(3)])
    results = results_of(tmp_path, "ml1m-id")
    assert "| SASRec, ids only | 0, 1, 2 | 12 | 30.0 | 2.5 | – | – |" in text(cost(results))
    assert "| SASRec, ids only | 0, 1, 2 | 12 |" in text(by_slice(results))


def test_where_nothing_tells_there_is_no_table_and_no_column(tmp_path):
    write(tmp_path, "x", [row("popularity"), row("content")])
    results = results_of(tmp_path, "x")
    assert cost(results) is None and "epochs" not in text(by_slice(results))
