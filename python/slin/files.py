# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Files that appear when they are whole, so that an error leaves what was there."""

import contextlib
import os
import pathlib
from collections.abc import Iterator


@contextlib.contextmanager
def pending(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """A name to write to, which becomes `path` when the block ends well. A pipe or device, as /dev/null, is written as
    it stands: as root it could be replaced."""
    if path.exists() and not path.is_file() and not path.is_dir():
        yield path
        return
    place = path.resolve() if path.is_symlink() else path
    unfinished = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield unfinished
        os.replace(unfinished, place)
    finally:
        unfinished.unlink(missing_ok=True)
