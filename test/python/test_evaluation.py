# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What slin-run evaluates is what the operators of ONNX mean: the models of onnx's backend
tests, of all operators and versions that the table of lib/Evaluation has, give the results
that come with them; contrib operators give those of ONNX Runtime.
"""

import concurrent.futures
import copy
import math
import pathlib
import re
import subprocess

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import TensorProto, helper
from onnx.backend.test.loader import load_model_tests

SOURCE = pathlib.Path(__file__).parents[2] / "lib/Evaluation"
NUMBERS = "fiub"
# Cases that are declined, each with its reason.
DECLINED = {
    "node-test_averagepool_2d_ceil_last_window_starts_on_pad": "pads that count are not evaluated with ceil_mode",
    "node-test_averagepool_3d_dilations_large_count_include_pad_is_1_ceil_mode_is_True": "not evaluated with ceil_mode",
    "node-test_batchnorm_epsilon_training_mode": "only inference",
    "node-test_batchnorm_example_training_mode": "only inference",
    "node-test_training_dropout": "dropout in training is random",
    "node-test_training_dropout_default": "dropout in training is random",
    "node-test_training_dropout_default_mask": "dropout in training is random",
    "node-test_training_dropout_mask": "dropout in training is random",
    "node-test_training_dropout_zero_ratio": "dropout in training is random",
    "node-test_training_dropout_zero_ratio_mask": "dropout in training is random",
    "node-test_dequantizelinear_blocked": "scales of blocks are not evaluated",
    "node-test_maxpool_with_argmax_2d_precomputed_pads": "result 1 is not evaluated",
    "node-test_maxpool_with_argmax_2d_precomputed_strides": "result 1 is not evaluated",
}


def table() -> set[str]:
    """The operators that are evaluated."""
    ends = (path.read_text(encoding="utf-8").partition("void evaluation::add")[2] for path in SOURCE.glob("*.cpp"))
    return {name for text in ends for name in re.findall(r'"((?:ms\.)?[A-Z]\w+)"', text)} | {"Constant", "If"}


def nodes_of(graph):
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in [attribute.g, *attribute.graphs]:
                yield from nodes_of(inner)


def run(folder: pathlib.Path, name: str, model: onnx.ModelProto, inputs: list, outputs: list) -> str:
    """What slin-run says against these results; nothing if it finds them."""
    path = folder / f"{name}.onnx"
    path.write_bytes(model.SerializeToString())
    # Test data has what the model has no default for.
    stored = {one.name for one in model.graph.initializer}
    places = [i for i, one in enumerate(model.graph.input) if one.name not in stored]
    np.savez(folder / f"{name}-in.npz", **{f"arg{i}": array for i, array in zip(places, inputs)})
    np.savez(folder / f"{name}-out.npz", **{f"res{i}": array for i, array in enumerate(outputs)})
    done = subprocess.run(
        ["slin-run", path, "--evaluate", f"--input={folder / name}-in.npz", f"--check={folder / name}-out.npz"],
        capture_output=True, text=True, check=False)  # fmt: skip
    return "" if done.returncode == 0 else (done.stderr.splitlines() or [f"exit code {done.returncode}"])[0]


def are_numbers(arrays) -> bool:
    return all(isinstance(array, np.ndarray | np.generic) and array.dtype.kind in NUMBERS for array in arrays)


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """By model: the operators in it, and what is said against its results."""
    folder, known, jobs = tmp_path_factory.mktemp("evaluation"), table(), {}
    for kind in ("node", "simple", "pytorch-operator", "pytorch-converted"):
        for test in load_model_tests(kind=kind):
            if test.model_dir:
                model = onnx.load(pathlib.Path(test.model_dir) / "model.onnx")
                data = [read(folder) for folder in sorted(pathlib.Path(test.model_dir).glob("test_data_set_*"))]
            else:
                model, data = test.model, test.data_sets
            operators = {node.op_type for node in nodes_of(model.graph)}
            if operators <= known and not model.functions and data and are_numbers([*data[0][0], *data[0][1]]):
                jobs[f"{kind}-{test.name}"] = (operators, model, data[0])
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        said = {name: pool.submit(run, folder, name, model, *data) for name, (_, model, data) in jobs.items()}
        return {name: (jobs[name][0], one.result()) for name, one in said.items()}


def read(folder: pathlib.Path):
    def arrays(prefix):
        files = sorted(folder.glob(f"{prefix}_*.pb"), key=lambda path: int(path.stem.split("_")[1]))
        try:
            return [onnx.numpy_helper.to_array(TensorProto.FromString(path.read_bytes())) for path in files]
        except Exception:  # a sequence or a map
            return [None]

    return arrays("input"), arrays("output")


def test_backend_models(compared):
    failures = [f"{name}: {said}" for name, (_, said) in compared.items()
                if (DECLINED[name] not in said if name in DECLINED else said)]  # fmt: skip
    print(f"{len(compared)} models, {len(failures)} differ")
    assert not failures, "\n".join(failures)
    assert len(compared) > 1100


def test_every_operator_is_compared(compared):
    seen = {name for operators, said in compared.values() if not said for name in operators}
    assert {name for name in table() - seen if not name.startswith("ms.")} == {"SimplifiedLayerNormalization"}


def contrib(operator, inputs, outputs=1, opset=17, **attributes):
    """A model of one node, its inputs as initializers' shapes say."""
    names = [f"x{i}" if array is not None else "" for i, array in enumerate(inputs)]
    results = [f"y{i}" for i in range(outputs)]
    node = helper.make_node(operator, names, results, domain=attributes.pop("domain", "com.microsoft"), **attributes)
    typed = [helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape)
             for name, array in zip(names, inputs) if name]  # fmt: skip
    untyped = [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in results]
    graph = helper.make_graph([node], "main_graph", typed, untyped)
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


