"""How content is read is chosen on validation, once, and found again."""

import json

import pytest

from molar.core.errors import Cancelled, MolarError
from molar.training.joined import choose_content as choosing
from molar.training.joined.choose_content import CHOICE, choose_content, chosen_settings
from molar.training.settings import content_settings

SMALL = ("dim=16", "max_length=6", "components=8")


@pytest.fixture(autouse=True)
def two_combinations(monkeypatch):
    monkeypatch.setattr(choosing, "DECODERS", ("light", "ema"))
    monkeypatch.setattr(choosing, "SCALINGS", ("pca",))
    monkeypatch.setattr(choosing, "HIDDEN", (0,))


def test_the_best_on_validation_is_kept_for_each_residual(tiny, tiny_vectors, tmp_path):
    best = choose_content(tiny.split, tiny_vectors, tmp_path, given=SMALL, epochs=2)
    told = json.loads((tmp_path / CHOICE).read_text())
    assert len(told["tried"]) == 4 and set(best) == {"none", "free"}
    for residual, settings in best.items():
        some = [one for one in told["tried"] if f"residual={residual}" in one["settings"]]
        assert max(some, key=lambda one: one["ndcg@10"])["settings"] == settings
        found = chosen_settings(tmp_path, tiny.split, tiny_vectors, residual)
        assert found == [*SMALL, *settings]
        assert content_settings(16, found)["config"].residual == residual


def test_stopped_it_goes_on_where_it_was(tiny, tiny_vectors, tmp_path):
    def stop(done, total, note):
        if done == 3:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        choose_content(tiny.split, tiny_vectors, tmp_path, given=SMALL, epochs=1, report=stop)
    first = json.loads((tmp_path / CHOICE).read_text())["tried"]
    assert len(first) == 3
    choose_content(tiny.split, tiny_vectors, tmp_path, given=SMALL, epochs=1)
    assert json.loads((tmp_path / CHOICE).read_text())["tried"][:3] == first
    choose_content(tiny.split, tiny_vectors, tmp_path, given=SMALL, epochs=2)
    assert json.loads((tmp_path / CHOICE).read_text())["tried"][:3] != first, "other epochs are another choice"


def test_a_choice_of_other_vectors_is_refused(tiny, tiny_vectors, tmp_path):
    assert chosen_settings(tmp_path, tiny.split, tiny_vectors, "free") == []
    choose_content(tiny.split, tiny_vectors, tmp_path, given=SMALL, epochs=1, residuals=("free",))
    with pytest.raises(MolarError, match="choose-content again"):
        chosen_settings(tmp_path, tiny.split, 2 * tiny_vectors, "free")
