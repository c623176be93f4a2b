"""What a finished checkpoint answers on the command line."""

import pytest

from molar.cli.main import main


def test_recommend_prints_ranked_titles(world, capsys):
    dataset, checkpoint = world
    for model in ("content", "molar", "sasrec"):
        arguments = ["recommend", dataset, "--checkpoint", checkpoint, "--history", "i01, i02", "--model", model]
        assert main([*arguments, "--k", "3"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in lines] == ["1", "2", "3"]
        assert not {"i01", "i02"} & {line.split()[1] for line in lines}


@pytest.mark.parametrize("history, model, expected", [("i99", "molar", 'no item "i99"'), ("i01", "best", "no model")])
def test_recommend_refuses_what_is_not_there(world, capsys, history, model, expected):
    dataset, checkpoint = world
    assert main(["recommend", dataset, "--checkpoint", checkpoint, "--history", history, "--model", model]) == 2
    assert expected in capsys.readouterr().err


def test_search_prints_what_the_words_are_found_in(world, capsys):
    dataset, checkpoint = world
    assert main(["search", dataset, "--checkpoint", checkpoint, "--query", "whale", "--k", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2"]
    assert all("Whale" in line for line in lines)


def test_similar_prints_other_items(world, capsys):
    dataset, checkpoint = world
    assert main(["similar", dataset, "--checkpoint", checkpoint, "--item", "i01", "--k", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4"]
    assert "i01" not in {line.split()[1] for line in lines}
