// RUN: slin-opt %s --slin-print-ffns -o /dev/null | FileCheck %s

// The spellings of a linear that can be rewritten (L1 to L8, L11 to L15).

// CHECK:      ffn '/L1' plain relu
// CHECK-NEXT: up '/L1/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L1/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L2' plain relu
// CHECK-NEXT: up '/L2/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L2/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L3' plain relu
// CHECK-NEXT: up '/L3/up' 8 -> 16 f32 stored [in, out]{{$}}
// CHECK-NEXT: down '/L3/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L4' plain relu
// CHECK-NEXT: up '/L4/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L4/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L5' plain relu
// CHECK-NEXT: up '/L5/up' 8 -> 16 f32 bias{{$}}
// CHECK-NEXT: down '/L5/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L6-no-bias' plain relu
// CHECK-NEXT: up '/L6-no-bias/up' 8 -> 16 f32 stored [in, out]{{$}}
// CHECK-NEXT: down '/L6-no-bias/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L6-scales' plain relu
// CHECK-NEXT: up '/L6-scales/up' 8 -> 16 f32 stored [in, out] scale 0.5 bias scale 2{{$}}
// CHECK-NEXT: down '/L6-scales/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L6-beta-zero' plain relu
// CHECK-NEXT: up '/L6-beta-zero/up' 8 -> 16 f32 stored [in, out]{{$}}
// CHECK-NEXT: down '/L6-beta-zero/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L7' plain relu
// CHECK-NEXT: up '/L7/up' 8 -> 16 f32 bias{{$}}
// CHECK-NEXT: down '/L7/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L7-gemm' plain relu
// CHECK-NEXT: up '/L7-gemm/up' 8 -> 16 f32 stored [in, out]{{$}}
// CHECK-NEXT: down '/L7-gemm/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L8' plain relu
// CHECK-NEXT: up '/L8/up' 8 -> 16 f32 scale 0.25 bias{{$}}
// CHECK-NEXT: down '/L8/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L11' plain relu
// CHECK-NEXT: up '/L11/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L11/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L12' plain relu
// CHECK-NEXT: up '/L12/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L12/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L12-inner' plain relu
// CHECK-NEXT: up '/L12-inner/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L12-inner/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L13' plain relu
// CHECK-NEXT: up '/L13/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L13/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L14' plain relu
// CHECK-NEXT: up '/L14/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L14/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L15-weight' plain relu
// CHECK-NEXT: up '/L15-weight/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L15-weight/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/L15-wrapped' plain relu
// CHECK-NEXT: up '/L15-wrapped/up' 8 -> 16 f16 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/L15-wrapped/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK:      ffn '/leading-axis' plain relu
// CHECK-NEXT: up '/leading-axis/up' 8 -> 16 f32 stored [in, out] bias{{$}}
// CHECK-NEXT: down '/leading-axis/down' 16 -> 8 f32 stored [in, out]{{$}}
// CHECK-NOT: declined

