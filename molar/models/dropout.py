"""Dropout whose random numbers are cheap on a CPU, where PyTorch draws them one by one."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class Dropout(nn.Module):
    """`nn.Dropout` with the mask read off random bytes on a CPU, so that the rate is rounded to a 256th.

    The bytes follow from one number of torch's own generator: `torch.manual_seed` decides them too."""

    def __init__(self, rate: float):
        super().__init__()
        self.rate = rate

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """`x` of any shape, a share `rate` of it zeroed and the rest scaled up; `x` itself outside of training."""
        threshold = round(256 * self.rate)
        if not self.training or not threshold:
            return x
        if x.device.type != "cpu":
            return F.dropout(x, self.rate)
        seed = int(torch.randint(2**63 - 1, ()))
        words = np.random.SFC64(seed).random_raw(-(-x.numel() // 8))
        bytes_ = torch.from_numpy(words.view(np.uint8)[: x.numel()]).view(x.shape)
        return x * (bytes_ >= threshold).to(x.dtype).mul_(256 / (256 - threshold))