def random(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape).astype(np.float32)


X, ROW = random(2, 3, 8), random(8)
CONTRIB = {
    "Gelu": ([X], {}),
    "BiasGelu": ([X, ROW], {}),
    "FastGelu": ([X, ROW], {}),
    "QuickGelu": ([X], {"alpha": 1.5}),
    "FusedMatMul": ([random(2, 8, 3), random(5, 8)], {"alpha": 0.5, "transA": 1, "transB": 1}),
    "FusedGemm": ([random(3, 8), random(5, 8), random(5)],
                  {"alpha": 0.5, "beta": 2.0, "transB": 1, "activation": "LeakyRelu", "activation_alpha": 0.3}),
    "SkipLayerNormalization": ([X, random(2, 3, 8) + 1, ROW, random(8) + 2, ROW], {"epsilon": 1e-3}),
    "SkipSimplifiedLayerNormalization": ([X, random(2, 3, 8) + 1, ROW], {"epsilon": 1e-3}),
    "SimplifiedLayerNormalization": ([X, ROW], {"epsilon": 1e-3, "axis": -1, "domain": ""}),
}  # fmt: skip


@pytest.mark.parametrize("operator", CONTRIB)
def test_contrib_operators(operator, tmp_path):
    inputs, attributes = CONTRIB[operator]
    model = contrib(operator, inputs, **attributes)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    expected = session.run(None, {f"x{i}": array for i, array in enumerate(inputs)})
    assert run(tmp_path, operator, model, inputs, expected) == ""


def test_contrib_operators_of_other_providers(tmp_path):
    """ONNX Runtime has none of these for CPUs: by their definitions."""
    x, w, b = random(3, 8), random(8, 4), random(4)
    h = x @ w + b
    fast = 0.5 * h * (1 + np.tanh(np.sqrt(2 / np.pi) * (h + 0.044715 * h**3)))
    assert run(tmp_path, "gemm", contrib("GemmFastGelu", [x, w, b]), [x, w, b], [fast.astype(np.float32)]) == ""
    left, right = np.split((X + ROW).astype(np.float64), 2, axis=-1)
    erf = np.vectorize(math.erf)
    gated = left * 0.5 * right * (1 + erf(right / np.sqrt(2)))
    split = contrib("BiasSplitGelu", [X, ROW])
    assert run(tmp_path, "split", split, [X, ROW], [gated.astype(np.float32)]) == ""


def test_every_contrib_operator_is_compared():
    tested = {f"ms.{name}" for name in CONTRIB} | {"ms.GemmFastGelu", "ms.BiasSplitGelu"}
    assert {name for name in table() if name.startswith("ms.")} <= tested


WORDS = [-(2**63), -(2**31), -7, -1, 0, 1, 2, 7, 2**31, 2**62, 2**63 - 1]


def mutated(model, inputs, pick):
    """The model and its inputs with a few changes, each of which may make no sense."""
    model, inputs = copy.deepcopy(model), [np.array(one) for one in inputs]
    for _ in range(pick.integers(1, 4)):
        node = model.graph.node[pick.integers(len(model.graph.node))]
        attribute = node.attribute[pick.integers(len(node.attribute))] if node.attribute else None
        change, word = pick.integers(6), int(pick.choice(WORDS))
        if change == 0 and attribute and attribute.type == onnx.AttributeProto.INT:
            attribute.i = word
        elif change <= 1 and attribute and attribute.ints:
            attribute.ints[pick.integers(len(attribute.ints))] = word
        elif change == 2 and attribute:
            node.attribute.remove(attribute)
        elif change == 3 and node.input:
            node.input[pick.integers(len(node.input))] = pick.choice(["", node.input[0]])
        elif inputs:
            place = pick.integers(len(inputs))
            array = inputs[place]
            if change == 4 and array.dtype.kind in "iu" and array.size:
                limits = np.iinfo(array.dtype)
                array.flat[pick.integers(array.size)] = max(limits.min, min(limits.max, word))
            elif change == 5:
                inputs[place] = array[tuple(slice(0, pick.integers(size + 1)) for size in array.shape)]
            else:
                inputs[place] = array.reshape([1] * pick.integers(3) + [array.size])
    for info in model.graph.input:
        info.type.tensor_type.ClearField("shape")
    return model, inputs


def test_no_model_crashes(tmp_path):
    """What makes no sense has a reason: 2 for wrong inputs, 1 for what is not evaluated."""
    tests = [test for test in load_model_tests(kind="node")
             if {node.op_type for node in nodes_of(test.model.graph)} <= table()
             and are_numbers([*test.data_sets[0][0], *test.data_sets[0][1]])]  # fmt: skip

    def code(seed):
        test = tests[seed * 7919 % len(tests)]
        model, inputs = mutated(test.model, test.data_sets[0][0], np.random.default_rng(seed))
        (tmp_path / f"{seed}.onnx").write_bytes(model.SerializeToString())
        np.savez(tmp_path / f"{seed}.npz", **{f"arg{i}": one for i, one in enumerate(inputs)})
        command = ["slin-run", tmp_path / f"{seed}.onnx", "--evaluate", f"--input={tmp_path}/{seed}.npz"]
        return subprocess.run(command, capture_output=True, check=False, timeout=60).returncode, test.name, seed

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        codes = list(pool.map(code, range(200)))
    assert [one for one in codes if one[0] not in (0, 1, 2)] == []
    assert sum(one[0] == 0 for one in codes) > 40 and sum(one[0] == 1 for one in codes) > 40
