# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files that slin writes: whole or not at all, and nothing in the place of a device."""

import os
import stat
import subprocess

import pytest

import slin
from slin import files
from test_compile import plain


def test_an_error_leaves_what_was_there(tmp_path):
    (tmp_path / "file").write_text("old")
    with pytest.raises(ValueError), files.pending(tmp_path / "file") as unfinished:
        unfinished.write_text("half")
        raise ValueError
    assert [path.read_text() for path in tmp_path.iterdir()] == ["old"]
    with files.pending(tmp_path / "file") as unfinished:
        unfinished.write_text("new")
        assert (tmp_path / "file").read_text() == "old"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["new"]


def test_links_are_followed(tmp_path):
    (tmp_path / "file").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    with files.pending(tmp_path / "link") as unfinished:
        unfinished.write_text("new")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "file").read_text() == "new"


@pytest.fixture
def pipe(tmp_path):
    """A pipe that holds what is written to it. As root, /dev/null itself might be gone after a failure."""
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)
    yield tmp_path / "pipe", reader
    os.close(reader)


def test_devices_are_written_as_they_stand(pipe):
    path, reader = pipe
    with files.pending(path) as unfinished:
        unfinished.write_text("new")
    assert os.read(reader, 8) == b"new" and stat.S_ISFIFO(path.stat().st_mode)


@pytest.mark.parametrize("what", ["model", "artefact", "text"])
def test_tools_leave_devices_what_they_are(pipe, what, tmp_path, monkeypatch):
    path, reader = pipe
    monkeypatch.chdir(tmp_path)
    model = plain("m.onnx", width=8, hidden=8)
    if what == "artefact":
        slin.compile(model, path, target="sm_80")
    else:
        command = ["slin-opt", model, "--emit=onnx" if what == "model" else "--onnx-raise-linears", "-o", path]
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    assert stat.S_ISFIFO(path.stat().st_mode)
    start = {"model": b"\x08\x09", "artefact": b"\x89SLINGPU", "text": b"#dims"}[what]
    assert os.read(reader, 1 << 16)[: len(start)] == start
    assert sorted(os.listdir(".")) == ["m.onnx", "pipe"]
