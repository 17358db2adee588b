//===- Passes.td - Conversions between dialects -------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From models to operators and back.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_CONVERSION_PASSES_TD
#define SLIN_CONVERSION_PASSES_TD

include "mlir/Pass/PassBase.td"

def ONNXToSlin : Pass<"onnx-to-slin", "::mlir::ModuleOp"> {
  let summary = "make the feed-forward networks of a model slin.ffn";
  let description = [{
    Every FFN that the analysis finds rewritable becomes a `slin.ffn`: its linears
    `slin.apply` of a `slin.dense` operator, the nodes between them a
    `slin.activation`. The model's own nodes move into the regions of these ops,
    so that converting back without a change gives the model back. A weight that
    several linears read becomes one operator. Nodes carry their place in the
    model as `onnx.index` meanwhile.

    Linears of no network that are made of factors, of blocks or of weights that are
    computed become a `slin.apply` alone, so that what makes structure dense, or
    chooses its form, reaches all of it.

    Example:

    ```mlir
    // slin-opt --onnx-to-slin
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<64x256xf32>
      %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<256x64xf32>
      %h = onnx.MatMul(%x, %w1) "/up/MatMul" : (tensor<?x64xf32>, tensor<64x256xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act/Relu"
      %y = onnx.MatMul(%a, %w2) "/down/MatMul" outputs ["y"] : (!onnx.unknown, tensor<256x64xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
      %w1 = onnx.initializer "w1" …
      %dense = slin.dense %w1 transposed : tensor<64x256xf32> -> !slin.linop<64 -> 256, f32>
      %w2 = onnx.initializer "w2" …
      %dense_0 = slin.dense %w2 transposed : tensor<256x64xf32> -> !slin.linop<256 -> 64, f32>
      %ffn = slin.ffn "/up/MatMul" (%t = %arg0 : tensor<?x64xf32>) -> !onnx.unknown {
        %up = slin.apply %dense, %t {… role = "up"} : … from {
          onnx.MatMul(%t, %w1) "/up/MatMul" …
        }
        %relu = slin.activation relu(%v = %up : !onnx.unknown) -> !onnx.unknown {
          onnx.Relu(%v) "/act/Relu" …
        }
        %down = slin.apply %dense_0, %relu {… role = "down"} : … from {
          onnx.MatMul(%relu, %w2) "/down/MatMul" outputs ["y"] …
        }
        slin.yield %down : !onnx.unknown
      }
      return %ffn : !onnx.unknown
    ```
  }];
  let options = [
    Option<"mlpLike", "mlp-like", "bool", /*default=*/"false",
           "also take what only looks like an FFN (heads, poolers, classifiers)">
  ];
  let dependentDialects = ["::slin::SlinDialect"];
}

def RaiseLinears : Pass<"onnx-raise-linears", "::mlir::ModuleOp"> {
  let summary = "make every affine map of features a slin op";
  let description = [{
    Where `onnx-to-slin` takes networks, this takes all that maps the features of
    each token affinely, so that exact rewrites see it: linears wherever they
    stand, and nodes joined to them that hold no matrix. A BatchNormalization with
    fixed statistics is a `slin.diagonal` and a bias; products and sums with
    constants are diagonals and biases; Slice, Split and Gather of features are
    selections; residuals, Concat of features, choices by a mask (Where,
    ScatterND) are `slin.add` of selections. Functions of one value between them are
    `slin.activation`. The model's own nodes stay in the regions: converting back
    without a change gives the model back.

    A mask or a bound that the graph computes from shapes counts as a constant
    where it is the same for every number of tokens. What comes close and is not
    taken gets a remark (category `onnx-raise-linears`) with the reason.

    Constraints:
    - (C1) Features lie on the last axis of a map's operands and result, or the shape
      nodes around it bring them there and back.
    - (C2) The width of the features is known.
    - (C3) Constants are the same for every token, and finite.

    Example:

    ```mlir
    // slin-opt --onnx-raise-linears
    func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x4xf32>
      %s = onnx.initializer "s" dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf32>
      %0 = onnx.Mul(%x, %s) "/scale/Mul" : (tensor<?x4xf32>, tensor<4xf32>) -> !onnx.unknown
      %1 = onnx.MatMul(%0, %w) "/fc/MatMul" : (!onnx.unknown, tensor<4x4xf32>) -> !onnx.unknown
      %y = onnx.Add(%1, %x) "/Add" outputs ["y"] : (!onnx.unknown, tensor<?x4xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
      %scale.Mul.slin_scale = slin.weight "/scale/Mul/slin_scale" dense<[1.000000e+00, 2.000000e+00, 3.000000e+00, 4.000000e+00]> : tensor<4xf64>
      %diagonal = slin.diagonal %scale.Mul.slin_scale : tensor<4xf64> -> !slin.linop<4 -> 4, f32>
      slin.apply %diagonal, %arg0 {… path = "/scale/Mul"} … from {
        onnx.Mul(%arg0, %s) "/scale/Mul" …
      slin.apply %dense, %y {… path = "/fc/MatMul"} … from {
        onnx.MatMul(%y, %w) "/fc/MatMul" …
      slin.add %y_0, %arg0 {… path = "/Add"} … from {
        onnx.Add(%y_0, %arg0) "/Add" outputs ["y"] …
    ```
  }];
  let dependentDialects = ["::slin::SlinDialect"];
}

