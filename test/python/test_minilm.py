# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""all-MiniLM-L6-v2, with its real weights and in both exports, through the commands."""

import re
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest

import slin
from conftest import minilm, observe

# 12 matrices of 384 × 1536.
FFN_WEIGHTS = 7_077_888


def sentences(folder, split: str, count: int | None = None) -> dict[str, np.ndarray]:
    with np.load(folder / f"{split}.npz") as file:
        return {name: file[name][:count] for name in file.files}


def embed(path, inputs: dict[str, np.ndarray]) -> np.ndarray:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    count = len(inputs["input_ids"])
    parts = [
        session.run(["sentence_embedding"], {name: array[i : i + 32] for name, array in inputs.items()})[0]
        for i in range(0, count, 32)
    ]
    return np.concatenate(parts).astype(np.float64)


def mean_cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a * b).sum(axis=1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)).mean())


@pytest.fixture(scope="module", params=minilm.EXPORTERS)
def model(request, minilm_folder):
    return minilm_folder / f"minilm-{request.param}.onnx"


@pytest.fixture(scope="module")
def statistics(model):
    path = model.with_suffix(".safetensors")
    slin.calibrate(model, model.parent / "calibration.npz", path, mask="attention_mask")
    return path


@pytest.fixture(scope="module")
def dense_embeddings(model):
    return embed(model, sentences(model.parent, "held-out"))


def test_all_ffns_are_found(model):
    report = slin.inspect(model)
    found = [(ffn["kind"], ffn["activation"], ffn["rewritable"]) for ffn in report["ffns"]]
    assert found == [("plain", "gelu", True)] * 6
    assert report["totals"]["matched"]["parameters"]["before"] == FFN_WEIGHTS
    # Queries, keys, values and the attention's output of six layers.
    assert len(report["declined"]) >= 24
    assert all(entry["reason"] and entry["node"] for entry in report["declined"])


def test_calibrated_low_rank_keeps_the_model(model, statistics, dense_embeddings):
    small = model.with_name(f"{model.stem}-low_rank.onnx")
    report = slin.compress(model, small, ratio=0.3, calibration=statistics)
    matched = report["totals"]["matched"]["parameters"]
    assert matched["before"] == FFN_WEIGHTS and matched["after"] <= 0.7 * FFN_WEIGHTS
    assert mean_cosine(dense_embeddings, embed(small, sentences(model.parent, "held-out"))) >= 0.930


@pytest.mark.parametrize("structure", ["block_dense", "block_shuffle", "block_diagonal"])
def test_block_structures_run(model, statistics, structure):
    """One FFN is rewritten, removes what was asked for, and the model loads and runs."""
    small = model.with_name(f"{model.stem}-{structure}.onnx")
    ffn = slin.inspect(model)["ffns"][1]
    chosen = [linear["node"] for linear in ffn["linears"]]
    report = slin.compress(model, small, ratio=0.3, structure=structure, calibration=statistics, include=chosen)
    matched = report["totals"]["matched"]["parameters"]
    assert matched["before"] == FFN_WEIGHTS // 6 and matched["after"] <= 0.7 * matched["before"]
    assert np.isfinite(embed(small, sentences(model.parent, "held-out", 32))).all()
    for linear in report["ffns"][1]["linears"]:
        assert linear["structure"]["kind"] == structure
        assert 0 < linear["error"]["activation"] < 1
        # A regression on the block's own inputs may leave the weights far in directions
        # that inputs hardly take; the others are projections of W or start from one.
        assert linear["error"]["frobenius"] > 0
        assert structure == "block_diagonal" or linear["error"]["frobenius"] <= 1


def node_text(node: onnx.NodeProto) -> bytes:
    """A node's bytes, its attributes in the order of their names, which means nothing."""
    sorted_node = onnx.NodeProto()
    sorted_node.CopyFrom(node)
    del sorted_node.attribute[:]
    sorted_node.attribute.extend(sorted(node.attribute, key=lambda attribute: attribute.name))
    return sorted_node.SerializeToString(deterministic=True)


