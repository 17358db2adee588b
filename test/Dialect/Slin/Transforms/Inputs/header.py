# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Writes a safetensors file with any header: header.py FILE DATA-BYTES HEADER."""

import sys

path, size, header = sys.argv[1:]
with open(path, "wb") as file:
    file.write(len(header).to_bytes(8, "little") + header.encode() + bytes(int(size)))
