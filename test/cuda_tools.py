# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Where the tools of CUDA are: on the PATH, in CUDA_HOME or where the Toolkit goes by default, or in the packages
nvidia-cuda-nvcc, nvidia-cuda-cuobjdump and nvidia-cuda-nvdisasm."""

import os
import pathlib
import shutil
import sys

TOOLKITS = [os.path.join(folder, "bin") for folder in (os.environ.get("CUDA_HOME"), "/usr/local/cuda") if folder]
PACKAGES = [str(path) for folder in sys.path for path in sorted(pathlib.Path(folder or ".").glob("nvidia/*/bin"))]


def find(name: str, *folders: str) -> str | None:
    """The path of a tool, which may also be in `folders`."""
    return shutil.which(name, path=os.pathsep.join([os.environ["PATH"], *folders, *TOOLKITS, *PACKAGES]))