def test_what_is_not_selected_stays_the_same(model):
    """Every node but the selected linear's, judged by `onnx` alone."""
    small = model.with_name(f"{model.stem}-one.onnx")
    report = slin.inspect(model)
    chosen = report["ffns"][2]["linears"][1]["node"]
    slin.compress(model, small, ratio=0.3, weight_only=True, include=[chosen])
    before, after = (onnx.load(path, load_external_data=False) for path in (model, small))
    old = [node_text(node) for node in before.graph.node]
    new = [node_text(node) for node in after.graph.node]
    lost = [node.name for node, text in zip(before.graph.node, old, strict=True) if text not in new]
    assert chosen in lost and len(lost) <= 2
    kept = [text for text in new if text in old]
    assert kept == [text for text in old if text in kept]
    weight = report["ffns"][2]["linears"][1]["weight"]
    assert weight not in {entry.name for entry in after.graph.initializer}


def test_activation_error_is_what_activations_show(model):
    """error.activation = √tr(Δ C Δᵀ) / √tr(W C Wᵀ) with C the covariance, since these
    linears have biases that take over the mean: ‖Y − Ŷ‖ / ‖Y − mean(Y)‖ of the linear's
    result Y (bias included) over the calibration's tokens, both run in ONNX Runtime.
    Up to the first FFN both models are the same, so that it reads the same there."""
    inputs = sentences(model.parent, "calibration", 64)
    small = model.with_name(f"{model.stem}-errors.onnx")
    first = slin.inspect(model)["ffns"][0]["linears"][0]["node"]
    report = slin.compress(model, small, ratio=0.3, calibration=inputs, mask="attention_mask", include=[first])
    linear = report["ffns"][0]["linears"][0]
    nodes = onnx.load(model, load_external_data=False).graph.node
    product = next(node.output[0] for node in nodes if node.name == linear["node"])
    (result,) = [node.output[0] for node in nodes if product in node.input and node.op_type == "Add"]

    selected = inputs["attention_mask"].reshape(-1) != 0
    dense, rewritten = (
        observe(path, [result], inputs)[0].reshape(-1, linear["out"])[selected].astype(np.float64)
        for path in (model, small)
    )
    error = np.linalg.norm(dense - rewritten) / np.linalg.norm(dense - dense.mean(axis=0))
    assert linear["error"]["activation"] == pytest.approx(error, rel=1e-3)


def test_statistics_of_another_model_are_refused(model, statistics, minilm_folder):
    other = next(minilm_folder / f"minilm-{name}.onnx" for name in minilm.EXPORTERS if name not in model.name)
    with pytest.raises(slin.Error, match="belong to another model"):
        slin.compress(other, model.with_name("never.onnx"), ratio=0.3, calibration=statistics)
    assert not model.with_name("never.onnx").exists()


def test_evaluation_is_what_the_runtime_computes(model, tmp_path):
    inputs = {name: array[:2, :16] for name, array in sentences(model.parent, "held-out").items()}
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    names = [one.name for one in session.get_outputs()]
    np.savez(tmp_path / "in.npz", **inputs)
    np.savez(tmp_path / "out.npz", **dict(zip(names, session.run(names, inputs))))
    subprocess.run(["slin-run", model, f"--input={tmp_path}/in.npz", f"--check={tmp_path}/out.npz"], check=True)


def test_exact_rewrites_are_verified(model, tmp_path):
    """Every value of six layers, with the real weights."""
    passes = ["--onnx-fold-scales", "--onnx-split-norms", "--onnx-stack-linears", "--onnx-raise-linears", "--slin-merge",
              "--slin-stack", "--slin-to-onnx"]  # fmt: skip
    done = subprocess.run(["slin-opt", model, "--slin-verify-exact", *passes, "-o", tmp_path / "out.onnx",
                           "--remarks-filter=slin-verify-exact"], capture_output=True, text=True, check=True)  # fmt: skip
    assert "NotVerified" not in done.stderr
    compared = re.findall(r"'([\w-]+)': 'main_graph': 2 results and (\d+) values inside are what they were", done.stderr)
    assert {"onnx-stack-linears", "onnx-raise-linears", "slin-to-onnx"} <= {name for name, _ in compared}
    assert all(int(count) > 150 for _, count in compared)
