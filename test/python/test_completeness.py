"""One model that says everything an ONNX file can say comes back equal.

The backend models use a part of the format; complete_model.py fills all of it.
"""

import onnx
import pytest
from complete_model import everything

from slin import _slin

ROUTES = ["direct", "text", "bytecode", "canonicalize", "slin"]


def canonical(message):
    """The model with each node's attributes in the order of their names."""
    def sort(nodes):
        for node in nodes:
            ordered = sorted(node.attribute, key=lambda attribute: attribute.name)
            for attribute in ordered:
                for graph in [attribute.g, *attribute.graphs]:
                    sort(graph.node)
            del node.attribute[:]
            node.attribute.extend(ordered)

    result = onnx.ModelProto.FromString(message)
    sort(result.graph.node)
    for item in result.functions:
        sort(item.node)
    return result


@pytest.mark.parametrize("route", ROUTES)
def test_everything_comes_back(tmp_path, route):
    path = tmp_path / "everything.onnx"
    path.write_bytes(everything().SerializeToString())
    again = canonical(_slin.roundtrip(str(path), route))
    expected = canonical(path.read_bytes())
    # Part by part, so that a failure says where.
    for field, _ in expected.ListFields():
        if field.name == "graph":
            continue
        assert getattr(again, field.name) == getattr(expected, field.name), field.name
    for field, _ in expected.graph.ListFields():
        ours, theirs = getattr(again.graph, field.name), getattr(expected.graph, field.name)
        if hasattr(theirs, "__len__") and not isinstance(theirs, str):
            assert len(ours) == len(theirs), field.name
            for index, (one, other) in enumerate(zip(ours, theirs)):
                assert one == other, f"{field.name}[{index}]"
    assert again == expected
    # What == does not see: fields that no release knows.
    assert again.SerializeToString(deterministic=True) == expected.SerializeToString(deterministic=True)
