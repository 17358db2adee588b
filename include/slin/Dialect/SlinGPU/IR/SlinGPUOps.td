//===- SlinGPUOps.td - Networks as kernels -----------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Entries, what they compute, and the launches that this becomes.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_TD
#define SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_TD

include "slin/Dialect/SlinGPU/IR/SlinGPUAttributes.td"
include "slin/Dialect/SlinGPU/IR/SlinGPUInterfaces.td"

include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "slin/Weights/WeightInterfaces.td"

class SlinGPU_Op<string mnemonic, list<Trait> traits = []>
    : Op<SlinGPU_Dialect, mnemonic, traits>;

/// What kernels compute on. f32 is multiplied as tf32.
def SlinGPU_Element : AnyTypeOf<[BF16, F16, F32]>;
/// [tokens, features], or [tokens, choices, features] of rows by experts.
def SlinGPU_Activations : RankedTensorOf<[BF16, F16, F32]>;
/// Tables of row and token numbers.
def SlinGPU_Numbers : RankedTensorOf<[I32]>;

def SlinGPU_WeightOp : SlinGPU_Op<"weight", [Pure, AllTypesMatch<["value", "result"]>,
    DeclareOpInterfaceMethods<Slin_WeightOpInterface, ["getWeight", "getWeightName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a packed weight";
  let description = [{
    Bytes as kernels read them: matrices as [blocks, rows, columns], rows in the
    order in which they are stored, columns padded with zeros to whole 16 bytes;
    biases as vectors.

    Constraints:
    - (C1) `value` holds elements.

    Example:

    ```mlir
    %w = slingpu.weight "/h.0/mlp/c_fc/u" dense<0.5> : tensor<1x192x768xbf16>
    ```
  }];
  let arguments = (ins StrAttr:$name, TypedAttrInterface:$value);
  let results = (outs AnyRankedTensor:$result);
  let assemblyFormat = "$name $value attr-dict";
  let hasVerifier = 1;
}

def SlinGPU_EntryOp : SlinGPU_Op<"entry", [
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "a network that can be run";
  let description = [{
    One region for each range of token counts: region i serves
    `bounds[i - 1] <= tokens < bounds[i]`, the first one from 1 token, the last one
    without end, as in `slin.by_tokens`. All take the same inputs and yield the same
    outputs.

    `path` is the network's place in the model, `structure` what it computes, for
    people. A sum of experts has their paths as `networks`, and as inputs what they
    read and the gates that it has for them.

    Constraints:
    - (C1) There is one more region than there are bounds.
    - (C2) Bounds are at least 2 and increase strictly.
    - (C3) Each region has one block, whose arguments have the types of `inputs`.
    - (C4) Each region yields values of the types of `outputs`.
    - (C5) Inputs and outputs are [tokens, features], features known, and there is
      at least one of each.
    - (C6) With `networks` there are two inputs, the second one with a gate for each.

    Example:

    ```mlir
    slingpu.entry "/h.0/mlp" bounds [] structure "low_rank, relu, dense"
      (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
    ^bb0(%x: tensor<?x64xbf16>):
      %h = slingpu.block_gemm %x, %w1 bias %b1 : tensor<256xf32> run 256 {activation = "relu"}
        : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
      %y = slingpu.block_gemm %h, %w2 run 64 : tensor<?x256xbf16>, tensor<1x64x256xbf16> -> tensor<?x64xbf16>
      slingpu.yield %y : tensor<?x64xbf16>
    }
    ```
  }];
  let arguments = (ins StrAttr:$path, DenseI64ArrayAttr:$bounds, StrAttr:$structure,
    TypeArrayAttr:$input_types, TypeArrayAttr:$output_types,
    OptionalAttr<StrArrayAttr>:$networks);
  let regions = (region VariadicRegion<AnyRegion>:$plans);
  let assemblyFormat = [{
    $path `bounds` $bounds `structure` $structure custom<Signature>($input_types, $output_types)
    attr-dict-with-keyword $plans
  }];
  let hasRegionVerifier = 1;
  let extraClassDeclaration = [{
    /// The token counts that region `index` serves: from, and the first that it
    /// does not (INT64_MAX for the last region).
    std::pair<int64_t, int64_t> getRange(unsigned index);
  }];
}

def SlinGPU_YieldOp : SlinGPU_Op<"yield", [Pure, Terminator, ReturnLike, ParentOneOf<["EntryOp"]>]> {
  let summary = "the outputs of an entry";
  let description = [{
    Constraints:
    - (C1) It ends a region of `slingpu.entry`, which checks the operands.

    Example:

    ```mlir
    slingpu.entry "/mlp" bounds [] structure "identity" (tensor<?x64xbf16>) -> (tensor<?x64xbf16>) {
    ^bb0(%y: tensor<?x64xbf16>):
      slingpu.yield %y : tensor<?x64xbf16>
    }
    ```
  }];
  let arguments = (ins Variadic<SlinGPU_Activations>:$operands);
  let assemblyFormat = "($operands^ `:` type($operands))? attr-dict";
}

def SlinGPU_BlockGemmOp : SlinGPU_Op<"block_gemm", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SlinGPU_ScheduledOpInterface, ["getElementType", "getActivationName",
      "getActivationParameter", "getWork", "getKernelName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "a product with a block-diagonal matrix, and what follows it";
  let description = [{
    With B blocks of R rows and K columns, block b reads features
    `b K, …, b K + K - 1` of `input`:

    `p[t, b, r] = act(Σ_k weight[b, r, k] · input[t, b K + k] + bias[b R + r])`,

    which is stored as feature `(r / run) B run + b run + r mod run`: in runs of
    `run` rows, one of each block in turn. `run = R` stores one block after the
    other; one block is a dense matrix. A shuffle between two block diagonals is
    thus no work of its own (`bias` is in the order of blocks and rows, before it).
    Then, feature by feature, `y = p · gate + residual` where these are given.

    With `experts` there is such a matrix for each of E experts, and the result has
    the rows that `slingpu.route` numbers: row i, which expert e has since
    `offsets[e] <= i < offsets[e + 1]`, is the product of e's matrix with row i of
    the input or, where `tokens` are given, with the input's token `tokens[i]`. Gate
    and residual have the result's rows. Rows from `offsets[E]` on are not written.

    Sums are in f32; `activation` is a name of the catalogue (`relu`, `gelu`,
    `gelu_tanh`, `silu`, …), `parameter` its slope or scale. `weight` may have more
    columns than are read, which are zeros.

    Constraints:
    - (C1) `weight` is [B, R, columns], or [E B, R, columns] with `experts`, with
      columns ≥ K, of the input's type, and its rows are whole 16 bytes.
    - (C2) The input's features are B K, with K the same for every block.
    - (C3) The result's features are B R; gate and residual have its type.
    - (C4) `bias` is f32 with B R elements, or E B R.
    - (C5) `run` divides R.
    - (C6) The schedule, if there is one, fits the shared memory and registers of
      some GPU, and what its emitter takes in sizes and alignment.
    - (C7) `experts` are i32 [E + 1], `tokens` i32 [tokens, k], and these only with
      those. Then the result is [tokens, k, features], and so is the input where
      there are no `tokens`; all others are [tokens, features].

    Example:

    ```mlir
    %h = slingpu.block_gemm %x, %w bias %b : tensor<256xf32> run 32 {activation = "gelu_tanh"}
      : tensor<?x64xbf16>, tensor<4x64x16xbf16> -> tensor<?x256xbf16>
    %r = slingpu.block_gemm %x, %v experts %offsets : tensor<9xi32> tokens %tokens : tensor<?x2xi32> run 48
      : tensor<?x64xbf16>, tensor<8x48x64xbf16> -> tensor<?x2x48xbf16>
    ```
  }];
  let arguments = (ins SlinGPU_Activations:$input, AnyRankedTensor:$weight,
    Optional<AnyRankedTensor>:$bias, Optional<SlinGPU_Activations>:$gate,
    Optional<SlinGPU_Activations>:$residual, Optional<SlinGPU_Numbers>:$offsets,
    Optional<SlinGPU_Numbers>:$tokens, I64Attr:$run,
    OptionalAttr<StrAttr>:$activation, OptionalAttr<F64Attr>:$parameter,
    OptionalAttr<SlinGPU_ScheduleAttr>:$schedule);
  let results = (outs SlinGPU_Activations:$result);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^ `:` type($bias))? (`gate` $gate^ `:` type($gate))?
    (`residual` $residual^ `:` type($residual))? (`experts` $offsets^ `:` type($offsets))?
    (`tokens` $tokens^ `:` type($tokens))? `run` $run attr-dict
    `:` type($input) `,` type($weight) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// Matrices, one for each expert; 1 where there are none.
    int64_t getExperts();
    /// Experts of one token at most; 1 where there are none.
    int64_t getChoices();
    /// Blocks of one matrix.
    int64_t getBlocks();
    /// Rows of one block.
    int64_t getRows();
    /// Columns of one block that are read.
    int64_t getColumns();
    /// Columns of one block that are stored.
    int64_t getStoredColumns();
    int64_t getInputFeatures();
    int64_t getOutputFeatures();
  }];
}

