//===- Passes.td - Passes over linear operators ------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that replace operators by other operators.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_TD
#define SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def Factorize : Pass<"slin-factorize", "::mlir::ModuleOp"> {
  let summary = "replace dense operators by structured ones";
  let description = [{
    Replaces every selected `slin.dense` by the structured operator that is
    nearest to it: under the second moment of the inputs where `statistics` are
    given, in the Frobenius norm with `weight-only`. Computed in f64; factors are
    rounded once, to the weight's own element type.

    Selected are the linears (`slin.apply`) of which the path, the name of the
    weight or of the bias, or the path of the network matches one of `include`
    (all where there is none) and none of `exclude`. A pattern is a glob over the
    whole name, or, after `re:`, a regular expression that is looked for anywhere
    in it. A weight is factorised once for all linears that read it, and only
    where all of them are selected and nobody else reads it: otherwise it would
    stay behind.

    `ratio` is the fraction of the selected weights' parameters to remove, a
    floor on their total; a weight that several linears share counts once. Where
    the floor cannot be met, there is a warning. `block_diagonal` and
    `block_shuffle` have no rank: their blocks are given, or the smallest number
    that divides both sides and removes `ratio`.

    Where each linear that reads a weight has a bias of its own, the bias takes
    over the mean of what the factors lose, b += (W - Ŵ) μ, and the factors are
    the nearest under the covariance. `add-bias` gives the others one.

    Each selected linear gets a `decision`: `structure`, `rank`, `blocks`,
    `parameters_before`, `parameters_after`, `error_frobenius` |W - Ŵ| / |W|,
    `error_activation` √tr(ΔCΔᵀ) / √tr(WCWᵀ) under the moment or covariance C,
    `bias_corrected`, and `decision`: `structured`, or `dense` with the `reason`.
    Ops that may be dead afterwards carry `slin.replaced`.

    `statistics` is a safetensors file with, for the tensor that a linear reads
    (`input_name`), `<tensor>/mean` [N], `<tensor>/second_moment` [N, N] and
    `<tensor>/count` [1], all F64.

    Example:

    ```mlir
    // slin-opt --slin-factorize='structure=low_rank ratio=0.3 weight-only'
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (tensor<?x256xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<256x64xf32>
      %d = slin.dense %w : tensor<256x64xf32> -> !slin.linop<64 -> 256, f32>
      %y = slin.apply %d, %x {path = "/fc/MatMul"} : !slin.linop<64 -> 256, f32>, tensor<?x64xf32> -> tensor<?x256xf32>
      return %y : tensor<?x256xf32>
    }
    // becomes
      %fc.MatMul.slin_u = slin.weight "/fc/MatMul/slin_u" … : tensor<256x32xf32>
      %fc.MatMul.slin_v = slin.weight "/fc/MatMul/slin_v" … : tensor<32x64xf32>
      %low_rank = slin.low_rank %fc.MatMul.slin_u, %fc.MatMul.slin_v : tensor<256x32xf32>, tensor<32x64xf32> -> !slin.linop<64 -> 256, f32>
      slin.apply %low_rank, %arg0 {decision = {decision = "structured", error_frobenius = …, parameters_after = 10240 : i64, parameters_before = 16384 : i64, rank = 32 : i64, structure = "low_rank"}, path = "/fc/MatMul"} …
    ```
  }];
  let options = [
    Option<"structure", "structure", "std::string", /*default=*/"\"low_rank\"",
           "low_rank, block_diagonal, block_dense or block_shuffle (alias monarch)">,
    Option<"rank", "rank", "int64_t", /*default=*/"0",
           "rank of every factorised weight; 0: not given">,
    Option<"blocks", "blocks", "int64_t", /*default=*/"0",
           "number of blocks; 0: not given">,
    Option<"ratio", "ratio", "double", /*default=*/"0",
           "fraction of the selected weights' parameters to remove; 0: not given">,
    ListOption<"include", "include", "std::string",
               "linears to factorise, as glob or re:REGEX; all where there is none">,
    ListOption<"exclude", "exclude", "std::string",
               "linears to leave dense, as glob or re:REGEX">,
    Option<"statistics", "statistics", "std::string", /*default=*/"\"\"",
           "safetensors file of calibration statistics">,
    Option<"weightOnly", "weight-only", "bool", /*default=*/"false",
           "factorise without statistics, which usually ruins a pretrained model">,
    Option<"addBias", "add-bias", "bool", /*default=*/"false",
           "correct the mean also where the bias is shared or absent">
  ];
}

