# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""slin.runtime on a real driver, where a GPU is: sample.slingpu's `double_f32` computes
there what the recording driver makes of its name, its other kernels are launched with
their tensor maps and do nothing.
"""

import os
import pathlib
import shutil
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    not (shutil.which("nvidia-smi") or pathlib.Path("/dev/nvidia0").exists()), reason="there is no NVIDIA GPU here"
)

HEAD = """
import sys
import numpy as np
from slin import runtime
DOUBLED, LOW_RANK = "encoder.layer.1.mlp", "encoder.layer.0.mlp"
program = runtime.load(sys.argv[1])
print(program.target)
"""

NUMPY = """
for tokens in (1, 31, 32, 33, 1000, 65535):
    x = np.random.default_rng(tokens).standard_normal((tokens, 8)).astype(np.float32)
    np.testing.assert_array_equal(program.run(DOUBLED, x), 4 * x)
for tokens in (1, 64, 65, 5000):
    assert program.run(LOW_RANK, np.ones((tokens, 256), np.float32)).shape == (tokens, 256)
x, y = program.empty((100, 8), "f32"), program.empty((100, 8), "f32")
program.run(DOUBLED, program.run(DOUBLED, x), out=y)
expected = np.frombuffer(y.to_host(), np.float32)
graph = program.graph(DOUBLED, x, out=y)
graph.launch()
graph.update(y, out=x)
graph.launch()
again = np.frombuffer(x.to_host(), np.float32)
np.testing.assert_array_equal(again, expected)
low, out = program.empty((5000, 256), "bf16"), program.empty((5000, 256), "bf16")
graph = program.graph(LOW_RANK, low, out=out)
for tokens in (4000, 10, 5000):
    graph.update(program.empty((tokens, 256), "bf16"), out=program.empty((tokens, 256), "bf16"))
    graph.launch()
    program.synchronize()
"""

TORCH = """
import torch
import slin.torch
x = torch.randn(3, 50, 8, device="cuda")
assert torch.equal(program.run(DOUBLED, x), 4 * x)
side = torch.cuda.Stream()
y = torch.empty_like(x)
torch.cuda.synchronize()
program.run(DOUBLED, x, out=y, stream=side)
side.synchronize()
assert torch.equal(y, 4 * x)
graph = torch.cuda.CUDAGraph()
with torch.cuda.graph(graph):
    z = program.run(DOUBLED, x)
    program.run(LOW_RANK, torch.zeros(70, 256, dtype=torch.bfloat16, device="cuda"))
x.copy_(torch.randn_like(x))
graph.replay()
torch.cuda.synchronize()
assert torch.equal(z, 4 * x)
mlp = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.GELU(), torch.nn.Linear(16, 8)).cuda().eval()
model = torch.nn.ModuleDict({"mlp": mlp})
slin.torch.replace_ffns(model, program, {"mlp": DOUBLED})
with torch.no_grad():
    assert torch.equal(model["mlp"](x), 4 * x)
lent = program.run(DOUBLED, program.empty((4, 8), "f32"))
taken = torch.from_dlpack(lent)
assert taken.is_cuda and taken.shape == (4, 8) and taken.data_ptr() == lent.pointer
"""


def run(code: str, *arguments: object) -> subprocess.CompletedProcess:
    environment = {name: value for name, value in os.environ.items() if name != "SLIN_CUDA_DRIVER"}
    command = [sys.executable, "-c", HEAD + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_arrays_and_graphs(sample):
    done = run(NUMPY, sample)
    assert done.returncode == 0, done.stderr


def test_torch(sample):
    torch = pytest.importorskip("torch", reason="torch is not installed")
    if not torch.cuda.is_available():
        pytest.skip("this torch has no CUDA")
    done = run(TORCH, sample)
    assert done.returncode == 0, done.stderr
