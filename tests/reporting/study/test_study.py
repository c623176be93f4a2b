"""The alignment study as a picture and as tables: which rows are told, what counts as shown."""

import json
import xml.etree.ElementTree as ET

import pytest

from molar.core.schema import ALIGNED, CONTENT, ID
from molar.experiments.results import DIFFERENCE, row
from molar.reporting.markdown import section_lines
from molar.reporting.study import pictures, read_study, study_sections

DATA = {"dataset": "Shop", "data_hash": "d" * 16, "command": "study"}


def gain(setting: str, value: float, ci, p: float = 0.001, *, split="validation", claimed=True, slice="all", **data):
    values = {"ndcg@10": value, "p_value": p, "seeds": 3, "seeds_other": 3} | ({"p_holm": p} if claimed else {})
    fields = {"kind": DIFFERENCE, "model": ALIGNED, "other": CONTENT, "setting": setting, "slice": slice}
    shared = DATA | data | {"split": split, "seed": 0, "weights_sha256": ""}
    return row(shared, **fields, n=100, values=values, ci={"ndcg@10": ci})


def own(model: str, setting: str, value: float, seed: int = 0, split="validation"):
    shared = DATA | {"split": split, "seed": seed, "weights_sha256": f"{seed:064d}"}
    return row(shared, slice="all", model=model, setting=setting, n=100, values={"ndcg@10": value}, ci={})


ROWS = [
    gain("users=0.1 ids=0.1 alpha=0.3", 0.004, (-0.001, 0.009)),  # the interval has 0
    gain("users=0.1 ids=1 alpha=0.3", 0.02, (0.01, 0.03)),
    gain("users=0.1 ids=1 alpha=0.3 history=1", 0.011, (0.005, 0.02), p=0.2),  # not after Holm
    gain("users=1 ids=1 alpha=0.3", -0.003, (-0.005, -0.001)),
    gain("users=1 ids=1 alpha=0.3", -0.007, (-0.009, -0.005), slice="cold"),
    gain("users=1 ids=1 alpha=0.02", 0.001, (-0.001, 0.003), p=0.4, claimed=False),
    gain("users=0.1 ids=1 alpha=0.02", 0.002, (-0.001, 0.003), p=0.4, claimed=False),
    *(own(CONTENT, "users=0.1", 0.1 + seed / 100, seed) for seed in (0, 1)),
    own(CONTENT, "users=0.1 history=1", 0.9),
    own(ALIGNED, "users=0.1 ids=1 alpha=0.3", 0.12),
    own(ALIGNED, "users=0.1 ids=1 alpha=0.02", 0.8),
    own(ID, "users=1", 0.13),
]


def write(folder, rows=ROWS, curves=()):
    folder.mkdir(exist_ok=True)
    (folder / "alignment-study.json").write_text(json.dumps({"rows": list(rows)}))
    (folder / "alignment-study-curves.json").write_text(json.dumps({"curves": list(curves)}))
    return folder


def told(folder) -> str:
    return "\n".join(line for one in study_sections(folder, read_study(folder)) for line in section_lines(one))


def test_without_the_file_nothing_is_told(tmp_path):
    assert read_study(tmp_path) == [] and pictures([]) == {}


def test_a_gain_is_shown_where_p_and_the_interval_say_so(tmp_path):
    study = read_study(write(tmp_path / "results"))[0]
    assert [study.gain("0.1", "1").significant, study.gain("0.1", "0.1").significant] == [True, False]
    assert not study.gain("0.1", "1", "1").significant and study.gain("1", "1").significant
    assert study.gain("0.3", "1") is None


def test_the_tables_hold_every_gain_in_its_place(tmp_path):
    text = told(write(tmp_path / "results"))
    assert "| ID model of the same users | 10 % of the users train | – | +0.004 [-0.001, +0.009], p = .001 |" in text
    assert "| ID model of all users | 10 % of the users train | +0.011 [+0.005, +0.020], p = .200 | +0.020 [" in text
    assert "last 1" in text and "on validation" in text and "-0.007 [-0.009, -0.005]" in text
    levels = text.split("## What they reach")[1].split("##")[0]
    assert "| 10 % of the users train | 0.105 ± 0.007 | – | 0.120 | – | 0.130 |" in levels
    tried = text.split("## Weights and kinds")[1]
    assert "| α = 0.02 | +0.002" in tried and "| α = 0.3 | +0.020" in tried and "p = .400" in tried


def test_test_numbers_are_told_where_they_are(tmp_path):
    rows = [*ROWS, gain("users=0.1 ids=1 alpha=0.3", 0.05, (0.04, 0.06), split="test")]
    text = told(write(tmp_path / "results", rows)).split("## Weights")[0]
    assert "+0.050" in text and "on test" in text and "+0.020" not in text


def test_the_picture_has_a_dot_a_gain_and_says_them(tmp_path):
    drawn = pictures(read_study(write(tmp_path / "results")))
    assert list(drawn) == ["alignment-study.svg"]
    svg = ET.fromstring(drawn["alignment-study.svg"])
    kinds = [one.get("class") for one in svg.iter("{http://www.w3.org/2000/svg}circle")]
    names = 2  # one dot stands beside the name of each series
    # Of whole histories: two of 10 %, and one of all, whose ID model is that of the same users; one of a single item.
    assert kinds.count("best") - names == 2 and kinds.count("open") == 2
    title = svg.find("{http://www.w3.org/2000/svg}title").text
    assert "10 % train, ID model of all users: +0.011, +0.020" in title and "100 % train" in title


def test_the_picture_is_on_the_page_too_and_hostile_names_stay_text(tmp_path):
    rows = [one | {"dataset": "<img src=x>"} for one in ROWS]
    first = study_sections(write(tmp_path / "results"), read_study(write(tmp_path / "results", rows)))[0]
    assert 'class="panels"' in first.picture and "<img" not in first.picture


def test_one_share_of_the_users_makes_no_picture(tmp_path):
    folder = write(tmp_path / "results", [one for one in ROWS if not one["setting"].startswith("users=1 ")])
    assert pictures(read_study(folder)) == {} and study_sections(folder, read_study(folder))[0].picture == ""


def curve(model: str, *values: float, seed: int = 0) -> dict:
    points = [{"epoch": place, "ndcg@10": value} for place, value in enumerate(values, start=1)]
    names = {"dataset": "Shop", "data_hash": "d" * 16, "split_hash": "s" * 16, "model": model, "seed": seed}
    return names | {"command": "study", "weights_sha256": "w" * 64, "curve": points}


@pytest.mark.parametrize(
    "aligned, cells",
    [((0.05, 0.19, 0.2), "3.0 | 2.0 | 0.010 | 0.050"), ((0.01, 0.02, 0.03), "3.0 | – | 0.010 | 0.010")],
)
def test_speed_is_counted_in_epochs_to_what_content_reaches(tmp_path, aligned, cells):
    curves = [curve("content users=0.1", 0.01, 0.1, 0.2), curve("molar users=0.1 ids=1 alpha=0.3", *aligned)]
    text = told(write(tmp_path / "results", curves=curves)).split("speed of learning")[1]
    assert f"| 10 % of the users train | {cells} |" in text