def Densify : Pass<"slin-densify", "::mlir::ModuleOp"> {
  let summary = "make every structured operator one matrix";
  let description = [{
    Replaces the operator of every `slin.apply` that is no `slin.dense` by one:
    the operator is evaluated in f64 and rounded once, to the element type of its
    weights. It is exact in real arithmetic, for any structure, whoever wrote it:
    factors become `W = U V`, shuffles and blocks lie where they belong.

    Of the selected linears (patterns as slin-factorize has them) each gets a
    `decision`: `merged`, `dense` where it was one matrix already, or `kept` with
    the reason. An operator is left as it is, also with a remark (category
    `slin-densify`), where its weights are no constants or of several element
    types, or a product is not finite.

    Constraints:
    - (C1) The weights of the operator are constants that can be read.
    - (C2) They have one element type; the operator holds at least one of them.
    - (C3) No number of the matrix is beyond that type.
    - (C4) Each pattern of `include` and `exclude` matches a linear.

    Example:

    ```mlir
    // slin-opt --slin-densify
    func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x2xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u = onnx.initializer "u" dense<[[1.0], [2.0]]> : tensor<2x1xf32>
      %v = onnx.initializer "v" dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
      %w = slin.low_rank %u, %v : tensor<2x1xf32>, tensor<1x4xf32> -> !slin.linop<4 -> 2, f32>
      %y = slin.apply %w, %x {path = "/fc"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    // becomes
      %fc.slin_w = slin.weight "/fc/slin_w" dense<…[1.000000e+00, 2.000000e+00], [2.000000e+00, 4.000000e+00], [3.000000e+00, 6.000000e+00], [4.000000e+00, 8.000000e+00]…> : tensor<4x2xf32>
      %dense = slin.dense %fc.slin_w transposed : tensor<4x2xf32> -> !slin.linop<4 -> 2, f32>
      slin.apply %dense, %arg0 {decision = {decision = "merged", parameters_after = 8 : i64, parameters_before = 6 : i64}, path = "/fc"} …
    ```
  }];
  let options = [
    ListOption<"include", "include", "std::string",
               "linears to merge, as glob or re:REGEX; all where there is none">,
    ListOption<"exclude", "exclude", "std::string",
               "linears to leave as they are, as glob or re:REGEX">
  ];
}

def Premerge : Pass<"slin-premerge", "::mlir::ModuleOp"> {
  let summary = "give every operator the form that is fastest";
  let description = [{
    An operator can be computed as it is stored, with some of its factors
    multiplied beforehand (as few multiply-accumulates as possible), or as one
    matrix. Each operator of a selected linear becomes the form that takes the
    least time on `target` at the token counts asked for; where these have
    different winners, a `slin.by_tokens` of them, whose bounds are the counts at
    which the estimates cross. Forms are equal in real arithmetic: new weights are
    evaluated in f64 and rounded once, to the element type of the old ones.

    `target` is a target that is compiled in (`cpu`, `sm_80`, `sm_86`, `sm_89`,
    `sm_90`, `sm_100`, `sm_120`), or the path of a JSON file that `slin bench --calibrate-target` wrote. Times count what
    would be written: products, products by blocks, moves of features, each
    operation's latency, and whether weights come from caches or, where the whole
    model's weights do not fit, from memory.

    Each selected linear gets a `decision` (`merged`, `regrouped`, `by_tokens`, or
    what it was before) with the estimates of all forms, and a remark of category
    `slin-premerge` says them. Operators whose weights are no constants of one
    element type, whose element type the target has no throughput for, or that are
    a choice already, stay as they are with the reason.

    Constraints:
    - (C1) The weights of the operator are constants that can be read, of one
      element type, and no number of a new weight is beyond it.
    - (C2) The operator is no `slin.by_tokens` already.
    - (C3) `target` is the name of a target or a file that describes one, and has a
      throughput for the operator's element type.
    - (C4) Token counts are at least 1.
    - (C5) Each pattern of `include` and `exclude` matches a linear.

    Example:

    ```mlir
    // slin-opt --slin-premerge='tokens=1 target=sm_80'
    func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (tensor<?x2xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u = onnx.initializer "u" dense<[[1.0], [2.0]]> : tensor<2x1xf32>
      %v = onnx.initializer "v" dense<[[1.0, 2.0, 3.0, 4.0]]> : tensor<1x4xf32>
      %w = slin.low_rank %u, %v : tensor<2x1xf32>, tensor<1x4xf32> -> !slin.linop<4 -> 2, f32>
      %y = slin.apply %w, %x {path = "/fc"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    // becomes
      %dense = slin.dense %fc.slin_w transposed : tensor<4x2xf32> -> !slin.linop<4 -> 2, f32>
      slin.apply %dense, %arg0 {decision = {decision = "merged", forms = {bounds = array<i64>, chosen = ["dense"], forms = …, target = "sm_80", tokens = array<i64: 1>}, macs_after = 8 : i64, parameters_after = 8 : i64, parameters_before = 6 : i64}, path = "/fc"} …
    ```
  }];
  let options = [
    ListOption<"tokens", "tokens", "int64_t",
               "token counts per call that matter; 1 where there is none">,
    Option<"target", "target", "std::string", /*default=*/"\"cpu\"",
           "name of a target, or path of its JSON file">,
    ListOption<"include", "include", "std::string",
               "linears to choose for, as glob or re:REGEX; all where there is none">,
    ListOption<"exclude", "exclude", "std::string",
               "linears to leave as they are, as glob or re:REGEX">
  ];
}

