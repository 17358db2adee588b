#!/usr/bin/env python3
# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Compresses a model that people use, all-MiniLM-L6-v2, with slin's own commands,
and compares both in ONNX Runtime on sentences that calibration has not seen:
demo.py --commands build/bin FOLDER.
"""

import argparse
import pathlib
import shlex
import subprocess
import sys
import time

import numpy as np
import onnxruntime

import minilm

RATIO = 0.3
# Runs per model; they alternate, so that a busy machine slows both.
RUNS = 3


def command(folder: pathlib.Path, commands: pathlib.Path, *words: str) -> None:
    """Prints and runs one of slin's commands inside `folder`; ends with it if it fails."""
    print(f"\n$ {shlex.join(words)}", flush=True)
    code = subprocess.run([commands / words[0], *words[1:]], cwd=folder).returncode
    if code != 0:
        sys.exit(f"demo: {words[0]} {words[1]} ended with {code}")


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def nearest(rows: np.ndarray) -> np.ndarray:
    """Of each row the index of the row most like it."""
    similarity = unit(rows) @ unit(rows).T
    np.fill_diagonal(similarity, -1)
    return similarity.argmax(axis=1)


def embed(session: onnxruntime.InferenceSession, inputs: dict[str, np.ndarray]) -> np.ndarray:
    """The sentence embeddings, computed in batches of 32."""
    count = len(next(iter(inputs.values())))
    parts = [
        session.run(["sentence_embedding"], {name: array[i : i + 32] for name, array in inputs.items()})[0]
        for i in range(0, count, 32)
    ]
    return np.concatenate(parts)


def compare(folder: pathlib.Path, names: tuple[str, str]) -> None:
    """Runs both models on the held-out sentences; prints agreement and speed."""
    with np.load(folder / "held-out.npz") as file:
        inputs = {name: file[name] for name in file.files}
    sessions = [onnxruntime.InferenceSession(folder / name, providers=["CPUExecutionProvider"]) for name in names]
    results = [embed(session, inputs) for session in sessions]
    seconds: list[list[float]] = [[], []]
    for _ in range(RUNS):
        for side, session in enumerate(sessions):
            start = time.perf_counter()
            embed(session, inputs)
            seconds[side].append(time.perf_counter() - start)
    cosine = (unit(results[0]) * unit(results[1])).sum(axis=1)
    same = (nearest(results[0]) == nearest(results[1])).mean()
    count = len(cosine)
    best = [min(times) for times in seconds]
    print(f"\non {count} held-out sentences, in ONNX Runtime on this machine's CPU:")
    print(f"  cosine of the embeddings, dense and rewritten: mean {cosine.mean():.4f}, lowest {cosine.min():.4f}")
    print(f"  sentences whose nearest neighbour stays the same: {100 * same:.1f} %")
    print(f"  sentences per second: {count / best[0]:.0f} dense, {count / best[1]:.0f} rewritten")
    print(f"  the whole model is {best[0] / best[1]:.2f} times as fast (best of {RUNS} runs each)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", type=pathlib.Path, required=True, help="the folder of slin's commands")
    parser.add_argument("--exporter", choices=minilm.EXPORTERS, default="torchscript")
    parser.add_argument("folder", type=pathlib.Path, help="where models, reports and dumps go")
    arguments = parser.parse_args()
    folder, commands = arguments.folder, arguments.commands.absolute()
    minilm.prepare(folder)

    dense, small = f"minilm-{arguments.exporter}.onnx", f"minilm-{arguments.exporter}-small.onnx"
    command(
        folder, commands, "slin", "compress", dense, "-o", small, "--ratio", f"{RATIO:g}",
        "--calibration", "calibration.npz", "--mask", "attention_mask", "--report", "report.json",
    )  # fmt: skip
    compare(folder, (dense, small))
    command(folder, commands, "slin-opt", dense, "-o", "dense.mlir")
    command(folder, commands, "slin-opt", dense, "--onnx-to-slin", "-o", "operators.mlir")
    command(folder, commands, "slin-opt", small, "-o", "small.mlir")
    print(f"\nto look at, in {folder}:")
    for name, what in (
        (dense, "the model"),
        (small, "the model with structured FFNs"),
        ("report.json", "what was done to each linear, and why"),
        ("dense.mlir", "the model as slin reads it"),
        ("operators.mlir", "the same with its FFNs as slin.ffn, each weight an operator"),
        ("small.mlir", "the rewritten model"),
    ):
        print(f"  {name:<34}{what}")


if __name__ == "__main__":
    main()
