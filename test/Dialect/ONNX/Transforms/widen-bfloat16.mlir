// RUN: slin-opt %s --onnx-widen-bfloat16 | FileCheck %s

// Values, weights and attributes that name the type become f32; numbers stay.
// What has another type, or names one by another attribute, stays as it is.

// CHECK-LABEL: func.func @main
// CHECK-SAME: (%arg0: tensor<2x4xf32> {onnx.name = "x"}, %arg1: tensor<2x4xf16>
// CHECK-SAME: -> (tensor<2x4xf32> {onnx.name = "y"})
// CHECK-NOT: bf16
// CHECK: onnx.initializer "small" dense<[1.500000e+00, -2.000000e+00]> : tensor<2xf32>
// CHECK: onnx.initializer "named" #onnx.tensor<dense<5.000000e-01> : tensor<f32>, {doc_string = "half"}>
// CHECK: onnx.initializer "integers" dense<16> : tensor<2xi64>
// CHECK: onnx.Constant "half" {value = dense<5.000000e-01> : tensor<f32>} : () -> tensor<f32>
// CHECK: onnx.Cast({{.*}}) "narrow" {to = 1 : i64} : (tensor<2x4xf16>) -> tensor<2x4xf32>
// CHECK: onnx.Cast({{.*}}) "integer" {to = 7 : i64}
// CHECK: onnx.node "EyeLike" ({{.*}}) "eye" {dtype = 1 : i64, k = 16 : i64} : (tensor<2x4xf32>) -> tensor<2x4xf32>
// CHECK: onnx.Softmax({{.*}}) "softmax" {axis = 16 : i64}
func.func @main(%x: tensor<2x4xbf16> {onnx.name = "x"}, %h: tensor<2x4xf16> {onnx.name = "h"}) -> (tensor<2x4xbf16> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %small = onnx.initializer "small" dense<[1.5, -2.0]> : tensor<2xbf16>
  %named = onnx.initializer "named" #onnx.tensor<dense<0.5> : tensor<bf16>, {doc_string = "half", encoding = "int32_data"}>
  %integers = onnx.initializer "integers" dense<16> : tensor<2xi64>
  %half = onnx.Constant "half" {value = dense<0.5> : tensor<bf16>} : () -> tensor<bf16>
  %0 = onnx.Cast(%h) "narrow" {to = 16 : i64} : (tensor<2x4xf16>) -> tensor<2x4xbf16>
  %1 = onnx.Cast(%x) "integer" {to = 7 : i64} : (tensor<2x4xbf16>) -> tensor<2x4xi64>
  %2 = onnx.node "EyeLike" (%0) "eye" {dtype = 16 : i64, k = 16 : i64} : (tensor<2x4xbf16>) -> tensor<2x4xbf16>
  %3 = onnx.Softmax(%2) "softmax" {axis = 16 : i64} : (tensor<2x4xbf16>) -> tensor<2x4xbf16>
  return %3 : tensor<2x4xbf16>
}
