# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""How lit runs slin's tests. `lit.site.cfg.py`, which CMake writes into the build
folder, names the folders; the tools are found on PATH: ours in build/bin, then
FileCheck, not, split-file and mlir-opt of the LLVM that the build uses.

    lit build/test                       all of them
    lit -v build/test --filter=low-rank  some, with what failing ones print
"""

import os
import pathlib
import shutil

import lit.formats

config.name = "slin"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test"]
# GoogleTest and pytest run their own folders; the others hold no tests of lit's.
config.excludes = ["unittests", "python", "benchmark", "fixtures", "Inputs", "fuzz"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.slin_build, "test")

config.environment["PATH"] = os.pathsep.join(
    [
        os.path.join(config.slin_build, "bin"),
        config.llvm_tools,
        os.path.dirname(config.python),
        os.environ["PATH"],
    ]
)
config.environment["PYTHONPATH"] = os.path.join(config.slin_build, "python")
config.environment["LC_ALL"] = "C.UTF-8"
# A test must not depend on the width or the colours of the terminal it runs in.
config.environment["COLUMNS"] = "200"
for name in ("HOME", "TMPDIR", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    if name in os.environ:
        config.environment[name] = os.environ[name]

config.substitutions += [
    ("%python", config.python),
    ("%slin_source", config.slin_source),
    ("%slin_build", config.slin_build),
    ("%llvm_tools", config.llvm_tools),
]

for tool in ("slin-opt", "slin-translate", "slin-lsp-server", "slin-reduce", "slin-run"):
    if os.path.exists(os.path.join(config.slin_build, "bin", tool)):
        config.available_features.add(tool)
# Tests of models of more than 2 GB write up to 3 GB.
if shutil.disk_usage(config.slin_build).free > 8 << 30:
    config.available_features.add("large-files")
if shutil.which("nvidia-smi") or pathlib.Path("/dev/nvidia0").exists():
    config.available_features.add("cuda")
