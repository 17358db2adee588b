//===- Passes.td - Passes over what a GPU is to do ---------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that choose what becomes one kernel.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_TRANSFORMS_PASSES_TD
#define SLIN_DIALECT_SLINGPU_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def Fuse : Pass<"slin-gpu-fuse", "::mlir::ModuleOp"> {
  let summary = "make the products in the middle of low-rank networks one op";
  let description = [{
    Two products of which the second one reads the hidden features that the first
    one gives become `slingpu.ffn_core`, so that these need no memory. A gate that a
    third product gives becomes part of it.

    Looked at are products between which there are more features than on either
    side. Each pair is fused or gets a remark (category `slin-gpu-fuse`) that says
    which of these constraints it does not meet:
    - (C1) Its region serves `min-tokens` tokens or more.
    - (C2) No product has a schedule, since that of the fused op is another.
    - (C3) Elements are bf16 or f16, for which there are kernels.
    - (C4) Products have one block each, and the same matrix for all tokens.
    - (C5) Nothing else reads the hidden features or the gate.
    - (C6) Behind the first product are a bias, an activation and a gate at most,
      behind the gate's a bias at most, behind the second one nothing.
    - (C7) A gate comes from a product.
    - (C8) The features of the inputs and of the result are `max-rank` at most.

    Example:

    ```mlir
    // slin-opt --slin-gpu-fuse
    slingpu.entry "/mlp" bounds [] structure "low_rank, gelu, low_rank" (tensor<?x64xbf16>) -> (tensor<?x48xbf16>) {
    ^bb0(%t: tensor<?x64xbf16>):
      %u = slingpu.weight "/up/u" dense<0.5> : tensor<1x3072x64xbf16>
      %v = slingpu.weight "/down/v" dense<0.25> : tensor<1x48x3072xbf16>
      %h = slingpu.block_gemm %t, %u run 3072 {activation = "gelu"} : tensor<?x64xbf16>, tensor<1x3072x64xbf16> -> tensor<?x3072xbf16>
      %z = slingpu.block_gemm %h, %v run 48 : tensor<?x3072xbf16>, tensor<1x48x3072xbf16> -> tensor<?x48xbf16>
      slingpu.yield %z : tensor<?x48xbf16>
    }
    // becomes
      %z = slingpu.ffn_core %x, %up.u, %down.v {activation = "gelu"} : tensor<?x64xbf16>, tensor<1x3072x64xbf16>, tensor<1x48x3072xbf16> -> tensor<?x48xbf16>
      slingpu.yield %z : tensor<?x48xbf16>
    ```
  }];
  let options = [
    Option<"maxRank", "max-rank", "int64_t", /*default=*/"256",
           "the most features of an input or result of what is fused">,
    Option<"minTokens", "min-tokens", "int64_t", /*default=*/"1",
           "fuse only where a region serves no fewer tokens than this">
  ];
}

#endif // SLIN_DIALECT_SLINGPU_TRANSFORMS_PASSES_TD
