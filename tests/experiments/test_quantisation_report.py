"""What fewer bits cost: the measures on hand-made vectors, and the whole command on a tiny backbone."""

import json
import shutil

import numpy as np
import pytest
from tiny_families import save_tiny_family

from molar.cli.main import main
from molar.core.errors import MolarError
from molar.data.splits import leave_one_out
from molar.experiments.quantisation_report import cosines, overlap, sample_items
from molar.experiments.quantised_ranking import ContentModels, compare, users_ndcg
from molar.models.content import ContentConfig, ContentUserEncoder

CHOSEN = np.arange(1, 31)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """(dataset folder, checkpoint folder with vectors in four bits and a model of them, backbone folder)."""
    from tiny_world import write_tiny_folder

    from molar.data.dataset import load_dataset
    from molar.encoder.encode import encode_items
    from molar.encoder.vectors import load_vectors
    from molar.training.train import CONTENT_ALONE, train_molar

    home = tmp_path_factory.mktemp("quantisation-report")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MOLAR_HOME", str(home))
        shop, checkpoint = write_tiny_folder(home / "shop"), home / "checkpoint"
        backbone = str(save_tiny_family("llava", home / "backbone"))
        path = encode_items(shop, checkpoint, backbone=backbone, precision="nf4")
        dataset = load_dataset(shop)
        vectors = load_vectors(path, dataset)
        config = ContentConfig(dim_in=vectors.shape[1], dim=8, blocks=1, hidden=8)
        train_molar(
            leave_one_out(dataset), vectors, align=CONTENT_ALONE, config=config, epochs=1, out=checkpoint / "content"
        )
        yield str(shop), checkpoint, backbone


def run(world, checkpoint, out) -> int:
    shop, _, backbone = world
    return main(
        [
            "quantisation-report",
            shop,
            "--checkpoint",
            str(checkpoint),
            "--backbone",
            backbone,
            "--items",
            "24",
            "--precisions",
            "float32,nf4",
            "--out",
            str(out),
        ]
    )


@pytest.fixture(scope="module")
def rows(world, tmp_path_factory):
    """The rows of `python -m molar quantisation-report` on the tiny world, by setting."""
    out = tmp_path_factory.mktemp("rows") / "results.json"
    assert run(world, world[1], out) == 0
    return {row["setting"]: row for row in json.loads(out.read_text())["rows"]}


def test_every_precision_and_every_mixed_pair_has_a_row(rows):
    alone = {"bfloat16", "float32", "nf4"}
    assert rows.keys() == alone | {f"catalogue {a}, query {b}" for a in alone for b in alone if a != b}
    assert all(row["n"] == 24 and row["split"] == "validation" for row in rows.values())


def test_every_row_says_on_which_precision_the_models_were_trained(rows):
    assert {row["metrics"]["trained_bits"] for row in rows.values()} == {4}
    assert {row["model"] for row in rows.values()} == {"backbone"}, "the folder's name, and not where it lies"


@pytest.mark.parametrize(
    "key, said", [("data_hash", "other data"), ("split_hash", "another split"), ("vectors", "other item vectors")]
)
def test_models_of_something_else_are_refused(world, tmp_path, capsys, key, said):
    shutil.copytree(world[1], tmp_path / "checkpoint")
    config = tmp_path / "checkpoint" / "content" / "config.json"
    saved = json.loads(config.read_text())
    saved["meta"][key] = "other"
    config.write_text(json.dumps(saved))
    assert run(world, tmp_path / "checkpoint", tmp_path / "out.json") == 2
    assert f"content was trained on {said} (other)" in capsys.readouterr().err


def test_models_of_another_encoders_vectors_are_refused_before_encoding(world, tmp_path, capsys, monkeypatch):
    shutil.copytree(world[1], tmp_path / "checkpoint")
    about = tmp_path / "checkpoint" / "vectors.json"
    saved = json.loads(about.read_text())
    saved["fingerprint"]["adapter_sha256"] = "another"
    about.write_text(json.dumps(saved))
    monkeypatch.setattr(
        "molar.experiments.quantisation_report.encode_catalogue", lambda *_, **__: pytest.fail("encoded")
    )
    assert run(world, tmp_path / "checkpoint", tmp_path / "out.json") == 2
    assert "come from another adapter (another, not untrained) than those to be measured" in capsys.readouterr().err