def SlinGPU_FFNCoreOp : SlinGPU_Op<"ffn_core", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<SlinGPU_ScheduledOpInterface, ["getElementType", "getActivationName",
      "getActivationParameter", "getWork", "getKernelName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "two products and the activation between them, on chip";
  let description = [{
    The middle of a feed-forward network whose two linears are of low rank: `up`
    [F, R1] and `down` [R2, F] with F hidden features, which never reach memory:

    `h[t, f] = act(Σ_k up[f, k] · input[t, k] + bias[f]) · g[t, f]`,
    `y[t, r] = Σ_f down[r, f] · h[t, f]`,

    with `g[t, f] = Σ_k gate_up[f, k] · gate_input[t, k] + gate_bias[f]` where there
    is a gate, else 1. Sums are in f32; g and h are rounded to the type of the
    input, as two products with their activations between them would have stored
    them. `activation` is a name of the catalogue, `parameter` its slope or scale.
    Weights may have more columns than are read, which are zeros.

    Constraints:
    - (C1) Weights are [1, rows, columns] of the input's type, with rows of whole 16
      bytes.
    - (C2) `up` has at least as many columns as the input features, and so have
      `gate_up` those of the gate's input.
    - (C3) `down` has at least F columns.
    - (C4) The result has as many features as `down` rows.
    - (C5) Biases are f32 with F elements.
    - (C6) `gate_up` has F rows, and the gate's input the input's type of elements;
      both are given or none, and `gate_bias` only with them.
    - (C7) The schedule, if there is one, fits the shared memory and registers of
      some GPU, and what its emitter takes in sizes and alignment.

    Example:

    ```mlir
    %z = slingpu.ffn_core %t, %u, %v bias %b : tensor<3072xf32> gate %s, %g : tensor<?x96xbf16>, tensor<1x3072x96xbf16> {activation = "silu"}
      : tensor<?x192xbf16>, tensor<1x3072x192xbf16>, tensor<1x192x3072xbf16> -> tensor<?x192xbf16>
    ```
  }];
  let arguments = (ins SlinGPU_Activations:$input, AnyRankedTensor:$up,
    AnyRankedTensor:$down, Optional<AnyRankedTensor>:$bias,
    Optional<SlinGPU_Activations>:$gate_input, Optional<AnyRankedTensor>:$gate_up,
    Optional<AnyRankedTensor>:$gate_bias,
    OptionalAttr<StrAttr>:$activation, OptionalAttr<F64Attr>:$parameter,
    OptionalAttr<SlinGPU_ScheduleAttr>:$schedule);
  let results = (outs SlinGPU_Activations:$result);
  let assemblyFormat = [{
    $input `,` $up `,` $down (`bias` $bias^ `:` type($bias))?
    (`gate` $gate_input^ `,` $gate_up `:` type($gate_input) `,` type($gate_up))?
    (`gate_bias` $gate_bias^ `:` type($gate_bias))? attr-dict
    `:` type($input) `,` type($up) `,` type($down) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// F.
    int64_t getHiddenFeatures();
    /// R1.
    int64_t getInputFeatures();
    /// Features of the gate's input; 0 where there is no gate.
    int64_t getGateFeatures();
    /// R2.
    int64_t getOutputFeatures();
  }];
}

