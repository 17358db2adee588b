//===- Passes.td - Passes over ONNX graphs ------------------*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Passes that stay inside the onnx dialect.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD
#define SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def SaveWeights : Pass<"onnx-save-weights", "::mlir::ModuleOp"> {
  let summary = "write new weights to a file and refer to it";
  let description = [{
    Weights that passes made live in the memory of the process. This pass writes
    those that are still used to `file` and makes their `#onnx.weight` attributes
    refer to it, so that the text or bytecode can be read again elsewhere.
    Without a file, weights of up to `inline-bytes` bytes become part of the text
    and a larger one is an error. `slin-opt` runs it before it writes.

    Example:

    ```mlir
    // slin-opt --slin-factorize='structure=low_rank rank=8 weight-only' --onnx-save-weights=inline-bytes=65536
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (tensor<?x256xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<256x64xf32>
      %d = slin.dense %w : tensor<256x64xf32> -> !slin.linop<64 -> 256, f32>
      %y = slin.apply %d, %x {path = "/fc/MatMul"} : !slin.linop<64 -> 256, f32>, tensor<?x64xf32> -> tensor<?x256xf32>
      return %y : tensor<?x256xf32>
    }
    // becomes
      %fc.MatMul.slin_u = slin.weight "/fc/MatMul/slin_u" dense<…> : tensor<256x8xf32>
      %fc.MatMul.slin_v = slin.weight "/fc/MatMul/slin_v" dense<…> : tensor<8x64xf32>
    ```
  }];
  let options = [
    Option<"file", "file", "std::string", /*default=*/"\"\"", "the file to write">,
    Option<"reference", "reference", "std::string", "\"\"",
           "the file's name in the attributes; its own name where empty">,
    Option<"inlineBytes", "inline-bytes", "uint64_t", "4096",
           "largest weight that is written into the text where there is no file">
  ];
}

def AddOutputs : Pass<"onnx-add-outputs", "::mlir::ModuleOp"> {
  let summary = "make inner values outputs of the graph";
  let description = [{
    Appends the named values to the outputs of the main graph, in the order
    given. An unknown name is an error. This is how calibration sees what the
    linears read.

    Example:

    ```mlir
    // slin-opt --onnx-add-outputs=values=/act/Relu_output_0
    func.func @main_graph(%x: tensor<?x64xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w1 = onnx.initializer "w1" #onnx.synthetic<normal, seed = 1> : tensor<64x256xf32>
      %w2 = onnx.initializer "w2" #onnx.synthetic<normal, seed = 2> : tensor<256x64xf32>
      %h = onnx.MatMul(%x, %w1) "/up/MatMul" : (tensor<?x64xf32>, tensor<64x256xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act/Relu"
      %y = onnx.MatMul(%a, %w2) "/down/MatMul" outputs ["y"] : (!onnx.unknown, tensor<256x64xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
    func.func @main_graph(…) -> (!onnx.unknown {onnx.name = "y"}, !onnx.unknown {onnx.name = "/act/Relu_output_0"})
      %act.Relu = onnx.Relu(…) "/act/Relu"
      return %y, %act.Relu : !onnx.unknown, !onnx.unknown
    ```
  }];
  let options = [
    ListOption<"values", "values", "std::string", "names of values of the main graph">
  ];
}

def WidenBFloat16 : Pass<"onnx-widen-bfloat16", "::mlir::ModuleOp"> {
  let summary = "make bf16 values, weights and casts f32";
  let description = [{
    A copy of the model that computes in f32 what it computed in bf16, for ONNX
    Runtime, whose CPU kernels do not know bf16. Weights become new weights, types
    of values, inputs and outputs included, become f32, and attributes that name
    the element type (`to`, `dtype`, `output_dtype`, `stash_type`,
    `softmax_precision`) name FLOAT instead of BFLOAT16.

    Example:

    ```mlir
    // slin-opt --onnx-widen-bfloat16
    func.func @main_graph(%x: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xbf16> {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %y = onnx.Cast(%x) "/cast" outputs ["y"] {to = 16 : i64} : (tensor<4xf32>) -> tensor<4xbf16>
      return %y : tensor<4xbf16>
    }
    // becomes
    func.func @main_graph(%arg0: tensor<4xf32> {onnx.name = "x"}) -> (tensor<4xf32> {onnx.name = "y"}) …
      %y = onnx.Cast(%arg0) "/cast" outputs ["y"] {to = 1 : i64} : (tensor<4xf32>) -> tensor<4xf32>
    ```
  }];
}

