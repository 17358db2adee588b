# Part of slin, under the Apache License v2.0 with LLVM Exceptions.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What a kernel can do wrong, as named checks.

A test that seeds a bug asks for the check's name, so that "caught" never means "it failed to run".
"""

CHECKS = {
    "register-in-flight": "a register of a wgmma is touched before the wait for that wgmma",
    "wgmma-fence-missing": "a wgmma accumulates into registers computed since the last wgmma.fence",
    "proxy-fence-missing": "shared memory of the generic proxy reaches the async proxy without fence.proxy.async",
    "divergent-aligned": "an instruction with .aligned is executed by part of a warp",
    "divergent-barrier": "a barrier over whole warps is executed by part of a warp",
    "single-thread": "an instruction for one thread is issued by several threads of a warp",
    "barrier-count": "a barrier is used with other thread counts, or by more threads than it waits for",
    "mbarrier-over-arrival": "an mbarrier receives more arrivals than its phase expects",
    "mbarrier-uninitialised": "an mbarrier is used before its initialisation, or in no order with it",
    "mbarrier-fence-missing": "the async proxy or another block uses an mbarrier initialised without a fence",
    "mbarrier-count": "an mbarrier is initialised with a count outside 1 ... 2^20-1",
    "transaction-overflow": "the transaction count of an mbarrier leaves -(2^20-1) ... 2^20-1",
    "deadlock": "no warp can go on and no asynchronous operation is pending",
    "step-limit": "a kernel executes more instructions than allowed, as an endless loop would",
    "tensor-map": "a tensor map breaks a rule of cuTensorMapEncodeTiled",
    "tensor-map-argument": "a tensor instruction's operand is no tensor map, or one of another rank",
    "shared-out-of-bounds": "shared memory outside of the block's allocation is accessed",
    "shared-of-other-block": "shared::cta is accessed at an address of another block of the cluster",
    "global-out-of-bounds": "global memory outside of every buffer is accessed",
    "local-out-of-bounds": "local memory outside of the thread's frame is accessed",
    "misaligned": "an address is not aligned as the instruction asks",
    "uninitialised-shared": "shared memory is read that nothing has written",
    "uninitialised-register": "a register is read that nothing has written",
    "uninitialised-local": "local memory is read that nothing has written",
    "race": "two accesses to shared memory, one of them a write, are ordered by no barrier or wait",
    "exited-in-flight": "a thread exits while bulk stores or wgmmas still read shared memory",
    "exited-block": "distributed shared memory is accessed, and nothing keeps its block from exiting before",
    "descriptor": "a wgmma matrix descriptor is not one of the canonical layouts",
    "warpgroup-mismatch": "the warps of a warpgroup issue different wgmma instructions",
    "tensor-memory": "tensor memory is used that is not allocated or not the warp's, or is not given back",
    "register-count": "setmaxnreg asks for a count that is no multiple of 8 in 24 ... 256",
    "dependency-wait-missing": "memory of an earlier launch is touched before griddepcontrol.wait",
    "read-only": "ld.global.nc reads memory that this kernel writes",
    "trap": "a trap is executed",
    "launch": "a launch disagrees with its kernel: arguments, cluster size, threads",
}


class Violation(Exception):
    """A check that failed: `check` is its name, `where` the kernel, warp, line and instruction."""

    def __init__(self, check: str, detail: str):
        assert check in CHECKS, check
        super().__init__(check, detail)
        self.check, self.detail, self.where = check, detail, ""

    def __str__(self) -> str:
        return f"{self.check}: {CHECKS[self.check]}: {self.detail}" + (f" ({self.where})" if self.where else "")


class PTXError(Exception):
    """PTX that cannot be read, or an instruction that the emulator does not know. Never a verdict on a kernel."""
