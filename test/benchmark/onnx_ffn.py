"""Structured feed-forward networks against dense ones in ONNX Runtime, as slin writes them.

    ninja -C build slin-python
    PYTHONPATH=build/python python test/benchmark/onnx_ffn.py --widths 1024 2048

Networks width -> 4 width -> width with gelu_tanh and biases, f32, dynamic leading axes,
dense and with each structure at 5/16 and 10/16 of the parameters. All of one width take
turns on all cores; the median of the rounds is shown. The goals: at 31.25 % low_rank and
block_dense 2.5 times and block_shuffle 2.0 times as fast as dense, at 62.5 % 1.35 times.
Prints rows of docs/Benchmarks.md. Not part of the test suite.
"""

import argparse

import numpy as np
from cpu_ffn import factors, network
from slin import _slin, timing

GOALS = {5: {"low_rank": 2.5, "block_dense": 2.5, "block_shuffle": 2.0}, 10: {}}


def model(structure, width, sixteenths):
    text = network(structure, "?", width, 4 * width, sixteenths).replace("tensor<?x", "tensor<?x?x")
    head = 'module attributes {onnx.opset_imports = [["", 20]], onnx.model = {ir_version = 9 : i64}} {\n'
    return _slin.translate(head + text.replace("onnx.graph = {}", 'onnx.graph = {name = "g"}') + "}\n")


def share(structure, width, sixteenths):
    shapes = factors(structure, width, 4 * width, sixteenths) + factors(structure, 4 * width, width, sixteenths)
    return sum(int(np.prod(shape)) for shape in shapes) / (8 * width * width)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--widths", type=int, nargs="+", default=[1024, 2048])
    parser.add_argument("--tokens", type=int, nargs="+", default=[512, 4096])
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    timing.shared_pool()
    print("| width | tokens | weights | parameters | ms | quartiles | dense / structured | goal |")
    print("|---|---|---|---|---|---|---|---|")
    for width in arguments.widths:
        kinds = [("dense", 16)] + [(name, part) for part in (5, 10) for name in GOALS[5]]
        sessions = {kind: timing.open_timed(model(kind[0], width, kind[1])) for kind in kinds}
        for count in arguments.tokens:
            x = np.random.default_rng(0).standard_normal((1, count, width)).astype(np.float32)
            times = timing.compare(sessions, {kind: {"x": x} for kind in kinds}, arguments.rounds)
            dense = times["dense", 16].median
            for (name, part), time in times.items():
                low, high = time.interval
                goal = "" if name == "dense" else f"{GOALS[part].get(name, 1.35)}×"
                faster = "" if name == "dense" else f"{dense / time.median:.2f}×"
                print(
                    f"| {width} | {count} | {name} | {share(name, width, part):.1%} | {time.median * 1e3:.1f} "
                    f"| {low * 1e3:.1f} – {high * 1e3:.1f} | {faster} | {goal} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
