# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The exact rewrites on random models: what comes out is valid, has the same inputs and
outputs, and computes the same in ONNX Runtime."""

import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
import random_rewrites

PASSES = ["--onnx-fold-scales", "--onnx-raise-linears", "--slin-merge=verify-exact=true", "--slin-to-onnx"]
TOLERANCES = {np.float32: 1e-5, np.float64: 1e-9}
GROUPS, EACH = 20, 25


def run(model, arguments):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(None, arguments)


def names(values):
    return [value.name for value in values]


def check(seed, folder):
    builder = random_rewrites.Builder(seed)
    before = builder.model()
    onnx.checker.check_model(before, full_check=True)
    arguments = builder.arguments(before)
    expected = run(before, arguments)
    onnx.save(before, folder / f"{seed}.onnx")
    done = subprocess.run(["slin-opt", folder / f"{seed}.onnx", *PASSES, "-o", folder / "after.onnx"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, f"seed {seed}: {done.stderr[:2000]}"
    after = onnx.load(folder / "after.onnx")
    onnx.checker.check_model(after, full_check=True)
    assert names(after.graph.input) == names(before.graph.input), f"seed {seed}"
    assert names(after.graph.output) == names(before.graph.output), f"seed {seed}"
    for output, one, other in zip(names(after.graph.output), expected, run(after, arguments), strict=True):
        assert (one.dtype, one.shape) == (other.dtype, other.shape), f"seed {seed}, {output}"
        size = max(np.linalg.norm(one), 1e-2 * np.sqrt(one.size))
        error = np.linalg.norm(other.astype(np.float64) - one) / size
        assert error <= TOLERANCES[builder.dtype], f"seed {seed}, {output}: {error}"
    return [node.op_type for node in before.graph.node] != [node.op_type for node in after.graph.node]


@pytest.mark.parametrize("group", range(GROUPS))
def test_random_models_compute_the_same(group, tmp_path):
    changed = [check(seed, tmp_path) for seed in range(group * EACH, (group + 1) * EACH)]
    assert sum(changed) > EACH // 2
