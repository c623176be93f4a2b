"""Which files of results are read, in which order, and again when they changed."""

import os
from pathlib import Path

from standin_results import OTHERS, OURS, ablation_rows, curve, method_rows, row, shop_rows, write, write_all

from molar.reporting.files import read_results, results_of
from molar.reporting.labels import beside_curve


def test_results_of_the_served_data_come_first(tmp_path):
    found, problems = read_results(write_all(tmp_path / "results"), OTHERS)
    assert problems == []
    assert [one.name for one in found[:2]] == ["ml1m-id", "ml1m-1500"]


def test_a_file_about_something_else_or_of_validation_alone_is_left_out(tmp_path):
    write(tmp_path, "validation", [row("molar", split="validation")])
    write(tmp_path, "probe", [row("palette", setting="palette", split="five folds")])
    (tmp_path / "prints.json").write_text('{"bytes": 3}', encoding="utf-8")
    assert read_results(tmp_path, OURS) == ([], [])


def test_a_broken_file_is_one_sentence(tmp_path):
    write(tmp_path, "demo", shop_rows())
    (tmp_path / "torn.json").write_text('{"rows": [', encoding="utf-8")
    found, problems = read_results(tmp_path)
    assert [one.name for one in found] == ["demo"]
    assert problems == ["torn.json is not a results file; write it again or move it away."]


def test_a_file_that_changed_is_read_again(tmp_path):
    write(tmp_path, "demo", [row("molar", value=0.1)])
    assert read_results(tmp_path)[0][0].cell("molar").value == 0.1
    write(tmp_path, "demo", [row("molar", value=0.2)])
    os.utime(tmp_path / "demo.json", (0, 0))
    assert read_results(tmp_path)[0][0].cell("molar").value == 0.2


def test_rows_of_two_datasets_are_two_results(tmp_path):
    write(tmp_path, "both", [row("molar", value=0.1), row("molar", value=0.2, data=OTHERS)])
    found, _ = read_results(tmp_path, OTHERS)
    assert [(one.key, one.cell("molar").value) for one in found] == [("both/1", 0.2), ("both", 0.1)]


def test_rows_of_the_older_shape_are_read(tmp_path):
    rows = [row("molar"), row("content"), row("molar", value=0.02)]
    kinds = ("kind", "other", "ablation", "setting")
    older = [
        {name: value for name, value in one.items() if name not in kinds} | {"variant": variant}
        for one, variant in zip(rows, ("", "", "minus content"))
    ]
    write(tmp_path, "demo", older)
    assert read_results(tmp_path)[0][0].minus("molar", "content").value == 0.02


def test_the_files_of_the_method_are_read(tmp_path):
    write(tmp_path, "ml1m", method_rows())
    write(tmp_path, "ml1m-cold", method_rows())
    write(tmp_path, "ablations-alignment", ablation_rows())
    found, problems = read_results(tmp_path, OTHERS)
    assert problems == []
    assert {one.name for one in found} == {"ml1m", "ml1m-cold", "ablations-alignment"}


def test_a_file_that_is_not_there_has_no_rows(tmp_path):
    assert results_of(tmp_path, "ml1m").rows == []


def test_a_checkpoint_lends_its_curves_to_results_of_the_same_weights(tmp_path):
    import torch

    from molar.models.sasrec import SASRec, SASRecConfig
    from molar.storage.checkpoint import save_model, weights_sha256

    torch.manual_seed(0)
    folder = tmp_path / "checkpoint" / "sasrec"
    save_model(folder, SASRec(SASRecConfig(n_items=5, dim=8, blocks=1, heads=1)), curve("sasrec", data=OURS))
    write(tmp_path, "demo", [row("sasrec") | {"weights_sha256": weights_sha256(folder)}])
    assert [one["model"] for one in read_results(tmp_path, OURS, tmp_path / "checkpoint")[0][0].curves] == ["sasrec"]
    write(tmp_path, "demo", [row("sasrec")])
    assert read_results(tmp_path, OURS, tmp_path / "checkpoint")[0][0].curves == []


def test_names_beside_the_curves_of_this_project_fit_on_a_phone():
    found, _ = read_results(Path(__file__).parents[2] / "results")
    drawn = {curve["model"] for run in found if not run.is_ablation for curve in run.curves}
    assert len(drawn) > 9
    assert {name: beside_curve(name) for name in drawn if len(beside_curve(name)) > 16} == {}
