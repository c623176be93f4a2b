"""Training by command, on the tiny world."""

import json
import shutil

from molar.cli.main import main
from molar.encoder.vectors import save_vectors
from molar.experiments.results import read_rows
from molar.training.joined import choose_content

LESS = ("content-tf-idf", "content-random")


def test_train_writes_the_models_with_their_command(world, tmp_path):
    dataset, checkpoint = world
    verbs = {"sasrec": "train-id"} | dict.fromkeys(("content", "molar", "slist", "everything"), "train")
    for name, verb in verbs.items():
        assert f"python -m molar {verb} {dataset}" in (tmp_path / checkpoint / name / "config.json").read_text()


def test_train_content_trains_one_model_with_any_settings(world, tmp_path, capsys):
    dataset, checkpoint = world
    folders = [dataset, "--checkpoint", checkpoint, "--epochs", "1"]
    named = ["--name", "fused/seed-3", "--seed", "3", "--set", "align=cosine", "--set", "fusion=late"]
    assert main(["train-content", *folders, *named]) == 0
    assert capsys.readouterr().out == f"{checkpoint}/fused/seed-3\n"
    meta = json.loads((tmp_path / checkpoint / "fused/seed-3/config.json").read_text())["meta"]
    assert (meta["label"], meta["seed"], meta["vectors_file"]) == ("fused", 3, "vectors.safetensors")
    assert meta["align"]["kind"] == "cosine" and meta["command"].startswith("python -m molar train-content")


def test_train_follows_what_choose_content_chose_and_what_is_set(world, tmp_path, monkeypatch, capsys):
    for name, values in {"DECODERS": ("ema",), "SCALINGS": ("whitened",), "HIDDEN": (8,)}.items():
        monkeypatch.setattr(choose_content, name, values)
    dataset, checkpoint = world
    folder = tmp_path / "chosen"
    shutil.copytree(tmp_path / checkpoint, folder, ignore=shutil.ignore_patterns("content*", "molar", "everything"))
    folders = [dataset, "--checkpoint", str(folder), "--epochs", "1"]
    assert main(["choose-content", *folders, "--train-users", "0.9"]) == 0
    assert "residual=free decoder=ema scaling=whitened hidden=8" in capsys.readouterr().err
    assert main(["train", *folders, "--set", "hidden=4"]) == 0
    for name, residual in {"content": "none", "molar": "none", "everything/content": "free"}.items():
        config = json.loads((folder / name / "config.json").read_text())["config"]
        told = {"residual": residual, "decoder": "ema", "scaling": "whitened", "hidden": 4}
        assert {key: config[key] for key in told} == told, name


def test_content_models_that_know_less_are_trained_as_content_is(world, tmp_path, capsys):
    dataset, checkpoint = world
    folder = tmp_path / "beside"
    shutil.copytree(tmp_path / checkpoint, folder)
    folders = [dataset, "--checkpoint", str(folder)]
    assert main(["train", *folders, "--epochs", "1", "--baselines", "--set", "hidden=4", "--seed", "2"]) == 0
    saved = {name: json.loads((folder / name / "config.json").read_text()) for name in ("content", *LESS)}
    same = [(one["config"] | {"dim_in": 0}, one["meta"]["recipe"], one["meta"]["seed"]) for one in saved.values()]
    assert same[0] == same[1] == same[2] and same[0][0]["hidden"] == 4
    assert len({one["meta"]["vectors"] for one in saved.values()}) == 3
    assert main(["evaluate", *folders, "--subset", "validation", "--out", str(tmp_path / "out.json")]) == 0
    assert set(LESS) < {row["model"] for row in read_rows(tmp_path / "out.json")}


def test_train_content_takes_other_vectors_and_another_id_model(world, tiny, tiny_vectors, tmp_path, capsys):
    dataset, checkpoint = world
    save_vectors(tmp_path / "text.safetensors", tiny_vectors[:, :7], tiny.dataset, {"encoder": "text"})
    given = ["--vectors", str(tmp_path / "text.safetensors"), "--id-model", str(tmp_path / "nowhere"), "--name", "text"]
    train = ["train-content", dataset, "--checkpoint", checkpoint, "--epochs", "1", *given]
    assert main(train) == 2 and "No trained model" in capsys.readouterr().err
    assert main([*train, "--set", "align=none", "--set", "hidden=0"]) == 0, "no ID model is asked for"
    saved = json.loads((tmp_path / checkpoint / "text/config.json").read_text())
    assert saved["config"]["dim_in"] == 7 and saved["meta"]["vectors_file"] == "text.safetensors"


def test_a_part_of_the_users_trains_and_the_id_model_may_have_seen_everybody(world, tmp_path, capsys):
    dataset, checkpoint = world
    folders = [dataset, "--checkpoint", checkpoint, "--epochs", "1", "--train-users", "0.5"]
    assert main(["train-id", *folders, "--name", "part/sasrec"]) == 0
    assert main(["train-content", *folders, "--name", "part/of-everybody"]) == 0
    given = ["--id-model", f"{checkpoint}/part/sasrec", "--name", "part/of-the-part"]
    assert main(["train-content", *folders, *given]) == 0
    metas = [
        json.loads((tmp_path / checkpoint / "part" / name / "config.json").read_text())["meta"]
        for name in ("sasrec", "of-everybody", "of-the-part")
    ]
    assert [meta["train_users"] for meta in metas] == [0.5, 0.5, 0.5]
    assert len({meta["split_hash"] for meta in metas}) == 1 and metas[1]["id_model"] != metas[2]["id_model"]
    whole = json.loads((tmp_path / checkpoint / "sasrec" / "config.json").read_text())["meta"]
    assert (
        "train_users" not in whole and whole["split_hash"] == metas[0]["split_hash"] and whole["run"] != metas[0]["run"]
    )
    capsys.readouterr()
    assert main(["train-id", *folders[:-1], "2", "--name", "more"]) == 2
    assert "above 0 and at most 1, not 2" in capsys.readouterr().err


def test_train_needs_vectors_and_says_so(tiny_folder, tmp_path, capsys):
    assert main(["train", str(tiny_folder), "--checkpoint", str(tmp_path / "empty")]) == 2
    assert "encode" in capsys.readouterr().err
