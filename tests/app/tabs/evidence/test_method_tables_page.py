"""The Evidence tab's tables about the method: alignment beside accuracy, ablations, probes."""

import re

import pytest
from standin_results import OTHERS, ablation_rows, method_rows, row, write

from app.tabs.evidence import method_words as said
from app.tabs.evidence import words
from app.tabs.evidence.runs import read_runs
from tests.app.tabs.evidence.test_evidence import page, table_under, text


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "ml1m", method_rows())
    write(tmp_path, "ml1m-cold", method_rows())
    write(tmp_path, "ablations-alignment", ablation_rows())
    return tmp_path


def rows_of(html: str) -> dict[str, str]:
    """First cell → the row's text."""
    found = [text(one).strip() for one in re.findall(r"<tr.*?</tr>", html)]
    names = [text(one).strip() for one in re.findall(r'<th scope="row">(.*?)</th>', html)]
    return {name: next(one for one in found if one.startswith(name)) for name in names}


def test_alignment_never_stands_without_what_accuracy_gained(folder):
    html = table_under(page(folder, folder, run="ml1m"), said.aligned_on(40)[:9])
    rows = rows_of(html)
    assert "+0.004 [+0.002, +0.006]" in rows["Molar, aligned"], "the mean of three seeds"
    assert html.count('class="seed"') == 3 and 'class="dot"' in html
    assert said.NO_CHANGE in rows["content only, before alignment"]
    assert "0.830 ± 0.010 [0.820, 0.840] shuffled 0.050" in rows["Molar, aligned"]
    assert "chance 0.012" in text(html)


def test_a_tower_held_against_another_id_model_is_named_so(folder):
    assert "content only, before alignment, against fpmc" in rows_of(page(folder, folder, run="ml1m"))


def test_an_ablation_is_told_by_what_differs_and_against_the_default(folder):
    html = page(folder, folder, run="ablations-alignment")
    rows = rows_of(table_under(html, said.ABLATIONS))
    assert "−0.010 [−0.016, −0.004], p = 0.002" in rows["τ = 0.05"] and "+0.003" in rows["τ = 0.05"]
    headings = [text(one).strip() for one in re.findall(r'<tr class="ev-group">(.*?)</tr>', html)]
    assert headings == [next(iter(said.FACTORS)), "Temperature τ", said.OTHERS]
    assert words.ACCURACY + ":" not in text(html) and words.EXPLORATORY in text(html)


def test_an_ablation_follows_the_metric(folder):
    recall = page(folder, folder, run="ablations-alignment", metric="recall@10")
    assert "0.260 [0.254, 0.266]" in rows_of(table_under(recall, said.ABLATIONS))["Molar, aligned"]


def test_probes_have_a_table_of_their_own_and_are_no_models(folder):
    html = page(folder, folder, run="ml1m")
    rows = rows_of(table_under(html, said.PROBES_TITLE))
    assert "0.100" in rows["no text"] and "+0.020" in rows["no text"]
    for other in (words.ACCURACY, words.DIFFERENCES):
        assert "probe" not in text(table_under(html, other))


def test_films_held_back_stand_beside_no_published_numbers(folder):
    assert words.PUBLISHED_TITLE in page(folder, folder, run="ml1m")
    assert words.PUBLISHED_TITLE not in page(folder, folder, run="ml1m-cold")


def test_an_ablation_shows_the_probes_that_it_asked(tmp_path):
    write(tmp_path, "ablations-stage-1", method_rows())
    assert said.PROBES_TITLE in page(tmp_path, tmp_path, run="ablations-stage-1")


def test_results_without_alignment_or_probes_have_no_such_tables(tmp_path):
    write(tmp_path, "demo", [row("molar"), row("content")])
    html = page(tmp_path, tmp_path)
    assert "Alignment" not in text(html) and said.PROBES_TITLE not in html


def test_the_files_of_the_method_are_read(folder):
    runs, problems = read_runs(folder, OTHERS)
    assert problems == [] and {run.name for run in runs} == {"ml1m", "ml1m-cold", "ablations-alignment"}


def test_the_dials_say_what_alignment_adds_on_warm_and_cold_items(tmp_path):
    for place, dial in enumerate((0, 50, 100)):
        ps = {"p_value": 0.001, "p_holm": 0.002 if place else 0.6}
        gain = [
            row("molar", slice_, value=0.01 * place - 0.002, variant="minus content", more=ps, data=f"{place}" * 16)
            for slice_ in ("all", "warm", "cold")
        ]
        write(tmp_path, f"demo-dial-{dial}", [row("molar", data=f"{place}" * 16), *gain])
    html = table_under(page(tmp_path, tmp_path, run=words.DIAL), said.BY_DIAL)
    cold = rows_of(html)[words.SLICES["cold"]]
    assert [f"{one:+.3f}".replace("-", "−") in cold for one in (-0.002, 0.008, 0.018)] == [True] * 3
    assert html.count('class="hollow"') == 3, "not told apart from zero at 0 %"
