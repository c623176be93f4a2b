"""What a finished checkpoint answers on the command line."""

import pytest

from molar.cli.main import main


def test_recommend_prints_ranked_titles(world, capsys):
    dataset, checkpoint = world
    printed = {}
    for model in ("", "everything", "content", "molar", "sasrec"):
        arguments = ["recommend", dataset, "--checkpoint", checkpoint, "--history", "i01, i02"]
        assert main([*arguments, *(["--model", model] if model else []), "--k", "3"]) == 0
        printed[model] = capsys.readouterr().out.splitlines()
        assert [line.split()[0] for line in printed[model]] == ["1", "2", "3"]
        assert not {"i01", "i02"} & {line.split()[1] for line in printed[model]}
    assert printed[""] == printed["everything"]


def test_recommend_takes_a_number_of_new_items(world, capsys):
    dataset, checkpoint = world
    arguments = ["recommend", dataset, "--checkpoint", checkpoint, "--history", "i01", "--k", "3", "--new-items"]
    assert main([*arguments, "9.5"]) == 0
    assert {line.split()[1] for line in capsys.readouterr().out.splitlines()} == {"i03", "i29", "i30"}
    assert main([*arguments, "11"]) == 2
    assert "new_items must be a number from -10 to 10" in capsys.readouterr().err


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
