// RUN: not slin-opt %s --slin-verify-exact --slin-stack='tokens=1 target=%S/Inputs/target-products.json' -o /dev/null 2>&1 | FileCheck %s
// RUN: slin-opt %s --slin-stack='tokens=1 target=%S/Inputs/target-products.json' -o /dev/null

// The check tells the pass and the linear. Here rows that cancel are multiplied by 1e14: what rounding leaves of them is
// another number for another grouping of the product.
// CHECK: error: slin-stack: '/q' would change by {{.*}} of its largest value, expected at most 1e-09
func.func @cancels(%x: tensor<?x3xf64>) -> (tensor<?x1xf64>, tensor<?x3xf64>) {
  %0 = slin.weight "up" dense<[[0.1, 0.2, 0.3], [0.3, 0.2, 0.1], [0.4, 0.4, 0.4]]> : tensor<3x3xf64>
  %1 = slin.weight "down" dense<[[1.0e+14, 1.0e+14, -1.0e+14]]> : tensor<1x3xf64>
  %a = slin.dense %0 : tensor<3x3xf64> -> !slin.linop<3 -> 3, f64>
  %b = slin.dense %1 : tensor<1x3xf64> -> !slin.linop<3 -> 1, f64>
  %c = slin.compose %b, %a : !slin.linop<3 -> 1, f64>, !slin.linop<3 -> 3, f64> -> !slin.linop<3 -> 1, f64>
  %q = slin.apply %c, %x {path = "/q"} : !slin.linop<3 -> 1, f64>, tensor<?x3xf64> -> tensor<?x1xf64>
  %k = slin.apply %a, %x {path = "/k"} : !slin.linop<3 -> 3, f64>, tensor<?x3xf64> -> tensor<?x3xf64>
  return %q, %k : tensor<?x1xf64>, tensor<?x3xf64>
}
