"""A feed-forward network in slin's own machine code against ONNX Runtime.

    ninja -C build slin-opt slin-run
    python test/benchmark/cpu_ffn.py build/bin --threads 2

One network (768 -> 3072 -> 768, gelu_tanh, biases, f32, 512 tokens by default) with
dense weights and with each structure at 5/16 of the parameters. slin-run compiles the
slin ops; ONNX Runtime runs what slin-opt --slin-to-onnx writes for the same ops, with
the same number of threads. The two take turns, for --rounds rounds of --repeat runs; the
median is taken of each round and the best round is shown, which is what a machine that
other work shares allows to say. Results of slin-run are checked in the first round.
Prints rows of docs/Benchmarks.md. Not part of the test suite.
"""

import argparse
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

import numpy as np
import onnx
import onnxruntime


def tensor(*shape):
    return f"tensor<{'x'.join(map(str, shape))}xf32>"


def factors(structure, inputs, outputs, sixteenths=5):
    """Stored shapes at 5/16 or 10/16 of the parameters, as the operator names them."""
    if structure == "dense":
        return [(outputs, inputs)]
    kept = inputs * outputs * sixteenths // 16
    if structure == "low_rank":
        rank = kept // (inputs + outputs) // 8 * 8
        return [(outputs, rank), (rank, inputs)]
    blocks, inner = 4 if sixteenths == 5 or structure == "block_dense" else 2, min(inputs, outputs)
    if structure == "block_dense":
        rank = kept // (outputs + inputs // blocks) // 32 * 32
        return [(outputs, rank), (blocks, rank // blocks, inputs // blocks)]
    return [(blocks, inner // blocks, inputs // blocks), (blocks, outputs // blocks, inner // blocks)]


def operator(name, structure, inputs, outputs, seed, sixteenths=5):
    shapes = factors(structure, inputs, outputs, sixteenths)
    scale = (1.0 / inputs) ** 0.5 if structure == "dense" else (1.0 / max(shapes[-1][-1], 1)) ** 0.5
    lines = [
        f'  %{name}{i} = slin.weight "/{name}/slin_{i}" '
        f"#onnx.synthetic<normal, seed = {seed + i}, scale = {scale:.6f}> : {tensor(*shape)}"
        for i, shape in enumerate(shapes)
    ]
    values = ", ".join(f"%{name}{i}" for i in range(len(shapes)))
    types = ", ".join(tensor(*shape) for shape in shapes)
    lines.append(f"  %{name} = slin.{structure} {values} : {types} -> !slin.linop<{inputs} -> {outputs}, f32>")
    return lines


def network(structure, tokens, width, hidden, sixteenths=5):
    x, h = tensor(tokens, width), tensor(tokens, hidden)
    bias = '  %{0} = slin.weight "{0}" #onnx.synthetic<normal, seed = {1}, scale = 0.1> : {2}'
    lines = [
        f'func.func @ffn(%x: {x} {{onnx.name = "x"}}) -> ({x} {{onnx.name = "y"}}) attributes {{onnx.graph = {{}}}} {{',
        *operator("up", structure, width, hidden, 1, sixteenths),
        *operator("down", structure, hidden, width, 5, sixteenths),
        bias.format("b1", 8, tensor(hidden)),
        bias.format("b2", 9, tensor(width)),
        f'  %h = slin.apply %up, %x bias %b1 : {tensor(hidden)} {{path = "/up", onnx.output_name = "h"}}',
        f"    : !slin.linop<{width} -> {hidden}, f32>, {x} -> {h}",
        f"  %a = slin.activation gelu_tanh(%v = %h : {h}) -> {h} {{",
        f'    %g = onnx.Gelu(%v) "/gelu" outputs ["a"] {{approximate = "tanh"}} : ({h}) -> {h}',
        f"    slin.yield %g : {h}",
        "  }",
        f'  %y = slin.apply %down, %a bias %b2 : {tensor(width)} {{path = "/down", onnx.output_name = "y"}}',
        f"    : !slin.linop<{hidden} -> {width}, f32>, {h} -> {x}",
        f"  return %y : {x}",
        "}",
    ]
    return "\n".join(lines) + "\n"


def with_slin(tools, source, arguments, check):
    command = [tools / "slin-run", source, f"--threads={arguments.threads}", f"--repeat={arguments.repeat}"]
    done = subprocess.run([*command, *(["--check=reference"] if check else [])], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return float(re.search(r"median ([\d.]+) ms", done.stdout).group(1))


def session_for(tools, source, arguments):
    target = source.with_suffix(".onnx")
    subprocess.run([tools / "slin-opt", source, "--slin-to-onnx", "-o", target], check=True)
    model = onnx.load(target)
    model.ir_version = 9
    if not model.opset_import:
        model.opset_import.append(onnx.helper.make_opsetid("", 20))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = arguments.threads
    return onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])


def with_runtime(session, arguments):
    x = np.random.default_rng(0).standard_normal((arguments.tokens, arguments.width)).astype(np.float32)
    times = []
    for _ in range(arguments.repeat + 1):
        start = time.perf_counter()
        session.run(None, {"x": x})
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tools", type=pathlib.Path, help="folder of slin-opt and slin-run")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--tokens", type=int, default=512)
    parser.add_argument("--width", type=int, default=768)
    parser.add_argument("--hidden", type=int, default=3072)
    parser.add_argument("--structures", nargs="+", default=["dense", "low_rank", "block_dense", "block_shuffle"])
    parser.add_argument("--repeat", type=int, default=15)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    print("| weights | parameters | ONNX Runtime ms | slin ms | ONNX Runtime / slin | first row / slin |")
    print("|---|---|---|---|---|---|")
    dense = None
    with tempfile.TemporaryDirectory() as folder:
        for structure in arguments.structures:
            source = pathlib.Path(folder) / f"{structure}.mlir"
            source.write_text(network(structure, arguments.tokens, arguments.width, arguments.hidden))
            session = session_for(arguments.tools, source, arguments)
            ours, theirs = [], []
            for number in range(arguments.rounds):
                ours.append(with_slin(arguments.tools, source, arguments, number == 0))
                theirs.append(with_runtime(session, arguments))
            mine, other = min(ours), min(theirs)
            dense = dense or mine
            shapes = factors(structure, arguments.width, arguments.hidden)
            shapes += factors(structure, arguments.hidden, arguments.width)
            share = sum(int(np.prod(s)) for s in shapes) / (2 * arguments.width * arguments.hidden)
            print(
                f"| {structure} | {share:.1%} | {other:.1f} | {mine:.1f} | {other / mine:.2f}× | {dense / mine:.2f}× |",
                flush=True,
            )


if __name__ == "__main__":
    main()
