"""Makes the seed corpus of onnx-import-fuzzer from the smallest ONNX backend tests.

    make_corpus.py FOLDER

One model per operator and attribute kind, below 600 bytes each, so that a mutation
often meets something that matters.
"""
import pathlib
import sys

from onnx.backend.test.loader import load_model_tests


def main() -> None:
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    seen = set()
    for case in sorted(load_model_tests(kind="node"), key=lambda case: case.name):
        data = case.model.SerializeToString()
        kinds = tuple(sorted({attribute.type for node in case.model.graph.node for attribute in node.attribute}))
        operators = tuple(sorted({node.op_type for node in case.model.graph.node}))
        key = (kinds, operators[:1], len(case.model.functions))
        if len(data) > 600 or key in seen:
            continue
        seen.add(key)
        (folder / f"{case.name}.onnx").write_bytes(data)


if __name__ == "__main__":
    main()