def Stack : Pass<"slin-stack", "::mlir::ModuleOp"> {
  let summary = "make linears of one value one product, or several, as is faster";
  let description = [{
    Dense linears that read one value (gate and up; queries, keys and values) can
    be one product by the stack of their matrices, `[W_1; W_2; …] x`, which is cut
    afterwards. This saves what products cost beside their arithmetic and moves
    the results once more: the cost model says what that comes to on `target`. A
    group is stacked where this is faster at one of the token counts asked for
    and slower at none; a linear that only such cuts read is taken apart where
    that is. Weights and biases are copied, so that results are equal.

    Remarks (category `slin-stack`) give both times of every group, and the
    reason of each linear that was not taken.

    Constraints:
    - (C1) The operator is a weight, a constant of floating point that nothing else
      reads, and the bias a constant.
    - (C2) Linears stand in one block and have one element type.
    - (C3) Nothing but the cuts reads a linear that is taken apart, and no two of
      them overlap.

    Example:

    ```mlir
    // slin-opt --slin-stack='tokens=1 target=cpu'
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (tensor<?x1xf32> {onnx.name = "y"}, tensor<?x1xf32> {onnx.name = "z"}) attributes {onnx.graph = {}} {
      %k = onnx.initializer "k" dense<[[1.0, 2.0]]> : tensor<1x2xf32>
      %v = onnx.initializer "v" dense<[[3.0, 4.0]]> : tensor<1x2xf32>
      %0 = slin.dense %k : tensor<1x2xf32> -> !slin.linop<2 -> 1, f32>
      %1 = slin.dense %v : tensor<1x2xf32> -> !slin.linop<2 -> 1, f32>
      %y = slin.apply %0, %x {path = "/k"} : !slin.linop<2 -> 1, f32>, tensor<?x2xf32> -> tensor<?x1xf32>
      %z = slin.apply %1, %x {path = "/v"} : !slin.linop<2 -> 1, f32>, tensor<?x2xf32> -> tensor<?x1xf32>
      return %y, %z : tensor<?x1xf32>, tensor<?x1xf32>
    }
    // becomes
      %dense = slin.dense %k.stacked.slin_w transposed : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
      slin.slice %identity out 0 in 0 : !slin.linop<2 -> 2, f32> -> !slin.linop<2 -> 1, f32>
      slin.slice
    ```
  }];
  let options = [
    ListOption<"tokens", "tokens", "int64_t",
               "token counts per call that matter; 1 where there is none">,
    Option<"target", "target", "std::string", /*default=*/"\"cpu\"",
           "name of a target, or path of its JSON file">,
    ListOption<"include", "include", "std::string",
               "linears to choose for, as glob or re:REGEX; all where there is none">,
    ListOption<"exclude", "exclude", "std::string",
               "linears to leave as they are, as glob or re:REGEX">
  ];
}

