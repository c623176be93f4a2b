"""What newer models have replaced stands beside them."""

from standin_results import row, write

from molar.reporting.files import BEFORE, read_results, results_of
from molar.reporting.markdown import section_lines
from molar.reporting.report import report
from molar.reporting.sections.before import TITLE, before_and_now


def test_models_of_both_files_stand_side_by_side(tmp_path):
    for folder, value, data in ((tmp_path / BEFORE, 0.05, "other"), (tmp_path, 0.1, "feedfeedfeedfeed")):
        folder.mkdir(exist_ok=True)
        labels = ("random", "sasrec", "content") if data == "other" else ("random", "sasrec", "everything")
        write(
            folder, "x", [row(label, slice_, value=value, data=data) for label in labels for slice_ in ("all", "cold")]
        )
    [results], problems = read_results(tmp_path)
    found = "\n".join(section_lines(before_and_now(results, "ndcg@10")))
    assert not problems and TITLE in [section.title for section in report(results)]
    assert (
        "all, 200 users, before" in found
        and "| SASRec, ids only | 0.050 [0.044, 0.056] | 0.100 [0.094, 0.106] |" in found
    )
    assert "random" not in found and "everything" not in found, "what one of them lacks is no comparison"


def test_without_a_file_of_before_there_is_no_table(tmp_path):
    write(tmp_path, "x", [row("sasrec")])
    assert before_and_now(results_of(tmp_path, "x"), "ndcg@10") is None
