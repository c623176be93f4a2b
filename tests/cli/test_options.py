"""What several verbs ask for alike."""

import pytest

from molar.cli.main import main
from molar.cli.options import METHODS


def test_the_splits_on_offer_are_those_there_are():
    from molar.data.splits import STRATEGIES as known

    assert known == METHODS


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