def UnsplitExperts : Pass<"onnx-unsplit-experts", "::mlir::ModuleOp"> {
  let summary = "make experts that all run one dense network";
  let description = [{
    `e_1(x) + … + e_E(x)` becomes one network whose weights are those of the
    experts side by side, byte for byte: where a dense network was cut into
    slices, in order, it is that network again. Experts may be nodes of their own,
    added or put into one tensor and reduced, share nodes whose weights have an
    axis of experts, or read slices of one matrix. Gates that are all 1 go, and
    the router with them if nothing else reads it.

    Constraints, each with a remark (category `onnx-unsplit-experts`) at the node
    that does not meet it:

    * (C1) All experts run for every token: there are no gates, all of them are 1,
      or a TopK chooses all experts.
    * (C2) The experts read one value. What else is added with them, as a residual,
      is added to the result.
    * (C3) Their activations are one known function of each feature alone.
    * (C4) Their input and output widths and their element types are the same.
    * (C5) Nothing else reads a value inside of an expert.

    Example:

    ```mlir
    // slin-opt --onnx-unsplit-experts
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u0 = onnx.initializer "u0" dense<[[1.0], [2.0]]> : tensor<2x1xf32>
      %d0 = onnx.initializer "d0" dense<[[3.0, 4.0]]> : tensor<1x2xf32>
      %u1 = onnx.initializer "u1" dense<[[5.0], [6.0]]> : tensor<2x1xf32>
      %d1 = onnx.initializer "d1" dense<[[7.0, 8.0]]> : tensor<1x2xf32>
      %h0 = onnx.MatMul(%x, %u0) "/0/up" : (tensor<?x2xf32>, tensor<2x1xf32>) -> !onnx.unknown
      %a0 = onnx.Relu(%h0) "/0/act"
      %y0 = onnx.MatMul(%a0, %d0) "/0/down" : (!onnx.unknown, tensor<1x2xf32>) -> !onnx.unknown
      %h1 = onnx.MatMul(%x, %u1) "/1/up" : (tensor<?x2xf32>, tensor<2x1xf32>) -> !onnx.unknown
      %a1 = onnx.Relu(%h1) "/1/act"
      %y1 = onnx.MatMul(%a1, %d1) "/1/down" : (!onnx.unknown, tensor<1x2xf32>) -> !onnx.unknown
      %y = onnx.Add(%y0, %y1) "/add" outputs ["y"]
      return %y : !onnx.unknown
    }
    // becomes
      %add.up_weight = onnx.initializer "/add/up_weight" dense<[[1.000000e+00, 5.000000e+00], [2.000000e+00, 6.000000e+00]]> : tensor<2x2xf32>
      %add.down_weight = onnx.initializer "/add/down_weight" dense<[[3.000000e+00, 4.000000e+00], [7.000000e+00, 8.000000e+00]]> : tensor<2x2xf32>
      %add.up = onnx.MatMul(%arg0, %add.up_weight) "/add/up"
      %_0.act = onnx.Relu(%add.up) "/0/act"
      %y = onnx.MatMul(%_0.act, %add.down_weight) "/add/down" outputs ["y"]
    ```
  }];
}

