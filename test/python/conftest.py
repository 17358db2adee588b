# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Models that the tests of the Python package share: a small one made here, and
MiniLM with its real weights.
"""

import ctypes
import os
import pathlib
import sys

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper, numpy_helper

SOURCE = pathlib.Path(__file__).parents[2]
sys.path[:0] = [str(SOURCE / folder) for folder in ("docs/demo", "test/Runtime", "test")]
import artefact_writer  # noqa: E402
import minilm  # noqa: E402
import slin  # noqa: E402

# The tools of the build that the package is of, and the driver of test/Runtime, for processes that tests start.
BUILD = pathlib.Path(slin.__file__).parents[2]
os.environ["PATH"] = os.pathsep.join([str(BUILD / "bin"), os.environ["PATH"]])
DRIVER = BUILD / "unittests/libslin_recording_driver.so"
os.environ["SLIN_CUDA_DRIVER"] = str(DRIVER)

WIDTH, HIDDEN = 64, 256


@pytest.fixture
def ffn_model(tmp_path) -> pathlib.Path:
    """x [batch, time, 64] → MatMul to 256, bias, Relu → MatMul to 64, bias; with an input
    attention_mask that is only passed through."""
    generator = np.random.default_rng(1)
    weights = {
        "up.weight": generator.standard_normal((WIDTH, HIDDEN)),
        "up.bias": generator.standard_normal(HIDDEN),
        "down.weight": generator.standard_normal((HIDDEN, WIDTH)),
        "down.bias": generator.standard_normal(WIDTH),
    }
    nodes = [
        helper.make_node("MatMul", ["x", "up.weight"], ["up.product"], name="/mlp/up/MatMul"),
        helper.make_node("Add", ["up.product", "up.bias"], ["up.sum"], name="/mlp/up/Add"),
        helper.make_node("Relu", ["up.sum"], ["hidden"], name="/mlp/Relu"),
        helper.make_node("MatMul", ["hidden", "down.weight"], ["down.product"], name="/mlp/down/MatMul"),
        helper.make_node("Add", ["down.product", "down.bias"], ["y"], name="/mlp/down/Add"),
        helper.make_node("Identity", ["attention_mask"], ["mask"], name="/Identity"),
    ]
    shape = ["batch", "time"]
    graph = helper.make_graph(
        nodes,
        "main_graph",
        [
            helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [*shape, WIDTH]),
            helper.make_tensor_value_info("attention_mask", onnx.TensorProto.INT64, shape),
        ],
        [
            helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [*shape, WIDTH]),
            helper.make_tensor_value_info("mask", onnx.TensorProto.INT64, shape),
        ],
        [numpy_helper.from_array(array.astype(np.float32), name) for name, array in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(model)
    path = tmp_path / "ffn.onnx"
    onnx.save(model, path)
    return path


@pytest.fixture
def ffn_inputs() -> dict[str, np.ndarray]:
    """Twenty samples of five tokens, the last one or two of them padding."""
    generator = np.random.default_rng(2)
    mask = np.ones((20, 5), dtype=np.int64)
    mask[:, 4] = 0
    mask[::3, 3] = 0
    return {"x": generator.standard_normal((20, 5, WIDTH)).astype(np.float32) + 0.5, "attention_mask": mask}


@pytest.fixture(scope="session")
def minilm_folder(tmp_path_factory) -> pathlib.Path:
    """Both exports of MiniLM with their weights, and its sentences."""
    folder = tmp_path_factory.mktemp("minilm")
    minilm.prepare(folder)
    return folder


def observe(path: pathlib.Path, tensors: list[str], inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Inner values of a model in ONNX Runtime, by means of the `onnx` package alone."""
    model = onnx.load(path)
    del model.graph.output[:]
    model.graph.output.extend(helper.make_empty_tensor_value_info(tensor) for tensor in tensors)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    wanted = {entry.name for entry in session.get_inputs()}
    return session.run(tensors, {name: array for name, array in inputs.items() if name in wanted})


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> pathlib.Path:
    """The artefact of two networks that artefact_writer.sample describes."""
    path = tmp_path_factory.mktemp("artefacts") / "sample.slingpu"
    path.write_bytes(artefact_writer.sample())
    return path


@pytest.fixture(scope="session")
def driver() -> ctypes.CDLL:
    """The recording driver's own functions (test/Runtime/recording_driver.h)."""
    if not DRIVER.exists():
        pytest.skip(f"the recording driver is not built: no {DRIVER}")
    made = ctypes.CDLL(str(DRIVER))
    made.standin_log.restype = ctypes.c_char_p
    return made
