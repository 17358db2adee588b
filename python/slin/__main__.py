# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""`python -m slin` is the command `slin`."""

import sys

from slin.cli import main

sys.exit(main())
