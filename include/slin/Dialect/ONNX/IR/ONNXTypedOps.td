//===- ONNXTypedOps.td - Operators with ops of their own -*- tablegen -*-===//
//
// Part of slin, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The operators that FFNs are spelled with and that slin writes. A node becomes a
// typed op only if the op models everything the node says.
//
//===----------------------------------------------------------------------===//

#ifndef SLIN_DIALECT_ONNX_IR_ONNXTYPEDOPS_TD
#define SLIN_DIALECT_ONNX_IR_ONNXTYPEDOPS_TD

include "slin/Dialect/ONNX/IR/ONNXBase.td"


//===-- Arithmetic -------------------------------------------------------------===//

def ONNX_AddOp : ONNX_TypedOp<"Add", ["A", "B"], (ins), "L1, L2, L22, A1-A10, F1, F11">;
def ONNX_SubOp : ONNX_TypedOp<"Sub", ["A", "B"], (ins), "A15">;
def ONNX_MulOp : ONNX_TypedOp<"Mul", ["A", "B"], (ins), "A1-A16, F3-F7, F12">;
def ONNX_DivOp : ONNX_TypedOp<"Div", ["A", "B"], (ins), "A1-A3">;
def ONNX_PowOp : ONNX_TypedOp<"Pow", ["X", "Y"], (ins), "A5, A6, A9, A16">;
def ONNX_NegOp : ONNX_TypedOp<"Neg", ["X"], (ins), "A15">;
def ONNX_AbsOp : ONNX_TypedOp<"Abs", ["X"], (ins), "A15">;
def ONNX_ExpOp : ONNX_TypedOp<"Exp", ["X"], (ins), "A14, A15">;
def ONNX_LogOp : ONNX_TypedOp<"Log", ["X"], (ins), "A15">;
def ONNX_SqrtOp : ONNX_TypedOp<"Sqrt", ["X"], (ins), "A3">;
def ONNX_ReciprocalOp : ONNX_TypedOp<"Reciprocal", ["X"], (ins), "A14">;
def ONNX_ErfOp : ONNX_TypedOp<"Erf", ["X"], (ins), "A1-A4">;
def ONNX_TanhOp : ONNX_TypedOp<"Tanh", ["X"], (ins), "A5-A9, A15">;
def ONNX_SigmoidOp : ONNX_TypedOp<"Sigmoid", ["X"], (ins), "A13-A15">;
def ONNX_ReluOp : ONNX_TypedOp<"Relu", ["X"], (ins), "A15, A16">;
def ONNX_HardSwishOp : ONNX_TypedOp<"HardSwish", ["X"], (ins), "A15">;
def ONNX_MishOp : ONNX_TypedOp<"Mish", ["X"], (ins), "A15">;
def ONNX_SoftplusOp : ONNX_TypedOp<"Softplus", ["X"], (ins), "A15">;
def ONNX_SoftsignOp : ONNX_TypedOp<"Softsign", ["X"], (ins), "A15">;
def ONNX_MaxOp : ONNX_TypedOp<"Max", ["First"], (ins), "A15, A16">;
def ONNX_MinOp : ONNX_TypedOp<"Min", ["First"], (ins), "A15">;
def ONNX_SumOp : ONNX_TypedOp<"Sum", ["First"], (ins), "L23">;

//===-- Activations with attributes --------------------------------------------===//

def ONNX_LeakyReluOp : ONNX_TypedOp<"LeakyRelu", ["X"], (ins Float:$alpha), "A15">;
def ONNX_PReluOp : ONNX_TypedOp<"PRelu", ["X", "Slope"], (ins), "A15">;
def ONNX_EluOp : ONNX_TypedOp<"Elu", ["X"], (ins Float:$alpha), "A15">;
def ONNX_SeluOp : ONNX_TypedOp<"Selu", ["X"], (ins Float:$alpha, Float:$gamma), "A15">;
def ONNX_CeluOp : ONNX_TypedOp<"Celu", ["X"], (ins Float:$alpha), "A15">;
def ONNX_ThresholdedReluOp : ONNX_TypedOp<"ThresholdedRelu", ["X"], (ins Float:$alpha), "A15">;
def ONNX_HardSigmoidOp : ONNX_TypedOp<"HardSigmoid", ["X"],
  (ins Float:$alpha, Float:$beta),
  "A15">;
def ONNX_SwishOp : ONNX_TypedOp<"Swish", ["X"], (ins Float:$alpha), "A14">;
def ONNX_GeluOp : ONNX_TypedOp<"Gelu", ["X"], (ins String:$approximate), "A11">;
def ONNX_ClipOp : ONNX_TypedOp<"Clip", ["Data", "Min", "Max"],
  (ins Float:$min, Float:$max),
  "A15, F9">;
