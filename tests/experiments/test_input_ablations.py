"""A trained model asked without a part of its input answers from the rest, and is itself unchanged."""

import numpy as np
import pytest
import torch

from molar.core.errors import MolarError
from molar.encoder.input_ablations import ITEM_ABLATIONS, ablation_path
from molar.encoder.vectors import save_vectors
from molar.evaluation.ranking import ModelScorer
from molar.experiments.input_ablations import ItemInput, ShuffledHistory, ablated_scorers
from molar.models.content import ContentConfig, ContentUserEncoder


@pytest.fixture
def trained(tiny, tiny_vectors, tmp_path):
    torch.manual_seed(0)
    model = ContentUserEncoder(ContentConfig(16, dim=8, max_length=3)).eval()
    model.set_item_vectors(tiny_vectors)
    path = tmp_path / "vectors.safetensors"
    save_vectors(path, tiny_vectors, tiny.dataset, {"precision": "float32"})
    return ModelScorer("molar", model, tiny.split), ItemInput(model, path)


def test_a_shuffled_history_is_what_the_model_reads_in_another_order(trained):
    scorer, _ = trained
    shuffled = ShuffledHistory(scorer)
    history = np.arange(1, 9)
    assert set(shuffled.shuffled(history)) == {6, 7, 8}
    histories = [np.roll(history, turn) for turn in range(8)]
    assert not np.allclose(shuffled.scores(histories), scorer.scores(histories))
    assert np.allclose(shuffled.scores(histories[3:4]), shuffled.scores(histories)[3:4], atol=1e-5)


def test_an_ablation_of_items_is_asked_of_the_model_as_it_is(trained, tiny, tiny_vectors):
    scorer, reads = trained
    assert [ablation for ablation, _, _ in ablated_scorers(scorer, reads, tiny.dataset)] == [
        "shuffled-history",
        "id-blanked",
    ]
    save_vectors(
        ablation_path(reads.vectors, "no-text"),
        2 * tiny_vectors,
        tiny.dataset,
        {"precision": "float32", "probe": "no-text"},
    )
    before = scorer.scores([np.array([1, 2])])
    found = {ablation: (ablated, noted) for ablation, ablated, noted in ablated_scorers(scorer, reads, tiny.dataset)}
    assert set(found) == {"no-text", "shuffled-history", "id-blanked"} and set(ITEM_ABLATIONS) > {"no-text"}
    assert not np.allclose(found["no-text"][0].scores([np.array([1, 2])]), before)
    assert np.array_equal(scorer.scores([np.array([1, 2])]), before)
    assert found["id-blanked"] == (scorer, {"no_op": 1.0})


def test_ablated_vectors_of_another_encoder_are_refused(trained, tiny, tiny_vectors):
    scorer, reads = trained
    save_vectors(ablation_path(reads.vectors, "no-text"), tiny_vectors, tiny.dataset, {"precision": "nf4"})
    with pytest.raises(MolarError, match=r"another precision.*--ablation no-text"):
        list(ablated_scorers(scorer, reads, tiny.dataset))
