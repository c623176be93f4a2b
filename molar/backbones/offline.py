"""The offline backbone, `nano`: CLIP ViT-B/16 + a two-layer projector + SmolLM2-135M-Instruct, as one `LlavaForConditionalGeneration`.

The image tower comes as an int8 ONNX graph and the language model as a Q4_1 GGUF file; both are expanded to bfloat16.
So what is measured on them does not carry over to the original full-precision weights. The projector is random here:
encoder fine-tuning (`molar.finetune`) trains it.
"""

import re
from pathlib import Path

import numpy as np
import torch

IMAGE_TOKEN = "<repo_name>"  # a special token of SmolLM2 that no item text contains; it marks a picture's place
CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def assemble_nano(language: Path, vision: Path, out: Path, *, seed: int = 0) -> None:
    """Write the assembled model (safetensors, bfloat16, 442 MB), tokenizer and image processor to the folder `out`."""
    from transformers import (
        AutoModelForCausalLM,
        AutoTokenizer,
        CLIPImageProcessorPil,
        CLIPVisionConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
    )

    tokenizer = AutoTokenizer.from_pretrained(language.parent, gguf_file=language.name)
    text = AutoModelForCausalLM.from_pretrained(language.parent, gguf_file=language.name, dtype=torch.float32)
    text_config = text.config.to_dict()
    text_config.pop("quantization_config", None)  # left over from GGUF; bitsandbytes would refuse the model later
    vision_config = CLIPVisionConfig(
        hidden_size=768,
        intermediate_size=3072,
        num_hidden_layers=12,
        num_attention_heads=12,
        image_size=224,
        patch_size=16,
        projection_dim=512,
        hidden_act="quick_gelu",
    )
    config = LlavaConfig(
        vision_config=vision_config.to_dict(),
        text_config=text_config,
        image_token_index=tokenizer.get_vocab()[IMAGE_TOKEN],
        vision_feature_layer=-2,
        tie_word_embeddings=True,
    )
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(config)
    model.model.language_model.load_state_dict(text.model.state_dict(), strict=True)
    model.model.vision_tower.load_state_dict(_tower_state(vision, model.model.vision_tower.state_dict()), strict=True)
    model.tie_weights()
    model.bfloat16().save_pretrained(out)
    tokenizer.save_pretrained(out)
    CLIPImageProcessorPil(image_mean=CLIP_MEAN, image_std=CLIP_STD).save_pretrained(out)


def _tower_state(path: Path, wanted: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tower's weights under the names in `wanted`, dequantised: weight = (code - zero point) × scale, per output."""
    import onnx
    from onnx import numpy_helper

    graph = onnx.load(str(path)).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    found = {name: array for name, array in stored.items() if name.startswith("vision_model.")}
    for node in graph.node:
        if node.op_type == "MatMulInteger":  # one per linear layer; ONNX stores (in, out), torch (out, in)
            base = node.input[1].removesuffix("_quantized")
            codes = stored[node.input[1]].astype(np.float32) - stored[base + "_zero_point"].astype(np.float32)
            name = re.sub(r"/MatMul.*$", "", node.name).strip("/").replace("/", ".")
            found[name + ".weight"] = (codes * stored[base + "_scale"]).T
    shorter = {name.removeprefix("vision_model."): array for name, array in found.items()}
    prefix = "vision_model." if any(name.startswith("vision_model.") for name in wanted) else ""
    state = {}
    for name, tensor in wanted.items():
        array = shorter.get(name.removeprefix(prefix))
        state[name] = tensor if array is None else torch.tensor(np.ascontiguousarray(array)).reshape(tensor.shape)
    missing = [n for n in wanted if n.removeprefix(prefix) not in shorter and not n.endswith("position_ids")]
    if missing:
        raise ValueError(f"{path} lacks {len(missing)} tensors of the image tower, among them {missing[0]}")
    return state
