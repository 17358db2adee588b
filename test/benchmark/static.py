# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What can be said of the kernels of test/benchmark/gpu.py without a GPU.

    ninja -C build slin-opt slin-translate
    PATH=build/bin:$PATH python test/benchmark/static.py --target sm_90a

With --variants: every form of kernel that the scheduler can choose for a product, with the widest epilogue there is
(bias, gelu_tanh, gate, residual), one row for each tile. Without, for each product of each network: the schedule that
is chosen, registers, spilled bytes and shared memory as ptxas says, SASS instructions of the loop that multiplies and
how many of them do, bytes from memory and from the cache, and the time that the roofline predicts, without what a
launch costs. Needs ptxas, and cuobjdump without --variants. Prints rows of docs/Kernels.md. Fails if a kernel spills or ptxas serialises its products. Not part of the test suite.
"""

import argparse
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from gpu_cases import Case, Product, all_cases, program, run  # isort: skip; finds what is in test/
import cuda_tools

MULTIPLIES = re.compile(r"\b(HMMA|HGMMA|UTCHMMA|IMMA)\b")


def tool(name: str) -> str:
    found = cuda_tools.find(name)
    if not found:
        raise SystemExit(f"expected {name} of the CUDA Toolkit on the PATH or in CUDA_HOME, found none")
    return found


def main_loop(sass: str) -> tuple[int, int]:
    """Instructions, and those that multiply, of the innermost loop that has most of the latter."""
    places, loops = [], []
    for line in sass.splitlines():
        found = re.match(r"\s*/\*([0-9a-f]{4,})\*/\s+(.*?);", line)
        if found:
            places.append((int(found.group(1), 16), found.group(2)))
    for place, text in places:
        target = re.search(r"\bBRA\S*\s+.*?0x([0-9a-f]+)", text)
        if target and int(target.group(1), 16) < place:
            loops.append((int(target.group(1), 16), place))
    best = (0, 0)
    for first, last in loops:
        inside = [text for place, text in places if first <= place <= last]
        counts = (len(inside), sum(bool(MULTIPLIES.search(text)) for text in inside))
        if counts[1] > best[1] or (counts[1] == best[1] and 0 < counts[0] < best[0]):
            best = counts
    if not best[1]:  # so few steps that there is no loop
        best = (len(places), sum(bool(MULTIPLIES.search(text)) for _, text in places))
    return best


def assemble(ptx: str, target: str, folder: pathlib.Path, with_sass: bool = True) -> dict[str, dict]:
    """By kernel, what ptxas and cuobjdump say."""
    (folder / "kernels.ptx").write_text(ptx, encoding="utf-8")
    command = [tool("ptxas"), "-v", f"-arch={target}", "kernels.ptx", "-o", "kernels.cubin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode or re.search(r"C7[56]\d\d", done.stderr):
        raise SystemExit(done.stderr)
    kernels = {}
    for part in done.stderr.split("Compiling entry function '")[1:]:
        name = part[: part.index("'")]
        spills = sum(int(number) for number in re.findall(r"(\d+) bytes spill", part))
        if spills:
            raise SystemExit(f"{name} on {target}: expected no spills, found {spills} bytes")
        kernels[name] = {"registers": int(re.search(r"Used (\d+) registers", part).group(1)), "spills": spills}
    if not with_sass:
        return kernels
    # cuobjdump calls nvdisasm.
    paths = os.pathsep.join([os.path.dirname(tool("nvdisasm")), os.environ["PATH"]])
    command = [tool("cuobjdump"), "-sass", "kernels.cubin"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env=os.environ | {"PATH": paths})
    if done.returncode:
        raise SystemExit(done.stderr)
    sass = done.stdout
    for part in sass.split("Function : ")[1:]:
        kernels[part.split()[0]]["loop"] = main_loop(part)
    return kernels


def rated(case: Case, target: str, tokens: int) -> list[dict]:
    """What --slin-gpu-print-schedules says of the schedule that is chosen, for each product."""
    command = ["slin-opt", f"--slin-gpu-print-schedules=target={target} tokens={tokens}", "-o", os.devnull, "-"]
    done = subprocess.run(command, input=program(case), capture_output=True, text=True)
    rows = re.findall(
        r"^entry .*\n +([\d.]+) us +(.*?): tensor cores ([\d.]+), memory ([\d.]+) \(([\d.]+) MB\), "
        r"cache ([\d.]+) \(([\d.]+) MB\)",
        done.stderr,
        re.MULTILINE,
    )
    keys = ("total", "schedule", "tensor cores", "memory", "memory_bytes", "cache", "cache_bytes")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def rows(case: Case, target: str, tokens: int, folder: pathlib.Path):
    schedule = ["slin-opt", f"--slin-gpu-schedule=target={target} tokens={tokens} fuse=false", "--slin-gpu-to-nvvm", "-"]
    lowered = run(schedule, program(case).encode())
    ptx = run(["slin-translate", "--slingpu-to-ptx", f"--target={target}", "-"], lowered).decode()
    kernels, text = assemble(ptx, target, folder), lowered.decode()
    names = re.findall(r"slingpu\.launch @kernels::@(\w+)", text)
    for product, name, rating in zip(case.products, names, rated(case, target, tokens), strict=False):
        shared = int(re.search(rf"llvm\.func @{name}\(.*slingpu\.shared = (\d+)", text).group(1))
        instructions, products = kernels[name]["loop"]
        yield product, name, rating, kernels[name], shared, instructions, products


def variant_rows(target: str, folder: pathlib.Path) -> None:
    """Registers and shared memory over the numbers of stages of each form."""
    sys.path.append(str(pathlib.Path(__file__).parents[1] / "python"))
    from gpu_lowering import TARGETS, kernels_of, to_ptx
    from test_gpu_variants import VARIANTS

    print("| target | emitter, tile, warps, cluster, split | stages | registers | spills | shared | emulated tokens × rows × columns |")
    print("|---|---|---|---|---|---|---|")
    own = {emitter for emitter, (chip, _) in TARGETS.items() if chip == target} or {"mma_sync"}
    for name, same in VARIANTS.items():
        if same[0].emitter not in own:
            continue
        registers, shared = [], []
        for one in same:
            wide = dataclasses.replace(
                one, rows=3072, columns=768, bias=True, gate=True, residual=True, activation="gelu_tanh"
            )
            lowered = kernels_of(wide.program())
            (kernel,) = assemble(to_ptx(lowered, *TARGETS[one.emitter]), target, folder, with_sass=False).values()
            registers.append(kernel["registers"])
            shared.append(int(re.search(r"slingpu\.shared = (\d+)", lowered).group(1)))
        mark = " (assembled only)" if "slingpu.assembled_only" in lowered else ""
        emulated = f"{same[0].tile[0] + 3} × {same[0].tile[1] + 8} × {64 * max(same[0].split, 2) + 24}"
        stages = ", ".join(str(one.stages) for one in same)
        low, high = (f"{min(values)} – {max(values)}" if min(values) < max(values) else f"{min(values)}"
                     for values in (registers, shared))  # fmt: skip
        print(f"| {target} | {name}{mark} | {stages} | {low} | 0 | {high} | {emulated} |", flush=True)


def describe(product: Product) -> str:
    blocks = f"{product.blocks} × " if product.blocks > 1 else ""
    return f"{blocks}{product.rows} × {product.columns}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="sm_90a")
    parser.add_argument("--cases", default="", help="only cases whose name contains this")
    parser.add_argument("--variants", action="store_true", help="all kernels instead of those of the networks")
    arguments = parser.parse_args()
    if arguments.variants:
        with tempfile.TemporaryDirectory() as folder:
            return variant_rows(arguments.target, pathlib.Path(folder))
    print("| product | tokens | schedule | registers | spills | shared | SASS in the loop, products | memory MB "
          "| cache MB | predicted µs | bound |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|---|---|")
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        for case in all_cases():
            if arguments.cases not in case.name:
                continue
            for tokens in case.tokens:
                for product, _, rating, kernel, shared, instructions, products in rows(
                    case, arguments.target, tokens, pathlib.Path(folder)
                ):
                    if (product, tokens) in seen:
                        continue
                    seen.add((product, tokens))
                    bound = max(("tensor cores", "memory", "cache"), key=lambda part: float(rating[part]))
                    print(
                        f"| {describe(product)} | {tokens} | {rating['schedule']} | {kernel['registers']} "
                        f"| {kernel['spills']} | {shared} | {instructions}, {products} | {rating['memory_bytes']} "
                        f"| {rating['cache_bytes']} | {rating['total']} | {bound} |",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