def SinkGates : Pass<"onnx-sink-gates", "::mlir::ModuleOp"> {
  let summary = "compute each expert for the tokens it is chosen for only";
  let description = [{
    `g_1(x) e_1(x) + … + g_E(x) e_E(x)` with gates that are 0 or 1 becomes, for one
    expert after the other: the tokens whose gate is 1 (NonZero), their rows
    (GatherND), the expert of these rows, and its results added to those of its
    tokens (ScatterND). With k of E experts per token that is k/E of the products.
    The router and what comes after the sum, as a scale of E/k, stay as they are.
    Weights that each token gathered are read in place: they are never copied per
    token. Experts are added in their order, so that results do not depend on how
    a runtime orders its threads. Which experts are chosen is what the model's own
    TopK says; ONNX gives equal scores to the lower index.

    Constraints, each with a remark (category `onnx-sink-gates`) at the node that
    does not meet it:

    * (C1) Gates are exactly 0 or 1: ones scattered into zeros at the indices of a
      TopK, a sum of one-hot vectors of these, or a comparison.
    * (C2) The gates are computed from what the experts read, token by token.
    * (C3) The experts are as `onnx-unsplit-experts` wants them (C2 to C5 there).
    * (C4) Some expert may be left out: not all gates are 1.
    * (C5) The weights are finite. That 0 times an infinite result would have been
      NaN is given up: for finite results the rewrite is exact.
    * (C6) The model imports opset 11 or later. Rows are added by ScatterND itself
      from opset 16 on, otherwise by GatherND and Add in front of it. Before opset
      14, where a zero in the shape of a Reshape means another size, an input
      without any token is an error of the runtime.

    Example:

    ```mlir
    // slin-opt --onnx-sink-gates
    module attributes {onnx.opset_imports = [["", 17]]} {
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}, %s: tensor<2x2xf32> {onnx.name = "s"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %r = onnx.initializer "r" dense<[[1.0, 2.0], [2.0, 1.0]]> : tensor<2x2xf32>
      %u = onnx.initializer "u" #onnx.synthetic<normal, seed = 1> : tensor<2x3x2xf32>
      %d = onnx.initializer "d" #onnx.synthetic<normal, seed = 2> : tensor<2x2x3xf32>
      %k = onnx.initializer "k" dense<1> : tensor<1xi64>
      %zero = onnx.initializer "zero" dense<0.0> : tensor<f32>
      %one = onnx.initializer "one" dense<1.0> : tensor<f32>
      %scores = onnx.MatMul(%x, %r) "/router" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
      %best, %chosen = onnx.TopK(%scores, %k) "/topk" {axis = -1 : i64} : (!onnx.unknown, tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown)
      %all = onnx.Shape(%scores) "/all"
      %zeros = onnx.Expand(%zero, %all) "/zeros" : (tensor<f32>, !onnx.unknown) -> !onnx.unknown
      %each = onnx.Shape(%chosen) "/each"
      %ones = onnx.Expand(%one, %each) "/ones" : (tensor<f32>, !onnx.unknown) -> !onnx.unknown
      %gates = onnx.ScatterElements(%zeros, %chosen, %ones) "/gates" {axis = -1 : i64}
      %h = onnx.Einsum(%x, %u) "/up" {equation = "td,efd->tef"} : (tensor<?x2xf32>, tensor<2x3x2xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act"
      %y = onnx.Einsum(%a, %d, %gates) "/sum" outputs ["y"] {equation = "tef,edf,te->td"} : (!onnx.unknown, tensor<2x2x3xf32>, !onnx.unknown) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    }
    // becomes
      %gates = onnx.ScatterElements(
      %sum.zeros = onnx.ConstantOfShape(
      %sum.expert_0.gate = onnx.Gather(%gates, %sum.expert_0.index) "/sum/expert_0/gate" {axis = 1 : i64}
      %sum.expert_0.chosen = onnx.Cast(%sum.expert_0.gate)
      %sum.expert_0.places = onnx.NonZero(%sum.expert_0.chosen)
      %sum.expert_0.tokens = onnx.Transpose(%sum.expert_0.places)
      %sum.expert_0.rows = onnx.GatherND(%arg0, %sum.expert_0.tokens)
      %sum.expert_0.up = onnx.MatMul(%sum.expert_0.rows, %sum.expert_0.up_weight)
      %act = onnx.Relu(%sum.expert_0.up)
      %sum.expert_0.down = onnx.MatMul(%act, %sum.expert_0.down_weight)
      %sum.expert_0.scatter = onnx.ScatterND(%sum.zeros, %sum.expert_0.tokens, %sum.expert_0.down) "/sum/expert_0/scatter" {reduction = "add"}
    ```
  }];
}