def Merge : Pass<"slin-merge", "::mlir::ModuleOp"> {
  let summary = "make linear paths single operators where that gains";
  let description = [{
    Reads each value as an affine function of values further up, through
    `slin.apply` and `slin.add`, and writes it in the form with the fewest
    multiply-accumulates per token. One mechanism does what papers describe
    apart: chains with biases between become one matrix (`b = Σ (Π W) b_i`, the
    product grouped as a chain problem); parallel branches and residuals become
    `W_1 + W_2` and `I + W`; a batch norm goes into the linear behind it; a
    layer scale into the linear before it, bias included; channels that pass by an
    activation are taken out of it, and their path becomes one matrix, or stays a
    product where its rank is at most half of the width (RePaViT, 2505.21847); a
    linear behind a sum is distributed over it where that gains.

    Weights are computed in f64 and rounded once, to the widest element type of
    the weights they come from. What gains nothing is left as it is, with the model's own
    nodes.

    Remarks (category `slin-merge`) tell what was merged, and for what was not what
    stands between, which of the constraints was not met, or what it would cost.

    Constraints:
    - (C1) Weights and biases are constants of floating point.
    - (C2) An operator that is a choice by token count is left.
    - (C3) A value with several readers is merged into them only where that takes
      fewer multiply-accumulates in total.
    - (C4) The identity of a residual goes into a matrix only for f32 and f64, where
      `1 + w` keeps w, or with `shortcut=always`.
    - (C5) An activation of one value loses features that no reader reads, unless
      others read its input.

    Example:

    ```mlir
    // slin-opt --slin-merge
    func.func @f(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
      %w = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
      %v = slin.weight "v" #onnx.synthetic<normal, seed = 2> : tensor<2x8xf32>
      %b = slin.weight "b" dense<0.5> : tensor<8xf32>
      %0 = slin.dense %w : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
      %1 = slin.dense %v : tensor<2x8xf32> -> !slin.linop<8 -> 2, f32>
      %h = slin.apply %0, %x bias %b : tensor<8xf32> {path = "/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
      %y = slin.apply %1, %h {path = "/down"} : !slin.linop<8 -> 2, f32>, tensor<?x8xf32> -> tensor<?x2xf32>
      return %y : tensor<?x2xf32>
    }
    // becomes
      %down.slin_bias = slin.weight "/down/slin_bias" … : tensor<2xf32>
      %down.slin_w = slin.weight "/down/slin_w" … : tensor<4x2xf32>
      %dense = slin.dense %down.slin_w transposed : tensor<4x2xf32> -> !slin.linop<4 -> 2, f32>
      slin.apply %dense, %arg0 bias %down.slin_bias : tensor<2xf32> {path = "/down"}
    ```
  }];
  let options = [
    Option<"shortcut", "shortcut", "::slin::MergeShortcut",
           /*default=*/"::slin::MergeShortcut::Automatic",
           "whether a residual goes into a matrix",
           [{::llvm::cl::values(
             clEnumValN(::slin::MergeShortcut::Automatic, "auto", "for f32 and f64"),
             clEnumValN(::slin::MergeShortcut::Always, "always", "for every element type"),
             clEnumValN(::slin::MergeShortcut::Never, "never", "for none"))}]>,
    Option<"verifyExact", "verify-exact", "bool", /*default=*/"false",
           "evaluate each value in f64 before and after, and fail where they differ">
  ];
}