def test_an_unknown_precision_is_refused_before_anything_is_read(tmp_path, capsys):
    arguments = [
        "quantisation-report",
        str(tmp_path / "nowhere"),
        "--checkpoint",
        "c",
        "--out",
        "o",
        "--precisions",
        "nf4,int3",
    ]
    assert main(arguments) == 2
    assert "Precision 'int3' is unknown" in capsys.readouterr().err


def test_too_few_items_are_refused_by_the_command_line(capsys):
    with pytest.raises(SystemExit):
        main(["quantisation-report", "d", "--checkpoint", "c", "--out", "o", "--items", "10"])
    assert "'10' is not a whole number from 11" in capsys.readouterr().err


def test_bfloat16_is_like_itself_and_four_bits_are_not_quite(rows):
    same, few = rows["bfloat16"]["metrics"], rows["nf4"]["metrics"]
    assert same["cosine"] == same["overlap@10"] == 1 and same["content/delta_ndcg@10"] == 0
    assert 0.5 < few["cur_item/cosine"] < 0.9999 and few["cur_item/cosine_p5"] < few["cur_item/cosine"] < few["cosine"]


def test_memory_falls_with_the_bits(rows):
    sizes = [rows[precision]["metrics"]["memory_mb"] for precision in ("float32", "bfloat16", "nf4")]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == pytest.approx(2 * sizes[1], rel=0.01)
    assert all(rows[precision]["metrics"]["items_per_second"] > 0 for precision in ("float32", "bfloat16", "nf4"))


def test_cosines_are_of_the_same_item(tiny_vectors):
    assert cosines(3 * tiny_vectors, tiny_vectors, CHOSEN) == pytest.approx({"cosine": 1, "cosine_p5": 1})
    one = tiny_vectors.copy()
    one[5] *= -1
    assert cosines(one, tiny_vectors, CHOSEN)["cosine"] == pytest.approx(28 / 30)


def test_neighbours_are_asked_of_the_catalogue(tiny_vectors):
    other = np.random.default_rng(7).normal(size=tiny_vectors.shape)
    assert overlap(tiny_vectors, tiny_vectors, tiny_vectors, CHOSEN) == 1
    assert overlap(tiny_vectors, other, other, CHOSEN) == pytest.approx(10 / 29, abs=0.12), "chance"
    assert overlap(tiny_vectors, tiny_vectors, other, CHOSEN) < 0.6 > overlap(tiny_vectors, other, tiny_vectors, CHOSEN)


def test_ranking_given_all_items_is_full_ranking(tiny, tiny_vectors):
    from molar.evaluation.metrics import ndcg
    from molar.evaluation.ranking import ModelScorer, evaluate_ranks

    model = ContentUserEncoder(ContentConfig(dim_in=16, dim=8, hidden=8)).eval()
    found = users_ndcg(ContentModels(tiny.split, {"content": model}), tiny_vectors, tiny_vectors, CHOSEN)["content"]
    model.set_item_vectors(tiny_vectors)
    np.testing.assert_allclose(
        found, ndcg(evaluate_ranks(ModelScorer("content", model, tiny.split), tiny.split, "validation"), 10)
    )


def test_ranking_among_some_items_knows_no_others(tiny, tiny_vectors):
    model = ContentUserEncoder(ContentConfig(dim_in=16, dim=8, hidden=8)).eval()
    some, models = CHOSEN[:20], ContentModels(tiny.split, {"content": model})
    other = tiny_vectors.copy()
    other[21:] = 9
    found = [users_ndcg(models, vectors, vectors, some)["content"] for vectors in (tiny_vectors, other)]
    assert (found[0] == found[1]).all() and 0 < len(found[0]) < len(tiny.split.evaluation_users("validation"))


def test_differences_are_paired():
    own = np.array([1.0, 0.0, 0.5, 0.25] * 5)
    values, ci = compare({"content": own - 0.125}, {"content": own})
    assert values["content/delta_ndcg@10"] == pytest.approx(-0.125) and ci["content/delta_ndcg@10"] == [-0.125, -0.125]


def test_too_few_items_for_neighbours_are_refused(tiny):
    with pytest.raises(MolarError, match="more than 10 items; 10 are given"):
        sample_items(tiny.dataset, 10)
