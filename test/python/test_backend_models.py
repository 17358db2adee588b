# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The models of onnx's own backend tests go in and come out equal, by every route.

Equality is judged by the `onnx` package: parsed messages are equal, the attributes
of each node compared by name. With equal messages they compute the same, which is
shown all the same.
"""

import pathlib
import re
import warnings
from dataclasses import dataclass

import numpy as np
import onnx
import onnx.numpy_helper
import onnx.reference
import onnxruntime
import pytest
from onnx.backend.test.loader import load_model_tests

from slin import _slin

KINDS = ("node", "simple", "pytorch-operator", "pytorch-converted")
ROUTES = ("direct", "text", "bytecode", "canonicalize", "slin")


@dataclass
class Case:
    name: str
    path: pathlib.Path
    # Pairs of lists of inputs and outputs; tests on disk keep theirs in folders.
    data: list
    folder: str | None


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    folder = tmp_path_factory.mktemp("backend-models")
    found = []
    for kind in KINDS:
        for test in load_model_tests(kind=kind):
            path = folder / f"{kind}-{test.name}.onnx"
            if test.model_dir:
                path = pathlib.Path(test.model_dir) / "model.onnx"
            else:
                path.write_bytes(test.model.SerializeToString())
            found.append(Case(test.name, path, test.data_sets, test.model_dir))
    return found


def sort_attributes(nodes):
    """Attributes of each node by name, in subgraphs too: their order says nothing."""
    for node in nodes:
        for attribute in node.attribute:
            for graph in [attribute.g, *attribute.graphs]:
                sort_attributes(graph.node)
        attributes = sorted((onnx.AttributeProto.FromString(a.SerializeToString()) for a in node.attribute),
                            key=lambda attribute: attribute.name)  # fmt: skip
        del node.attribute[:]
        node.attribute.extend(attributes)


def parsed(data: bytes) -> onnx.ModelProto:
    model = onnx.ModelProto.FromString(data)
    sort_attributes(model.graph.node)
    for function in model.functions:
        sort_attributes(function.node)
    for training in model.training_info:
        sort_attributes([*training.initialization.node, *training.algorithm.node])
    return model


def difference(before: onnx.ModelProto, after: onnx.ModelProto) -> str:
    """The first line in which two messages differ."""
    for left, right in zip(str(before).splitlines(), str(after).splitlines()):
        if left != right:
            return f"{left.strip()!r} became {right.strip()!r}"
    return f"{len(str(before))} characters became {len(str(after))}"


def resident() -> float:
    """Memory of this process in MiB."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1]) / 1024


def test_all_models_are_there(cases):
    # onnx 1.23: 1884 generated ones and 140 on disk.
    assert len(cases) >= 2024


def test_comparison_sees_a_change(cases):
    data = cases[0].path.read_bytes()
    changed = parsed(data)
    changed.graph.node[0].op_type = "another"
    assert parsed(data) != changed
    assert "another" in difference(parsed(data), changed)


@pytest.mark.parametrize("route", ROUTES)
def test_models_come_back_equal(cases, route):
    failures = []
    for case in cases:
        try:
            after = _slin.roundtrip(str(case.path), route)
        except _slin.Error as error:
            failures.append(f"{case.name}: {error}")
            continue
        before = case.path.read_bytes()
        if before == after:
            continue
        left, right = parsed(before), parsed(after)
        if left != right:
            failures.append(f"{case.name}: {difference(left, right)}")
    print(f"{route}: {len(cases) - len(failures)} of {len(cases)} models equal")
    assert not failures, "\n".join(failures[:20])


def test_nothing_is_kept_as_bytes(cases):
    counts = {case.name: _slin.opaque_count(str(case.path)) for case in cases}
    print(f"{sum(counts.values())} opaque attributes in {len(counts)} models")
    assert {name: count for name, count in counts.items() if count} == {}


def test_memory_does_not_grow(cases):
    some = cases[::20]
    for case in some:
        _slin.roundtrip(str(case.path), "text")
    before = resident()
    for _ in range(5):
        for case in some:
            _slin.roundtrip(str(case.path), "text")
    growth = resident() - before
    print(f"{growth:.1f} MiB more after {5 * len(some)} round trips")
    assert growth < 8


def read_inputs(folder: pathlib.Path, infos) -> list:
    """The inputs of a test on disk; those with a default value have no file."""
    values = []
    for index in range(len(list(folder.glob("input_*.pb")))):
        data = (folder / f"input_{index}.pb").read_bytes()
        kind = infos[index].type.WhichOneof("value")
        if kind == "sequence_type":
            values.append(onnx.numpy_helper.to_list(onnx.SequenceProto.FromString(data)))
        elif kind == "optional_type":
            values.append(onnx.numpy_helper.to_optional(onnx.OptionalProto.FromString(data)))
        else:
            values.append(onnx.numpy_helper.to_array(onnx.TensorProto.FromString(data)))
    return values


def inputs_of(case: Case, model: onnx.ModelProto) -> list:
    """The inputs of the first data set; generated tests keep arrays."""
    if case.folder:
        return read_inputs(pathlib.Path(case.folder) / "test_data_set_0", model.graph.input)
    values = []
    for value in case.data[0][0]:
        if isinstance(value, onnx.TensorProto):
            value = onnx.numpy_helper.to_array(value)
        elif isinstance(value, onnx.SequenceProto):
            value = onnx.numpy_helper.to_list(value)
        elif isinstance(value, onnx.OptionalProto):
            value = onnx.numpy_helper.to_optional(value)
        values.append(value)
    return values


def compute(data: bytes, feed: dict) -> tuple[str, list]:
    """The outputs, by ONNX Runtime or, where it refuses, by the reference evaluator."""
    settings = onnxruntime.SessionOptions()
    settings.log_severity_level = 4
    settings.intra_op_num_threads = 1
    try:
        session = onnxruntime.InferenceSession(data, settings, providers=["CPUExecutionProvider"])
        return "onnxruntime", session.run(None, feed)
    except Exception:
        return "reference", onnx.reference.ReferenceEvaluator(onnx.ModelProto.FromString(data)).run(None, feed)


def same(left, right) -> bool:
    if isinstance(left, (list, tuple)):
        return isinstance(right, (list, tuple)) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if left is None or right is None:
        return left is right
    left, right = np.asarray(left), np.asarray(right)
    if left.dtype == object:
        return left.shape == right.shape and left.tolist() == right.tolist()
    return left.dtype == right.dtype and left.shape == right.shape and left.tobytes() == right.tobytes()


def is_random(model: onnx.ModelProto) -> bool:
    operators = {node.op_type for node in model.graph.node}
    return bool(operators & {"Bernoulli", "RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike",
                             "Multinomial", "Dropout"})  # fmt: skip


def test_models_compute_the_same(cases):
    evaluators, skipped, failures = {}, [], []
    for case in cases:
        before = case.path.read_bytes()
        model = onnx.ModelProto.FromString(before)
        if is_random(model):
            continue
        after = _slin.roundtrip(str(case.path), "slin")
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                feed = dict(zip((value.name for value in model.graph.input), inputs_of(case, model), strict=False))
                evaluator, expected = compute(before, feed)
        except Exception as error:
            skipped.append(f"{case.name}: {type(error).__name__}")
            continue
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            other, found = compute(after, feed)
        evaluators[evaluator] = evaluators.get(evaluator, 0) + 1
        if evaluator != other or not same(expected, found):
            failures.append(case.name)
    print(f"computed the same: {evaluators}; neither evaluator runs: {skipped}; different: {failures}")
    assert failures == []
    assert sum(evaluators.values()) > 0.9 * len(cases)
