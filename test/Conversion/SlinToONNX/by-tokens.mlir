// RUN: slin-opt %s --slin-to-onnx | FileCheck %s --check-prefixes=CHECK,FEW
// RUN: slin-opt %s --slin-to-onnx=tokens=16 | FileCheck %s --check-prefixes=CHECK,MANY
// RUN: slin-opt %s --slin-to-onnx -o %t.few.mlir && slin-run %t.few.mlir --tokens=1 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-opt %s --slin-to-onnx=tokens=16 -o %t.many.mlir && slin-run %t.many.mlir --tokens=16 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED: checked: max relative error

// The alternative whose range holds the token count is written, once.

// CHECK-LABEL: func.func @by_tokens
// FEW: onnx.MatMul(%arg0, %{{.*}}) "/fc/slin_w"
// FEW-NOT: slin_u
// MANY: onnx.MatMul(%arg0, %{{.*}}) "/fc/slin_v"
// MANY: onnx.MatMul(%{{.*}}, %{{.*}}) "/fc/slin_u"
// CHECK-NOT: slin.by_tokens
func.func @by_tokens(%x: tensor<?x8xf32> {onnx.name = "x"}) -> (tensor<?x12xf32> {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %d = slin.weight "/fc/slin_w" #onnx.synthetic<normal, seed = 3> : tensor<12x8xf32>
  %u = slin.weight "/fc/slin_u" #onnx.synthetic<normal, seed = 1> : tensor<12x4xf32>
  %v = slin.weight "/fc/slin_v" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %0 = slin.dense %d : tensor<12x8xf32> -> !slin.linop<8 -> 12, f32>
  %1 = slin.low_rank %u, %v : tensor<12x4xf32>, tensor<4x8xf32> -> !slin.linop<8 -> 12, f32>
  %w = slin.by_tokens [16] %0, %1 : !slin.linop<8 -> 12, f32>
  %y = slin.apply %w, %x {path = "/fc", onnx.output_name = "y"} : !slin.linop<8 -> 12, f32>, tensor<?x8xf32> -> tensor<?x12xf32>
  return %y : tensor<?x12xf32>
}
