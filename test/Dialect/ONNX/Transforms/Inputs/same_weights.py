"""Fails unless the two models have the same initializers, whatever file they lie in."""
import sys

import onnx
from onnx import numpy_helper

first, second = (onnx.load(path) for path in sys.argv[1:3])
assert len(first.graph.initializer) == len(second.graph.initializer) > 0
for one, other in zip(first.graph.initializer, second.graph.initializer):
    assert one.name == other.name
    assert (numpy_helper.to_array(one) == numpy_helper.to_array(other)).all()
