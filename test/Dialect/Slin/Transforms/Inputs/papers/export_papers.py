# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Makes the models of this folder: the layers of the papers slin rests on, small and
with random weights, as both of torch's exporters write them at several opsets. Run by
hand, with torch, onnx, onnxscript and onnxruntime (written with torch 2.15.0):

    python export_papers.py [form…]

Each model is compared with torch in ONNX Runtime, at a second batch and time where
those are dynamic, and papers.json is written: what slin is expected to see in each
model and do with it. With forms, only their models are written, and no papers.json.

What the new exporter notes about Python stack frames is left out; nodes, names and
weights are as exported.
"""

import itertools
import json
import logging
import pathlib
import sys
import textwrap
import warnings

import colbert
import factorllm
import lama
import numpy as np
import onnx
import onnxruntime
import repavit
import structured_ffn
import torch

FOLDER = pathlib.Path(__file__).parent
PAPERS = {
    "structured-ffn": ("2406.16450", structured_ffn.FIXTURES),
    "repavit": ("2505.21847", repavit.FIXTURES),
    "factorllm": ("2408.11855", factorllm.FIXTURES),
    "colbert": ("2510.12327", colbert.FIXTURES),
    "lama": ("1912.00835", lama.FIXTURES),
}
SIZES = {"batch": 2, "time": 5, "tokens": 7}
OTHER_SIZES = {"batch": 3, "time": 4, "tokens": 1}
TOLERANCE = 1e-5


def make_inputs(fixture, sizes):
    generator = torch.Generator().manual_seed(1)
    inputs = []
    for name, shape in fixture.inputs.items():
        numbers = torch.randn([sizes.get(size, size) for size in shape], generator=generator)
        if name == "mask":
            numbers = numbers > 0
            numbers[:, 0] = True
        inputs.append(numbers)
    return tuple(inputs)


def export(fixture, model, exporter, opset, path):
    names, kind = list(fixture.inputs), exporter.partition("-")
    axes = {n: {i: s for i, s in enumerate(shape) if isinstance(s, str)} for n, shape in fixture.inputs.items()}
    options = {"opset_version": opset, "input_names": names, "verbose": False}
    if kind[0] == "torchscript":
        options |= {"dynamo": False, "dynamic_axes": axes, "do_constant_folding": kind[2] != "unfolded"}
    else:
        dims = {name: torch.export.Dim(name, min=1, max=64) for name in SIZES}
        shapes = tuple({i: dims[s] for i, s in axes[name].items()} for name in names)
        options |= {"dynamo": True, "dynamic_shapes": shapes, "optimize": kind[2] != "unoptimized"}
        options["external_data"] = False
    torch.onnx.export(model, make_inputs(fixture, SIZES), str(path), **options)
    graph_model = onnx.load(path)
    graph = graph_model.graph
    for part in [graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    for function in graph_model.functions:
        for part in [function, *function.node, *function.value_info]:
            part.ClearField("metadata_props")
            part.ClearField("doc_string")
    onnx.checker.check_model(graph_model)
    onnx.save(graph_model, path)
    return graph_model


def run_onnx(graph_model, inputs):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(graph_model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    # The exporters drop inputs that have no effect.
    given = {one.name for one in session.get_inputs()}
    feeds = {name: numbers.numpy() for name, numbers in inputs.items() if name in given}
    names = [one.name for one in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))


def distance(found, expected):
    return np.linalg.norm(found - expected) / np.linalg.norm(expected)


def is_equal(found, expected):
    if not isinstance(found, np.ndarray) or found.dtype != expected.dtype or found.shape != expected.shape:
        return False
    return distance(found, expected) <= TOLERANCE


def check(fixture, model, graph_model, label):
    """The model computes what torch does, whatever the sizes of its dynamic axes are."""
    for sizes in (SIZES, OTHER_SIZES):
        inputs = make_inputs(fixture, sizes)
        with torch.no_grad():
            expected = model(*inputs)
        expected = expected if isinstance(expected, tuple) else (expected,)
        found = run_onnx(graph_model, dict(zip(fixture.inputs, inputs, strict=True)))
        for one, other in zip(found.values(), expected, strict=True):
            error = distance(one, other.numpy()) if one.shape == other.shape else np.inf
            assert error <= TOLERANCE, f"{label}: relative error {error} at {sizes}"


def check_weights(model):
    """Each structured linear is `W x` for the W that its formula says."""
    for linear in model.modules():
        if isinstance(linear, structured_ffn.StructuredLinear):
            shape = (-1, linear.size_in, 1, 1) if linear.spelling == "conv2d" else (1, -1, linear.size_in)
            rows = torch.eye(linear.size_in).reshape(shape)
            with torch.no_grad():
                columns = (linear(rows) - linear(torch.zeros_like(rows))).reshape(linear.size_in, linear.size_out)
                error = distance(columns.numpy(), linear.weight().t().numpy())
            assert error <= TOLERANCE, f"{type(linear).__name__} {linear.spelling}: relative error {error}"


def record_modules(fixture, model):
    """The input and the output of each submodule that the fixture has facts about."""
    records, hooks = {}, []
    for path in fixture.sees:
        if path:

            def hook(_module, inputs, output, path=path):
                records[path] = (inputs[0].numpy(), output.numpy())

            hooks.append(model.get_submodule(path).register_forward_hook(hook))
    with torch.no_grad():
        model(*make_inputs(fixture, SIZES))
    for hook in hooks:
        hook.remove()
    return records


def find_nodes(fixture, graph_model, records):
    """For each recorded submodule the nodes between the values that equal its input and its output."""
    probed = onnx.ModelProto.FromString(graph_model.SerializeToString())
    known = {output.name for output in probed.graph.output}
    produced = [name for node in probed.graph.node for name in node.output if name and name not in known]
    probed.graph.output.extend(onnx.ValueInfoProto(name=name) for name in produced)
    inputs = dict(zip(fixture.inputs, make_inputs(fixture, SIZES), strict=True))
    values = {name: numbers.numpy() for name, numbers in inputs.items()} | run_onnx(probed, inputs)
    order = [*inputs, *(name for node in graph_model.graph.node for name in node.output)]

    def equals(numbers):
        """The values equal to these numbers; where there are none, those that are their transposes."""
        for axes in itertools.permutations(range(numbers.ndim)):
            one = numbers.transpose(axes)
            names = [name for name in order if is_equal(values.get(name), one)]
            if names:
                return names
        return []

    return {
        path: nodes_between(graph_model.graph, equals(source), equals(target))
        for path, (source, target) in records.items()
    }


def nodes_between(graph, sources, targets):
    """The nodes through which data flows from the last source to the first target, in order, and those that
    compute on nothing but the weights they read. Sizes are no data."""
    for target in targets:
        for source in reversed(sources):
            after, found = {source}, []
            for node in graph.node:
                if node.op_type not in ("Shape", "Size") and after & set(node.input):
                    after |= set(node.output)
                    found.append(node)
            needed, path = {target}, []
            for node in reversed(found):
                if needed & set(node.output):
                    needed |= set(node.input) & after
                    path.append(node)
            if source in needed and path:
                return names_with_weights(graph, {node.name for node in path})
    return None


def names_with_weights(graph, names):
    constant = {tensor.name for tensor in graph.initializer}
    folded = []
    for node in graph.node:
        if all(name in constant or not name for name in node.input):
            constant |= set(node.output)
            folded.append(node)
    read = {name for node in graph.node if node.name in names for name in node.input}
    kept = set(names)
    for node in reversed(folded):
        if read & set(node.output):
            read |= set(node.input)
            if node.op_type != "Constant":
                kept.add(node.name)
    return [node.name for node in graph.node if node.name in kept]


def make(paper, fixture):
    """The fixture's models, and what papers.json says about them."""
    files = {}
    for exporter, opset in fixture.exports:
        torch.manual_seed(0)
        model = fixture.model().eval()
        check_weights(model)
        path = FOLDER / f"{paper}-{fixture.form}-{exporter}-opset{opset}.onnx"
        graph_model = export(fixture, model, exporter, opset, path)
        check(fixture, model, graph_model, path.name)
        nodes = find_nodes(fixture, graph_model, record_modules(fixture, model))
        missing = [where for where, names in nodes.items() if names is None]
        if missing:
            print(f"{path.name}: no nodes found for {', '.join(missing)}")
        print(path.name, path.stat().st_size, flush=True)
        files[path.name] = {"exporter": exporter, "opset": opset}
        if any(nodes.values()):
            files[path.name]["nodes"] = {where: names for where, names in nodes.items() if names}
    rewrites = {
        one.name: {"section": one.section, "applies": one.applies, "condition": one.condition}
        for one in fixture.rewrites
    }
    assert len(rewrites) == len(fixture.rewrites), f"{fixture.form}: two rewrites of one name"
    return {
        "section": fixture.section,
        "inputs": {name: list(shape) for name, shape in fixture.inputs.items()},
        "sees": {path or "(model)": facts for path, facts in fixture.sees.items()},
        "rewrites": rewrites,
        "files": files,
    }


