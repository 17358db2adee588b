# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The command `slin`: options, exit codes, one sentence for each wrong use."""

import json
import pathlib
import subprocess

import pytest

import slin
from slin import cli, types

COMPRESS = ["compress", "ffn.onnx", "-o", "small.onnx"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch, ffn_model):
    """Every command runs where `ffn.onnx` lies."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    return tmp_path


@pytest.mark.parametrize(
    "words, message",
    [
        ([], "slin: the following arguments are required: COMMAND"),
        (["plan", "ffn.onnx"], "slin: argument COMMAND: invalid choice: 'plan'"),
        (["inspect"], "slin inspect: the following arguments are required: IN"),
        (["inspect", "ffn.onnx", "--rat", "0.3"], "slin: unrecognized arguments: --rat 0.3"),
        (
            ["calibrate", "ffn.onnx", "-o", "s.safetensors"],
            "arguments are required: --inputs",
        ),
        ([*COMPRESS, "--weight-only"], "slin compress: one of the arguments --ratio --rank is required"),
        ([*COMPRESS, "--ratio", "0.3", "--rank", "8"], "argument --rank: not allowed with argument --ratio"),
        ([*COMPRESS, "--ratio", "30%"], "between 0 and 1 (0.3 removes 30 %), found '30%'"),
        ([*COMPRESS, "--ratio", "1"], "between 0 and 1 (0.3 removes 30 %), found '1'"),
        ([*COMPRESS, "--ratio", "nan"], "between 0 and 1 (0.3 removes 30 %), found 'nan'"),
        ([*COMPRESS, "--rank", "0"], "argument --rank: expected a number of at least 1, found '0'"),
        ([*COMPRESS, "--ratio", "0.3", "--structure", "svd"], "invalid choice: 'svd'"),
        ([*COMPRESS, "--ratio", "0.3", "--energy", "0.9"], "unrecognized arguments: --energy 0.9"),
        ([*COMPRESS, "--ratio", "0.3"], "slin compress: give calibration inputs or statistics, or say weight-only"),
        (
            [*COMPRESS, "--ratio", "0.3", "--weight-only", "--calibration", "x.npz"],
            "argument --calibration: not allowed with argument --weight-only",
        ),
        (
            [*COMPRESS, "--ratio", "0.3", "--calibration", "x.txt"],
            "neither .npz (inputs) nor",
        ),
        (
            [*COMPRESS, "--ratio", "0.3", "--calibration", "s.safetensors", "--mask", "m"],
            "a mask belongs to calibration inputs",
        ),
        ([*COMPRESS, "--ratio", "0.3", "--weight-only", "--mask", "m"], "a mask belongs to calibration inputs"),
        ([*COMPRESS, "--rank", "8", "--weight-only", "--structure", "block_shuffle"], "block_shuffle has no rank"),
        ([*COMPRESS, "--rank", "8", "--weight-only", "--structure", "monarch"], "block_shuffle has no rank"),
        ([*COMPRESS, "--rank", "8", "--weight-only", "--structure", "block_diagonal"], "block_diagonal has no rank"),
        ([*COMPRESS, "--ratio", "0.3", "--weight-only", "--blocks", "2"], "low_rank has no blocks"),
        (["compress", "ffn.onnx", "--ratio", "0.3", "--weight-only"], "give an output, or ask for a dry run"),
        (["diff", "ffn.onnx"], "slin diff: the following arguments are required: B"),
    ],
)
def test_wrong_use_is_one_sentence(capsys, folder, words, message):
    before = set(folder.iterdir())
    assert cli.main(words) == cli.USAGE
    output = capsys.readouterr()
    assert message in output.err and output.err.count("\n") == 1
    assert output.out == "" and set(folder.iterdir()) == before


@pytest.mark.parametrize("verb", ["inspect", "calibrate", "compress", "diff"])
def test_help_lists_only_what_there_is(capsys, verb):
    assert cli.main([verb, "--help"]) == cli.DONE
    text = capsys.readouterr().out
    for absent in ("--energy", "--max-error", "--target-params", "plan", "html", "csv"):
        assert absent not in text


def test_version(capsys):
    assert cli.main(["--version"]) == cli.DONE
    assert capsys.readouterr().out == f"slin {slin.__version__}\n"


def test_a_missing_model_fails(capsys):
    assert cli.main(["inspect", "nowhere.onnx"]) == cli.FAILED
    assert "slin inspect: " in (error := capsys.readouterr().err) and "nowhere.onnx" in error


def test_an_unknown_pattern_is_a_usage_error_with_near_names(capsys):
    assert cli.main([*COMPRESS, "--ratio", "0.3", "--weight-only", "--include", "/mlp/upp/MatMul"]) == cli.USAGE
    error = capsys.readouterr().err
    assert "/mlp/upp/MatMul" in error and "/mlp/up/MatMul" in error


def test_inspect_prints_and_reports(capsys, folder):
    assert cli.main(["inspect", "ffn.onnx", "--report", "r.json"]) == cli.DONE
    text = capsys.readouterr().out
    assert "/mlp/up/MatMul" in text and "256 × 64" in text and "\x1b" not in text
    report = json.loads((folder / "r.json").read_text())
    assert report == slin.inspect("ffn.onnx")
    assert set(report) == types.Report.__required_keys__
    assert set(report["model"]) == types.Model.__required_keys__
    (ffn,) = report["ffns"]
    assert set(ffn) == types.FFN.__required_keys__
    assert (ffn["kind"], ffn["activation"], ffn["rewritable"]) == ("plain", "relu", True)
    for linear in ffn["linears"]:
        assert set(linear) == types.Linear.__required_keys__
        assert linear["parameters"] == {"before": 16384, "after": 16384}
        assert linear["structure"]["kind"] == "dense"


def test_compress_writes_model_and_report(capsys, folder):
    words = [*COMPRESS, "--rank", "8", "--structure", "block_dense", "--weight-only"]
    assert cli.main([*words, "--report", "r.json"]) == cli.DONE
    text = capsys.readouterr().out
    assert "asked: rank 8; reached: " in text and "wrote small.onnx" in text
    report = json.loads((folder / "r.json").read_text())
    assert set(report) == types.Report.__required_keys__
    assert (folder / "small.onnx").exists()


def test_the_pipeline_does_the_same_in_slin_opt(capsys, folder):
    words = [*COMPRESS, "--rank", "8", "--structure", "block_dense", "--weight-only", "--dump-pass-pipeline"]
    assert cli.main(words) == cli.DONE
    pipeline = capsys.readouterr().err.strip()
    opt = pathlib.Path(slin.__file__).parents[2] / "bin" / "slin-opt"
    subprocess.run(f"{opt} ffn.onnx {pipeline} -o other.onnx", shell=True, check=True)
    assert (folder / "other.onnx").read_bytes() == (folder / "small.onnx").read_bytes()


def test_dry_run_writes_no_model(capsys, folder):
    before = set(folder.iterdir())
    assert cli.main(["compress", "ffn.onnx", "--ratio", "0.3", "--weight-only", "--dry-run"]) == cli.DONE
    assert "a dry run: nothing was written" in capsys.readouterr().out
    assert set(folder.iterdir()) == before


def test_equal_runs_give_equal_bytes(folder):
    for name in ("a", "b"):
        (folder / name).mkdir()
        words = ["compress", "ffn.onnx", "-o", f"{name}/m.onnx", "--ratio", "0.3", "--weight-only"]
        assert cli.main([*words, "--report", f"{name}/r.json"]) == cli.DONE
    for file in ("m.onnx", "r.json"):
        assert (folder / "a" / file).read_bytes() == (folder / "b" / file).read_bytes()


def test_nothing_to_do_is_three_only_when_asked(folder):
    words = [*COMPRESS, "--ratio", "0.3", "--weight-only", "--exclude", "*"]
    assert cli.main(words) == cli.DONE
    assert cli.main([*words, "--fail-if-unchanged"]) == cli.UNCHANGED


def test_the_launcher_runs(folder):
    launcher = pathlib.Path(slin.__file__).parents[2] / "bin" / "slin"
    done = subprocess.run([launcher, "inspect", "ffn.onnx"], capture_output=True, text=True)
    assert done.returncode == 0 and "/mlp/down/MatMul" in done.stdout and "\x1b" not in done.stdout


def test_a_reader_that_leaves_early_is_no_crash(folder):
    launcher = pathlib.Path(slin.__file__).parents[2] / "bin" / "slin"
    done = subprocess.run(f"{launcher} inspect ffn.onnx | true", shell=True, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