def SlinGPU_RouteOp : SlinGPU_Op<"route", [Pure,
    DeclareOpInterfaceMethods<SlinGPU_ScheduledOpInterface, ["getElementType", "getActivationName",
      "getActivationParameter", "getWork", "getKernelName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "which rows experts compute";
  let description = [{
    Expert e computes token t where `gates[t, e]` is not zero; of a token with more
    than `choices` such gates, the first ones count. Pairs of an expert and a token
    are numbered expert after expert, and in the order of tokens for each:

    - `offsets[e]` is the first number of expert e, `offsets[E]` how many there are;
    - `tokens[i]` is the token of pair i, nothing being said of those behind the
      last;
    - `places[t, e]` is the number of the pair, or -1 where there is none.

    Numbers depend on the gates alone, not on which thread comes first.

    Constraints:
    - (C1) `gates` are [tokens, E], E known.
    - (C2) `choices` is 1 to E.
    - (C3) The results are i32 [E + 1], [tokens, choices] and [tokens, E].
    - (C4) The schedule, if there is one, is one that its emitter takes.

    Example:

    ```mlir
    %offsets, %tokens, %places = slingpu.route %gates choices 2
      : tensor<?x8xbf16> -> tensor<9xi32>, tensor<?x2xi32>, tensor<?x8xi32>
    ```
  }];
  let arguments = (ins SlinGPU_Activations:$gates, I64Attr:$choices,
    OptionalAttr<SlinGPU_ScheduleAttr>:$schedule);
  let results = (outs SlinGPU_Numbers:$offsets, SlinGPU_Numbers:$tokens, SlinGPU_Numbers:$places);
  let assemblyFormat = [{
    $gates `choices` $choices attr-dict `:` type($gates) `->` type($offsets) `,` type($tokens) `,` type($places)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getExperts();
  }];
}

def SlinGPU_CombineOp : SlinGPU_Op<"combine", [Pure,
    DeclareOpInterfaceMethods<SlinGPU_ScheduledOpInterface, ["getElementType", "getActivationName",
      "getActivationParameter", "getWork", "getKernelName"]>,
    DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmResultNames"]>]> {
  let summary = "the sum of what experts computed of each token";
  let description = [{
    `y[t] = Σ_e gates[t, e] · rows[places[t, e]]` over the experts that have a place,
    in their order and in f32: the result is the same in every run. A token of no
    expert has zeros.

    Constraints:
    - (C1) `rows` are [tokens, choices, features], `gates` [tokens, E] of the same
      type of elements, E known.
    - (C2) `places` are i32 [tokens, E].
    - (C3) The result is [tokens, features] of the rows' type of elements.
    - (C4) The schedule, if there is one, is one that its emitter takes.

    Example:

    ```mlir
    %y = slingpu.combine %rows, %gates, %places
      : tensor<?x2x64xbf16>, tensor<?x8xbf16>, tensor<?x8xi32> -> tensor<?x64xbf16>
    ```
  }];
  let arguments = (ins SlinGPU_Activations:$rows, SlinGPU_Activations:$gates, SlinGPU_Numbers:$places,
    OptionalAttr<SlinGPU_ScheduleAttr>:$schedule);
  let results = (outs SlinGPU_Activations:$result);
  let assemblyFormat = [{
    $rows `,` $gates `,` $places attr-dict `:` type($rows) `,` type($gates) `,` type($places) `->` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    int64_t getExperts();
    int64_t getFeatures();
  }];
}

def SlinGPU_LaunchOp : SlinGPU_Op<"launch", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a kernel in a launch plan";
  let description = [{
    Launches `kernel` on `grid_x` × `grid_y` blocks; with `blocks_per_sm` on no more
    than run at once. `parameters` are those of the kernel, in order:
    `#slingpu.tensor_map`, `#slingpu.pointer` or `#slingpu.number`. They name buffers:
    the operands, then the results, which the kernel writes whole. With
    `programmatic` the kernel may start before the one before it has ended, and
    waits itself.

    Constraints:
    - (C1) `kernel` is a function of a `gpu.module` with as many parameters.
    - (C2) Parameters are tensor maps, pointers and numbers, of buffers that there
      are.

    Example:

    ```mlir
    builtin.module {
    gpu.module @kernels {
      llvm.func @gemm(%from: !llvm.ptr, %by: !llvm.ptr, %to: !llvm.ptr, %tokens: i32) {
        llvm.return
      }
    }
    %w = slingpu.weight "w" dense<0.5> : tensor<1x768x64xbf16>
    slingpu.entry "/fc" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x768xbf16>) {
    ^bb0(%x: tensor<?x64xbf16>):
      %y = slingpu.launch @kernels::@gemm(%x, %w) grid <ceil(1 * tokens by 128) * 6 + 0>, <1>
        parameters [#slingpu.pointer<buffer = 0, offset = 0>, #slingpu.pointer<buffer = 1, offset = 0>, #slingpu.pointer<buffer = 2, offset = 0>, #slingpu.number<ceil(1 * tokens by 1) * 1 + 0>]
        : (tensor<?x64xbf16>, tensor<1x768x64xbf16>) -> tensor<?x768xbf16>
      slingpu.yield %y : tensor<?x768xbf16>
    }
    }
    ```
  }];
  let arguments = (ins SymbolRefAttr:$kernel, Variadic<AnyRankedTensor>:$buffers,
    SlinGPU_NumberAttr:$grid_x, SlinGPU_NumberAttr:$grid_y, ArrayAttr:$parameters,
    OptionalAttr<I64Attr>:$blocks_per_sm, UnitAttr:$programmatic);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    $kernel `(` $buffers `)` `grid` $grid_x `,` $grid_y `parameters` $parameters attr-dict
    `:` functional-type($buffers, $results)
  }];
  let hasVerifier = 1;
}

#endif // SLIN_DIALECT_SLINGPU_IR_SLINGPUOPS_TD