def BypassSoftmax : Pass<"onnx-bypass-softmax", "::mlir::ModuleOp"> {
  let summary = "let a TopK choose by scores instead of probabilities";
  let description = [{
    Softmax keeps the order of what it reads: a TopK whose indices alone are used
    chooses the same from the scores. Exact in real numbers. In floating point a
    saturated Softmax gives equal probabilities to scores that differ, and a TopK
    then takes the lower index instead of the larger score: experts may change
    where the model itself could no longer tell them apart. So no pipeline runs
    this pass unless it is asked for.

    Constraints, each with a remark (category `onnx-bypass-softmax`):

    * (C1) Nothing but TopK and Shape nodes reads the probabilities.
    * (C2) Of the TopK only the indices are read.
    * (C3) The TopK chooses along the axis of the Softmax.

    Example:

    ```mlir
    // slin-opt --onnx-bypass-softmax
    func.func @main_graph(%x: tensor<?x4xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "i"}) attributes {onnx.graph = {}} {
      %k = onnx.initializer "k" dense<2> : tensor<1xi64>
      %p = onnx.Softmax(%x) "/softmax" {axis = -1 : i64} : (tensor<?x4xf32>) -> !onnx.unknown
      %v, %i = onnx.TopK(%p, %k) "/topk" outputs ["v", "i"] {axis = -1 : i64} : (!onnx.unknown, tensor<1xi64>) -> (!onnx.unknown, !onnx.unknown)
      return %i : !onnx.unknown
    }
    // becomes
      %v, %i = onnx.TopK(%arg0, %k) "/topk"
    ```
  }];
}

def DropUnread : Pass<"onnx-drop-unread", "::mlir::ModuleOp"> {
  let summary = "drop weights and nodes that nothing reads";
  let description = [{
    Distilled models carry the matrices of their teacher; where nothing reads them
    they only make the file large. Nodes that nobody reads go as well, and with
    them what only they read. A network beside experts of its size whose result
    is read stays, with a remark that names the output.

    Constraints:

    * (C1) No node and no output reads what is dropped.
    * (C2) A default value of a graph input stays, as it is part of the interface;
      so do custom operators and those that draw random numbers.

    Example:

    ```mlir
    // slin-opt --onnx-drop-unread
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %teacher = onnx.initializer "teacher" #onnx.synthetic<normal, seed = 1> : tensor<2x8xf32>
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 2> : tensor<2x2xf32>
      %h = onnx.MatMul(%x, %teacher) "/teacher" : (tensor<?x2xf32>, tensor<2x8xf32>) -> !onnx.unknown
      %y = onnx.MatMul(%x, %w) "/student" outputs ["y"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
    func.func @main_graph(
      %w = onnx.initializer "w"
      %y = onnx.MatMul(%arg0, %w) "/student"
    ```
  }];
}

def SplitNetworks : Pass<"onnx-split-networks", "::mlir::ModuleOp"> {
  let summary = "cut dense networks into experts by their hidden features";
  let description = [{
    `down(act(gate x) * up x)` becomes the sum of networks that each have some of
    its hidden features: rows of gate and up, columns of down, byte for byte. The
    bias behind down is added once, to the sum. With `experts` every network is
    cut into that many slices, as equal as can be; with `partition` those networks
    that the JSON file lists, by lists of indices:

        {"/h.0/mlp": [[0, 2], [1, 3]]}

    A path that no network has, or lists that are no partition of the hidden
    features, are errors.

    Constraints, each with a remark (category `onnx-split-networks`):

    * (C1) It is a network that `onnx-to-slin` would take, of dense linears without
      scales or casts of weights.
    * (C2) Its activation is a known function of each feature alone.
    * (C3) Nothing else reads a value inside of it.
    * (C4) It has at least as many hidden features as there are parts.

    Example:

    ```mlir
    // slin-opt --onnx-split-networks=experts=2
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u = onnx.initializer "u" dense<[[1.0, 5.0], [2.0, 6.0]]> : tensor<2x2xf32>
      %d = onnx.initializer "d" dense<[[3.0, 4.0], [7.0, 8.0]]> : tensor<2x2xf32>
      %h = onnx.MatMul(%x, %u) "/mlp/up" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/mlp/act"
      %y = onnx.MatMul(%a, %d) "/mlp/down" outputs ["y"] : (!onnx.unknown, tensor<2x2xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    // becomes
      %mlp.expert_0.up = onnx.MatMul(%arg0, %mlp.expert_0.up_weight) "/mlp/expert_0/up"
      %mlp.act = onnx.Relu(%mlp.expert_0.up) "/mlp/act"
      %mlp.expert_0.down = onnx.MatMul(%mlp.act, %mlp.expert_0.down_weight)
      %mlp.expert_1.up = onnx.MatMul(%arg0, %mlp.expert_1.up_weight)
      %mlp.act_1 = onnx.Relu(%mlp.expert_1.up) "/mlp/act_1"
      %mlp.expert_1.down = onnx.MatMul(%mlp.act_1, %mlp.expert_1.down_weight)
      %y = onnx.Add(%mlp.expert_0.down, %mlp.expert_1.down) "/mlp/add" outputs ["y"]
    ```
  }];
  let options = [
    Option<"experts", "experts", "int64_t", /*default=*/"0",
           "how many slices every network is cut into">,
    Option<"partitionFile", "partition", "std::string", "\"\"",
           "JSON file with lists of hidden features by the paths of networks">
  ];
}