def to_json(value, indent=0, start=0, width=119):
    """JSON with each value on one line where it fits, and as many scalars on each line as fit."""
    line = json.dumps(value)
    if not isinstance(value, dict | list) or start + len(line) < width:
        return line
    inner = " " * (indent + 2)
    if isinstance(value, dict):
        keys = [json.dumps(key) + ": " for key in value]
        items = zip(keys, value.values(), strict=True)
        lines = [key + to_json(one, indent + 2, indent + 2 + len(key)) for key, one in items]
    elif isinstance(value[0], dict | list):
        lines = [to_json(one, indent + 2, indent + 2) for one in value]
    else:
        items = ", ".join(json.dumps(one).replace(" ", "\0") for one in value)
        lines = textwrap.wrap(items, width - indent - 2, break_long_words=False, break_on_hyphens=False)
        lines = [one.replace("\0", " ").removesuffix(",") for one in lines]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return opening + "\n" + ",\n".join(inner + one for one in lines) + "\n" + " " * indent + closing


def main():
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    forms, manifest = sys.argv[1:], {}
    for paper, (number, fixtures) in PAPERS.items():
        entries = {}
        for fixture in fixtures:
            assert fixture.form not in entries, f"two forms named {fixture.form}"
            if not forms or fixture.form in forms:
                entries[fixture.form] = make(paper, fixture)
        manifest[paper] = {"arxiv": number, "forms": entries}
    if not forms:
        (FOLDER / "papers.json").write_text(to_json(manifest) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