def SlinToONNX : Pass<"slin-to-onnx", "::mlir::ModuleOp"> {
  let summary = "write slin ops as ONNX nodes";
  let description = [{
    A `slin.apply` that still has the model's own nodes becomes these nodes,
    unless `respell` asks for one spelling of all; any other is written from the
    term of its operator, as MatMul, Reshape, Transpose, Add and Mul nodes named
    after the linear (`<linear>/slin_u`). New weights become initializers; weights that only the replaced linears read are removed.
    Of a `slin.by_tokens`, the alternative for `tokens` is written; with
    `dispatch=if` all of them, in the branches of `If` nodes that compare the number
    of tokens. Weights stay outside of the branches, so that each is stored once. Where
    the activations' type says how many tokens there are, or the model's opset is
    below 9 (with a remark: `Less` compares no integers there), one form is written.
    Nodes return to the places they had.

    Example:

    ```mlir
    // slin-opt --slin-to-onnx
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<16x8xf32>
      %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<8x64xf32>
      %w = slin.low_rank %u, %v : tensor<16x8xf32>, tensor<8x64xf32> -> !slin.linop<64 -> 16, f32>
      %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"}
        : !slin.linop<64 -> 16, f32>, tensor<?x64xf32> -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
      %fc.slin_v_weight = onnx.initializer "/fc/slin_v_weight" … : tensor<64x8xf32>
      %fc.slin_u_weight = onnx.initializer "/fc/slin_u_weight" … : tensor<8x16xf32>
      %fc.slin_v = onnx.MatMul(%arg0, %fc.slin_v_weight) "/fc/slin_v" …
      %y = onnx.MatMul(%fc.slin_v, %fc.slin_u_weight) "/fc/slin_u" outputs ["y"] …
      return %y : !onnx.unknown
    ```
  }];
  let options = [
    Option<"tokens", "tokens", "int64_t", /*default=*/"1",
           "token count by which slin.by_tokens chooses its alternative">,
    Option<"dispatch", "dispatch", "std::string", /*default=*/"\"one\"",
           "one: the alternative of slin.by_tokens for tokens; if: all of them under If nodes">,
    Option<"respell", "respell", "bool", /*default=*/"false",
           "write also linears that have the model's own nodes from their operators">
  ];
}

