# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Kernels of slin against cuBLAS, on one GPU.

    python test/benchmark/gpu.py prepare FOLDER --target sm_90a     # where slin is built; no GPU
    python test/benchmark/gpu.py measure FOLDER                     # where the GPU is: torch, numpy, python/slin/{files,runtime,tuning}.py
    python test/benchmark/gpu.py check FOLDER --tokens 1 130        # results only
    python test/benchmark/gpu.py sanitize FOLDER                    # `check` under compute-sanitizer

`measure` checks the results of each row first, against f64, and stops at the first that is wrong. Times are those of
CUDA graphs between CUDA events, the median of the replays; runs in a graph take turns over copies of the weights that
do not fit the cache. cuBLAS runs through torch in the same process, with the epilogue of cuBLASLt where that is faster.
Without a GPU it fails. Not part of the test suite.
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

from gpu_cases import ENTRY, MANY, SHARES, Case, all_cases, fill, reference, write

SANITIZERS = ("memcheck", "racecheck", "synccheck")
# Of the norm: rounding to bf16 is 1.7e-3 for numbers at random.
TOLERANCE = 3e-3


def goal(case: Case, tokens: int) -> float:
    """How often as fast as cuBLAS a row is to be."""
    if case.kind == "gemm":
        return 0.95 if case.width >= 4096 else 1.0
    if tokens < MANY:
        wanted = {2048: 1.8, 6144: 2.7}
        return 1.0 if case.structure == "dense" else wanted[case.width]
    if case.sixteenths == 10:
        return 1.5
    return 2.3 if case.width == 768 else 2.9


def prepare(arguments) -> None:
    arguments.folder.mkdir(parents=True, exist_ok=True)
    for case in all_cases():
        write(case, arguments.target, arguments.folder / f"{case.name}.slingpu.xz")
        print(case.name, flush=True)


def open_card():
    """A slin.tuning.Clock."""
    try:
        from slin import runtime, tuning
    except ImportError as error:
        raise SystemExit(f"expected python/slin/{{files,runtime,tuning}}.py in a folder `slin` on PYTHONPATH: {error}") from None
    try:
        return tuning.Clock()
    except runtime.Error as error:
        raise SystemExit(str(error)) from None


def load(path: pathlib.Path):
    from slin import runtime

    return runtime.load(str(path))


def check(card, case: Case, program, weights: dict, tokens: int) -> float:
    """The error of the result, of the norm. Stops where it is more than rounding."""
    torch = card.torch
    x = card.random(tokens, case.input_features)
    y = program.run(ENTRY, x)
    on_card = {name: torch.from_numpy(array).cuda().double() for name, array in weights.items()}
    error = norm = 0.0
    for first in range(0, tokens, 4096):
        wanted = reference(
            case,
            on_card,
            x[first : first + 4096].double(),
            lambda values: values.bfloat16().double(),
            lambda values: torch.nn.functional.gelu(values, approximate="tanh"),
            lambda *shape: torch.zeros(*shape, device="cuda", dtype=torch.float64),
        )
        error += float((y[first : first + 4096].double() - wanted).square().sum())
        norm += float(wanted.square().sum())
    found = (error / norm) ** 0.5
    if not found < TOLERANCE:
        raise SystemExit(f"{case.name}, {tokens} tokens: expected an error below {TOLERANCE}, found {found:.2e}")
    return found


def cublas(card, case: Case, tokens: int) -> float:
    """Seconds of the dense network, or of the product."""
    torch, functional = card.torch, card.torch.nn.functional
    if case.kind == "gemm":
        x = card.random(tokens, case.width)
        w = card.random(case.output_features, case.width)
        return card.seconds([lambda: functional.linear(x, w)])
    width, x = case.width, card.random(tokens, case.width)
    sets = [
        (card.random(4 * width, width), card.random(4 * width), card.random(width, 4 * width), card.random(width))
        for _ in range(card.copies(16 * width * width, tokens))
    ]

    def plain(w1, b1, w2, b2):
        return functional.linear(functional.gelu(functional.linear(x, w1, b1), approximate="tanh"), w2, b2)

    def fused(w1, b1, w2, b2):
        return functional.linear(torch._addmm_activation(b1, x, w1.t(), use_gelu=True), w2, b2)

    return min(card.seconds([lambda s=s, f=f: f(*s) for s in sets]) for f in (plain, fused))


