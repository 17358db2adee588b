"""Whether slin-premerge chooses the form that is fastest in ONNX Runtime.

    ninja -C build slin-opt slin-python
    PYTHONPATH=build/python python test/benchmark/merge_choice.py prepare build/bin models
    PYTHONPATH=build/python python test/benchmark/merge_choice.py measure models

A grid of single linears: widths 256 to 2048, up (to four times the width) and down,
three structures at 5/16 and 10/16 of the parameters, 1 to 4096 tokens. `prepare` writes
each linear as it is stored and as one matrix, with dynamic leading axes, and notes what
slin-premerge chooses for `--target`. `measure` lets all forms of a shape take turns on
all cores, for five rounds. A choice is right if its median is within 10 % of the best
form's, or if the quartiles of the two overlap (marked). Prints a table for
docs/Benchmarks.md and every case that is not right. Not part of the test suite.
"""

import argparse
import json
import pathlib
import re
import subprocess

import numpy as np
from cpu_ffn import operator, tensor
from slin import _slin, timing

WIDTHS = (256, 512, 1024, 2048)
TOKENS = (1, 4, 16, 64, 256, 1024, 4096)
STRUCTURES = ("low_rank", "block_dense", "block_shuffle")


def linear(structure, inputs, outputs, sixteenths):
    """A module of one linear."""
    x, y = tensor("?", "?", inputs), tensor("?", "?", outputs)
    lines = [
        'module attributes {onnx.opset_imports = [["", 17]], onnx.model = {ir_version = 8 : i64}} {',
        f'func.func @main_graph(%x: {x} {{onnx.name = "x"}}) -> ({y} {{onnx.name = "y"}})'
        ' attributes {onnx.graph = {name = "g"}} {',
        *operator("fc", structure, inputs, outputs, 1, sixteenths),
        f'  %y = slin.apply %fc, %x {{path = "/fc", onnx.output_name = "y"}} '
        f": !slin.linop<{inputs} -> {outputs}, f32>, {x} -> {y}",
        f"  return %y : {y}",
        "}",
        "}",
    ]
    return "\n".join(lines) + "\n"


def shapes():
    for width in WIDTHS:
        yield width, 4 * width
        yield 4 * width, width


def choices(tools, source, target):
    """The name of the chosen form for each token count."""
    tokens = ",".join(map(str, TOKENS))
    output = source.with_suffix(".out.mlir")
    command = [tools / "slin-opt", source, f"--slin-premerge=tokens={tokens} target={target}", "-o", output]
    subprocess.run(command, check=True)
    text = output.read_text()
    for path in source.parent.glob(f"{output.name}*"):
        path.unlink()
    chosen = re.findall(r'"(\w+)"', re.search(r"chosen = \[(.*?)\]", text).group(1))
    bounds = [int(number) for number in re.findall(r"\d+", re.search(r"bounds = array<i64:? ?(.*?)>", text).group(1))]
    return [chosen[sum(bound <= count for bound in bounds)] for count in TOKENS]


def prepare(arguments):
    arguments.models.mkdir(parents=True, exist_ok=True)
    notes = {}
    for inputs, outputs in shapes():
        name = f"{inputs}-{outputs}"
        file = arguments.models / f"dense-{name}.onnx"
        if not file.exists():
            file.write_bytes(_slin.translate(linear("dense", inputs, outputs, 16)))
        for structure in STRUCTURES:
            for sixteenths in (5, 10):
                case = f"{structure}-{sixteenths}-{name}"
                source = arguments.models / f"{case}.mlir"
                source.write_text(linear(structure, inputs, outputs, sixteenths))
                notes[case] = choices(arguments.tools, source, arguments.target)
                file = arguments.models / f"{case}.onnx"
                if not file.exists():
                    file.write_bytes(_slin.translate(source.read_text()))
    (arguments.models / "choices.json").write_text(json.dumps(notes, indent=1))


def measure(arguments):
    timing.shared_pool()
    timing.WARM_UP, timing.ROUND = 0.01, 0.03
    results = {}
    for inputs, outputs in shapes():
        name = f"{inputs}-{outputs}"
        cases = [f"dense-{name}"] + [f"{structure}-{part}-{name}" for structure in STRUCTURES for part in (5, 10)]
        sessions = {case: timing.open_timed((arguments.models / f"{case}.onnx").read_bytes()) for case in cases}
        for count in TOKENS:
            x = np.random.default_rng(0).standard_normal((1, count, inputs)).astype(np.float32)
            times = timing.compare(sessions, {case: {"x": x} for case in cases}, arguments.rounds)
            for case, time in times.items():
                results.setdefault(case, []).append([time.median, *time.interval])
        print(f"measured {name}", flush=True)
        (arguments.models / "times.json").write_text(json.dumps(results, indent=1))


def judge(arguments):
    notes = json.loads((arguments.models / "choices.json").read_text())
    results = json.loads((arguments.models / "times.json").read_text())
    right, total, listed = {}, {}, []
    for case, chosen in notes.items():
        structure, part, name = case.split("-", 2)
        for number, count in enumerate(TOKENS):
            forms = {"stored": results[case][number], "dense": results[f"dense-{name}"][number]}
            best = min(forms, key=lambda form: forms[form][0])
            own = forms[chosen[number]]
            within = own[0] <= 1.1 * forms[best][0]
            overlap = own[1] <= forms[best][2]
            key = (structure, part)
            total[key] = total.get(key, 0) + 1
            right[key] = right.get(key, 0) + (within or overlap)
            if not within:
                listed.append(
                    f"| {structure} {int(part) / 16:.1%} | {name.replace('-', ' → ')} | {count} | {chosen[number]} | "
                    + " | ".join(f"{forms[form][0] * 1e6:.0f}" for form in ("stored", "dense"))
                    + f" | {'overlap' if overlap else 'wrong'} |"
                )
    print("| structure | parameters | cases | right |\n|---|---|---|---|")
    for key, count in total.items():
        print(f"| {key[0]} | {int(key[1]) / 16:.1%} | {count} | {right[key]} ({right[key] / count:.1%}) |")
    print(f"| all | | {sum(total.values())} | {sum(right.values())} ({sum(right.values()) / sum(total.values()):.1%}) |")
    print("\n| linear | in → out | tokens | chosen | stored us | dense us | |\n|---|---|---|---|---|---|---|")
    print("\n".join(listed))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    first = commands.add_parser("prepare")
    first.add_argument("tools", type=pathlib.Path, help="folder of slin-opt")
    first.add_argument("--target", default="cpu")
    first.set_defaults(run=prepare)
    second = commands.add_parser("measure")
    second.add_argument("--rounds", type=int, default=5)
    second.set_defaults(run=measure)
    third = commands.add_parser("judge")
    third.set_defaults(run=judge)
    for command in (first, second, third):
        command.add_argument("models", type=pathlib.Path, help="folder of the models and results")
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
