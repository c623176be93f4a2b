"""From a dataset folder to item vectors, on the tiny world; nothing here needs the backbone."""

from unittest.mock import create_autospec

import pytest
from archives import counted

from molar.cli.main import main


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


def test_finetune_encoder_passes_its_settings(monkeypatch, tiny_folder):
    from molar.finetune import finetune
    from molar.finetune.config import SCHEDULES

    stand_in = create_autospec(finetune.finetune_encoder)
    monkeypatch.setattr(finetune, "finetune_encoder", stand_in)
    told = "--tasks it,sa --counts it=7 --form plain --schedule gpu --batch 5 --resolution 112 --pooling 1 --backbone F"
    lora = "--lora-rank 4 --lora-alpha 8 --lora-targets attention,down_proj"
    assert main(["finetune-encoder", str(tiny_folder), "--out", "O", *told.split(), *lora.split(), "--seed", "3"]) == 0
    given = stand_in.call_args.kwargs
    config, encoder, schedule = given["config"], given["encoder"], SCHEDULES["gpu"]
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
def test_a_fine_tuning_that_cannot_be_is_one_sentence(told, said, capsys):
    assert main(["finetune-encoder", "--out", "O", *told.split()]) == 2
    assert said in capsys.readouterr().err


def test_check_decodes_each_picture_once(tiny_folder, capsys):
    items = tiny_folder / "items.csv"
    items.write_text(items.read_text().replace("i05.png", "i04.png"))
    with counted() as seen:
        assert main(["check", str(tiny_folder)]) == 0
    pictures = {path.name for path in (tiny_folder / "images").iterdir()}
    assert seen == dict.fromkeys({"items.csv", "interactions.csv"} | pictures - {"i05.png"}, 1)


@pytest.mark.parametrize(
    "arguments, said",
    [
        ("--users 10 --items 20", "20 items"),
        ("--users 10 --films 20", "20 items"),
        ("--cold-items 0.1", "30 items"),
    ],
)
def test_subset_writes_a_dataset_that_can_be_checked(arguments, said, tiny_folder, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["subset", str(tiny_folder), out, *arguments.split()]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert main(["check", out]) == 0
    assert said in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", ["", "--users 3", "--items 3", "--users 3 --cold-items .1", "--users 3 --films 3 --cold-items .1"]
)
def test_a_part_and_cold_items_are_asked_for_one_at_a_time(arguments, tiny_folder, tmp_path, capsys):
    assert main(["subset", str(tiny_folder), str(tmp_path / "out"), *arguments.split()]) == 2
    assert capsys.readouterr().err == "error: name either --users and --items, or --cold-items\n"
    assert not (tmp_path / "out").exists()
