// REQUIRES: slin-run
// RUN: slin-opt %s --slin-merge --slin-verify-exact -o %t.mlir
// RUN: FileCheck %s --input-file=%t.mlir
// RUN: slin-run %t.mlir --tokens=5 --check=%s | FileCheck %s --check-prefix=EXECUTED
// RUN: slin-opt %s --slin-merge --remarks-filter=slin-merge -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// Linear paths beside activations.

// EXECUTED-COUNT-3: checked: max relative error {{.*}} <= 1.0e-05

// Six of eight channels pass by the activation: it acts on two, their path becomes one matrix with the residual in it.
// REMARK-DAG: "'relu' acts on 2 of 8 features: the others pass by it"
// REMARK-DAG: "'/add' is not merged with '/up': 'relu' stands between them and is not linear"
// CHECK-LABEL: func.func @idle
// CHECK-DAG: slin.weight "/up/slin_w" {{.*}} : tensor<4x2xf32>
// CHECK-DAG: slin.activation relu(%v = %{{.*}} : tensor<?x2xf32>) -> tensor<?x2xf32>
// CHECK-DAG: slin.dense %{{.*}} : tensor<4x4xf32>
// CHECK-DAG: slin.dense %{{.*}} : tensor<2x4xf32>
// CHECK: slin.add
// CHECK-NEXT: return
func.func @idle(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %0 = slin.weight "w1" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
  %1 = slin.weight "w2" #onnx.synthetic<normal, seed = 2> : tensor<4x8xf32>
  %2 = slin.weight "b1" #onnx.synthetic<normal, seed = 3> : tensor<8xf32>
  %3 = slin.weight "mask" dense<[0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0]> : tensor<8xf32>
  %4 = slin.weight "rest" dense<[1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]> : tensor<8xf32>
  %w1 = slin.dense %0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %w2 = slin.dense %1 : tensor<4x8xf32> -> !slin.linop<8 -> 4, f32>
  %mask = slin.diagonal %3 : tensor<8xf32> -> !slin.linop<8 -> 8, f32>
  %rest = slin.diagonal %4 : tensor<8xf32> -> !slin.linop<8 -> 8, f32>
  %u = slin.apply %w1, %x bias %2 : tensor<8xf32> {path = "/up"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %g = slin.activation relu(%v = %u : tensor<?x8xf32>) -> tensor<?x8xf32> { slin.yield %v : tensor<?x8xf32> }
  %p = slin.apply %mask, %g {path = "/where"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %q = slin.apply %rest, %u {path = "/where"} : !slin.linop<8 -> 8, f32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %m = slin.add %p, %q {path = "/where"} : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %d = slin.apply %w2, %m {path = "/down"} : !slin.linop<8 -> 4, f32>, tensor<?x8xf32> -> tensor<?x4xf32>
  %y = slin.add %x, %d {path = "/add"} : tensor<?x4xf32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %y : tensor<?x4xf32>
}

// D (g + R x) becomes D g + (D R) x where D has fewer outputs than inputs, and not otherwise.
// CHECK-LABEL: func.func @distributed
// CHECK-DAG: slin.activation
// CHECK-DAG: slin.apply %{{.*}}, %arg0 {{.*}}!slin.linop<4 -> 2, f32>
// CHECK-DAG: slin.apply %{{.*}}, %relu {{.*}}!slin.linop<8 -> 2, f32>
// CHECK: slin.add
// CHECK-NEXT: return
func.func @distributed(%x: tensor<?x4xf32>) -> tensor<?x2xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<8x4xf32>
  %1 = slin.weight "r" #onnx.synthetic<normal, seed = 2> : tensor<8x4xf32>
  %2 = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<2x8xf32>
  %w = slin.dense %0 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %r = slin.dense %1 : tensor<8x4xf32> -> !slin.linop<4 -> 8, f32>
  %d = slin.dense %2 : tensor<2x8xf32> -> !slin.linop<8 -> 2, f32>
  %u = slin.apply %w, %x {path = "/w"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %g = slin.activation relu(%v = %u : tensor<?x8xf32>) -> tensor<?x8xf32> { slin.yield %v : tensor<?x8xf32> }
  %b = slin.apply %r, %x {path = "/r"} : !slin.linop<4 -> 8, f32>, tensor<?x4xf32> -> tensor<?x8xf32>
  %s = slin.add %g, %b {path = "/add"} : tensor<?x8xf32>, tensor<?x8xf32> -> tensor<?x8xf32>
  %y = slin.apply %d, %s {path = "/d"} : !slin.linop<8 -> 2, f32>, tensor<?x8xf32> -> tensor<?x2xf32>
  return %y : tensor<?x2xf32>
}
// REMARK-DAG: "'/add/wide' is not merged into all that read it: that would take {{[0-9]+}} multiply-accumulates per token more"
// CHECK-LABEL: func.func @wide
// CHECK: slin.apply {{.*}}path = "/w"
// CHECK: slin.apply {{.*}}path = "/r"
// CHECK: slin.add
// CHECK: slin.apply {{.*}}path = "/d"
func.func @wide(%x: tensor<?x4xf32>) -> tensor<?x8xf32> {
  %0 = slin.weight "w" #onnx.synthetic<normal, seed = 1> : tensor<2x4xf32>
  %1 = slin.weight "r" #onnx.synthetic<normal, seed = 2> : tensor<2x4xf32>
  %2 = slin.weight "d" #onnx.synthetic<normal, seed = 3> : tensor<8x2xf32>
  %w = slin.dense %0 : tensor<2x4xf32> -> !slin.linop<4 -> 2, f32>
  %r = slin.dense %1 : tensor<2x4xf32> -> !slin.linop<4 -> 2, f32>
  %d = slin.dense %2 : tensor<8x2xf32> -> !slin.linop<2 -> 8, f32>
  %u = slin.apply %w, %x {path = "/w"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
  %g = slin.activation relu(%v = %u : tensor<?x2xf32>) -> tensor<?x2xf32> { slin.yield %v : tensor<?x2xf32> }
  %b = slin.apply %r, %x {path = "/r"} : !slin.linop<4 -> 2, f32>, tensor<?x4xf32> -> tensor<?x2xf32>
  %s = slin.add %g, %b {path = "/add/wide"} : tensor<?x2xf32>, tensor<?x2xf32> -> tensor<?x2xf32>
  %y = slin.apply %d, %s {path = "/d"} : !slin.linop<2 -> 8, f32>, tensor<?x2xf32> -> tensor<?x8xf32>
  return %y : tensor<?x8xf32>
}