def measure_case(card, case: Case, source: pathlib.Path, folder: pathlib.Path) -> int:
    path, missed = folder / f"{case.name}.slingpu", 0
    weights = fill(case, source, path)
    for tokens in case.tokens:
        programs = [load(path) for _ in range(card.copies(case.weight_bytes, tokens))]
        error = check(card, case, programs[0], weights, tokens)
        x = card.random(tokens, case.input_features)
        y = card.torch.empty(tokens, case.output_features, device="cuda", dtype=card.torch.bfloat16)
        ours = card.seconds([lambda p=p: p.run(ENTRY, x, out=y) for p in programs])
        theirs = cublas(card, case, tokens)
        wanted, ratio = goal(case, tokens), theirs / ours
        missed += ratio < wanted
        print(
            f"| {case.name} | {SHARES[case.sixteenths]} | {tokens} | {ours * 1e6:.1f} | {theirs * 1e6:.1f} | {ratio:.2f}× "
            f"| {wanted}×{'' if ratio >= wanted else ' (missed)'} | {error:.1e} |",
            flush=True,
        )
        for program in programs:
            program.close()
    path.unlink()
    return missed


def sources(folder: pathlib.Path) -> list[tuple[Case, pathlib.Path]]:
    found = [(case, folder / f"{case.name}.slingpu.xz") for case in all_cases()]
    missing = [path.name for _, path in found if not path.exists()]
    if missing:
        raise SystemExit(f"{folder}: expected the files of `gpu.py prepare`, found no {', '.join(missing)}")
    return found


def measure(arguments) -> None:
    found, card = sources(arguments.folder), open_card()
    print(f"{card.properties.name}, torch {card.torch.__version__}, CUDA {card.torch.version.cuda}\n")
    print("| case | parameters | tokens | slin µs | cuBLAS µs | times as fast | goal | error |")
    print("|---|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        missed = sum(measure_case(card, case, source, pathlib.Path(folder)) for case, source in found)
    print(f"\n{missed} goals missed")


def check_all(arguments) -> None:
    found, card = sources(arguments.folder), open_card()
    with tempfile.TemporaryDirectory() as folder:
        for case, source in found:
            path = pathlib.Path(folder) / f"{case.name}.slingpu"
            weights = fill(case, source, path)
            with load(path) as program:
                for tokens in arguments.tokens:
                    print(case.name, tokens, f"{check(card, case, program, weights, tokens):.1e}", flush=True)
            path.unlink()


def sanitize(arguments) -> None:
    for tool in SANITIZERS:
        command = ["compute-sanitizer", "--tool", tool, "--error-exitcode", "1", sys.executable, __file__, "check"]
        counts = map(str, arguments.tokens)
        try:
            done = subprocess.run([*command, str(arguments.folder), "--tokens", *counts])
        except FileNotFoundError:
            raise SystemExit("expected compute-sanitizer of the CUDA Toolkit on the PATH, found none") from None
        if done.returncode:
            raise SystemExit(f"{tool} found errors")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    for function, name in ((prepare, "prepare"), (measure, "measure"), (check_all, "check"), (sanitize, "sanitize")):
        command = commands.add_parser(name)
        command.add_argument("folder", type=pathlib.Path)
        command.set_defaults(function=function)
        if name == "prepare":
            command.add_argument("--target", default="sm_90a")
        if name in ("check", "sanitize"):
            command.add_argument("--tokens", type=int, nargs="+", default=[1, 130])
    arguments = parser.parse_args()
    arguments.function(arguments)


if __name__ == "__main__":
    main()
