// RUN: not slin-opt %s --slin-verify-exact --slin-stack='tokens=1 target=%S/Inputs/target-products.json' -o /dev/null 2>&1 | FileCheck %s
// RUN: slin-opt %s --slin-stack='tokens=1 target=%S/Inputs/target-products.json' | FileCheck %s --check-prefix=STACKED

// The check tells the pass and the linear. Here one bias is made of two whose types do not hold each other's numbers: 1e6 is
// beyond what f16 has.
// CHECK: error: slin-stack: '/k' would change by {{.*}} of its largest value, expected at most 1e-09
// CHECK-NOT: error:
func.func @wide(%x: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  %0 = slin.weight "q" #onnx.synthetic<normal, seed = 1> : tensor<3x3xf32>
  %1 = slin.weight "k" #onnx.synthetic<normal, seed = 2> : tensor<3x3xf32>
  %b = slin.weight "q.bias" dense<0.1> : tensor<3xf16>
  %c = slin.weight "k.bias" dense<1.0e+06> : tensor<3xbf16>
  %2 = slin.dense %0 : tensor<3x3xf32> -> !slin.linop<3 -> 3, f32>
  %3 = slin.dense %1 : tensor<3x3xf32> -> !slin.linop<3 -> 3, f32>
  %q = slin.apply %2, %x bias %b : tensor<3xf16> {path = "/q"} : !slin.linop<3 -> 3, f32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %k = slin.apply %3, %x bias %c : tensor<3xbf16> {path = "/k"} : !slin.linop<3 -> 3, f32>, tensor<?x3xf32> -> tensor<?x3xf32>
  return %q, %k : tensor<?x3xf32>, tensor<?x3xf32>
}

// Of what is not finite there is nothing to compare.
// STACKED-LABEL: func.func @infinite
// STACKED: slin.slice
func.func @infinite(%x: tensor<?x1xf32>) -> (tensor<?x1xf32>, tensor<?x1xf32>) {
  %0 = slin.weight "iq" dense<2.0> : tensor<1x1xf32>
  %1 = slin.weight "ik" dense<1.0> : tensor<1x1xf32>
  %b = slin.weight "iq.bias" dense<0x7F800000> : tensor<1xf32>
  %2 = slin.dense %0 : tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %3 = slin.dense %1 : tensor<1x1xf32> -> !slin.linop<1 -> 1, f32>
  %q = slin.apply %2, %x bias %b : tensor<1xf32> {path = "/i/q"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  %k = slin.apply %3, %x {path = "/i/k"} : !slin.linop<1 -> 1, f32>, tensor<?x1xf32> -> tensor<?x1xf32>
  return %q, %k : tensor<?x1xf32>, tensor<?x1xf32>
}

// One bias of two has the type that holds both.
// STACKED-LABEL: func.func @mixed
// STACKED: slin.apply {{.*}} : tensor<6xf32>
func.func @mixed(%x: tensor<?x3xf32>) -> (tensor<?x3xf32>, tensor<?x3xf32>) {
  %0 = slin.weight "mq" #onnx.synthetic<normal, seed = 1> : tensor<3x3xf32>
  %1 = slin.weight "mk" #onnx.synthetic<normal, seed = 2> : tensor<3x3xf32>
  %b = slin.weight "mq.bias" dense<0.1> : tensor<3xf32>
  %c = slin.weight "mk.bias" dense<0.5> : tensor<3xf16>
  %2 = slin.dense %0 : tensor<3x3xf32> -> !slin.linop<3 -> 3, f32>
  %3 = slin.dense %1 : tensor<3x3xf32> -> !slin.linop<3 -> 3, f32>
  %q = slin.apply %2, %x bias %b : tensor<3xf32> {path = "/m/q"} : !slin.linop<3 -> 3, f32>, tensor<?x3xf32> -> tensor<?x3xf32>
  %k = slin.apply %3, %x bias %c : tensor<3xf16> {path = "/m/k"} : !slin.linop<3 -> 3, f32>, tensor<?x3xf32> -> tensor<?x3xf32>
  return %q, %k : tensor<?x3xf32>, tensor<?x3xf32>
}
