"""Results files, by command."""

import json

from molar.cli.main import main


def test_evaluate_writes_rows_of_the_one_shape(world, tmp_path):
    dataset, checkpoint = world
    out = tmp_path / "results.json"
    assert main(["evaluate", dataset, "--checkpoint", checkpoint, "--out", str(out)]) == 0
    rows = json.loads(out.read_text())["rows"]
    assert {"random", "popularity", "item-knn", "content-knn", "sasrec", "content", "molar"} <= {
        r["model"] for r in rows
    }
    assert all(row["command"].startswith("python -m molar evaluate") for row in rows)
    assert all(0 <= row["metrics"]["recall@10"] <= 1 for row in rows if row["kind"] == "own")


def test_validation_alone_is_labelled_and_never_written_over_test_results(world, tmp_path, capsys):
    dataset, checkpoint = world
    folders = [dataset, "--checkpoint", checkpoint]
    alone, both = tmp_path / "validation.json", tmp_path / "test.json"
    assert main(["evaluate", *folders, "--out", str(alone), "--which", "validation"]) == 0
    assert capsys.readouterr().out == f"{alone} (validation alone)\n"
    rows = json.loads(alone.read_text())["rows"]
    assert {row["split"] for row in rows} == {"validation"}
    both.write_text(json.dumps({"rows": [rows[0] | {"split": "test"}]}))
    before = both.read_bytes()
    assert main(["evaluate", *folders, "--out", str(both), "--which", "validation"]) == 2
    assert "test.json holds test results" in capsys.readouterr().err and both.read_bytes() == before
