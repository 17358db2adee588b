# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Which schedules of kernels are fastest on a GPU: what `slin tune` measures.

    slin compile model.onnx --target sm_90a --tokens 16,4096 --candidates 8 -o candidates.slingpu
    slin tune candidates.slingpu -o sm_90a.json
    slin compile model.onnx --target sm_90a --tokens 16,4096 --table sm_90a.json -o model.slingpu

An estimate tells good schedules from bad ones; among the good ones only the card can. All candidates for a kernel run
on the same numbers, and have to agree before one of them is timed.

Needs torch for memory and CUDA graphs, and of slin only the runtime: where the GPU is, `python -m slin.tuning` does the
same with this file, files.py and runtime.py in a folder `slin`.
"""

import argparse
import json
import os
import pathlib
import re
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from slin import files, runtime

# How far results of two right kernels may be apart, of the norm: sums in another order, rounded to the type.
TOLERANCES = {"bf16": 6e-3, "f16": 1e-3, "f32": 1e-3}
# What slin-gpu-candidates writes as the structure of an entry.
STRUCTURE = re.compile(r"at ([\d,]+) tokens, (\d+) bytes of weights: (#slingpu\.schedule<.*>)")

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Candidate:
    """One schedule of a kernel, which is an entry of its own."""

    entry: str
    kernel: str
    type: str
    schedule: str
    counts: tuple[int, ...]
    weight_bytes: int


class Machine(Protocol):
    """What runs candidates: a GPU, or what stands for it in tests."""

    name: str
    target: str

    def error(self, candidate: Candidate, other: Candidate, tokens: int) -> float:
        """How far the results of the two are apart, of the norm."""

    def seconds(self, candidate: Candidate, tokens: int) -> float:
        """The time of one run."""


def read_candidates(description: dict[str, Any], path: str) -> list[Candidate]:
    """The candidates of a file, from what `runtime.describe` says of it."""
    candidates = []
    for entry in description["entries"]:
        found = STRUCTURE.fullmatch(entry["structure"])
        if not found:
            raise runtime.Error(
                f"{path}: expected candidates, which slin compile --candidates writes, found the network '{entry['name']}'"
            )
        kernel, type_, _ = entry["name"].rsplit(" ", 2)
        counts = tuple(map(int, found[1].split(",")))
        candidates.append(Candidate(entry["name"], kernel, type_, found[3], counts, int(found[2])))
    return candidates


def groups(candidates: Iterable[Candidate]) -> dict[tuple[str, str, int], list[Candidate]]:
    """Candidates by kernel, type and number of tokens."""
    found: dict[tuple[str, str, int], list[Candidate]] = {}
    for candidate in candidates:
        for tokens in candidate.counts:
            found.setdefault((candidate.kernel, candidate.type, tokens), []).append(candidate)
    return found


def measure(candidates: Sequence[Candidate], machine: Machine, tell: Tell | None = None) -> dict[str, Any]:
    """The table of `slin-gpu-schedule`: the fastest schedule of each kernel and number of tokens first."""
    rows, all_groups = [], groups(candidates)
    for done, ((kernel, type_, tokens), group) in enumerate(all_groups.items()):
        if tell:
            tell("tune", done, len(all_groups))
        for candidate in group[1:]:
            error = machine.error(candidate, group[0], tokens)
            if not error <= TOLERANCES[type_]:
                raise runtime.Error(
                    f"{kernel} of {type_}, {tokens} tokens: the results of {candidate.schedule} and {group[0].schedule} "
                    f"are {error:.1e} of the norm apart, expected at most {TOLERANCES[type_]:.0e}: one of them is wrong"
                )
        timed = [(machine.seconds(candidate, tokens), candidate.schedule) for candidate in group]
        rows += [
            {"kernel": kernel, "type": type_, "tokens": tokens, "seconds": seconds, "schedule": schedule}
            for seconds, schedule in sorted(timed)
        ]
    if tell:
        tell("tune", len(all_groups), len(all_groups))
    return {"target": machine.target, "card": machine.name, "measured": rows}


class Clock:
    """torch on a GPU, and how long something takes there."""

    def __init__(self, device: int = 0):
        try:
            import torch
        except ImportError as error:
            raise runtime.Error(f"expected torch, whose CUDA graphs are timed: {error}") from None
        if not torch.cuda.is_available():
            raise runtime.Error("expected a CUDA GPU, found none: nothing was measured")
        torch.cuda.set_device(device)
        torch.manual_seed(0)
        self.torch = torch
        self.properties = torch.cuda.get_device_properties(device)

    def random(self, *shape: int, type_: str = "bf16") -> Any:
        names = {"bf16": "bfloat16", "f16": "float16", "f32": "float32"}
        return self.torch.randn(*shape, device="cuda", dtype=getattr(self.torch, names[type_]))

    def copies(self, weight_bytes: int, tokens: int) -> int:
        """Copies of the weights that are more than the cache holds."""
        return 1 if tokens >= 4096 else min(16, int(2 * self.properties.L2_cache_size / max(weight_bytes, 1)) + 1)

    def seconds(self, runs: Sequence[Callable[[], object]], replays: int = 20) -> float:
        """Seconds of one run, when those of the list take turns: between CUDA events, in a CUDA graph, the median of
        the replays."""
        torch = self.torch
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for one in runs:
                one()
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        turns = max(1, 24 // len(runs)) if len(runs) > 1 else 4
        with torch.cuda.graph(graph):
            for _ in range(turns):
                for one in runs:
                    one()
        measured = []
        for _ in range(replays + 3):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            graph.replay()
            end.record()
            end.synchronize()
            measured.append(start.elapsed_time(end) / 1e3 / turns / len(runs))
        return statistics.median(measured[3:])


class Card:
    """A file of candidates on a GPU, as often as it takes for weights to come from memory."""

    def __init__(self, path: str | os.PathLike, device: int = 0):
        self.path, self.device, self.clock = path, device, Clock(device)
        self.programs = [runtime.load(path, device)]
        self.name, self.target = self.clock.properties.name, self.programs[0].target
        self.inputs: dict[tuple[str, str, int], tuple[Any, ...]] = {}

    def inputs_of(self, candidate: Candidate, tokens: int) -> tuple[Any, ...]:
        """The same for all candidates of a kernel; those of the kernel before are let go."""
        key = (candidate.kernel, candidate.type, tokens)
        if key not in self.inputs:
            values = self.programs[0].entries[candidate.entry].inputs
            self.inputs = {key: tuple(self.clock.random(tokens, v.features, type_=v.type) for v in values)}
        return self.inputs[key]

    def result(self, candidate: Candidate, tokens: int) -> Any:
        return self.programs[0].run(candidate.entry, *self.inputs_of(candidate, tokens)).double()

    def error(self, candidate: Candidate, other: Candidate, tokens: int) -> float:
        wanted = self.result(other, tokens)
        return float((self.result(candidate, tokens) - wanted).norm() / wanted.norm())

    def seconds(self, candidate: Candidate, tokens: int) -> float:
        copies = self.clock.copies(candidate.weight_bytes, tokens)
        while len(self.programs) < copies:
            self.programs.append(runtime.load(self.path, self.device))
        inputs = self.inputs_of(candidate, tokens)
        out = self.programs[0].run(candidate.entry, *inputs)
        return self.clock.seconds(
            [lambda p=program: p.run(candidate.entry, *inputs, out=out) for program in self.programs[:copies]]
        )

    def close(self) -> None:
        for program in self.programs:
            program.close()


def tune(path: str | os.PathLike, output: pathlib.Path, device: int = 0, tell: Tell | None = None) -> dict[str, Any]:
    """Measures the candidates of the file at `path` on a GPU and writes the table, which it gives."""
    candidates = read_candidates(runtime.describe(path), os.fspath(path))
    card = Card(path, device)
    try:
        table = measure(candidates, card, tell)
    finally:
        card.close()
    write(table, output)
    return table


def write(table: dict[str, Any], output: pathlib.Path) -> None:
    """In place at once, a row per line."""
    rows = ",\n".join("  " + json.dumps(row) for row in table["measured"])
    head = {key: value for key, value in table.items() if key != "measured"}
    text = json.dumps(head)[:-1] + f', "measured": [\n{rows}\n]}}\n'
    with files.pending(output) as unfinished:
        unfinished.write_text(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="slin.tuning", description="measure schedules on a GPU")
    parser.add_argument("artefact", metavar="CANDIDATES.slingpu")
    parser.add_argument("-o", "--output", required=True, type=pathlib.Path, metavar="T.json")
    parser.add_argument("--device", type=int, default=0)
    arguments = parser.parse_args()
    try:
        table = tune(arguments.artefact, arguments.output, arguments.device)
    except (runtime.Error, OSError) as error:
        print(f"slin.tuning: {error}", file=sys.stderr)
        return 1
    print(f"{len(table['measured'])} times on {table['card']}: wrote {arguments.output}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
