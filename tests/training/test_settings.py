"""Settings given as text: each goes to the part that has a field of that name, as a number of its kind."""

import dataclasses

import pytest

from molar.core.errors import MolarError
from molar.models.content import ContentConfig
from molar.models.zoo import ID_MODELS
from molar.training.alignment import AlignConfig
from molar.training.config import CONTENT_TRAINING, ID_TRAINING
from molar.training.losses import LossConfig
from molar.training.settings import RENAMED, content_settings, id_settings
from molar.training.train import data_sizes


@pytest.mark.parametrize("model", ID_MODELS)
def test_without_settings_all_is_as_in_the_function_itself(tiny, model):
    config_class = ID_MODELS[model][1]
    default = {
        "config": config_class(**data_sizes(config_class, tiny.split)),
        "loss": LossConfig(),
        "training": ID_TRAINING,
    }
    assert id_settings(model, tiny.split, []) == default


def test_each_part_gets_its_own(tiny):
    given = [
        "dim=64",
        "block=ligr",
        "dropout=0.5",
        "kind=gbce",
        "t=0.5",
        "negatives=7",
        "lr=1e-3",
        "precision=bfloat16",
    ]
    parts = id_settings("sasrec", tiny.split, given)
    config, loss, training = parts["config"], parts["loss"], parts["training"]
    assert (config.dim, config.block, config.dropout) == (64, "ligr", 0.5)
    assert (loss.kind, loss.t, loss.negatives) == ("gbce", 0.5, 7)
    assert training == dataclasses.replace(ID_TRAINING, lr=1e-3, precision="bfloat16")
    assert type(config.dim) is int and type(training.lr) is float


def test_a_models_own_sizes_are_known(tiny):
    assert id_settings("gru4rec", tiny.split, ["hidden=32"])["config"].hidden == 32
    assert id_settings("duorec", tiny.split, ["contrast=0.3"])["config"].contrast == 0.3


@pytest.mark.parametrize("model", ID_MODELS)
def test_no_name_means_two_things(tiny, model):
    """A name that two parts had would reach one of them alone, in silence."""
    parts = id_settings(model, tiny.split, []).values()
    names = [field.name for part in parts for field in dataclasses.fields(part)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("model", ID_MODELS)
def test_every_setting_reads_as_text(tiny, model):
    """Each field's kind is a class that can read text, never the name of one."""
    for part in id_settings(model, tiny.split, []).values():
        assert {field.type for field in dataclasses.fields(part)} <= {int, float, str}


@pytest.mark.parametrize(
    "text, error",
    [
        ("heads=two", "--set 'heads=two': 'two' is not a whole number"),
        ("dim=12.5", "'12.5' is not a whole number"),
        ("lr=fast", "'fast' is not a finite number"),
        ("lr=nan", "'nan' is not a finite number"),
        ("lr=", "'' is not a finite number"),
        ("precision=half", "precision must be float32 or bfloat16, not 'half'"),
        ("kind=nce", "There is no loss 'nce': known are full"),
        ("block=new", "There is no block 'new': known are plain, ligr"),
        ("dim=63", "dim .63. must be a multiple of heads"),
        ("clip=0", "clip must be above 0, not 0"),
        ("weight_decay=-1", "weight_decay must be at least 0"),
        ("warm_up=1", "warm_up in .0, 1."),
        ("width=3", "give NAME=VALUE, where NAME is one of dim, blocks"),
        ("dim", "give NAME=VALUE"),
        ("n_items=3", "give NAME=VALUE"),
        ("hidden=3", "give NAME=VALUE"),  # of another model
    ],
)
def test_a_wrong_setting_is_one_clear_sentence(tiny, text, error):
    with pytest.raises(MolarError, match=error):
        id_settings("sasrec", tiny.split, [text])


def test_an_unknown_model_is_named_with_the_known_ones(tiny):
    with pytest.raises(MolarError, match="There is no ID model 'bert': known are sasrec, gru4rec, fpmc, duorec"):
        id_settings("bert", tiny.split, [])


def test_a_content_models_settings_reach_all_four_parts():
    given = ["dim=64", "fusion=late", "align=cka", "on=both", "alpha=0.5", "kind=sampled", "lr=1e-3", "layers=4"]
    parts = content_settings(12, given)
    assert parts["config"] == ContentConfig(12, dim=64, fusion="late", layers=4)
    assert parts["align"] == AlignConfig("cka", "both", 0.5)
    assert parts["loss"].kind == "sampled" and parts["training"] == dataclasses.replace(CONTENT_TRAINING, lr=1e-3)


def test_no_name_of_a_content_models_settings_means_two_things():
    parts = content_settings(12, [])
    names = [
        RENAMED.get((part, field.name), field.name)
        for part, value in parts.items()
        for field in dataclasses.fields(value)
    ]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    "text, error",
    [
        ("dim_in=3", "give NAME=VALUE"),
        ("rotated=1", "give NAME=VALUE"),
        ("align=l2", "kind of the alignment must be one of"),
        ("alpha=much", "'much' is not a finite number"),
    ],
)
def test_a_wrong_setting_of_a_content_model_is_one_clear_sentence(text, error):
    with pytest.raises(MolarError, match=error):
        content_settings(12, [text])


def test_an_id_model_is_set_by_its_older_name_too():
    wanted = AlignConfig(id_tower="joint")
    assert [content_settings(12, [f"{name}=joint"])["align"] for name in ("id_model", "id_tower")] == [wanted, wanted]
