# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""slin makes the feed-forward networks of ONNX transformers structured.

    import slin

    report = slin.compress("model.onnx", "small.onnx", ratio=0.3, calibration="tokens.npz", mask="attention_mask")
    print(report["totals"]["matched"]["parameters"])

Every function here is also a command: `slin inspect`, `slin calibrate`,
`slin compress`, `slin merge`, `slin compile`, `slin bench`, `slin diff`. The work is done by the compiled part; Python runs
models in ONNX Runtime, and prints. `slin.runtime` runs what was compiled for a GPU;
`slin.tuning` (`slin tune`) measures there which kernels are fastest.
"""

__version__ = "0.1.0"

try:
    from slin._slin import Error, UsageError
except ImportError as error:
    raise ImportError(
        f"slin's compiled part cannot be loaded ({error}): build it with tools/quickstart build or pip install ."
    ) from error

from slin.api import bench, calibrate, calibrate_target, compile, compress, diff, inspect, merge
from slin.types import CalibrationInput, Comparison, Compilation, Report

__all__ = [
    "CalibrationInput",
    "Comparison",
    "Compilation",
    "Error",
    "Report",
    "UsageError",
    "bench",
    "calibrate",
    "calibrate_target",
    "compile",
    "compress",
    "diff",
    "inspect",
    "merge",
]
