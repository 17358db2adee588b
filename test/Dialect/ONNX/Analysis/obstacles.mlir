// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// What reads a linear, where it keeps the linear from the next one.

// CHECK-NOT: ffn
// CHECK: declined '/LayerNormalization': 'LayerNormalization' normalises over features
// CHECK-NEXT: declined '/RMSNormalization': 'RMSNormalization' normalises over features
// CHECK-NEXT: declined '/SkipLayerNormalization': 'ms.SkipLayerNormalization' normalises over features
// CHECK-NEXT: declined '/LpNormalization': 'LpNormalization' normalises over features
// CHECK-NEXT: declined '/MatMul': 'MatMul' multiplies two activations
// CHECK-NEXT: declined '/Attention': 'Attention' mixes tokens
// CHECK-NEXT: declined '/CumSum': 'CumSum' mixes tokens
// CHECK-NEXT: declined '/MaxPool': 'MaxPool' mixes tokens
// CHECK-NEXT: declined '/LSTM': 'LSTM' runs along the sequence
// CHECK-NEXT: declined '/GlobalMaxPool': 'GlobalMaxPool' pools tokens
// CHECK-NEXT: declined '/ReduceSum': 'ReduceSum' reduces an axis
// CHECK-NEXT: declined '/Slice': 'Slice' cuts the value
// CHECK-NEXT: declined '/GatherND': 'GatherND' picks elements
// CHECK-NEXT: declined '/ScatterND': 'ScatterND' puts values elsewhere
// CHECK-NEXT: declined '/Concat': 'Concat' joins it with other values
// CHECK-NEXT: declined '/QuantizeLinear': 'QuantizeLinear' quantizes it
// CHECK-NEXT: declined '/DequantizeLinear': 'DequantizeLinear' comes from a quantized value
// CHECK-NEXT: declined '/Loop': 'Loop' holds subgraphs
// CHECK-NEXT: declined '/Rotate': 'Rotate' is not pointwise
// CHECK-NEXT: declined '/nothing': no other linear reads its result: it is an output of the graph
// CHECK-NOT: {{declined|ffn}}

!t = !onnx.unknown
!u = tensor<8x16xf32>
func.func @declined(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : !u
  %0 = onnx.MatMul(%x, %up) "/LayerNormalization" : (!t, !u) -> !t
  %1 = onnx.LayerNormalization(%0, %x) : (!t, !t) -> !t
  %2 = onnx.MatMul(%x, %up) "/RMSNormalization" : (!t, !u) -> !t
  %3 = onnx.node "RMSNormalization" (%2, %x) : (!t, !t) -> !t
  %4 = onnx.MatMul(%x, %up) "/SkipLayerNormalization" : (!t, !u) -> !t
  %5 = onnx.node "SkipLayerNormalization" domain "com.microsoft" (%4, %x) : (!t, !t) -> !t
  %6 = onnx.MatMul(%x, %up) "/LpNormalization" : (!t, !u) -> !t
  %7 = onnx.node "LpNormalization" (%6) : (!t) -> !t
  %8 = onnx.MatMul(%x, %up) "/MatMul" : (!t, !u) -> !t
  %9 = onnx.MatMul(%8, %x) : (!t, !t) -> !t
  %10 = onnx.MatMul(%x, %up) "/Attention" : (!t, !u) -> !t
  %11 = onnx.node "Attention" (%10, %x, %x) : (!t, !t, !t) -> !t
  %12 = onnx.MatMul(%x, %up) "/CumSum" : (!t, !u) -> !t
  %13 = onnx.node "CumSum" (%12, %x) : (!t, !t) -> !t
  %14 = onnx.MatMul(%x, %up) "/MaxPool" : (!t, !u) -> !t
  %15 = onnx.node "MaxPool" (%14) : (!t) -> !t
  %16 = onnx.MatMul(%x, %up) "/LSTM" : (!t, !u) -> !t
  %17 = onnx.node "LSTM" (%16, %x, %x) : (!t, !t, !t) -> !t
  %18 = onnx.MatMul(%x, %up) "/GlobalMaxPool" : (!t, !u) -> !t
  %19 = onnx.node "GlobalMaxPool" (%18) : (!t) -> !t
  %20 = onnx.MatMul(%x, %up) "/ReduceSum" : (!t, !u) -> !t
  %21 = onnx.node "ReduceSum" (%20) : (!t) -> !t
  %22 = onnx.MatMul(%x, %up) "/Slice" : (!t, !u) -> !t
  %23 = onnx.Slice(%22, %x, %x) : (!t, !t, !t) -> !t
  %24 = onnx.MatMul(%x, %up) "/GatherND" : (!t, !u) -> !t
  %25 = onnx.node "GatherND" (%24, %x) : (!t, !t) -> !t
  %26 = onnx.MatMul(%x, %up) "/ScatterND" : (!t, !u) -> !t
  %27 = onnx.node "ScatterND" (%26, %x, %x) : (!t, !t, !t) -> !t
  %28 = onnx.MatMul(%x, %up) "/Concat" : (!t, !u) -> !t
  %29 = onnx.Concat(%28, %x) {axis = 1 : i64} : (!t, !t) -> !t
  %30 = onnx.MatMul(%x, %up) "/QuantizeLinear" : (!t, !u) -> !t
  %31 = onnx.node "QuantizeLinear" (%30, %x) : (!t, !t) -> !t
  %32 = onnx.MatMul(%x, %up) "/DequantizeLinear" : (!t, !u) -> !t
  %33 = onnx.DequantizeLinear(%32, %x) : (!t, !t) -> !t
  %34 = onnx.MatMul(%x, %up) "/Loop" : (!t, !u) -> !t
  %35 = onnx.node "Loop" (%x, %x, %34) graphs [{attribute = "body"}] ({
    onnx.yield
  }) : (!t, !t, !t) -> !t
  %36 = onnx.MatMul(%x, %up) "/Rotate" : (!t, !u) -> !t
  %37 = onnx.node "Rotate" (%36) : (!t) -> !t
  %38 = onnx.MatMul(%x, %up) "/nothing" : (!t, !u) -> !t
  return
}