def SlinToLinalg : Pass<"slin-to-linalg", "::mlir::ModuleOp"> {
  let summary = "write slin ops as linalg ops on tensors";
  let description = [{
    A `slin.apply` is written from the term of its operator: a matrix becomes a
    `linalg.matmul`, a product over blocks or over permuted features a
    `linalg.contract` whose maps say which digit of the feature index is which,
    so that no shuffle beside a product is copied. Leading axes become one axis of
    tokens. A `slin.activation` becomes the function that its name says, whatever
    its region holds; further operands are multiplied to it. Weights are
    `arith.constant` of the attribute that holds them. Sums have f32 (f64 where an
    f64 takes part), and are rounded once at the end of each linear.

    Constraints:
    - (C1) Inputs, biases and results are tensors of f64, f32, f16 or bf16 with
      known rank; the feature axis is known, and biases have a static shape.
    - (C2) The name of an activation is one of those that recognition gives
      (`gelu_tanh`, `silu`, …); `leaky_relu` and `elu` have a parameter. A function
      without a name (`pointwise`) is refused.
    - (C3) An activation has one result, and its operands have the result's shape.
    - (C4) Where an operator is a choice by token count, that is known: from static
      types or from the option `tokens`.
    - (C5) Operators are used by `slin.apply` and other operators only, so that none
      is left.

    Example:

    ```mlir
    // slin-opt --slin-to-linalg
    func.func @f(%x: tensor<?x64xf32>, %u: tensor<16x8xf32>, %d: tensor<4x2x16xf32>) -> tensor<?x16xf32> {
      %w = slin.block_dense %u, %d : tensor<16x8xf32>, tensor<4x2x16xf32> -> !slin.linop<64 -> 16, f32>
      %y = slin.apply %w, %x : !slin.linop<64 -> 16, f32>, tensor<?x64xf32> -> tensor<?x16xf32>
      return %y : tensor<?x16xf32>
    }
    // becomes
      linalg.contract indexing_maps = […] ins(…, %arg2 : tensor<?x4x16xf32>, tensor<4x2x16xf32>) outs(… : tensor<?x4x2xf32>)
      linalg.matmul indexing_maps = […] ins(…, %arg1 : tensor<?x8xf32>, tensor<16x8xf32>) outs(… : tensor<?x16xf32>)
    ```
  }];
  let options = [
    Option<"tokens", "tokens", "int64_t", /*default=*/"0",
           "token count by which slin.by_tokens chooses its alternative; 0: from the types">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def FusePointwise : Pass<"slin-fuse-pointwise", "::mlir::ModuleOp"> {
  let summary = "join pointwise linalg ops where one feeds the other";
  let description = [{
    A pointwise op whose only reader is a pointwise op becomes part of it, so that
    bias, activation and gate are one pass over the activations.

    Example:

    ```mlir
    // slin-opt --slin-fuse-pointwise
    func.func @f(%x: tensor<4x8xf32>) -> tensor<4x8xf32> {
      %0 = tensor.empty() : tensor<4x8xf32>
      %1 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%x : tensor<4x8xf32>) outs(%0 : tensor<4x8xf32>) {
      ^bb0(%a: f32, %b: f32):
        %3 = math.exp %a : f32
        linalg.yield %3 : f32
      } -> tensor<4x8xf32>
      %2 = linalg.generic {indexing_maps = [affine_map<(i, j) -> (i, j)>, affine_map<(i, j) -> (i, j)>], iterator_types = ["parallel", "parallel"]}
        ins(%1 : tensor<4x8xf32>) outs(%0 : tensor<4x8xf32>) {
      ^bb0(%a: f32, %b: f32):
        %3 = math.absf %a : f32
        linalg.yield %3 : f32
      } -> tensor<4x8xf32>
      return %2 : tensor<4x8xf32>
    }
    // becomes
      linalg.generic
      math.exp
      math.absf
      linalg.yield
      return
    ```
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect"];
}

def LinalgToVector : Pass<"slin-linalg-to-vector", "::mlir::ModuleOp"> {
  let summary = "write products of weights and pointwise ops on buffers in vectors";
  let description = [{
    A `linalg.matmul` or `linalg.contract` of activations and a constant becomes
    loops around a tile of the result that stays in registers while the sum runs;
    the weight is stored again in panels, in the order in which the tile reads it.
    Which entry of the weight meets which input is computed from maps and strides,
    so that permutations beside a product cost nothing. Pointwise ops become loops
    over vectors along the last axis, copies pointwise ops. Loops over tokens and
    groups of panels are `scf.parallel`. What has none of these forms is left.

    Constraints:
    - (C1) The weight's bytes can be read.
    - (C2) `vector-bits` is 0, 128, 256 or 512.

    Example:

    ```mlir
    // slin-opt --slin-linalg-to-vector=vector-bits=256
    memref.global "private" constant @w : memref<64x32xf32> = #onnx.synthetic<normal, seed = 1>
    func.func @f(%x: memref<?x64xf32>, %y: memref<?x32xf32>) {
      %w = memref.get_global @w : memref<64x32xf32>
      linalg.matmul ins(%x, %w : memref<?x64xf32>, memref<64x32xf32>) outs(%y : memref<?x32xf32>)
      return
    }
    // becomes
      memref.global "private" constant @w_panels : memref<2x64x16xf32>
      scf.parallel
      vector.fma
    ```
  }];
  let options = [
    Option<"vectorBits", "vector-bits", "int64_t", /*default=*/"256",
           "width of the machine's vectors: 128, 256 or 512; 0: no vectors">
  ];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

def ExternalizeWeights : Pass<"slin-externalize-weights", "::mlir::ModuleOp"> {
  let summary = "leave the bytes of weights out of the code";
  let description = [{
    Constants of more than 16 elements, and those that refer to a file, become
    declarations. Their values are listed in the module's attribute
    `slin.weights`; whoever runs the code binds each symbol to the bytes. Private
    ones that nothing reads are removed.

    Example:

    ```mlir
    // slin-opt --slin-externalize-weights
    memref.global "private" constant @w : memref<64x32xf32> = #onnx.synthetic<normal, seed = 1>
    func.func @f() -> memref<64x32xf32> {
      %w = memref.get_global @w : memref<64x32xf32>
      return %w : memref<64x32xf32>
    }
    // becomes
    module attributes {slin.weights = {w = #onnx.synthetic<normal, seed = 1> : tensor<64x32xf32>}}
      memref.global constant @w : memref<64x32xf32>
    ```
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def ApproximateMath : Pass<"slin-approximate-math", "::mlir::ModuleOp"> {
  let summary = "write exp, tanh, erfc and others of f32 as polynomials";
  let description = [{
    Upstream's approximations, which keep a few units in the last place of f32 and
    work on vectors. f64 is left to the mathematical library.

    Example:

    ```mlir
    // slin-opt --slin-approximate-math
    func.func @f(%x: vector<8xf32>) -> vector<8xf32> {
      %y = math.tanh %x : vector<8xf32>
      return %y : vector<8xf32>
    }
    // becomes
      math.fma
      arith.divf
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def OutlineParallelLoops : Pass<"slin-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "make parallel loops functions of a range";
  let description = [{
    An outermost `scf.parallel` over 0, 1, … without results becomes an
    `llvm.func` of a pointer to what it captures and the range to run, and a call
    of `void slin_parallel_for(void (*function)(void *, int64_t, int64_t), void
    *captures, int64_t count)`, which whoever runs the code provides.

    Example:

    ```mlir
    // slin-opt --slin-outline-parallel-loops
    func.func @f(%x: memref<?xf32>, %n: index, %v: f32) {
      %c0 = arith.constant 0 : index
      %c1 = arith.constant 1 : index
      scf.parallel (%i) = (%c0) to (%n) step (%c1) {
        memref.store %v, %x[%i] : memref<?xf32>
      }
      return
    }
    // becomes
      llvm.func @slin_parallel_for(!llvm.ptr, !llvm.ptr, i64)
      func.func @f
      llvm.call @slin_parallel_for
      llvm.func internal @f_loop_0(%arg0: !llvm.ptr, %arg1: i64, %arg2: i64)
      scf.for
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect"];
}

def SlinToSlinGPU : Pass<"slin-to-slingpu", "::mlir::ModuleOp"> {
  let summary = "make networks entries of GPU kernels";
  let description = [{
    Every `slin.ffn` becomes a `slingpu.entry`; the model around it goes. The second
    network of a path is called `path#1`. A linear,
    whatever its operator, becomes block products by its term: `slingpu.block_gemm`
    for each stored matrix or block diagonal, the permutations and diagonals between
    as the order and scale of weights, a shuffle as the runs in which results are
    stored. Activations and gates become part of the product before them. Where
    operators are chosen by token count (`slin.by_tokens`) the entry has one region
    for each range.

    Weights are evaluated in f64, rounded once to `element-type` (by default that of
    the network) and packed; biases are f32.

    A sum of experts as `onnx-sink-gates` writes it (networks that read rows of tokens
    which a NonZero finds, and whose results are added to these by ScatterND) becomes
    one entry of two inputs: the tokens x, and gates [tokens, E] of the same type of
    elements, a gate that is 0 being that of an expert that is not chosen. It gives
    the sum of the experts times their gates. Its path is what those of the experts
    have in common.

    Constraints, each with a remark (category `slin-to-slingpu`):
    - (C1) The network has one input and one output, and weights and biases that are
      constants. A value that is asked for its shape only is no output.
    - (C2) Between linears stand named activations of one or two values, each of a
      linear that nothing else reads.
    - (C3) Numbers are within the range of the element type.
    - (C4) An operator whose permutations do not fit between blocks is computed as
      one matrix.
    - (C5) `include` names the network, or is empty, and `exclude` does not. A
      pattern that names nothing is an error.
    - (C6) Experts of one entry are the same products, whatever the number of tokens;
      others are entries of their own. Where dense matrices differ in the features
      between them, those of all experts are as many as the widest one's, with zeros.

    Example:

    ```mlir
    // slin-opt --slin-to-slingpu='element-type=bf16'
    func.func @f(%x: tensor<?x8xf32>) -> tensor<?x8xf32> {
      %w1 = slin.weight "w1" dense<0.5> : tensor<16x8xf32>
      %w2 = slin.weight "w2" dense<0.25> : tensor<8x16xf32>
      %0 = slin.dense %w1 : tensor<16x8xf32> -> !slin.linop<8 -> 16, f32>
      %1 = slin.dense %w2 : tensor<8x16xf32> -> !slin.linop<16 -> 8, f32>
      %y = slin.ffn "/mlp" (%t = %x : tensor<?x8xf32>) -> tensor<?x8xf32> {
        %u = slin.apply %0, %t {path = "/up"} : !slin.linop<8 -> 16, f32>, tensor<?x8xf32> -> tensor<?x16xf32>
        %a = slin.activation relu(%v = %u : tensor<?x16xf32>) -> tensor<?x16xf32> {
          slin.yield %v : tensor<?x16xf32>
        }
        %d = slin.apply %1, %a {path = "/down"} : !slin.linop<16 -> 8, f32>, tensor<?x16xf32> -> tensor<?x8xf32>
        slin.yield %d : tensor<?x8xf32>
      }
      return %y : tensor<?x8xf32>
    }
    // becomes
      %up.w0 = slingpu.weight "/up/w0" dense<5.000000e-01> : tensor<1x16x8xbf16>
      %down.w0 = slingpu.weight "/down/w0" dense<2.500000e-01> : tensor<1x8x16xbf16>
      slingpu.entry "/mlp" bounds [] structure "dense, relu, dense" (tensor<?x8xbf16>) -> (tensor<?x8xbf16>) {
      slingpu.block_gemm %x, %up.w0 run 16 {activation = "relu"} : tensor<?x8xbf16>, tensor<1x16x8xbf16> -> tensor<?x16xbf16>
      slingpu.block_gemm %y, %down.w0 run 8 : tensor<?x16xbf16>, tensor<1x8x16xbf16> -> tensor<?x8xbf16>
      slingpu.yield
    ```
  }];
  let dependentDialects = ["::slin::slingpu::SlinGPUDialect"];
  let options = [
    Option<"elementType", "element-type", "std::string", /*default=*/"\"\"",
           "bf16, f16 or f32 (multiplied as tf32); that of the network where it is empty">,
    ListOption<"include", "include", "std::string",
               "take only networks that match a pattern (GLOB or re:REGEX): by their path, or a linear's path, weight or bias">,
    ListOption<"exclude", "exclude", "std::string", "leave out networks that match a pattern">
  ];
}

def SlinGPU_ScheduleOptions {
  list<Option> options = [
    Option<"target", "target", "std::string", /*default=*/"\"sm_90a\"",
           "sm_80, sm_86, sm_89, sm_90a, sm_100a or sm_120a">,
    ListOption<"tokens", "tokens", "int64_t",
           "token counts that schedules are chosen for; a range of usual ones where there is none">,
    Option<"costs", "costs", "std::string", /*default=*/"\"\"",
           "target of the cost model, or the path of its JSON file; that of the target where it is empty">,
    Option<"table", "table", "std::string", /*default=*/"\"\"",
           "path of a JSON file of measured schedules, which slin tune writes">
  ];
}

def GPUSchedule : Pass<"slin-gpu-schedule", "::mlir::ModuleOp"> {
  let summary = "choose how kernels do their work";
  let description = [{
    Every op of an entry that becomes a kernel gets the schedule that takes the
    least time on `target`. Emitters name candidates; a roofline (tensor cores of
    the SM with most to do, memory, cache, with bandwidth only as far as bytes are
    on their way) estimates them, unless `table` has measured times for a kernel
    of that name, type and token count.

    Where the fastest schedules at two of `tokens` differ, the entry's plan becomes
    two, from the number of tokens at which their estimates cross. Every number of tokens has a plan. Schedules that
    ops have already stay. With `fuse` a plan may also be the one that
    `slin-gpu-fuse` makes of it, where the estimate of its kernels is less.

    A remark (category `slin-gpu-schedule`) says schedule, estimate and what bounds
    it; `slin-gpu-print-schedules` shows all candidates.

    Constraints:
    - (C1) Token counts are at least 1.
    - (C2) `costs` has a throughput of bf16.
    - (C3) `table` is of `target`.

    Example:

    ```mlir
    // slin-opt --slin-gpu-schedule='target=sm_80 tokens=16,4096'
    slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x1024xbf16>) -> (tensor<?x4096xbf16>) {
    ^bb0(%x: tensor<?x1024xbf16>):
      %w = slingpu.weight "/mlp/up" dense<0.5> : tensor<1x4096x1024xbf16>
      %y = slingpu.block_gemm %x, %w run 4096 {activation = "relu"} : tensor<?x1024xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
      slingpu.yield %y : tensor<?x4096xbf16>
    }
    // becomes
      slingpu.entry "/mlp" bounds [241] structure "dense"
      slingpu.block_gemm %x, %mlp.up run 4096 {activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [16, 32, 64], stages = 6, …>} …
      slingpu.block_gemm %x, %mlp.up run 4096 {activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [128, 256, 64], stages = 3, …>} …
    ```
  }];
  let options = SlinGPU_ScheduleOptions.options # [
    Option<"fuse", "fuse", "bool", /*default=*/"true",
           "weigh plans with slingpu.ffn_core, too">
  ];
}

def GPUPrintSchedules : Pass<"slin-gpu-print-schedules", "::mlir::ModuleOp"> {
  let summary = "print the candidates for every kernel, and their times";
  let description = [{
    For every op that becomes a kernel and every number of tokens asked for:
    the schedules that there are, the fastest first, with the parts of their
    estimate, then those without a kernel, with the reason. The IR stays as it is;
    options are those of `slin-gpu-schedule`.

    Constraints:
    - (C1) Those of `slin-gpu-schedule`.

    Example:

    ```mlir
    // slin-opt --slin-gpu-print-schedules='target=sm_80 tokens=16'
    slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
    ^bb0(%x: tensor<?x64xbf16>):
      %w = slingpu.weight "/mlp/up" dense<0.5> : tensor<1x256x64xbf16>
      %y = slingpu.block_gemm %x, %w run 256 : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
      slingpu.yield %y : tensor<?x256xbf16>
    }
    // becomes
      slingpu.block_gemm %x, %mlp.up run 256 : tensor<?x64xbf16>
    ```
  }];
  let options = SlinGPU_ScheduleOptions.options;
}

def GPUCandidates : Pass<"slin-gpu-candidates", "::mlir::ModuleOp"> {
  let summary = "make an entry of every schedule that is worth a measurement";
  let description = [{
    The entries become those that a tuner runs: for every kernel of theirs, which a
    table knows by its name and element type, and every number of tokens asked for,
    the `best` schedules by `slin-gpu-schedule`'s estimates, each in an entry of its
    own, with what the kernel reads as inputs. The entry's path is the kernel's name,
    type and a number; its structure says at which counts to measure it, how many
    bytes of weights it reads, and the schedule. `slin tune` measures the file that
    is made of this and writes the table that `slin-gpu-schedule` takes. Products of
    experts are left out: their time depends on what the gates say.

    Constraints:
    - (C1) Those of `slin-gpu-schedule`.

    Example:

    ```mlir
    // slin-opt --slin-gpu-candidates='target=sm_80 tokens=16,4096 best=1'
    slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x1024xbf16>) -> (tensor<?x4096xbf16>) {
    ^bb0(%x: tensor<?x1024xbf16>):
      %w = slingpu.weight "/mlp/up" dense<0.5> : tensor<1x4096x1024xbf16>
      %y = slingpu.block_gemm %x, %w run 4096 {activation = "relu"} : tensor<?x1024xbf16>, tensor<1x4096x1024xbf16> -> tensor<?x4096xbf16>
      slingpu.yield %y : tensor<?x4096xbf16>
    }
    // becomes
      slingpu.entry "4096x1024_relu bf16 0" bounds [] structure "at 16 tokens, 8388608 bytes of weights: #slingpu.schedule<emitter = \22mma_sync\22, tile = [16, 32, 64], …>"
      slingpu.block_gemm %x, %mlp.up run 4096 {activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync", tile = [16, 32, 64], …>} …
      slingpu.entry "4096x1024_relu bf16 1" bounds [] structure "at 4096 tokens, 8388608 bytes of weights: …"
    ```
  }];
  let options = SlinGPU_ScheduleOptions.options # [
    Option<"best", "best", "int64_t", /*default=*/"8",
           "candidates of a kernel at each number of tokens, the fastest by their estimates; 0 is all">,
    Option<"fuse", "fuse", "bool", /*default=*/"true",
           "make entries of slingpu.ffn_core, too">
  ];
}

def SlinGPUToNVVM : Pass<"slin-gpu-to-nvvm", "::mlir::ModuleOp"> {
  let summary = "write the kernels of scheduled products";
  let description = [{
    A `slingpu.block_gemm` or `slingpu.ffn_core` becomes a `slingpu.launch` of a
    kernel in the `gpu.module @kernels`, which the emitter that its schedule names
    writes in `nvvm`, `llvm`, `arith` and `scf`. All sizes but the number of tokens are
    constants of a kernel; ops that differ only in their buffers share one. A
    kernel says with `nvvm.reqntid`, `slingpu.shared` and `slingpu.cluster` how
    many threads, bytes of dynamic shared memory and blocks per cluster it is
    launched with.

    Constraints:
    - (C1) Every such op has a schedule, with an emitter that exists.
    - (C2) The activation is one of the catalogue, with a parameter where it has
      one (`leaky_relu`, `elu`).
    - (C3) Nothing speaks against the schedule: tiles, registers and `shared-bytes`
      are what the emitter needs.

    Example:

    ```mlir
    // slin-opt --slin-gpu-to-nvvm
    slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x256xbf16>) {
    ^bb0(%x: tensor<?x64xbf16>):
      %w = slingpu.weight "/mlp/up" dense<0.5> : tensor<1x256x64xbf16>
      %y = slingpu.block_gemm %x, %w run 256 {activation = "relu", schedule = #slingpu.schedule<emitter = "mma_sync",
        tile = [64, 64, 64], stages = 3, warps = [2, 2], cluster = 1, split = 1, persistent = false>}
        : tensor<?x64xbf16>, tensor<1x256x64xbf16> -> tensor<?x256xbf16>
      slingpu.yield %y : tensor<?x256xbf16>
    }
    // becomes
      slingpu.entry "/mlp"
      slingpu.launch @kernels::@mma_sync_256x64_relu(%x, %mlp.up) grid <ceil(1 * tokens by 64) * 4 + 0>, <1>
      gpu.module @kernels {
      llvm.mlir.global external @dynamic_shared()
      llvm.func @mma_sync_256x64_relu(…) attributes {nvvm.kernel, nvvm.minctasm = 1 : i32, nvvm.reqntid = array<i32: 128>, slingpu.cluster = 1 : i64, slingpu.shared = 49152 : i64}
      nvvm.cp.async.shared.global
      nvvm.ldmatrix
      nvvm.mma.sync
    ```
  }];
  let options = [
    Option<"sharedBytes", "shared-bytes", "int64_t", /*default=*/"232448",
           "bytes of shared memory that a block may have">
  ];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect",
                           "::mlir::arith::ArithDialect", "::mlir::gpu::GPUDialect",
                           "::mlir::scf::SCFDialect"];
}

#endif // SLIN_CONVERSION_PASSES_TD
