# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Random small models for the exact rewrites: linears with whatever maps, joins and
functions of features stand between them, in the forms that exporters write.

A value is known by its name, its leading axes (names or sizes) and its features.
"""

import dataclasses

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

SIZES = {"B": 2, "T": 3}
TYPES = {np.float16: TensorProto.FLOAT16, np.float32: TensorProto.FLOAT, np.float64: TensorProto.DOUBLE}
LEADING = [("B",), ("B", "T"), ("B", 2, "T"), (1, "T"), ("B", 1), ()]


@dataclasses.dataclass(frozen=True)
class Value:
    name: str
    leading: tuple
    features: int

    @property
    def shape(self):
        return [*self.leading, self.features]


def broadcast(a, b):
    """The leading axes of a sum; None where they do not fit."""
    if len(a) < len(b):
        a, b = b, a
    result = list(a)
    for place in range(1, len(b) + 1):
        one, other = a[-place], b[-place]
        if one != other and 1 not in (one, other):
            return None
        result[-place] = other if one == 1 else one
    return tuple(result)


class Scope:
    """The nodes of one graph and what can be read there."""

    def __init__(self, builder, values, prefix):
        self.builder, self.values, self.prefix, self.nodes = builder, list(values), prefix, []

    def node(self, op, inputs, outputs=1, **attributes):
        names = [self.builder.fresh(self.prefix) for _ in range(outputs)]
        domain = attributes.pop("domain", "")
        self.nodes.append(helper.make_node(op, inputs, names, names[0] + "/" + op, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def add(self, name, leading, features):
        value = Value(name, tuple(leading), features)
        self.values.append(value)
        return value

    def pick(self, condition=lambda value: True):
        """Recent values rather than old ones, so that chains grow."""
        found = [value for value in self.values if condition(value)]
        if not found:
            return None
        return found[-1 - min(int(self.builder.random.geometric(0.45)) - 1, len(found) - 1)]


class Builder:
    def __init__(self, seed):
        self.random = np.random.default_rng(seed)
        self.dtype = self.choose([np.float32, np.float32, np.float32, np.float64])
        self.opset = int(self.choose([11, 13, 17, 20]))
        self.static = self.random.random() < 0.4
        self.count, self.initializers, self.functions = 0, [], []

    def choose(self, options):
        return options[int(self.random.integers(len(options)))]

    def fresh(self, prefix="v"):
        self.count += 1
        return f"{prefix}{self.count}"

    def size(self, axis):
        return SIZES.get(axis, axis)

    def constant(self, array, prefix="c"):
        name = self.fresh(prefix)
        self.initializers.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def weights(self, *shape):
        return (self.random.standard_normal(shape) / np.sqrt(shape[0])).astype(self.dtype)

    def per_feature(self, value, uniform=False):
        """A constant that a value is scaled by or shifted by, never more than the value's axes."""
        rank, features = len(value.shape), value.features
        shapes = [[], [1], [features], [features], [1] * (rank - 1) + [features], [1] * rank]
        if value.leading and self.size(value.leading[-1]) in (1, 3):
            shapes += [[self.size(value.leading[-1]), 1], [self.size(value.leading[-1]), features]]
        if value.leading and value.leading[-1] == 1:
            shapes.append([SIZES["T"], features])
        shape = self.choose(shapes)
        array = self.random.uniform(0.5, 2, shape) * self.random.choice([-1, 1], shape)
        if self.random.random() < 0.25 or uniform:
            array = np.full(shape, self.choose([0.0, 1.0, 0.5]))
        elif len(shape) == 2 and self.random.random() < 0.5:
            array = np.broadcast_to(array[:1], shape)
        leading = value.leading
        if leading and leading[-1] == 1 and len(shape) == 2 and shape[0] == 3:
            leading = (*leading[:-1], "T")
        return array.astype(self.dtype), leading

    # What grows a graph, each with the scope that it grows.

    def linear(self, scope):
        value, out = scope.pick(), int(self.choose([1, 4, 4, 6, 8, 12]))
        if len(value.leading) == 1 and self.random.random() < 0.4:
            turned = bool(self.random.integers(2))
            weight = self.weights(value.features, out)
            bias = self.weights(*self.choose([(out,), (1, out), (1,)]))
            inputs = [value.name, self.constant(weight.T if turned else weight), self.constant(bias)]
            name = scope.node("Gemm", inputs[: self.choose([2, 3, 3])], transB=int(turned),
                              alpha=self.choose([1.0, 0.5]), beta=self.choose([1.0, 2.0, 0.0]))
            return scope.add(name, value.leading, out)
        name = scope.node("MatMul", [value.name, self.constant(self.weights(value.features, out))])
        leading = value.leading
        if self.random.random() < 0.6:
            shape = self.choose([(out,), (out,), (1, out), (1,), (1, 1, out)])
            if len(shape) > len(value.shape):
                leading = (1,) * (len(shape) - len(value.shape)) + leading
            operands = [name, self.constant(self.weights(*shape))]
            name = scope.node("Add", operands[:: self.choose([1, -1])])
        return scope.add(name, leading, out)

    def scale(self, scope):
        value = scope.pick()
        array, leading = self.per_feature(value)
        op = self.choose(["Mul", "Mul", "Div", "Add", "Sub"])
        if op == "Div":
            array = np.where(array == 0, 2, array).astype(self.dtype)
        operands = [value.name, self.constant(array)]
        if op != "Div":
            operands = operands[:: self.choose([1, -1])]
        return scope.add(scope.node(op, operands), leading, value.features)

    def norm(self, scope):
        value = scope.pick(lambda value: len(value.shape) in (2, 3))
        if not value:
            return None
        draw = [self.weights(value.features) for _ in range(3)]
        draw.append(self.random.uniform(0.5, 2, value.features).astype(self.dtype))
        name = value.name
        if len(value.shape) == 3:
            name = scope.node("Transpose", [name], perm=[0, 2, 1])
        name = scope.node("BatchNormalization", [name, *(self.constant(one) for one in draw)], epsilon=1e-3)
        if len(value.shape) == 3:
            name = scope.node("Transpose", [name], perm=[0, 2, 1])
        return scope.add(name, value.leading, value.features)

    def slice(self, scope):
        value = scope.pick(lambda value: value.features > 1)
        if not value:
            return None
        first = int(self.random.integers(value.features - 1))
        last = int(self.random.integers(first + 1, value.features + 1))
        first -= value.features if self.random.random() < 0.3 else 0
        end = np.iinfo(np.int64).max if last == value.features and self.random.random() < 0.5 else last
        axis = self.choose([-1, len(value.leading)])
        inputs = [self.constant(np.array([number], np.int64)) for number in (first, end, axis)]
        return scope.add(scope.node("Slice", [value.name, *inputs]), value.leading,
                         last - (first % value.features))

    def split(self, scope):
        value = scope.pick(lambda value: value.features >= 4 and value.features % 2 == 0)
        if not value:
            return None
        first, axis = int(self.random.integers(1, value.features)), self.choose([-1, len(value.leading)])
        sizes, inputs, attributes = [first, value.features - first], [value.name], {"axis": axis}
        if self.random.random() < 0.3:
            sizes = [value.features // 2] * 2
            attributes |= {"num_outputs": 2} if self.opset >= 18 else {}
        elif self.opset >= 13:
            inputs.append(self.constant(np.array(sizes, np.int64)))
        else:
            attributes["split"] = sizes
        for name, size in zip(scope.node("Split", inputs, outputs=2, **attributes), sizes, strict=True):
            added = scope.add(name, value.leading, size)
        return added

    def gather(self, scope):
        value = scope.pick()
        kept = int(self.random.integers(1, value.features + 1))
        order = self.random.permutation(value.features)[:kept].astype(np.int64)
        if self.random.random() < 0.2:
            order[-1] = order[0]
        order[order % 2 == 0] -= value.features if self.random.random() < 0.3 else 0
        name = scope.node("Gather", [value.name, self.constant(order)],
                          axis=self.choose([-1, len(value.leading)]))
        return scope.add(name, value.leading, kept)

    def concat(self, scope):
        value = scope.pick()
        others = [value]
        for _ in range(int(self.random.integers(1, 3))):
            others.append(scope.pick(lambda other: other.leading == value.leading))
        if sum(other.features for other in others) > 24:
            return None
        self.random.shuffle(others)
        name = scope.node("Concat", [other.name for other in others], axis=self.choose([-1, len(value.leading)]))
        return scope.add(name, value.leading, sum(other.features for other in others))

    def where(self, scope):
        yes, no = self.pair(scope)
        mask = self.random.random(self.choose([[yes.features], [1, yes.features]])) < self.choose([0.5, 0.5, 0, 1])
        leading = broadcast(broadcast(yes.leading, no.leading), (1,) * (mask.ndim - 1))
        return scope.add(scope.node("Where", [self.constant(mask), yes.name, no.name]), leading, yes.features)

    def pair(self, scope):
        one = scope.pick()
        other = scope.pick(lambda value: value.features == one.features
                           and broadcast(value.leading, one.leading) is not None
                           and (value != one or self.random.random() < 0.2)) or one
        return (one, other) if self.random.random() < 0.5 else (other, one)

    def join(self, scope):
        one, other = self.pair(scope)
        op = self.choose(["Add", "Add", "Sub", "Sum"])
        return scope.add(scope.node(op, [one.name, other.name]), broadcast(one.leading, other.leading), one.features)

    def activate(self, scope):
        value = scope.pick()
        kind = self.choose(["Relu", "Relu", "Tanh", "Sigmoid", "LeakyRelu", "erf", "PRelu", "Max", "Gelu"])
        if (kind == "Gelu" and self.opset < 20) or (
                kind in ("erf", "Gelu", "PRelu", "LeakyRelu") and self.dtype == np.float64):
            kind = "Relu"  # ONNX Runtime has the others in f32 alone
        leading = value.leading
        if kind == "erf":
            half, root = (self.constant(np.array(number, self.dtype)) for number in (0.5, np.sqrt(2)))
            one = self.constant(np.ones(self.choose([[], [1], [value.features]]), self.dtype))
            inner = scope.node("Erf", [scope.node("Div", [value.name, root])])
            product = scope.node("Mul", [value.name, scope.node("Add", [inner, one])])
            name = scope.node("Mul", [product, half])
        elif kind in ("PRelu", "Max"):
            array = np.full(self.choose([[], [1], [value.features]]), 0.25, self.dtype)
            name = scope.node(kind, [value.name, self.constant(array)])
        else:
            name = scope.node(kind, [value.name])
        return scope.add(name, leading, value.features)

    def cast(self, scope):
        value = scope.pick()
        other = np.float64 if self.dtype == np.float32 else np.float32
        wide = scope.node("Cast", [value.name], to=TYPES[other])
        if self.random.random() < 0.5:
            weight = (self.random.standard_normal((value.features, 4)) / 2).astype(other)
            wide = scope.node("MatMul", [wide, self.constant(weight)])
            return scope.add(scope.node("Cast", [wide], to=TYPES[self.dtype]), value.leading, 4)
        return scope.add(scope.node("Cast", [wide], to=TYPES[self.dtype]), value.leading, value.features)

    def branch(self, scope):
        if scope.prefix != "v":
            return None
        value, graphs = scope.pick(), []
        for prefix in ("then", "else"):
            inner = Scope(self, [value], prefix)
            for _ in range(3):
                self.grow(inner)
            last = inner.values[-1]
            out = inner.node("MatMul", [last.name, self.constant(self.weights(last.features, 4))])
            # Both branches have the same axes.
            ranks = broadcast(last.leading, value.leading)
            if ranks != value.leading:
                return None
            out = inner.node("Add", [out, self.zeros(inner, value)])
            graphs.append(helper.make_graph(inner.nodes, prefix, [], [helper.make_empty_tensor_value_info(out)]))
        return scope.add(scope.node("If", ["condition"], then_branch=graphs[0], else_branch=graphs[1]),
                         value.leading, 4)

    def zeros(self, scope, value):
        """Zeros in the leading axes of a value, as something computed from it."""
        weight = self.constant(np.zeros((value.features, 1), self.dtype))
        return scope.node("MatMul", [value.name, weight])

    def call(self, scope):
        """A model-local function, with weights of its own and one that it is given."""
        if scope.prefix != "v":
            return None
        value, name = scope.pick(), self.fresh("function")
        inner = Scope(self, [Value("input", value.leading, value.features)], name + "_")
        kept, self.initializers = self.initializers, []
        for _ in range(4):
            self.grow(inner)
        own, self.initializers = self.initializers, kept
        last = inner.values[-1]
        given = self.constant(self.weights(last.features, 6))
        inner.node("MatMul", [last.name, "given"])
        constants = [helper.make_node("Constant", [], [one.name], value=one) for one in own]
        self.functions.append(helper.make_function(
            "local", name, ["input", "given"], [inner.nodes[-1].output[0]], [*constants, *inner.nodes],
            [helper.make_opsetid("", self.opset)]))
        return scope.add(scope.node(name, [value.name, given], domain="local"), last.leading, 6)

    def grow(self, scope):
        steps = [self.linear] * 5 + [self.scale] * 4 + [self.join] * 3 + [self.activate] * 3 + [
            self.norm, self.slice, self.split, self.gather, self.concat, self.where, self.where,
            self.cast, self.branch, self.call]
        return self.choose(steps)(scope)

    def axes(self, leading):
        return [self.size(axis) if self.static else axis for axis in leading]

    def model(self):
        rank = self.choose([1, 2, 2, 2, 3])
        inputs = [Value("x", LEADING[rank - 1], int(self.choose([4, 8])))]
        for place in range(int(self.random.integers(0, 3))):
            leading = self.choose([one for one in LEADING if broadcast(one, inputs[0].leading) == inputs[0].leading])
            inputs.append(Value(f"r{place}", leading, inputs[0].features))
        scope = Scope(self, inputs[::-1], "v")
        if self.random.random() < 0.7:
            self.linear(scope)
        for _ in range(int(self.random.integers(5, 14))):
            self.grow(scope)
        self.linear(scope)
        made = [value for value in scope.values if value not in inputs]
        outputs = [made[-1]] + [value for value in made[:-1] if self.random.random() < 0.15]
        infos = [helper.make_tensor_value_info(value.name, TYPES[self.dtype], self.axes(value.shape))
                 for value in [*inputs, *outputs]]
        infos.insert(len(inputs), helper.make_tensor_value_info("condition", TensorProto.BOOL, []))
        cut = len(inputs) + 1
        graph = helper.make_graph(scope.nodes, "random", infos[:cut], infos[cut:], self.initializers)
        opsets = [helper.make_opsetid("", self.opset), helper.make_opsetid("local", 1)]
        model = helper.make_model(graph, opset_imports=opsets, functions=self.functions, ir_version=9)
        return onnx.shape_inference.infer_shapes(model) if self.random.random() < 0.5 else model

    def arguments(self, model):
        found = {"condition": np.array(bool(self.random.integers(2)))}
        for one in model.graph.input:
            shape = [SIZES.get(axis.dim_param, axis.dim_value) for axis in one.type.tensor_type.shape.dim]
            if one.name != "condition":
                found[one.name] = self.random.standard_normal(shape).astype(self.dtype)
        return found
