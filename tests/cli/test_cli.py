"""Every verb, run as a user runs it, on the tiny world. Nothing here needs the backbone."""

import importlib
import json
import re
from unittest.mock import create_autospec

import pytest

from molar.cli.main import build_parser, main
from molar.cli.options import METHODS
from molar.core.errors import Cancelled
from molar.encoder.vectors import save_vectors

VERBS = (
    "check",
    "fetch-backbone",
    "finetune-encoder",
    "encode",
    "quantisation-report",
    "train-id",
    "train",
    "train-content",
    "evaluate",
    "evaluate-id",
    "evaluate-content",
    "draw-maps",
    "recommend",
)
BESIDES = ("subset", "search", "similar")


@pytest.fixture(scope="module")
def world(tmp_path_factory, tiny, tiny_vectors):
    """A dataset folder and a checkpoint folder with trained towers: (dataset, checkpoint)."""
    checkpoint = tmp_path_factory.mktemp("checkpoint")
    save_vectors(checkpoint / "vectors.safetensors", tiny_vectors, tiny.dataset, {"encoder": "random"})
    folders = [str(tiny.dataset.root), "--checkpoint", str(checkpoint)]
    assert main(["train-id", *folders, "--epochs", "1"]) == 0
    assert main(["train", *folders, "--epochs", "1"]) == 0
    return str(tiny.dataset.root), str(checkpoint)


@pytest.mark.parametrize("verb", VERBS + BESIDES)
def test_every_verb_explains_itself(verb, capsys):
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    assert f"python -m molar {verb}" in capsys.readouterr().out


def test_these_are_all_verbs():
    help_text = build_parser().format_help()
    assert set(re.findall(r"^    ([a-z-]+)", help_text, re.M)) == {*VERBS, *BESIDES}
    assert "In order:  " + " → ".join(VERBS) in help_text.replace("→\n          ", "→")
    assert f"Besides:   {', '.join(BESIDES)}\n" in help_text


@pytest.mark.parametrize(
    "older, newer",
    [
        ("tune-encoder --out O", "finetune-encoder --out O"),
        ("fidelity D --checkpoint C --out O", "quantisation-report D --checkpoint C --out O"),
        ("encode D --checkpoint C --probe no-text", "encode D --checkpoint C --ablation no-text"),
        (
            "evaluate-content D F --id-model I --vectors V --out O --probes molar --which validation",
            "evaluate-content D F --id-model I --vectors V --out O --ablations molar --subset validation",
        ),
        ("subset D O --users 3 --films 4", "subset D O --users 3 --items 4"),
    ],
)
def test_older_names_mean_the_same(older, newer):
    assert build_parser().parse_args(older.split()) == build_parser().parse_args(newer.split())


def test_the_splits_on_offer_are_those_there_are():
    from molar.data.splits import METHODS as known

    assert known == METHODS


def test_check_prints_what_enters_the_prompt(tiny_folder, capsys):
    assert main(["check", str(tiny_folder)]) == 0
    out = capsys.readouterr().out
    assert "30 items, 20 users" in out
    assert "in the prompt: title, description, artist\n" in out
    assert "not in the prompt: item_id, price, image\n" in out
    assert "warning: items.csv, row 31, column image" in out


def test_check_of_a_broken_folder_tells_and_fails(tiny_folder, capsys):
    path = tiny_folder / "interactions.csv"
    path.write_text(path.read_text().replace("i01", "i99"))
    assert main(["check", str(tiny_folder)]) == 2
    told = capsys.readouterr()
    assert 'item "i99" is not in items.csv' in told.out
    assert told.err.startswith("error: ")


