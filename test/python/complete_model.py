"""A model that says everything an ONNX file can say, and its parts.

It fills every field of every message of onnx-ml.proto, and fields that no release
knows yet: what test_completeness.py brings through slin and back, and what
test/fuzz/make_corpus.py takes apart into seeds.
"""

import numpy as np
import onnx
from onnx import AttributeProto, TensorProto, helper, numpy_helper


def metadata(message, *pairs):
    for key, value in pairs:
        message.metadata_props.add(key=key, value=value)


def tensors():
    """One tensor per element type, in raw_data and in its own field."""
    for code in TensorProto.DataType.values():
        if code in (TensorProto.UNDEFINED, TensorProto.STRING):
            continue
        dtype = helper.tensor_dtype_to_np_dtype(code)
        values = np.arange(6).astype(dtype).reshape(2, 3)
        yield numpy_helper.from_array(values, f"raw_{code}")
        try:
            yield helper.make_tensor(f"field_{code}", code, [2, 3], values.flatten().tolist())
        except (TypeError, ValueError, OverflowError):
            continue
    yield helper.make_tensor("strings", TensorProto.STRING, [2], [b"a\x00b", "ü".encode()])
    yield TensorProto(name="empty", data_type=TensorProto.FLOAT, dims=[0, 3])
    yield TensorProto(name="empty_raw", data_type=TensorProto.INT64, dims=[0], raw_data=b"")
    yield TensorProto(name="scalar", data_type=TensorProto.FLOAT, raw_data=b"\x00\x00\xc0\x7f")  # NaN
    odd = TensorProto(name="odd_bool", data_type=TensorProto.BOOL, dims=[3], raw_data=b"\x00\x01\x02")
    odd.doc_string = "a bool that is 2"
    metadata(odd, ("k", "v"))
    odd.segment.begin, odd.segment.end = 0, 3
    yield odd
    # Entries in a field that is not the one of their type, or in two fields.
    yield TensorProto(name="misfiled", data_type=TensorProto.DOUBLE, dims=[1], int32_data=[1])
    both = helper.make_tensor("both", TensorProto.DOUBLE, [1], [1.0])
    both.int32_data.append(7)
    yield both


def types():
    tensor = helper.make_tensor_type_proto
    yield tensor(TensorProto.FLOAT, ["B", 3, None])
    yield tensor(TensorProto.FLOAT, None)
    yield tensor(TensorProto.FLOAT, [])
    yield tensor(TensorProto.UNDEFINED, [1])
    yield helper.make_sequence_type_proto(tensor(TensorProto.STRING, [2]))
    yield helper.make_optional_type_proto(helper.make_sequence_type_proto(tensor(TensorProto.INT64, ["N"])))
    yield helper.make_map_type_proto(TensorProto.INT64, tensor(TensorProto.FLOAT, [-1]))
    yield helper.make_sparse_tensor_type_proto(TensorProto.DOUBLE, ["M", 4])
    opaque = onnx.TypeProto()
    opaque.opaque_type.domain, opaque.opaque_type.name = "com.example", "Handle"
    yield opaque
    denoted = tensor(TensorProto.FLOAT, ["N", 2])
    denoted.denotation = "IMAGE"
    denoted.tensor_type.shape.dim[0].denotation = "DATA_BATCH"
    yield denoted
    yield onnx.TypeProto()


def sparse(name=""):
    return helper.make_sparse_tensor(numpy_helper.from_array(np.array([1.5, 2.5], np.float32), name),
                                     numpy_helper.from_array(np.array([1, 5])), [8])


def attributes():
    make = helper.make_attribute
    yield make("f", 1.5)
    yield make("i", -7)
    yield make("s", b"\x00\xff any bytes \"quoted\"\n")
    yield make("t", numpy_helper.from_array(np.arange(40, dtype=np.float32), "inner"))
    yield make("floats", [float("nan"), float("inf"), -0.0, 1e-45])
    yield make("ints", [2**63 - 1, -(2**63)])
    yield make("strings", ["a", b"\xff"])
    yield make("tensors", [numpy_helper.from_array(np.array(1)), numpy_helper.from_array(np.array(2.0), "x")])
    yield make("sparse", sparse())
    yield make("sparses", [sparse(), sparse()])
    yield make("type", next(types()))
    yield make("types", list(types()))
    yield make("graphs", [helper.make_graph([], "a", [], []), helper.make_graph([], "b", [], [])])
    for kind in (AttributeProto.FLOATS, AttributeProto.INTS, AttributeProto.STRINGS, AttributeProto.TENSORS,
                 AttributeProto.GRAPHS, AttributeProto.SPARSE_TENSORS, AttributeProto.TYPE_PROTOS):
        yield AttributeProto(name=f"none_{kind}", type=kind)
    documented = make("documented", 3)
    documented.doc_string = "why three"
    yield documented
    untyped = AttributeProto(name="untyped", i=4)
    yield untyped
    yield AttributeProto(name="odd name / with spaces", type=AttributeProto.INT, i=1)


