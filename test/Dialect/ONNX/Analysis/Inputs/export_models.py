# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the models of this folder: small random `transformers` models as both of
torch's exporters write them. Run by hand, with torch, transformers, onnx and
onnxscript (written with torch 2.15.0, transformers 5.24.0):

    python export_models.py FOLDER [name…]

What the new exporter notes about Python stack frames is left out; nodes, names and
weights are as exported.
"""

import logging
import os
import sys
import warnings

import onnx
import torch
import transformers as T

SIZE, HEADS, HIDDEN, WORDS, PLACES = 8, 2, 16, 16, 16
EAGER = dict(attn_implementation="eager")
BERT = dict(
    vocab_size=WORDS,
    hidden_size=SIZE,
    num_hidden_layers=1,
    num_attention_heads=HEADS,
    intermediate_size=HIDDEN,
    max_position_embeddings=PLACES,
    **EAGER,
)
LLAMA = dict(BERT, num_key_value_heads=HEADS)
SPECIAL = dict(pad_token_id=0, bos_token_id=1, eos_token_id=2)
GPT = dict(vocab_size=WORDS, n_embd=SIZE, n_layer=1, n_head=HEADS, n_positions=PLACES, **EAGER)
IMAGE = dict(
    hidden_size=SIZE,
    num_hidden_layers=1,
    num_attention_heads=HEADS,
    intermediate_size=HIDDEN,
    image_size=8,
    patch_size=4,
    **EAGER,
)

MODELS = {
    "bert-mlm": lambda: T.BertForMaskedLM(T.BertConfig(**BERT)),
    "roberta-classifier": lambda: T.RobertaForSequenceClassification(
        T.RobertaConfig(**dict(BERT, **SPECIAL))
    ),
    "gpt2": lambda: T.GPT2LMHeadModel(T.GPT2Config(**GPT, **SPECIAL)),
    "t5-v1.1": lambda: T.T5EncoderModel(
        T.T5Config(
            vocab_size=WORDS,
            d_model=SIZE,
            d_kv=4,
            d_ff=HIDDEN,
            num_layers=1,
            num_heads=HEADS,
            feed_forward_proj="gated-gelu",
        )
    ),
    "llama": lambda: T.LlamaForCausalLM(T.LlamaConfig(**LLAMA)),
    "phi3": lambda: T.Phi3ForCausalLM(T.Phi3Config(**dict(LLAMA, **SPECIAL))),
    "nemotron": lambda: T.NemotronForCausalLM(T.NemotronConfig(**dict(LLAMA, **SPECIAL))),
    "opt": lambda: T.OPTForCausalLM(
        T.OPTConfig(
            vocab_size=WORDS,
            hidden_size=SIZE,
            num_hidden_layers=1,
            num_attention_heads=HEADS,
            ffn_dim=HIDDEN,
            max_position_embeddings=PLACES,
            word_embed_proj_dim=SIZE,
            **EAGER,
        )
    ),
    "albert": lambda: T.AlbertModel(
        T.AlbertConfig(**dict(BERT, num_hidden_layers=2), embedding_size=4)
    ),
    "mobilebert": lambda: T.MobileBertModel(
        T.MobileBertConfig(
            **dict(BERT, intermediate_size=8),
            embedding_size=4,
            intra_bottleneck_size=4,
            true_hidden_size=4,
            num_feedforward_networks=2,
        )
    ),
    "gptj": lambda: T.GPTJForCausalLM(T.GPTJConfig(**GPT, rotary_dim=4, **SPECIAL)),
    "falcon": lambda: T.FalconForCausalLM(
        T.FalconConfig(
            vocab_size=WORDS,
            hidden_size=SIZE,
            num_hidden_layers=1,
            num_attention_heads=HEADS,
            **EAGER,
            **SPECIAL,
        )
    ),
    "vit": lambda: T.ViTForImageClassification(T.ViTConfig(**IMAGE, num_labels=3)),
    "clip-text": lambda: T.CLIPTextModelWithProjection(
        T.CLIPTextConfig(**dict(BERT, **SPECIAL), projection_dim=SIZE)
    ),
}


class FirstOutput(torch.nn.Module):
    """The model with one input and one output."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, x):
        options = {"return_dict": False}
        if x.dim() == 2:
            options["attention_mask"] = torch.ones_like(x)
        if getattr(self.model.config, "use_cache", False):
            options["use_cache"] = False
        return self.model(x, **options)[0]


def export(name, exporter, path):
    torch.manual_seed(0)
    model = FirstOutput(MODELS[name]()).eval()
    is_image = name == "vit"
    x = torch.randn(2, 3, 8, 8) if is_image else torch.randint(0, WORDS, (2, 7))
    with torch.no_grad():
        if exporter == "torchscript":
            axes = {0: "batch"} if is_image else {0: "batch", 1: "time"}
            torch.onnx.export(
                model,
                (x,),
                path,
                dynamo=False,
                opset_version=17,
                input_names=["x"],
                dynamic_axes={"x": axes},
            )
        else:
            torch.onnx.export(
                model,
                (x,),
                path,
                dynamo=True,
                opset_version=18,
                external_data=False,
                input_names=["x"],
                dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=64)},),
                verbose=False,
            )
    graph_model = onnx.load(path)
    for part in [*graph_model.graph.node, *graph_model.graph.value_info]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    onnx.save(graph_model, path)


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    folder, *names = sys.argv[1:]
    for name in names or MODELS:
        for exporter in ("torchscript", "dynamo"):
            path = os.path.join(folder, f"{name}-{exporter}.onnx")
            export(name, exporter, path)
            print(path, os.path.getsize(path))


if __name__ == "__main__":
    main()
