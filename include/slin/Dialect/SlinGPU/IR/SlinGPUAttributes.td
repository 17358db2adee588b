//===- SlinGPUAttributes.td - Schedules and launches -------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// How a kernel does its work, and what its launches get.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SLINGPUATTRIBUTES_TD
#define SLIN_DIALECT_SLINGPU_IR_SLINGPUATTRIBUTES_TD

include "slin/Dialect/SlinGPU/IR/SlinGPUDialect.td"

class SlinGPU_Attr<string attribute, string text>
    : AttrDef<SlinGPU_Dialect, attribute> {
  let mnemonic = text;
}

def SlinGPU_ScheduleAttr : SlinGPU_Attr<"Schedule", "schedule"> {
  let summary = "how a kernel does its work";
  let description = [{
    `emitter` names who makes the kernel: `mma_sync` (sm_80 and later: `cp.async`,
    `ldmatrix`, `mma.sync`), `wgmma` (sm_90a: TMA, mbarriers, warp-specialised
    `wgmma`), `skinny` (sm_90a, few tokens: the weight's rows take the place of
    tokens, the tokens that of columns), `tcgen05` (sm_100a: TMA, mbarriers, one
    thread that multiplies into tensor memory; assembled only: no GPU has run it).

    `tile` is tokens × rows of the weight × columns of the weight per step; for
    `skinny` the first is the greatest number of tokens. `stages` are the steps
    that are loaded ahead. `warps` are those that multiply, along tokens and along
    rows; for `tcgen05` those that finish the sums, each 32 tokens. `cluster` blocks share what they load, or with `split` columns the sum.
    `split` is the number of parts that columns are cut into. `persistent` kernels
    have as many blocks as run at once, which take tile after tile.

    For `slingpu.ffn_core` emitters are `mma_sync_core` (sm_80 and later) and
    `wgmma_core` (sm_90a); sm_100a has no other than `mma_sync_core`. There `down` is the weight of the tile: its rows are all
    in one tile, its columns the hidden features of a step, which warps along rows
    share.

    `slingpu.route` is made by `route`, whose one block has `tile` tokens × experts in
    each round, and `slingpu.combine` by `combine`, of whose blocks a thread has some
    features of one token. Neither has columns, stages or parts.

    Example:

    ```mlir
    #slingpu.schedule<emitter = "wgmma", tile = [128, 256, 64], stages = 4, warps = [8, 1], cluster = 2, split = 1, persistent = true>
    ```
  }];
  let parameters = (ins
    StringRefParameter<"who makes the kernel">:$emitter,
    ArrayRefParameter<"int64_t", "tokens, rows, columns">:$tile,
    "int64_t":$stages,
    ArrayRefParameter<"int64_t", "along tokens, along rows">:$warps,
    "int64_t":$cluster,
    "int64_t":$split,
    "bool":$persistent);
  let assemblyFormat = [{
    `<` `emitter` `=` $emitter `,` `tile` `=` `[` $tile `]` `,` `stages` `=` $stages `,`
    `warps` `=` `[` $warps `]` `,` `cluster` `=` $cluster `,` `split` `=` $split `,`
    `persistent` `=` $persistent `>`
  }];
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    int64_t getTileTokens() const { return getTile()[0]; }
    int64_t getTileRows() const { return getTile()[1]; }
    int64_t getTileColumns() const { return getTile()[2]; }
  }];
}

def SlinGPU_NumberAttr : SlinGPU_Attr<"Number", "number"> {
  let summary = "what varies with the number of tokens";
  let description = [{
    `ceil(scale * tokens / divisor) * multiplier + constant`. A constant has scale 0
    and divisor 1, and is written as it is.

    Example:

    ```mlir
    #slingpu.number<ceil(1 * tokens by 128) * 6 + 0>
    ```
  }];
  let parameters = (ins "int64_t":$scale, "int64_t":$divisor, "int64_t":$multiplier, "int64_t":$constant);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [
    AttrBuilder<(ins "int64_t":$constant), [{
      return $_get($_ctxt, 0, 1, 0, constant);
    }]>
  ];
  let extraClassDeclaration = [{
    /// `ceil(tokens / divisor) * multiplier`.
    static NumberAttr ofTokens(::mlir::MLIRContext *context, int64_t divisor = 1,
                               int64_t multiplier = 1) {
      return get(context, 1, divisor, multiplier, 0);
    }
    int64_t at(int64_t tokens) const;
  }];
}

def SlinGPU_PointerAttr : SlinGPU_Attr<"Pointer", "pointer"> {
  let summary = "a parameter that points into a buffer";
  let description = [{
    `buffer` counts the operands of the launch and, from their number on, its
    results; `offset` is in bytes.

    Example:

    ```mlir
    #slingpu.pointer<buffer = 1, offset = 0>
    ```
  }];
  let parameters = (ins "int64_t":$buffer, "int64_t":$offset);
  let assemblyFormat = "`<` `buffer` `=` $buffer `,` `offset` `=` $offset `>`";
}

def SlinGPU_TensorMapAttr : SlinGPU_Attr<"TensorMap", "tensor_map"> {
  let summary = "a parameter that describes a tensor to TMA";
  let description = [{
    Axis 0 is the innermost. `strides` are those of axis 1 and further, in bytes.
    What is outside of `dims` is read as zero and not written. Swizzled by 128
    bytes, unless `swizzle` is 0.

    Example:

    ```mlir
    #slingpu.tensor_map<buffer = 0, offset = 0, type = bf16, dims = [<768>, <ceil(1 * tokens by 1) * 1 + 0>], strides = [1536], box = [64, 128], swizzle = 128>
    ```
  }];
  let parameters = (ins "int64_t":$buffer, "int64_t":$offset, "::mlir::Type":$type,
    ArrayRefParameter<"::slin::slingpu::NumberAttr", "sizes">:$dims,
    ArrayRefParameter<"int64_t", "bytes">:$strides,
    ArrayRefParameter<"int64_t", "elements">:$box,
    "int64_t":$swizzle);
  let assemblyFormat = [{
    `<` `buffer` `=` $buffer `,` `offset` `=` $offset `,` `type` `=` $type `,`
    `dims` `=` `[` $dims `]` `,` `strides` `=` `[` $strides `]` `,` `box` `=` `[` $box `]` `,`
    `swizzle` `=` $swizzle `>`
  }];
  let genVerifyDecl = 1;
}

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUATTRIBUTES_TD
