# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""slin.torch.replace_ffns on the recording driver, with tensors of the host."""

import gc
import pathlib

import pytest

import artefact_writer as aw

torch = pytest.importorskip("torch", reason="torch is not installed")

import slin.torch  # noqa: E402
from slin import runtime  # noqa: E402

DOUBLED, LOW_RANK = "encoder.layer.1.mlp", "encoder.layer.0.mlp"


def mlp(width: int, hidden: int, dropout: float = 0) -> torch.nn.Sequential:
    linears = torch.nn.Linear(width, hidden), torch.nn.Linear(hidden, width)
    return torch.nn.Sequential(linears[0], torch.nn.GELU(), linears[1], torch.nn.Dropout(dropout))


class Block(torch.nn.Module):
    def __init__(self, width: int, hidden: int):
        super().__init__()
        self.mlp = mlp(width, hidden)

    def forward(self, x):
        return x + self.mlp(x)


def model(width: int = 256) -> torch.nn.Module:
    """encoder.layer.0.mlp and encoder.layer.1.mlp, as in sample.slingpu."""
    made = torch.nn.Module()
    made.encoder = torch.nn.Module()
    made.encoder.layer = torch.nn.ModuleList([Block(width, 1024), Block(8, 32)])
    return made.eval()


@pytest.fixture
def program(sample, driver):
    with runtime.load(sample) as loaded:
        yield loaded
    gc.collect()
    assert driver.standin_live() == 0


@torch.no_grad()
def test_modules_run_entries(program):
    x = torch.randn(2, 3, 8)
    changed = slin.torch.replace_ffns(model(), program)
    assert isinstance(changed.encoder.layer[0].mlp, slin.torch.FFN)
    y = changed.encoder.layer[1](x)
    assert y.dtype == torch.float32 and torch.equal(y, 5 * x)
    assert torch.equal(changed.encoder.layer[1](x.transpose(0, 1)), 5 * x.transpose(0, 1))
    low_rank = changed.encoder.layer[0].mlp(torch.randn(4, 256, dtype=torch.bfloat16))
    assert (low_rank.shape, low_rank.dtype) == ((4, 256), torch.bfloat16)
    assert f"(mlp): FFN('{DOUBLED}', sm_90a, cubin, on Stand-in 0)" in str(changed)


def test_paths_of_onnx_and_wrapped_models(sample, program):
    wrapped = torch.nn.ModuleDict({"model": model()}).eval()
    assert slin.torch.replace_ffns(wrapped, sample) is wrapped
    assert isinstance(wrapped["model"].encoder.layer[1].mlp, slin.torch.FFN)
    assert slin.torch._find(model(), "/encoder/layer.1/mlp/") == DOUBLED
    assert slin.torch._find(model(), "/model/encoder/layer.1/mlp") == DOUBLED
    del wrapped


class BertLayer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.intermediate, self.output = torch.nn.Module(), torch.nn.Module()
        self.intermediate.dense, self.output.dense = torch.nn.Linear(8, 32), torch.nn.Linear(32, 8)
        self.intermediate.forward = lambda x: torch.relu(self.intermediate.dense(x))

    def forward(self, x):
        return x + self.output.dense(self.intermediate(x))


@torch.no_grad()
def test_networks_in_two_parts(tmp_path):
    writer = aw.Writer()
    target = writer.target(90)
    kernel = writer.kernel("double_f32", writer.module("m", target, b"", aw.ptx("sm_90", double_f32="ppn")))
    launch = aw.Launch(kernel, (aw.Pointer(0), aw.Pointer(1), aw.per_token(8)), 1)
    values = [aw.Value(name, 8, aw.F32) for name in "xy"]
    plans = [aw.Plan(target, 1, 100, (aw.input_buffer(), aw.output_buffer()), (launch,))]
    writer.entry("/encoder/layer.0", "doubled", values[:1], values[1:], plans)
    path: pathlib.Path = tmp_path / "bert.slingpu"
    path.write_bytes(writer.finish())
    bert = torch.nn.Module()
    bert.encoder = torch.nn.Module()
    bert.encoder.layer = torch.nn.ModuleList([BertLayer()])
    slin.torch.replace_ffns(bert.eval(), path)
    x = torch.randn(5, 8)
    assert torch.equal(bert.encoder.layer[0](x), 3 * x)
    assert isinstance(bert.encoder.layer[0].output.dense, torch.nn.Identity)


@torch.no_grad()
def test_explicit_mapping(program):
    made = torch.nn.Sequential(torch.nn.Linear(8, 32), torch.nn.ReLU(), torch.nn.Linear(32, 8)).eval()
    slin.torch.replace_ffns(made, program, {"0": DOUBLED, "1": None, "2": None})
    x = torch.randn(3, 8)
    assert torch.equal(made(x), 4 * x)


def test_errors(program):
    whole = model(128)
    with pytest.raises(
        runtime.Error, match=r"module 'encoder.layer.0.mlp': expected a feed-forward network from 256 to 256"
    ):
        slin.torch.replace_ffns(whole, program)
    assert not any(isinstance(part, slin.torch.FFN) for part in whole.modules()), "nothing is replaced"
    with pytest.raises(
        runtime.Error, match=f"entry '{LOW_RANK}': expected a module of this path in the model, found none"
    ):
        slin.torch.replace_ffns(torch.nn.Linear(8, 8), program)
    with pytest.raises(runtime.Error, match="mapping: expected the path of a module, found 'mlp'"):
        slin.torch.replace_ffns(model(), program, {"mlp": DOUBLED})
    with pytest.raises(runtime.Error, match="mapping: expected an entry of .*, found 'mlp'"):
        slin.torch.replace_ffns(model(), program, {"encoder.layer.0.mlp": "mlp"})
    with pytest.raises(runtime.Error, match="expected a model for inference, found dropout"):
        slin.torch.replace_ffns(mlp(8, 32, 0.1), program, {"0": None, "3": None})
    changed = slin.torch.replace_ffns(model(), program)
    with pytest.raises(runtime.Error, match="expected inference, found an input that wants a gradient"):
        changed.encoder.layer[1](torch.randn(3, 8, requires_grad=True))
    with pytest.raises(runtime.Error, match="input 'x': expected f32, found i32"):
        changed.encoder.layer[1].mlp(torch.ones(3, 8, dtype=torch.int32))
