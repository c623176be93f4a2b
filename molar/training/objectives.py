"""What each training minimises: an ID model alone, a content model alone or aligned, both together."""

from typing import Any

import numpy as np
import torch

from molar.data.splits import Split
from molar.models.content import ContentUserEncoder
from molar.models.id_model import IDModel
from molar.models.sequences import Batch
from molar.training.alignment import AlignConfig, AlignmentLoss
from molar.training.epochs import Loss
from molar.training.joint import JointModels
from molar.training.losses import LossConfig, NextItemLoss


def id_model_loss(model_class: type[IDModel], config: Any, split: Split, loss: LossConfig) -> Loss:
    """What an ID model minimises: L_rec, and the auxiliary loss that its class may add."""
    next_item, auxiliary = NextItemLoss(split, loss), model_class.auxiliary_loss(config, split)

    def measure(model: IDModel, batch: Batch, rng: np.random.Generator, done: float):
        value, states = next_item(model, batch, rng)
        parts = {"loss": value.item()}
        if auxiliary:
            extra = auxiliary(model, batch, states, rng)
            parts["contrast"] = extra.item()
            value = value + auxiliary.weight * extra
        return value, parts

    return measure


def content_model_loss(split: Split, align: AlignConfig, loss: LossConfig, ids: IDModel | None, seed: int) -> Loss:
    """What a content model minimises: L_rec + α · L_align, and the ID model's own loss where that trains, too."""
    next_item = NextItemLoss(split, loss)
    if ids is None or not align.trains:

        def measure_alone(model: ContentUserEncoder, batch: Batch, rng: np.random.Generator, done: float):
            value, _ = next_item(model, batch, rng)
            return value, {"loss": value.item()}

        return measure_alone
    aligned = AlignmentLoss(align, split, ids, seed, unseen=next_item.candidates.unseen)
    auxiliary = ids.auxiliary_loss(ids.config, split) if align.joint else None

    def measure(model: ContentUserEncoder | JointModels, batch: Batch, rng: np.random.Generator, done: float):
        own = rng.spawn(1)[0]  # of the alignment, so that negatives are drawn as they are without it
        content = model.content if isinstance(model, JointModels) else model
        value, states = next_item(content, batch, rng)
        parts = {"loss": value.item()}
        if isinstance(model, JointModels):
            other = model.id_model
            with torch.random.fork_rng():  # the content model's dropout, too
                id_value, id_states = next_item(other, batch, own)
                extra = auxiliary(other, batch, id_states, own) * auxiliary.weight if auxiliary else 0.0
            parts["id_loss"] = id_value.item()
            value = value + id_value + extra
            penalty = aligned(content, other, batch, states, id_states, own)
        else:
            other = ids.to(states.device)
            frozen = frozen_states(other, batch) if aligned.reads_states else None
            penalty = aligned(content, other, batch, states, frozen, own)
        parts["alignment"] = penalty.item()
        return value + align.weight(done) * penalty, parts  # Eq. 5

    return measure


@torch.no_grad()
def frozen_states(id_model: IDModel, batch: Batch) -> torch.Tensor:
    """What the ID model says after each prefix, (batch, length, dim); it knows training users by their numbers."""
    device = next(id_model.parameters()).device
    return id_model(torch.from_numpy(batch.items).to(device), torch.from_numpy(batch.users).to(device))