def StackLinears : Pass<"onnx-stack-linears", "::mlir::ModuleOp"> {
  let summary = "make products of one value one product";
  let description = [{
    MatMul, Gemm and Einsum nodes that read one value and differ in the output
    features of their constant alone become one node, followed by a Split: gate
    and up of an expert, of all experts that read the same rows, or of experts
    whose weights are stacked or gathered. The constants are put side by side,
    byte for byte. A runtime then reads the value once; whether that pays is not
    asked here (`slin-stack` asks it, for plain linears).

    Constraints:
    - (C1) The nodes stand in one graph, are of one operator and have the same
      attributes.
    - (C2) The weights are constants of floating point of rank 2 or 3, of one
      element type, and have the same sizes but for that of the output features. An
      Einsum has two operands and names all axes.
    - (C3) The other operand is the same value, and no constant.
    - (C4) Biases of Gemm nodes are constant vectors of the output features, of all
      of the nodes or of none.
    - (C5) Weights that are gathered for each token are gathered by the same indices
      along the first axis, for this product alone.

    Example:

    ```mlir
    // slin-opt --onnx-stack-linears
    module attributes {onnx.opset_imports = [["", 17]]} {
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %g = onnx.initializer "g" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
      %u = onnx.initializer "u" dense<[[5.0, 6.0], [7.0, 8.0]]> : tensor<2x2xf32>
      %a = onnx.MatMul(%x, %g) "/gate" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
      %b = onnx.MatMul(%x, %u) "/up" : (tensor<?x2xf32>, tensor<2x2xf32>) -> !onnx.unknown
      %y = onnx.Mul(%a, %b) "/mul" outputs ["y"]
      return %y : !onnx.unknown
    }
    }
    // becomes
      %gate.stacked_weight = onnx.initializer "/gate/stacked_weight" dense<[[1.000000e+00, 2.000000e+00, 5.000000e+00, 6.000000e+00], [3.000000e+00, 4.000000e+00, 7.000000e+00, 8.000000e+00]]> : tensor<2x4xf32>
      onnx.MatMul(%arg0, %gate.stacked_weight)
      onnx.Split(
      %y = onnx.Mul(
    ```
  }];
}

