"""Makes the seeds of onnx-import-fuzzer.

    make_corpus.py                    writes test/fuzz/corpus, which is committed
    make_corpus.py --backend FOLDER   adds the smallest ONNX backend tests, one per
                                      operator and attribute kind, in FOLDER

Small models, so that a mutation often meets something that matters: each has one
part of the model that says everything (test/python/complete_model.py).
"""

import argparse
import pathlib
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from onnx.backend.test.loader import load_model_tests

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "python"))
import complete_model  # noqa: E402


def model(nodes=(), inputs=(), initializers=(), **rest) -> onnx.ModelProto:
    outputs = [helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, ["n"]) for node in nodes[-1:]]
    values = [onnx.ValueInfoProto(name=name, type=type_) for name, type_ in inputs]
    graph = helper.make_graph(list(nodes), "g", values, outputs, list(initializers),
                              sparse_initializer=rest.pop("sparse", None))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("com.example", 2)],
                             ir_version=10, **rest)


def parts():
    """Name and model of every seed."""
    yield "empty", model()
    for tensor in complete_model.tensors():
        yield f"tensor_{tensor.name}", model([helper.make_node("Identity", [tensor.name], ["y"])], (), [tensor])
    for index, type_ in enumerate(complete_model.types()):
        yield f"type_{index}", model([helper.make_node("Identity", ["x"], ["y"], name="/n")], [("x", type_)])
    for attribute in complete_model.attributes():
        node = helper.make_node("Everything", ["x", ""], ["y"], domain="com.example")
        node.attribute.append(attribute)
        yield f"attribute_{attribute.name.split()[0]}", model([node], [("x", onnx.TypeProto())])
    whole = complete_model.everything()
    choice = next(node for node in whole.graph.node if node.op_type == "If")
    floats = helper.make_tensor_type_proto(TensorProto.FLOAT, ["n"])
    yield "subgraphs", model([choice], [("x", floats), ("c", helper.make_tensor_type_proto(TensorProto.BOOL, []))])
    leaky = next(node for node in whole.graph.node if node.op_type == "Leaky")
    yield "functions", model([leaky], [("x", floats)], functions=list(whole.functions))
    yield "sparse", model([helper.make_node("Identity", ["s"], ["y"])], sparse=[complete_model.sparse("s")])
    trained = model([helper.make_node("Neg", ["x"], ["y"])], [("x", floats)])
    trained.training_info.extend(whole.training_info)
    yield "training", trained
    annotated = model([helper.make_node("Neg", ["w0"], ["y"], doc_string="d")], (),
                      [numpy_helper.from_array(np.zeros((4, 8), np.float32), "w0")])
    annotated.graph.quantization_annotation.extend(whole.graph.quantization_annotation)
    annotated.metadata_props.extend(whole.metadata_props)
    annotated.configuration.extend(whole.configuration)
    annotated.graph.node[0].device_configurations.extend(whole.graph.node[0].device_configurations)
    complete_model.unknown(annotated.graph.node[0])
    yield "annotations", annotated
    yield "linears", linears()



def linears() -> onnx.ModelProto:
    """Typed operators with weights, biases and attributes."""
    weights = [helper.make_tensor("w", TensorProto.FLOAT, [2, 4], [0.5] * 8),
               helper.make_tensor("u", TensorProto.FLOAT, [2, 4], [0.5] * 8),
               helper.make_tensor("b", TensorProto.FLOAT, [4], [0.5] * 4)]
    nodes = [helper.make_node("MatMul", ["x", "w"], ["h"], name="/up/MatMul"),
             helper.make_node("Add", ["h", "b"], ["a"], name="/up/Add"),
             helper.make_node("Gelu", ["a"], ["g"], approximate="tanh"),
             helper.make_node("Gemm", ["g", "u"], ["y"], name="/down/Gemm", transB=1, alpha=0.5)]
    return model(nodes, [("x", helper.make_tensor_type_proto(TensorProto.FLOAT, ["n", 2]))], weights)


def backend_models():
    seen = set()
    for case in sorted(load_model_tests(kind="node"), key=lambda case: case.name):
        kinds = tuple(sorted({attribute.type for node in case.model.graph.node for attribute in node.attribute}))
        operators = tuple(sorted({node.op_type for node in case.model.graph.node}))
        key = (kinds, operators[:1], len(case.model.functions))
        if case.model.ByteSize() > 600 or key in seen:
            continue
        seen.add(key)
        yield case.name, case.model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", type=pathlib.Path, metavar="FOLDER")
    arguments = parser.parse_args()
    folder, models = (arguments.backend, backend_models()) if arguments.backend else (HERE / "corpus", parts())
    folder.mkdir(parents=True, exist_ok=True)
    for name, message in models:
        (folder / f"{name}.onnx").write_bytes(message.SerializeToString(deterministic=True))


if __name__ == "__main__":
    main()
