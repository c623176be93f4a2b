"""Untrained models of the tiny world, the same at every call."""

import dataclasses

import torch

from molar.models.content import ContentConfig, ContentUserEncoder
from molar.models.fpmc import FPMC, FPMCConfig
from molar.models.sasrec import SASRec, SASRecConfig

CONTENT = ContentConfig(dim_in=16, dim=16, blocks=2, max_length=6, hidden=16)


def id_tower(split, model=SASRec) -> SASRec:
    torch.manual_seed(1)
    if model is FPMC:
        model = FPMC(FPMCConfig(n_items=30, n_users=split.dataset.n_users, dim=16, max_length=6))
    else:
        model = SASRec(SASRecConfig(n_items=30, dim=16, blocks=1, max_length=6))
    model.zero_untrained(torch.from_numpy(split.cold))
    return model.eval()


def content_model(tiny, vectors, fusion="none", ids=None, **options) -> ContentUserEncoder:
    torch.manual_seed(0)
    model = ContentUserEncoder(dataclasses.replace(CONTENT, fusion=fusion, **options)).eval()
    model.set_item_vectors(vectors)
    model.set_counts(tiny.split.train_counts())
    if fusion != "none":
        model.set_id_model(ids or id_tower(tiny.split))
    return model