def ChannelsLast : Pass<"onnx-channels-last", "::mlir::ModuleOp"> {
  let summary = "make the channels of images the last axis between 1x1 convolutions";
  let description = [{
    A 1x1 convolution is a product of the channels of each pixel with a matrix, but
    images have their channels on axis 1, and linears are raised, merged and
    factorised where features are the last axis. In a connected region of nodes
    that act on each pixel alone every value gets its channels last: one Transpose
    where a value enters, one where it leaves. Convolutions become MatMul, whose
    node keeps the name, and Add; constants change the order of their axes; a
    convolution of several groups, and a BatchNormalization, stand between two
    Transposes, which onnx-raise-linears takes with them. No number changes, so that the rewrite is exact. Signals
    [batch, channels, length] are taken like images.

    It is done on request, as what is gained comes from the passes behind it:
    `--onnx-channels-last --onnx-raise-linears --slin-merge --slin-to-onnx`
    re-parameterises PoolFormer blocks (RePaViT, 2505.21847).

    Constraints, each with a remark (category `onnx-channels-last`) at the
    convolution that is not taken:

    * (C1) Its kernel is 1x1, with strides of one and no padding (dilations have no effect then), and its weight is a stored tensor.
    * (C2) The region has two of them at least. It is made of pointwise nodes,
      BatchNormalization with running statistics, and Slice, Split, Concat and
      Gather along the channels. Where no other convolution is reached, the remark
      names the nodes beside the region and why they are no part of it.
    * (C3) Values of the region have the rank of the convolution's weight, so that
      broadcasting pairs the same axes as before; where the model records no types,
      ranks follow from node to node. Constants are stored tensors.
    * (C4) The model imports opset 7 or later: operators before it broadcast by
      attributes.

    Example:

    ```mlir
    // slin-opt --onnx-channels-last
    module attributes {onnx.opset_imports = [["", 17]]} {
    func.func @main_graph(%x: tensor<?x2x?x?xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %u = onnx.initializer "u" dense<[[[[1.0]], [[2.0]]], [[[3.0]], [[4.0]]]]> : tensor<2x2x1x1xf32>
      %b = onnx.initializer "b" dense<[5.0, 6.0]> : tensor<2xf32>
      %s = onnx.initializer "s" dense<[[[7.0]], [[8.0]]]> : tensor<2x1x1xf32>
      %d = onnx.initializer "d" dense<[[[[1.0]], [[0.0]]], [[[0.0]], [[1.0]]]]> : tensor<2x2x1x1xf32>
      %h = onnx.Conv(%x, %u, %b) "/up" : (tensor<?x2x?x?xf32>, tensor<2x2x1x1xf32>, tensor<2xf32>) -> !onnx.unknown
      %a = onnx.Relu(%h) "/act"
      %0 = onnx.Mul(%s, %a) "/scale" : (tensor<2x1x1xf32>, !onnx.unknown) -> !onnx.unknown
      %1 = onnx.Conv(%0, %d) "/down" : (!onnx.unknown, tensor<2x2x1x1xf32>) -> !onnx.unknown
      %y = onnx.Add(%x, %1) "/add" outputs ["y"] : (tensor<?x2x?x?xf32>, !onnx.unknown) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    }
    // becomes
      %up.slin_w = onnx.initializer "/up/slin_w" dense<[[1.000000e+00, 3.000000e+00], [2.000000e+00, 4.000000e+00]]> : tensor<2x2xf32>
      %scale.slin_c = onnx.initializer "/scale/slin_c" dense<[7.000000e+00, 8.000000e+00]> : tensor<2xf32>
      %up.slin_channels_last = onnx.Transpose(%arg0) "/up/slin_channels_last" {perm = array<i64: 0, 2, 3, 1>}
      onnx.MatMul(%up.slin_channels_last, %up.slin_w) "/up"
      onnx.Add(%up.slin_product, %b) "/up/slin_bias_add"
      onnx.Relu(
      onnx.Mul(%scale.slin_c, %act) "/scale"
      onnx.MatMul(%scale, %down.slin_w) "/down"
      onnx.Add(%up.slin_channels_last, %down) "/add"
      %y = onnx.Transpose(%y_channels_last) "/add/slin_channels_first" outputs ["y"] {perm = array<i64: 0, 3, 1, 2>}
    ```
  }];
}

def SplitNorms : Pass<"onnx-split-norms", "::mlir::ModuleOp"> {
  let summary = "make scales and shifts of norms nodes of their own";
  let description = [{
    `LayerNormalization`, `RMSNormalization` and `SimplifiedLayerNormalization` that
    only linears read get a scale of ones and a shift of zeros; their own become a
    Mul and an Add. `onnx-raise-linears` and `slin-merge` then take these into the
    linears: `W (diag(γ) n + β) + b = (W diag(γ)) n + (W β + b)`. The norm itself
    stays, for it divides by what each token gives.

    Constraints, each with a remark (category `onnx-split-norms`):
    - (C1) Scale and shift are stored vectors, and not ones and zeros already.
    - (C2) The last axis alone is normalised.
    - (C3) Nothing but linears reads the result, nothing reads mean and deviation.

    Example:

    ```mlir
    // slin-opt --onnx-split-norms
    module attributes {onnx.opset_imports = [["", 17]]} {
    func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %g = onnx.initializer "g" dense<[2.0, 3.0]> : tensor<2xf32>
      %b = onnx.initializer "b" dense<[4.0, 5.0]> : tensor<2xf32>
      %w = onnx.initializer "w" dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf32>
      %n = onnx.LayerNormalization(%x, %g, %b) "/norm" {axis = -1 : i64} : (tensor<?x2xf32>, tensor<2xf32>, tensor<2xf32>) -> !onnx.unknown
      %y = onnx.MatMul(%n, %w) "/fc" outputs ["y"] : (!onnx.unknown, tensor<2x2xf32>) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    }
    // becomes
      onnx.LayerNormalization(%arg0, %norm.slin_ones, %norm.slin_zeros)
      onnx.Mul(
      onnx.Add(
      %y = onnx.MatMul(
    ```
  }];
}