def test_check_of_a_catalogue_alone(tiny_folder, capsys):
    (tiny_folder / "interactions.csv").unlink()
    assert main(["check", str(tiny_folder), "--no-interactions"]) == 0
    assert "0 users" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments, expected",
    [
        (["encode", "nowhere", "--checkpoint", "x"], "there is no such dataset folder"),
        (["train-id", "nowhere", "--checkpoint", "x"], "there is no such dataset folder"),
        (["recommend", "nowhere", "--checkpoint", "x", "--history", "a"], "The checkpoint x has no"),
    ],
)
def test_errors_are_one_message_and_exit_2(arguments, expected, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("error: ") and expected in told.err


@pytest.mark.parametrize(
    "arguments, expected",
    [
        ("train-id D --checkpoint C --seed -1", "--seed: '-1' is not a whole number from 0 to 4294967295"),
        ("train-id D --checkpoint C --seed 4294967296", "--seed: '4294967296' is not"),
        ("train-id D --checkpoint C --epochs 0", "--epochs: '0' is not a whole number from 1"),
        ("train D --checkpoint C --epochs two", "--epochs: 'two' is not a whole number from 1"),
        ("train D --checkpoint C --alpha -0.1", "--alpha: '-0.1' is not a number from 0"),
        ("train D --checkpoint C --alpha nan", "--alpha: 'nan' is not a number from 0"),
        ("train D --checkpoint C --tau 0", "--tau: '0' is not a number above 0"),
        ("tune-encoder --pairs a:b --out O --schedule tpu", "--schedule: invalid choice: 'tpu'"),
        ("draw-maps D --checkpoint C --users 0", "--users: '0' is not a whole number from 1"),
        ("recommend D --checkpoint C --history a --k 101", "--k: '101' is not a whole number from 1 to 100"),
        ("evaluate D --checkpoint C --out o.json --which all", "--which: invalid choice: 'all'"),
    ],
)
def test_a_number_that_cannot_be_meant_is_refused_by_its_name(arguments, expected, capsys):
    with pytest.raises(SystemExit) as stop:
        main(arguments.split())
    assert stop.value.code == 2
    assert expected in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("stop", [KeyboardInterrupt, Cancelled])
def test_a_stopped_command_says_how_to_go_on(stop, tiny_folder, monkeypatch, capsys):
    def stopped(*_, **__):
        raise stop

    monkeypatch.setattr("molar.data.dataset.open_dataset", stopped)
    assert main(["check", str(tiny_folder)]) == 130
    assert "stopped; the same command resumes" in capsys.readouterr().err


def test_train_writes_the_three_towers_with_their_command(world, tmp_path):
    dataset, checkpoint = world
    for name, verb in (("sasrec", "train-id"), ("content", "train"), ("molar", "train")):
        assert f"python -m molar {verb} {dataset}" in (tmp_path / checkpoint / name / "config.json").read_text()


def test_train_content_trains_one_tower_with_any_settings(world, tmp_path, capsys):
    dataset, checkpoint = world
    folders = [dataset, "--checkpoint", checkpoint, "--epochs", "1"]
    named = ["--name", "fused/seed-3", "--seed", "3", "--set", "align=cosine", "--set", "fusion=late"]
    assert main(["train-content", *folders, *named]) == 0
    assert capsys.readouterr().out == f"{checkpoint}/fused/seed-3\n"
    meta = json.loads((tmp_path / checkpoint / "fused/seed-3/config.json").read_text())["meta"]
    assert (meta["label"], meta["seed"], meta["vectors_file"]) == ("fused", 3, "vectors.safetensors")
    assert meta["align"]["kind"] == "cosine" and meta["command"].startswith("python -m molar train-content")


def test_train_content_takes_other_vectors_and_another_id_model(world, tiny, tiny_vectors, tmp_path, capsys):
    dataset, checkpoint = world
    save_vectors(tmp_path / "text.safetensors", tiny_vectors[:, :7], tiny.dataset, {"encoder": "text"})
    given = ["--vectors", str(tmp_path / "text.safetensors"), "--id-model", str(tmp_path / "nowhere"), "--name", "text"]
    train = ["train-content", dataset, "--checkpoint", checkpoint, "--epochs", "1", *given]
    assert main(train) == 2 and "No trained model" in capsys.readouterr().err
    assert main([*train, "--set", "align=none", "--set", "hidden=0"]) == 0, "no ID model is asked for"
    saved = json.loads((tmp_path / checkpoint / "text/config.json").read_text())
    assert saved["config"]["dim_in"] == 7 and saved["meta"]["vectors_file"] == "text.safetensors"


def test_train_needs_vectors_and_says_so(tiny_folder, tmp_path, capsys):
    assert main(["train", str(tiny_folder), "--checkpoint", str(tmp_path / "empty")]) == 2
    assert "encode" in capsys.readouterr().err


def test_recommend_prints_ranked_titles(world, capsys):
    dataset, checkpoint = world
    for model in ("content", "molar", "sasrec"):
        arguments = ["recommend", dataset, "--checkpoint", checkpoint, "--history", "i01, i02", "--model", model]
        assert main([*arguments, "--k", "3"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["1", "2", "3"]
        assert not {"i01", "i02"} & {line.split()[1] for line in lines}


@pytest.mark.parametrize(
    "arguments, function, expected",
    [
        ("fetch-backbone", "molar.backbones.hub.fetch_backbone", {}),
        ("encode D --checkpoint C --no-gate", "molar.encoder.encode.encode_items", {"gate": False, "precision": "nf4"}),
        ("tune-encoder --pairs a:b --out O", "molar.finetune.finetune.tune_encoder", {"pairs": "a:b", "asked": set()}),
        ("draw-maps D --checkpoint C --users 50", "molar.serving.user_maps.draw_maps", {"users": 50, "seed": 0}),
    ],
)
def test_slow_verbs_call_their_function_as_it_wants_to_be_called(arguments, function, expected, monkeypatch, capsys):
    module, name = function.rsplit(".", 1)
    stand_in = create_autospec(getattr(importlib.import_module(module), name), return_value="written here")
    monkeypatch.setattr(function, stand_in)
    assert main(arguments.split()) == 0
    assert expected.items() <= stand_in.call_args.kwargs.items()
    assert capsys.readouterr().out == "written here\n"


def test_tune_encoder_passes_its_settings(monkeypatch, tiny_folder):
    from molar.finetune import finetune as tune

    stand_in = create_autospec(tune.tune_encoder)
    monkeypatch.setattr(tune, "tune_encoder", stand_in)
    told = "--tasks it,sa --counts it=7 --form plain --schedule gpu --batch 5 --resolution 112 --pooling 1 --backbone F"
    lora = "--lora-rank 4 --lora-alpha 8 --lora-targets attention,down_proj"
    assert main(["tune-encoder", str(tiny_folder), "--out", "O", *told.split(), *lora.split(), "--seed", "3"]) == 0
    given = stand_in.call_args.kwargs
    config, encoder, schedule = given["config"], given["encoder"], tune.SCHEDULES["gpu"]
    assert config.counts == {"it": 7, "sa": 10_000} and given["asked"] == {"it", "sa"}
    assert (config.form, config.batch, config.seed, config.held_out) == ("plain", 5, 3, schedule["held_out"])
    assert (config.lora.rank, config.lora.alpha, config.lora.targets) == (4, 8, ("attention", "down_proj"))
    assert (encoder.backbone, encoder.precision, encoder.resolution, encoder.pooling) == ("F", "bfloat16", 112, 1)
    assert stand_in.call_args.args[0].dataset.n_items == 30


@pytest.mark.parametrize(
    "told, said",
    [
        ("", "nothing to learn from"),
        ("--pairs a:b --counts it", "write it=1000"),
        ("--pairs a:b --counts ub=9", "no dataset folder is named"),
        ("--pairs a:b --lora-rank -1", "rank of LoRA"),
        ("--pairs a:b --form x", "no form"),
    ],
)
def test_a_stage_1_that_cannot_be_is_one_sentence(told, said, capsys):
    assert main(["tune-encoder", "--out", "O", *told.split()]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("history, model, expected", [("i99", "molar", 'no item "i99"'), ("i01", "best", "no model")])
def test_recommend_refuses_what_is_not_there(world, capsys, history, model, expected):
    dataset, checkpoint = world
    assert main(["recommend", dataset, "--checkpoint", checkpoint, "--history", history, "--model", model]) == 2
    assert expected in capsys.readouterr().err


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