def RecoverStructure : Pass<"slin-recover-structure", "::mlir::ModuleOp"> {
  let summary = "find the structure that dense operators have already";
  let description = [{
    Undoes a merge that somebody else did: a `slin.dense` whose matrix is the
    product of structured factors becomes the operator of these factors. Nothing
    is approximated beyond the rounding of the matrix's element type, so a matrix
    without structure stays as it is.

    The ranks of blocks decide (σ are a block's singular values in f64, rank r
    means σ_{r+1} <= `tolerance` σ_1):

    - `block_diagonal`: the norm off the diagonal blocks is at most `tolerance`
      of the whole.
    - `low_rank`: the matrix has rank r.
    - `block_dense`: each of b column slices has rank r/b.
    - `block_shuffle`: each sub-matrix of every l-th row in one of k column
      slices has at most the rank that the shuffle leaves it.

    Block counts from 2 to `greatest-blocks` that divide the sides they cut are
    tried. Of the forms that fit, the one with the fewest parameters is taken if
    it has fewer than the matrix; where several have as many, the simplest, in
    the order above. Factors are computed in f64 and rounded once.

    The tolerance is 1e-12 for f64, 1e-5 for f32, 1.25e-3 for f16 and 1e-2 for
    bf16, unless it is given. With a large one this is an approximation like
    slin-factorize's without statistics; every remark (category
    `slin-recover-structure`) says the measured tail, the greatest σ_{r+1} / σ_1.

    `include` and `exclude` select linears as in slin-factorize. A weight that
    others read as well stays dense, with a remark.

    Constraints:
    - (C1) The weight is a constant of floating point that can be read, and nothing
      but selected linears reads it.
    - (C2) A structure fits within `tolerance` and has fewer parameters than the
      matrix.
    - (C3) No number of its factors is beyond the element type.
    - (C4) `tolerance` is from 0 to below 1, `greatest-blocks` at least 1, and each
      name of `structures` one of those above.
    - (C5) Each pattern of `include` and `exclude` matches a linear.

    Example:

    ```mlir
    // slin-opt --slin-recover-structure
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (tensor<?x256xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<low_rank 8, seed = 1> : tensor<64x256xf32>
      %d = slin.dense %w transposed : tensor<64x256xf32> -> !slin.linop<64 -> 256, f32>
      %y = slin.apply %d, %x {path = "/fc/MatMul"} : !slin.linop<64 -> 256, f32>, tensor<?x64xf32> -> tensor<?x256xf32>
      return %y : tensor<?x256xf32>
    }
    // becomes
      %fc.MatMul.slin_u = slin.weight "/fc/MatMul/slin_u" … : tensor<256x8xf32>
      %fc.MatMul.slin_v = slin.weight "/fc/MatMul/slin_v" … : tensor<8x64xf32>
      %low_rank = slin.low_rank %fc.MatMul.slin_u, %fc.MatMul.slin_v : tensor<256x8xf32>, tensor<8x64xf32> -> !slin.linop<64 -> 256, f32>
      slin.apply %low_rank, %arg0 {path = "/fc/MatMul"} …
    ```

    On a model: `slin-opt merged.onnx --onnx-to-slin --slin-recover-structure
    --slin-to-onnx -o structured.onnx`.
  }];
  let options = [
    ListOption<"structures", "structures", "std::string",
               "low_rank, block_diagonal, block_dense, block_shuffle (alias monarch); all where there is none">,
    Option<"tolerance", "tolerance", "double", /*default=*/"0",
           "greatest σ_{r+1} / σ_1 of a block of rank r; 0: that of the weight's element type">,
    Option<"greatestBlocks", "greatest-blocks", "int64_t", /*default=*/"64",
           "greatest number of blocks that is tried">,
    ListOption<"include", "include", "std::string",
               "linears to look at, as glob or re:REGEX; all where there is none">,
    ListOption<"exclude", "exclude", "std::string",
               "linears to leave as they are, as glob or re:REGEX">
  ];
}

def Select : Pass<"slin-select", "::mlir::ModuleOp"> {
  let summary = "mark the linears that patterns select";
  let description = [{
    Gives each linear that slin-factorize would select a `decision` of `dense`,
    with the reason if it would be left dense because it shares its weight with a
    linear that is not selected. Changes nothing else. A pattern that is malformed
    or matches nothing is an error with the nearest names.

    Example:

    ```mlir
    // slin-opt --slin-select='include=/fc/*'
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (tensor<?x256xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<256x64xf32>
      %d = slin.dense %w : tensor<256x64xf32> -> !slin.linop<64 -> 256, f32>
      %y = slin.apply %d, %x {path = "/fc/MatMul"} : !slin.linop<64 -> 256, f32>, tensor<?x64xf32> -> tensor<?x256xf32>
      return %y : tensor<?x256xf32>
    }
    // becomes
      slin.apply %dense, %arg0 {decision = {decision = "dense"}, path = "/fc/MatMul"} : …
    ```
  }];
  let options = [
    ListOption<"include", "include", "std::string",
               "linears to select, as glob or re:REGEX; all where there is none">,
    ListOption<"exclude", "exclude", "std::string",
               "linears to leave out, as glob or re:REGEX">
  ];
}

#endif // SLIN_DIALECT_SLIN_TRANSFORMS_PASSES_TD