def FoldScales : Pass<"onnx-fold-scales", "::mlir::ModuleOp"> {
  let summary = "fold constant scales of rows into the matrix on the left of a product";
  let description = [{
    `c * (W X)`, with one constant for each row of the constant matrix W, becomes
    `(diag(c) W) X`: computed in f64, rounded once. Scores of attention pooling with
    a constant query are of this form (LAMA, 1912.00835), where the query may be
    an expression of constants (`Pᵀ c`). Features on the last axis are slin-merge's.

    Constraints:
    - (C1) W is a stored matrix, and nothing else reads the product.
    - (C2) The constant has one number for each row, or one for all, and gives the
      product no further axes.
    - (C3) The scaled matrix fits its element type.

    Example:

    ```mlir
    // slin-opt --onnx-fold-scales
    module attributes {onnx.opset_imports = [["", 17]]} {
    func.func @main_graph(%x: tensor<4x?xf32> {onnx.name = "x"}) -> (!onnx.unknown {onnx.name = "y"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>
      %c = onnx.initializer "c" dense<[[2.0], [0.5]]> : tensor<2x1xf32>
      %0 = onnx.MatMul(%w, %x) "/scores" : (tensor<2x4xf32>, tensor<4x?xf32>) -> !onnx.unknown
      %y = onnx.Mul(%c, %0) "/mul" outputs ["y"] : (tensor<2x1xf32>, !onnx.unknown) -> !onnx.unknown
      return %y : !onnx.unknown
    }
    }
    // becomes
      onnx.initializer "/scores/slin_w" dense<[[2.000000e+00, 4.000000e+00, 6.000000e+00, 8.000000e+00], [2.500000e+00, 3.000000e+00, 3.500000e+00, 4.000000e+00]]> : tensor<2x4xf32>
      %y = onnx.MatMul(%scores.slin_w, %arg0) "/scores/slin_product" outputs ["y"]
    ```
  }];
}

def PoolAfterLinears : Pass<"onnx-pool-after-linears", "::mlir::ModuleOp"> {
  let summary = "move linears in front of a pooling of tokens";
  let description = [{
    `pool(H) P` becomes `pool(H P)` where another linear reads H, so that
    onnx-stack-linears can make both one product `H [P | Q]` (LAMA, 1912.00835). A
    product `Q Hᵀ` is written as `(H Qᵀ)ᵀ` for that. Exact; it takes more
    multiply-accumulates and reads the tokens once instead of twice, so that it is
    done on request only.

    Constraints:
    - (C1) The pooling is a ReduceMean or ReduceSum over axes of tokens, with products
      by and quotients of one number for each token around it (a masked mean).
    - (C2) P is a stored matrix, and nothing else reads the pooled values.
    - (C3) Another linear with a stored matrix reads H or its transpose.

    Example:

    ```mlir
    // slin-opt --onnx-pool-after-linears
    module attributes {onnx.opset_imports = [["", 13]]} {
    func.func @main_graph(%h: tensor<1x?x4xf32> {onnx.name = "h"}) -> (!onnx.unknown {onnx.name = "p"}, !onnx.unknown {onnx.name = "q"}) attributes {onnx.graph = {}} {
      %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 1> : tensor<4x2xf32>
      %v = onnx.initializer "v" #onnx.synthetic<normal, seed = 2> : tensor<4x2xf32>
      %0 = onnx.ReduceMean(%h) "/mean" {axes = array<i64: 1>} : (tensor<1x?x4xf32>) -> !onnx.unknown
      %p = onnx.MatMul(%0, %w) "/p" outputs ["p"] : (!onnx.unknown, tensor<4x2xf32>) -> !onnx.unknown
      %q = onnx.MatMul(%h, %v) "/q" outputs ["q"] : (tensor<1x?x4xf32>, tensor<4x2xf32>) -> !onnx.unknown
      return %p, %q : !onnx.unknown, !onnx.unknown
    }
    }
    // becomes
      %p.slin_product = onnx.MatMul(%arg0, %w) "/p/slin_product"
      %p = onnx.ReduceMean(%p.slin_product) "/p/slin_pool" outputs ["p"] {axes = array<i64: 1>}
      %q = onnx.MatMul(%arg0, %v) "/q" outputs ["q"]
    ```
  }];
}

#endif // SLIN_DIALECT_ONNX_TRANSFORMS_PASSES_TD
