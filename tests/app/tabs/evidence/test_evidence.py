"""What the Evidence tab makes of results files of every shape, without a browser."""

import json
import re
from html import unescape
from pathlib import Path

import pytest
from standin_results import (
    OTHERS,
    OURS,
    curve,
    film_rows,
    method_rows,
    minus,
    row,
    shop_rows,
    write,
    write_all,
    write_curves,
)

from app.strings import common as words
from app.strings import evidence as said
from app.tabs.evidence import tab as evidence
from molar.experiments import results
from molar.reporting import labels, method, published, report
from molar.reporting.files import read_results


def text(html: str) -> str:
    """What a reader sees, with single spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html))).replace(" ,", ",")


def page(folder, checkpoint, served: str = OURS, **chosen: str) -> str:
    return evidence.page(folder, served, checkpoint, chosen)


def table_under(html: str, heading: str) -> str:
    """The section that begins with this heading."""
    found = [part for part in html.split('<section class="ev-part">') if part.startswith(f"<h2>{heading}")]
    assert len(found) == 1, heading
    return found[0]


@pytest.fixture
def folder(tmp_path):
    return write_all(tmp_path / "results")


def test_without_results_one_sentence_says_so(tmp_path):
    assert text(page(tmp_path / "none", tmp_path)).strip() == said.NONE


def test_only_files_that_exist_are_offered(tmp_path):
    write(tmp_path, "ml1m-1500", film_rows(n=1500))
    html = page(tmp_path, tmp_path)
    assert re.findall(r'<option value="([^"]+)"', html.split("</select>")[0]) == ["ml1m-1500"]
    assert labels.RUNS["ml1m-1500"].note in text(html)


def test_runs_of_the_served_data_come_first_and_others_are_labelled(folder, tmp_path):
    first, other = page(folder, tmp_path, served=OTHERS).split("</optgroup>")[:2]
    assert said.OF_THIS_DATA in first and "ml1m-id" in first and 'value="demo"' not in first
    assert said.OF_OTHER_DATA in other and 'value="demo"' in other


def test_a_broken_file_is_one_sentence_beside_the_others(tmp_path):
    write(tmp_path, "demo", shop_rows())
    (tmp_path / "torn.json").write_text('{"rows": [', encoding="utf-8")
    html = text(page(tmp_path, tmp_path))
    assert "torn.json is not a results file" in html and "Molar, aligned" in html


def test_validation_numbers_are_never_shown(folder, tmp_path):
    assert "0.999" not in page(folder, tmp_path, run="demo")


def test_the_metric_picker_changes_the_table(folder, tmp_path):
    assert "0.123 [0.117, 0.129]" in text(table_under(page(folder, tmp_path, run="demo"), report.ACCURACY))
    recall = table_under(page(folder, tmp_path, run="demo", metric="recall@10"), report.ACCURACY)
    assert "0.246 [0.240, 0.252]" in text(recall) and "Recall@10" in text(recall)


def test_known_names_are_nicer_and_unknown_ones_are_their_own(folder, tmp_path):
    html = text(page(folder, tmp_path, run="demo"))
    for shown in (
        "Molar, aligned",
        "the best that could be attained",
        "left-handed, 200 users",
        "history ≥100, 200 users",
    ):
        assert shown in html
    assert "my &amp; model" in page(folder, tmp_path, run="of-my-own")


def test_text_of_results_stays_text(tmp_path):
    hostile = "<img src=x onerror=alert(1)>"
    rows = [row(hostile, hostile, dataset=hostile, command=hostile), row(hostile, dataset=hostile, command=hostile)]
    write(tmp_path, "demo", [*rows, row(hostile, other=hostile, kind="difference")])
    write_curves(tmp_path, "demo", [curve(hostile, data=OURS)])
    assert "<img" not in page(tmp_path, tmp_path, run=hostile, metric=hostile)


def test_a_difference_is_a_sentence_with_its_corrected_p(folder, tmp_path):
    html = text(table_under(page(folder, tmp_path, run="demo"), report.AHEAD))
    assert "content minus item-kNN +0.020 [+0.014, +0.026], p < 0.001 after Holm’s correction" in html
    assert "Molar minus SASRec −0.009 [−0.015, −0.003], p = 0.018 after Holm’s correction" in html


def test_a_dot_is_full_only_where_the_corrected_p_tells_apart(folder, tmp_path):
    rows = re.findall(r"<tr.*?</tr>", table_under(page(folder, tmp_path, run="demo"), report.AHEAD), re.DOTALL)
    kinds = {text(one).strip()[:20]: set(re.findall(r'<circle class="(\w+)"', one)) for one in rows[1:]}
    assert list(kinds.values()) == [{"dot"}, {"hollow"}, {"dot"}]


def test_without_p_values_the_interval_decides_and_the_note_says_so(tmp_path):
    write(tmp_path, "demo", [row("molar"), row("content"), minus("molar", "content", value=0.02)])
    html = table_under(page(tmp_path, tmp_path), report.AHEAD)
    assert 'class="dot"' in html and report.AHEAD_NOTE_PLAIN in text(html) and "p =" not in text(html)


def test_many_differences_are_folded_away(tmp_path):
    rows = [row("molar")] + [minus("molar", f"m{one}", value=0.01) for one in range(15)]
    write(tmp_path, "demo", rows)
    assert "More differences (3)" in page(tmp_path, tmp_path)


def test_beyond_accuracy_stands_where_rows_have_it(folder, tmp_path):
    html = text(table_under(page(folder, tmp_path, run="demo"), report.BEYOND))
    assert "Coverage@10" in html and "Molar, aligned 0.610 0.720 2.410" in html
    assert report.BEYOND not in page(folder, tmp_path, run="ml1m-id")


def test_published_numbers_stand_beside_the_full_movielens_alone(folder, tmp_path):
    html = text(table_under(page(folder, tmp_path, run="ml1m-id"), report.PUBLISHED))
    told = "HSTU-large 0.189 0.329 sees time, best on test published elsewhere meta-recsys/generative-recommenders"
    assert told in html
    assert "order only, on validation, 3 seeds measured here (ml1m-posters, 6,040 users)" in html
    assert all(f"“{name}”: {means}" in html for name, means in published.CONDITIONS.items())
    assert html.count("published elsewhere") == len(published.MOVIELENS)
    for other in ("ml1m-1500", "demo"):
        assert report.PUBLISHED not in page(folder, tmp_path, run=other)


def test_movielens_says_why_there_is_no_temporal_split(folder, tmp_path):
    assert labels.NO_TIMES in text(page(folder, tmp_path, run="ml1m-id"))
    assert labels.NO_TIMES not in text(page(folder, tmp_path, run="demo"))


def test_the_hidden_taste_ratios_are_shown_side_by_side_by_shares(folder, tmp_path):
    html = page(folder, tmp_path, run=evidence.BY_TASTE)
    assert labels.metric_name(labels.NORMALISED_NDCG) in text(table_under(html, report.ACCURACY))
    assert re.findall(r"hidden taste \d+ %, 200 users", text(html)) == [
        f"hidden taste {one} %, 200 users" for one in (0, 50, 100)
    ]
    assert all(str(one) * 16 in html for one in range(3)), "each ratio has its own data hash"


def test_one_ratio_alone_has_nothing_beside_it(tmp_path):
    write(tmp_path, "demo-dial-0", shop_rows())
    assert f'value="{evidence.BY_TASTE}"' not in page(tmp_path, tmp_path)


@pytest.mark.parametrize(
    "before, wanted, kept",
    [
        ({"run": "demo"}, {"run": "dial", "metric": "ndcg@10"}, None),
        ({"run": "demo"}, {"run": "ml1m-id", "metric": "recall@10"}, "recall@10"),
        ({"run": "dial"}, {"run": "dial", "metric": "ndcg@10"}, "ndcg@10"),
        ({}, ["no", "mapping"], None),
        ({}, {"run": 3, "metric": {}}, None),
    ],
)
def test_what_a_browser_asks_for_is_taken_as_far_as_it_makes_sense(before, wanted, kept):
    assert evidence.choice(before, wanted).get("metric") == kept


def test_under_every_picture_stands_what_made_it(folder, tmp_path):
    html = page(folder, tmp_path, run="ml1m-id")
    parts = html.split('<section class="ev-part">')[1:]
    assert len(parts) >= 4
    for part in parts:
        assert "<code>python -m molar " in part and OTHERS in part and "seeds 0, 1, 2" in part and "5b17" * 4 in part
        assert len(set(re.findall(r"<code>([0-9a-f]{16})</code>", part))) > 10, "16 digits of each training's weights"


def test_a_split_hash_that_is_not_known_is_not_invented(folder, tmp_path):
    assert "hash not in these results" in page(folder, tmp_path, run="demo")


def test_curves_are_told_by_model_and_best_epoch(folder, tmp_path):
    html = table_under(page(folder, tmp_path, run="ml1m-id"), report.LEARNING)
    assert html.count('class="thick"') == 5 and html.count('class="thin"') == 15
    assert "FPMC 0, 1, 2 12, 13, 14 10, 11, 12" in text(html)
    assert re.search(r'aria-label="[^"]*FPMC best at epoch 11 with 0\.0\d\d[;.]', html), "the picture's own description"


def test_curves_of_other_data_are_left_out(tmp_path):
    write(tmp_path, "demo", shop_rows())
    write_curves(tmp_path, "demo", [curve("sasrec", data=OTHERS)])
    assert report.NO_CURVES in page(tmp_path, tmp_path)


def test_input_ablations_have_a_table_of_their_own_and_are_no_models(tmp_path):
    write(tmp_path, "ml1m", method_rows())
    html = page(tmp_path, tmp_path, run="ml1m")
    assert "no text 0.100" in text(table_under(html, method.INPUT_ABLATIONS))
    for other in (report.ACCURACY, report.AHEAD):
        assert "no text" not in text(table_under(html, other))


def test_films_held_back_stand_beside_no_published_numbers(tmp_path):
    for name in ("ml1m", "ml1m-cold"):
        write(tmp_path, name, method_rows())
    assert report.PUBLISHED in page(tmp_path, tmp_path, run="ml1m")
    assert report.PUBLISHED not in page(tmp_path, tmp_path, run="ml1m-cold")


def test_an_ablation_tells_one_factor_at_a_time_in_place_of_accuracy(tmp_path):
    write(tmp_path, "ablations-stage-1", method_rows())
    html = page(tmp_path, tmp_path, run="ablations-stage-1")
    assert report.ACCURACY + ":" not in text(html)
    assert method.ABLATIONS in html
    assert method.INPUT_ABLATIONS in html


def test_a_second_look_reads_no_file_again(folder, tmp_path, monkeypatch):
    """What makes a run appear within the time of a click, whatever the machine is doing."""
    looks = ("demo", "ml1m-id", "dial")
    for run in looks:
        page(folder, tmp_path, run=run)
    opened, read = [], Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, **options: opened.append(self.name) or read(self, **options))
    for run in looks:
        page(folder, tmp_path, run=run)
    assert [name for name in opened if name.endswith(".json")] == []


def test_the_files_of_this_project_are_shown(tmp_path):
    runs, problems = read_results(evidence.RESULTS, "")
    assert problems == [] and {"demo", "ml1m-600"} <= {run.name for run in runs}
    for run in runs:
        assert len(json.dumps(page(evidence.RESULTS, tmp_path, run=run.key))) < 400_000
    assert words.TAB_EVIDENCE


def test_where_alignment_pays_is_a_choice_once_it_is_measured(folder):
    assert said.STUDY_TITLE not in page(folder, folder)
    gains = [
        results.row(
            {
                "dataset": "Shop",
                "data_hash": OURS,
                "split": "validation",
                "seed": 0,
                "command": "study",
                "weights_sha256": "",
            },
            kind=results.DIFFERENCE,
            model="molar",
            other="content",
            setting=f"users={users} ids=1 alpha=0.3",
            slice="all",
            n=9,
            values={"ndcg@10": 0.0214, "p_value": 0.001, "p_holm": 0.001, "seeds": 3},
            ci={"ndcg@10": (0.01, 0.03)},
        )
        for users in ("0.1", "1")
    ]
    write(folder, "alignment-study", gains)
    html = page(folder, folder, run=evidence.STUDY, metric="recall@10")
    assert said.STUDY_TITLE in text(html) and 'class="panels"' in html and "+0.021" in text(html)
    assert re.findall(r'<option value="([^"]+)"', html.split("</select>")[1]) == ["ndcg@10"]
    (folder / "alignment-study.json").write_text("{")
    assert said.STUDY_TITLE not in (broken := page(folder, folder)) and "alignment-study.json is not" in text(broken)