def ONNX_SoftmaxOp : ONNX_TypedOp<"Softmax", ["Data"], (ins Int:$axis), "none: stops a cone">;

//===-- Linear -----------------------------------------------------------------===//

def ONNX_MatMulOp : ONNX_TypedOp<"MatMul", ["A", "B"], (ins), "L1-L3, L7, L24">;
def ONNX_GemmOp : ONNX_TypedOp<"Gemm", ["A", "B", "C"],
  (ins Float:$alpha, Float:$beta, Int:$transA, Int:$transB),
  "L4-L6, L11, L12">;
def ONNX_EinsumOp : ONNX_TypedOp<"Einsum", ["First"], (ins String:$equation), "L20">;
def ONNX_ConvOp : ONNX_TypedOp<"Conv", ["X", "W", "B"],
  (ins String:$auto_pad, Ints:$dilations, Int:$group, Ints:$kernel_shape, Ints:$pads, Ints:$strides),
  "L19">;

//===-- Shape ------------------------------------------------------------------===//

def ONNX_ReshapeOp : ONNX_TypedOp<"Reshape", ["Data", "Shape"],
  (ins Int:$allowzero),
  "L11, L12, A14">;
def ONNX_TransposeOp : ONNX_TypedOp<"Transpose", ["Data"], (ins Ints:$perm), "L7, F14">;
def ONNX_SqueezeOp : ONNX_TypedOp<"Squeeze", ["Data", "Axes"], (ins Ints:$axes), "L19, F14">;
def ONNX_UnsqueezeOp : ONNX_TypedOp<"Unsqueeze", ["Data", "Axes"],
  (ins Ints:$axes),
  "L19, F14">;
def ONNX_FlattenOp : ONNX_TypedOp<"Flatten", ["Data"], (ins Int:$axis), "L11">;
def ONNX_ExpandOp : ONNX_TypedOp<"Expand", ["Data", "Shape"], (ins), "A15">;
def ONNX_ShapeOp : ONNX_TypedOp<"Shape", ["Data"], (ins Int:$start, Int:$end), "L12, F5">;
def ONNX_IdentityOp : ONNX_TypedOp<"Identity", ["Data"], (ins), "L13, F12">;
def ONNX_DropoutOp : ONNX_TypedOp<"Dropout", ["Data", "Ratio", "TrainingMode"],
  (ins Float:$ratio, Int:$seed),
  "F2">;
def ONNX_CastOp : ONNX_TypedOp<"Cast", ["Data"],
  (ins Int:$to, Int:$saturate, String:$round_mode),
  "L15, A10, F9">;
def ONNX_CastLikeOp : ONNX_TypedOp<"CastLike", ["Data", "Target"],
  (ins Int:$saturate, String:$round_mode),
  "A3">;
def ONNX_ConcatOp : ONNX_TypedOp<"Concat", ["First"], (ins Int:$axis), "L12">;
def ONNX_SplitOp : ONNX_TypedOp<"Split", ["Data", "Sizes"],
  (ins Int:$axis, Int:$num_outputs, Ints:$split),
  "F4">;
def ONNX_SliceOp : ONNX_TypedOp<"Slice", ["Data", "Starts", "Ends", "Axes", "Steps"],
  (ins Ints:$axes, Ints:$starts, Ints:$ends),
  "F5, F6">;
def ONNX_GatherOp : ONNX_TypedOp<"Gather", ["Data", "Indices"], (ins Int:$axis), "L12, F15">;
def ONNX_GatherNDOp : ONNX_TypedOp<"GatherND", ["Data", "Indices"],
  (ins Int:$batch_dims),
  "F15">;
def ONNX_ScatterElementsOp : ONNX_TypedOp<"ScatterElements", ["Data", "Indices", "Updates"],
  (ins Int:$axis, String:$reduction),
  "F15">;
def ONNX_ScatterNDOp : ONNX_TypedOp<"ScatterND", ["Data", "Indices", "Updates"],
  (ins String:$reduction),
  "F15">;
def ONNX_NonZeroOp : ONNX_TypedOp<"NonZero", ["Data"], (ins), "F15">;
def ONNX_WhereOp : ONNX_TypedOp<"Where", ["Condition", "X", "Y"], (ins), "F6, F9">;
def ONNX_ConstantOp : ONNX_TypedOp<"Constant", [],
  (ins OptionalAttr<ONNX_TensorLikeAttr>:$value, Float:$value_float, Floats:$value_floats, Int:$value_int, Ints:$value_ints, String:$value_string, OptionalAttr<StrArrayAttr>:$value_strings),
  "L14", "", "",
  [DeclareOpInterfaceMethods<Slin_WeightOpInterface, ["getWeight", "getWeightName"]>]>;
