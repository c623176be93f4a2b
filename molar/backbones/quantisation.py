"""Weights in few bits, by bitsandbytes: which layers, and that it was these and no others.

A quantised layer that has run inference must not be trained through: on CPUs with AVX-512-bf16, a `Linear4bit` in eval
mode repacks its weight at the first forward without gradients, and from then on lets no gradient pass, silently. So a
model that fine-tuning passes gradients through is opened by `hold_trainable`, which keeps its quantised layers in train mode, where
they never repack.
"""

from logging import getLogger
from pathlib import Path

import torch
from torch import nn

from molar.core.errors import MolarError

BITS = {"float32": 32, "bfloat16": 16, "int8": 8, "nf4": 4}  # of one weight of a linear layer
PRECISIONS = tuple(BITS)
QUANTISED = {"int8": "Linear8bitLt", "nf4": "Linear4bit"}  # precision → class of its layers


def load_weights(folder: Path, precision: str, unquantised: list[str]):
    """The model of a local folder in one precision, frozen, on the GPU where there is one; safetensors alone are read.

    unquantised: full names of the modules that stay as they are. Raises `MolarError` when not exactly the rest was quantised.
    """
    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText, BitsAndBytesConfig
    from transformers.utils import logging

    logging.disable_progress_bar()
    getLogger("bitsandbytes").setLevel("ERROR")  # it remarks on GPU kernels and on casts that cannot be chosen here
    dtype = torch.float32 if precision == "float32" else torch.bfloat16
    options: dict[str, object] = {"device_map": {"": 0}} if torch.cuda.is_available() else {}
    if precision == "nf4":
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=dtype,
            llm_int8_skip_modules=unquantised,
        )
    if precision == "int8":
        options["quantization_config"] = BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=unquantised)
    try:
        model = AutoModelForImageTextToText.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, trust_remote_code=False, **options
        )
    except (OSError, SafetensorError) as error:
        raise MolarError(f"The model at {folder} cannot be read ({str(error).splitlines()[0]}).") from error
    check_quantised(model, precision, unquantised)
    return model.eval().requires_grad_(False)


def quantised_layers(model) -> dict[str, nn.Module]:
    """The layers in few bits, by full name."""
    classes = QUANTISED.values()
    return {name: module for name, module in model.named_modules() if type(module).__name__ in classes}


def check_quantised(model, precision: str, unquantised: list[str]) -> list[str]:
    """Names of the quantised layers: in `int8` and `nf4` every linear layer outside the modules named in `unquantised`.

    Raises `MolarError` when it is any other set, or when a named module does not exist. Skip patterns can silently match
    nothing, so what happened is looked at, not what was asked for.
    """
    modules = dict(model.named_modules())
    absent = [name for name in unquantised if name not in modules]
    linear = {name for name, module in modules.items() if isinstance(module, nn.Linear)}
    kept = {name for name in linear if any(name == part or name.startswith(part + ".") for part in unquantised)}
    wanted = linear - kept if precision in QUANTISED else set()
    found = {name for name in linear if type(modules[name]).__name__ == QUANTISED.get(precision)}
    others = quantised_layers(model).keys() - found
    strays = sorted((found ^ wanted) | others)
    if absent or strays:
        reason = f"there is no {absent[0]}" if absent else f"{len(strays)} layers are wrong, among them {strays[0]}"
        counts = f"{len(found)} of {len(wanted)} layers found"
        raise MolarError(f"Quantisation to {precision} went wrong: {reason} ({counts}).")
    return sorted(found)


def hold_trainable(model) -> None:
    """Keep the quantised layers as they were loaded, whatever runs through them, so that gradients pass rightly."""
    for layer in quantised_layers(model).values():
        layer.train()
        if getattr(getattr(layer.weight, "quant_state", None), "packing_format_for_cpu", False):
            raise ValueError("This model has run inference: load it again to train through it.")


def weight_bytes(model) -> int:
    """Bytes of all weights as they lie in memory, with the scales of quantised ones; tied weights count once."""
    tensors = {id(tensor): tensor for tensor in (*model.parameters(), *model.buffers())}
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    for layer in quantised_layers(model).values():
        total += sum(tensor.numel() * tensor.element_size() for tensor in _scales(layer))
    return total


def _scales(layer) -> list[torch.Tensor]:
    """What turns the codes of a quantised layer into weights."""
    if type(layer).__name__ == QUANTISED["nf4"]:
        return list(layer.weight.quant_state.as_dict(packed=True).values())
    return [scale for scale in (layer.weight.SCB, layer.state.SCB) if scale is not None][:1]
