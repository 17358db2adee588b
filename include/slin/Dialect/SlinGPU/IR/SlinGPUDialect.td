//===- SlinGPUDialect.td - The slingpu dialect -------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a GPU is to do for a network, and how: between operators, which do not
// know of kernels, and NVVM, which does not know of networks.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SLINGPUDIALECT_TD
#define SLIN_DIALECT_SLINGPU_IR_SLINGPUDIALECT_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/OpBase.td"

def SlinGPU_Dialect : Dialect {
  let name = "slingpu";
  let cppNamespace = "::slin::slingpu";
  let summary = "Feed-forward networks as kernels and schedules";
  let description = [{
    A module holds packed weights (`slingpu.weight`) and entries
    (`slingpu.entry`), one for each network. An entry says for ranges of token
    counts what is computed: few ops, each of which becomes one kernel. Values are
    tensors [tokens, features] and stand for buffers of the caller or of the
    workspace.

    An op says what it computes. How it does that is its `schedule`, which a pass
    chooses for a target; without one an op is still complete. Emitting kernels
    replaces the ops by `slingpu.launch`, which is what a launch plan is made of.

    `nvgpu` cannot express these kernels (no bf16 `mma.sync`, wrong descriptors for
    weights stored as [out, in], no control over pipelining), and `gpu.launch_func`
    neither programmatic launches nor tensor maps as parameters.
  }];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
  private:
    void registerAttributes();
  }];
}

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUDIALECT_TD