def function(overload):
    inner = helper.make_node("LeakyRelu", ["a"], ["b"], name="leaky")
    inner.attribute.append(AttributeProto(name="alpha", ref_attr_name="slope", type=AttributeProto.FLOAT))
    result = helper.make_function("com.example", "Leaky", ["a"], ["b"], [inner], [helper.make_opsetid("", 17)],
                                  attributes=["slope"], attribute_protos=[helper.make_attribute("bound", 6.0)],
                                  doc_string="leaky", overload=overload)
    metadata(result, ("f", "1"))
    result.value_info.append(helper.make_tensor_value_info("b", TensorProto.FLOAT, ["n"]))
    return result


def unknown(message, text=b"later"):
    """A field of a later release: number 1000, length-delimited."""
    message.MergeFromString(b"\xc2\x3e" + bytes([len(text)]) + text)


def everything():
    then = helper.make_graph([helper.make_node("Neg", ["x"], ["then_y"])], "then", [],
                             [helper.make_tensor_value_info("then_y", TensorProto.FLOAT, ["n"])], doc_string="t")
    other = helper.make_graph([helper.make_node("Abs", ["x"], ["else_y"], name="abs")], "else", [],
                              [helper.make_tensor_value_info("else_y", TensorProto.FLOAT, ["n"])],
                              [numpy_helper.from_array(np.arange(20), "local")])
    metadata(then, ("branch", "then"))
    choice = helper.make_node("If", ["c"], ["y"], name="/if", then_branch=then, else_branch=other)
    odd = onnx.NodeProto(op_type="Everything", domain="com.example", overload="o", name="/everything",
                         input=["x", "", "w0"], output=["e", "", "z"], doc_string="d" * 300,
                         attribute=list(attributes()))
    metadata(odd, ("stack", "line\n" * 50), ("empty", ""))
    device = odd.device_configurations.add(configuration_id="mesh", pipeline_stage=2)
    spec = device.sharding_spec.add(tensor_name="x", device=[0, 1])
    spec.index_to_device_group_map.add(key=1, value=[0, 1])
    dim = spec.sharded_dim.add(axis=0)
    dim.simple_sharding.add(dim_value=4, num_shards=2)
    dim.simple_sharding.add(dim_param="n", num_shards=2)
    unknown(odd)
    nameless = helper.make_node("Leaky", ["x"], ["l"], domain="com.example", slope=0.5, overload="two")
    spelled = helper.make_node("Relu", ["l"], ["r"], domain="ai.onnx", name="")
    spelled.domain = ""
    values = [onnx.ValueInfoProto(name=f"x{i}", type=type_) for i, type_ in enumerate(types())]
    values[0].doc_string = "first"
    metadata(values[1], ("axis", "1"))
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"]),
              helper.make_tensor_value_info("c", TensorProto.BOOL, []),
              helper.make_tensor_value_info("raw_1", TensorProto.FLOAT, [2, 3])]
    inputs[0].doc_string = "the input"
    outputs = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"]) for name in ("y", "r")]
    graph = helper.make_graph([odd, choice, nameless, spelled], "g", inputs + values, outputs,
                              [*tensors(), numpy_helper.from_array(np.ones((4, 8), np.float32), "w0")],
                              doc_string="graph", sparse_initializer=[sparse("sparse_weight")],
                              value_info=[helper.make_tensor_value_info("l", TensorProto.FLOAT, ["n"]),
                                          helper.make_tensor_value_info("w0", TensorProto.FLOAT, [4, 8]),
                                          helper.make_tensor_value_info("e", TensorProto.FLOAT, ["n"]),
                                          helper.make_tensor_value_info("nowhere", TensorProto.FLOAT, [1])])
    annotation = graph.quantization_annotation.add(tensor_name="w0")
    annotation.quant_parameter_tensor_names.add(key="SCALE_TENSOR", value="raw_1")
    metadata(graph, ("graph", "yes"))
    unknown(graph)
    model = helper.make_model(graph, producer_name="p", producer_version="1", domain="d", model_version=3,
                              doc_string="model", functions=[function("one"), function("two")],
                              opset_imports=[helper.make_opsetid("", 20), helper.make_opsetid("com.example", 2)])
    metadata(model, ("a", "b"), ("a", "again"))
    model.configuration.add(name="mesh", num_devices=2, device=["cpu:0", "cpu:1"])
    training = model.training_info.add()
    training.algorithm.CopyFrom(helper.make_graph([helper.make_node("Identity", ["g0"], ["g1"])], "step",
                                                  [helper.make_tensor_value_info("g0", TensorProto.FLOAT, [1])],
                                                  [helper.make_tensor_value_info("g1", TensorProto.FLOAT, [1])]))
    training.update_binding.add(key="w0", value="g1")
    unknown(model)
    return model