def ONNX_ConstantOfShapeOp : ONNX_TypedOp<"ConstantOfShape", ["Shape"],
  (ins OptionalAttr<ONNX_TensorLikeAttr>:$value),
  "L14">;

//===-- Normalisation and reduction --------------------------------------------===//

def ONNX_LayerNormalizationOp : ONNX_TypedOp<"LayerNormalization", ["X", "Scale", "B"],
  (ins Int:$axis, Float:$epsilon, Int:$stash_type),
  "F13">;
def ONNX_RMSNormalizationOp : ONNX_TypedOp<"RMSNormalization", ["X", "Scale"],
  (ins Int:$axis, Float:$epsilon, Int:$stash_type),
  "F13">;
def ONNX_BatchNormalizationOp : ONNX_TypedOp<"BatchNormalization", ["X", "Scale", "B", "Mean", "Variance"],
  (ins Float:$epsilon, Float:$momentum, Int:$training_mode),
  "L19">;
def ONNX_ReduceMeanOp : ONNX_TypedOp<"ReduceMean", ["Data", "Axes"],
  (ins Ints:$axes, Int:$keepdims, Int:$noop_with_empty_axes),
  "F13">;
def ONNX_ReduceSumOp : ONNX_TypedOp<"ReduceSum", ["Data", "Axes"],
  (ins Ints:$axes, Int:$keepdims, Int:$noop_with_empty_axes),
  "F13">;
def ONNX_ReduceProdOp : ONNX_TypedOp<"ReduceProd", ["Data", "Axes"],
  (ins Ints:$axes, Int:$keepdims, Int:$noop_with_empty_axes),
  "L12">;
def ONNX_TopKOp : ONNX_TypedOp<"TopK", ["X", "K"],
  (ins Int:$axis, Int:$largest, Int:$sorted),
  "F15">;
def ONNX_LessOp : ONNX_TypedOp<"Less", ["A", "B"],
  (ins),
  "none: written for a choice by token count">;
def ONNX_EqualOp : ONNX_TypedOp<"Equal", ["A", "B"], (ins), "none: masks">;
def ONNX_NotOp : ONNX_TypedOp<"Not", ["X"], (ins), "none: masks">;
def ONNX_DequantizeLinearOp : ONNX_TypedOp<"DequantizeLinear", ["X", "Scale", "ZeroPoint"],
  (ins Int:$axis, Int:$block_size, Int:$output_dtype),
  "L16">;

//===-- com.microsoft ----------------------------------------------------------===//

def ONNX_MicrosoftGeluOp : ONNX_Microsoft<"Gelu", ["X"], (ins), "A12">;
def ONNX_MicrosoftFastGeluOp : ONNX_Microsoft<"FastGelu", ["X", "Bias"], (ins), "A12, L22">;
def ONNX_MicrosoftBiasGeluOp : ONNX_Microsoft<"BiasGelu", ["A", "B"], (ins), "A12, L22">;
def ONNX_MicrosoftQuickGeluOp : ONNX_Microsoft<"QuickGelu", ["X"], (ins Float:$alpha), "A12">;
def ONNX_MicrosoftFusedMatMulOp : ONNX_Microsoft<"FusedMatMul", ["A", "B"],
  (ins Float:$alpha, Int:$transA, Int:$transB, Int:$transBatchA, Int:$transBatchB),
  "L8">;
def ONNX_MicrosoftFusedGemmOp : ONNX_Microsoft<"FusedGemm", ["A", "B", "C"],
  (ins String:$activation, Float:$activation_alpha, Float:$activation_beta, Float:$activation_gamma, Float:$alpha, Float:$beta, Int:$transA, Int:$transB),
  "L9">;
def ONNX_MicrosoftGemmFastGeluOp : ONNX_Microsoft<"GemmFastGelu", ["X", "W", "Bias"],
  (ins),
  "L10">;
def ONNX_MicrosoftSkipLayerNormalizationOp : ONNX_Microsoft<"SkipLayerNormalization", ["Data", "Skip", "Gamma", "Beta", "Bias"],
  (ins Float:$epsilon),
  "L22, F1">;
def ONNX_MicrosoftBiasSplitGeluOp : ONNX_Microsoft<"BiasSplitGelu", ["X", "Bias"], (ins), "F7">;

#endif // SLIN_DIALECT_ONNX_IR_ONNXTYPEDOPS_TD