!t = !onnx.unknown
!u = tensor<8x16xf32>
!d = tensor<16x8xf32>
func.func @main(%x: !t) {
  %up = onnx.initializer "up" #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>
  %up.t = onnx.initializer "up.t" #onnx.synthetic<normal, seed = 2> : tensor<16x8xf32>
  %up.half = onnx.initializer "up.half" #onnx.synthetic<normal, seed = 3> : tensor<8x16xf16>
  %up.row = onnx.initializer "up.row" #onnx.synthetic<normal, seed = 9> : tensor<8x16xf32>
  %b = onnx.initializer "b" #onnx.synthetic<normal, seed = 4> : tensor<16xf32>
  %b.row = onnx.initializer "b.row" #onnx.synthetic<normal, seed = 5> : tensor<1x1x16xf32>
  %b.one = onnx.initializer "b.one" dense<0.5> : tensor<1xf32>
  %b.half = onnx.initializer "b.half" #onnx.synthetic<normal, seed = 6> : tensor<16xf16>
  %down = onnx.initializer "down" #onnx.synthetic<normal, seed = 7> : tensor<16x8xf32>
  %bd = onnx.initializer "bd" #onnx.synthetic<normal, seed = 8> : tensor<8xf32>
  %in.shape = onnx.initializer "in.shape" dense<[-1, 8]> : tensor<2xi64>
  %out.shape = onnx.initializer "out.shape" dense<[2, -1, 16]> : tensor<3xi64>
  %n = onnx.initializer "n" dense<16> : tensor<1xi64>
  %axis = onnx.initializer "axis" dense<0> : tensor<1xi64>
  %two = onnx.initializer "two" dense<2> : tensor<1xi64>
  // L1
  %L1.0 = onnx.MatMul(%x, %up) "/L1/up" : (!t, !u) -> !t
  %L1.1 = onnx.Add(%L1.0, %b) : (!t, tensor<16xf32>) -> !t
  %L1.relu = onnx.Relu(%L1.1) : (!t) -> !t
  %L1.y = onnx.MatMul(%L1.relu, %down) "/L1/down" : (!t, !d) -> !t
  // L2
  %L2.0 = onnx.MatMul(%x, %up) "/L2/up" : (!t, !u) -> !t
  %L2.1 = onnx.Add(%b, %L2.0) : (tensor<16xf32>, !t) -> !t
  %L2.relu = onnx.Relu(%L2.1) : (!t) -> !t
  %L2.y = onnx.MatMul(%L2.relu, %down) "/L2/down" : (!t, !d) -> !t
  // L3
  %L3.0 = onnx.MatMul(%x, %up) "/L3/up" : (!t, !u) -> !t
  %L3.relu = onnx.Relu(%L3.0) : (!t) -> !t
  %L3.y = onnx.MatMul(%L3.relu, %down) "/L3/down" : (!t, !d) -> !t
  // L4
  %L4.0 = onnx.Gemm(%x, %up, %b) "/L4/up" : (!t, !u, tensor<16xf32>) -> !t
  %L4.relu = onnx.Relu(%L4.0) : (!t) -> !t
  %L4.y = onnx.MatMul(%L4.relu, %down) "/L4/down" : (!t, !d) -> !t
  // L5
  %L5.0 = onnx.Gemm(%x, %up.t, %b) "/L5/up" {transB = 1 : i64} : (!t, !d, tensor<16xf32>) -> !t
  %L5.relu = onnx.Relu(%L5.0) : (!t) -> !t
  %L5.y = onnx.MatMul(%L5.relu, %down) "/L5/down" : (!t, !d) -> !t
  // L6-no-bias
  %L6-no-bias.0 = onnx.Gemm(%x, %up) "/L6-no-bias/up" : (!t, !u) -> !t
  %L6-no-bias.relu = onnx.Relu(%L6-no-bias.0) : (!t) -> !t
  %L6-no-bias.y = onnx.MatMul(%L6-no-bias.relu, %down) "/L6-no-bias/down" : (!t, !d) -> !t
  // L6-scales
  %L6-scales.0 = onnx.Gemm(%x, %up, %b) "/L6-scales/up" {alpha = 0.5 : f32, beta = 2.0 : f32} : (!t, !u, tensor<16xf32>) -> !t
  %L6-scales.relu = onnx.Relu(%L6-scales.0) : (!t) -> !t
  %L6-scales.y = onnx.MatMul(%L6-scales.relu, %down) "/L6-scales/down" : (!t, !d) -> !t
  // L6-beta-zero
  %L6-beta-zero.0 = onnx.Gemm(%x, %up, %x) "/L6-beta-zero/up" {beta = 0.0 : f32} : (!t, !u, !t) -> !t
  %L6-beta-zero.relu = onnx.Relu(%L6-beta-zero.0) : (!t) -> !t
  %L6-beta-zero.y = onnx.MatMul(%L6-beta-zero.relu, %down) "/L6-beta-zero/down" : (!t, !d) -> !t
  // L7
  %L7.w = onnx.Transpose(%up.t) {perm = array<i64: 1, 0>} : (!d) -> !t
  %L7.0 = onnx.MatMul(%x, %L7.w) "/L7/up" : (!t, !t) -> !t
  %L7.1 = onnx.Add(%L7.0, %b) : (!t, tensor<16xf32>) -> !t
  %L7.relu = onnx.Relu(%L7.1) : (!t) -> !t
  %L7.y = onnx.MatMul(%L7.relu, %down) "/L7/down" : (!t, !d) -> !t
  // L7-gemm
  %L7-gemm.w = onnx.Transpose(%up) : (!u) -> !t
  %L7-gemm.0 = onnx.Gemm(%x, %L7-gemm.w) "/L7-gemm/up" {transB = 1 : i64} : (!t, !t) -> !t
  %L7-gemm.relu = onnx.Relu(%L7-gemm.0) : (!t) -> !t
  %L7-gemm.y = onnx.MatMul(%L7-gemm.relu, %down) "/L7-gemm/down" : (!t, !d) -> !t
  // L8
  %L8.0 = onnx.ms.FusedMatMul(%x, %up.t) "/L8/up" {alpha = 0.25 : f32, transB = 1 : i64} : (!t, !d) -> !t
  %L8.1 = onnx.Add(%L8.0, %b.row) : (!t, tensor<1x1x16xf32>) -> !t
  %L8.relu = onnx.Relu(%L8.1) : (!t) -> !t
  %L8.y = onnx.MatMul(%L8.relu, %down) "/L8/down" : (!t, !d) -> !t
  // L11
  %L11.0 = onnx.Reshape(%x, %in.shape) : (!t, tensor<2xi64>) -> !t
  %L11.1 = onnx.Gemm(%L11.0, %up, %b) "/L11/up" : (!t, !u, tensor<16xf32>) -> !t
  %L11.2 = onnx.Reshape(%L11.1, %out.shape) : (!t, tensor<3xi64>) -> !t
  %L11.relu = onnx.Relu(%L11.2) : (!t) -> !t
  %L11.y = onnx.MatMul(%L11.relu, %down) "/L11/down" : (!t, !d) -> !t
  // L12
  %L12.0 = onnx.Reshape(%x, %in.shape) : (!t, tensor<2xi64>) -> !t
  %L12.1 = onnx.Gemm(%L12.0, %up, %b) "/L12/up" : (!t, !u, tensor<16xf32>) -> !t
  %L12.s = onnx.Shape(%x) : (!t) -> !t
  %L12.t = onnx.Slice(%L12.s, %axis, %two) : (!t, tensor<1xi64>, tensor<1xi64>) -> !t
  %L12.c = onnx.Concat(%L12.t, %n) {axis = 0 : i64} : (!t, tensor<1xi64>) -> !t
  %L12.2 = onnx.Reshape(%L12.1, %L12.c) : (!t, !t) -> !t
  %L12.relu = onnx.Relu(%L12.2) : (!t) -> !t
  %L12.y = onnx.MatMul(%L12.relu, %down) "/L12/down" : (!t, !d) -> !t
  %last = onnx.initializer "last" dense<-1> : tensor<1xi64>
  %huge = onnx.initializer "huge" dense<9223372036854775807> : tensor<1xi64>
  // L12-inner
  %L12-inner.0 = onnx.Reshape(%x, %in.shape) : (!t, tensor<2xi64>) -> !t
  %L12-inner.1 = onnx.Gemm(%L12-inner.0, %up, %b) "/L12-inner/up" : (!t, !u, tensor<16xf32>) -> !t
  %L12-inner.s = onnx.Shape(%L12-inner.1) : (!t) -> !t
  %L12-inner.t = onnx.Slice(%L12-inner.s, %last, %huge, %axis) : (!t, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !t
  %L12-inner.c = onnx.Concat(%last, %L12-inner.t) {axis = 0 : i64} : (tensor<1xi64>, !t) -> !t
  %L12-inner.2 = onnx.Reshape(%L12-inner.1, %L12-inner.c) : (!t, !t) -> !t
  %L12-inner.relu = onnx.Relu(%L12-inner.2) : (!t) -> !t
  %L12-inner.y = onnx.MatMul(%L12-inner.relu, %down) "/L12-inner/down" : (!t, !d) -> !t
  // L13
  %L13.w = onnx.Identity(%up) : (!u) -> !t
  %L13.b = onnx.Identity(%b) : (tensor<16xf32>) -> !t
  %L13.0 = onnx.MatMul(%x, %L13.w) "/L13/up" : (!t, !t) -> !t
  %L13.1 = onnx.Add(%L13.0, %L13.b) : (!t, !t) -> !t
  %L13.relu = onnx.Relu(%L13.1) : (!t) -> !t
  %L13.y = onnx.MatMul(%L13.relu, %down) "/L13/down" : (!t, !d) -> !t
  // L14
  %L14.w = onnx.Constant {value = #onnx.synthetic<normal, seed = 1> : tensor<8x16xf32>} : () -> !t
  %L14.b = onnx.Constant {value = dense<1.0> : tensor<16xf32>} : () -> !t
  %L14.0 = onnx.MatMul(%x, %L14.w) "/L14/up" : (!t, !t) -> !t
  %L14.1 = onnx.Add(%L14.0, %L14.b) : (!t, !t) -> !t
  %L14.relu = onnx.Relu(%L14.1) : (!t) -> !t
  %L14.y = onnx.MatMul(%L14.relu, %down) "/L14/down" : (!t, !d) -> !t
  // L15-weight
  %L15-weight.w = onnx.Cast(%up.half) {to = 1 : i64} : (tensor<8x16xf16>) -> !t
  %L15-weight.b = onnx.Cast(%b.half) {to = 1 : i64} : (tensor<16xf16>) -> !t
  %L15-weight.0 = onnx.MatMul(%x, %L15-weight.w) "/L15-weight/up" : (!t, !t) -> !t
  %L15-weight.1 = onnx.Add(%L15-weight.0, %L15-weight.b) : (!t, !t) -> !t
  %L15-weight.relu = onnx.Relu(%L15-weight.1) : (!t) -> !t
  %L15-weight.y = onnx.MatMul(%L15-weight.relu, %down) "/L15-weight/down" : (!t, !d) -> !t
  // L15-wrapped
  %L15-wrapped.x = onnx.Cast(%x) {to = 10 : i64} : (!t) -> !t
  %L15-wrapped.0 = onnx.MatMul(%L15-wrapped.x, %up.half) "/L15-wrapped/up" : (!t, tensor<8x16xf16>) -> !t
  %L15-wrapped.1 = onnx.Add(%L15-wrapped.0, %b.half) : (!t, tensor<16xf16>) -> !t
  %L15-wrapped.2 = onnx.Cast(%L15-wrapped.1) {to = 1 : i64} : (!t) -> !t
  %L15-wrapped.relu = onnx.Relu(%L15-wrapped.2) : (!t) -> !t
  %L15-wrapped.y = onnx.MatMul(%L15-wrapped.relu, %down) "/L15-wrapped/down" : (!t, !d) -> !t
  // leading-axis
  %leading-axis.w = onnx.Unsqueeze(%up.row, %axis) : (!u, tensor<1xi64>) -> !t
  %leading-axis.0 = onnx.MatMul(%x, %leading-axis.w) "/leading-axis/up" : (!t, !t) -> !t
  %leading-axis.1 = onnx.Add(%leading-axis.0, %b.one) : (!t, tensor<1xf32>) -> !t
  %leading-axis.relu = onnx.Relu(%leading-axis.1) : (!t) -> !t
  %leading-axis.y = onnx.MatMul(%leading-axis.relu, %down) "/leading-axis/down" : (!t, !d) -> !t
  return
}
