// RUN: not slin-opt %s --slin-factorize='rank=1 weight-only include=/h.0/mlp/c_fcc' 2>&1 | FileCheck %s --check-prefix=GLOB
// RUN: not slin-opt %s --slin-factorize='rank=1 weight-only include=*c_fc exclude=*/c_porj' 2>&1 | FileCheck %s --check-prefix=EXCLUDE
// RUN: not slin-opt %s --slin-factorize='rank=1 weight-only include=re:c_proi$' 2>&1 | FileCheck %s --check-prefix=REGEX
// RUN: not slin-opt %s --slin-factorize='rank=1 weight-only include=re:*' 2>&1 | FileCheck %s --check-prefix=BAD-REGEX
// RUN: not slin-opt %s --slin-factorize='rank=1 weight-only exclude=[' 2>&1 | FileCheck %s --check-prefix=BAD-GLOB
// RUN: echo 'module {}' | not slin-opt --slin-factorize='rank=1 weight-only include=a' 2>&1 | FileCheck %s --check-prefix=EMPTY

// GLOB: error: slin-factorize: expected '/h.0/mlp/c_fcc' of include to match the path, weight, bias or network of a linear, found no match; the nearest are '/h.0/mlp/c_fc', '/h.0/mlp/c_proj', '/h.0/mlp'
// EXCLUDE: error: slin-factorize: expected '*/c_porj' of exclude to match the path, weight, bias or network of a linear, found no match; the nearest are '/h.0/mlp/c_proj',
// REGEX: error: slin-factorize: expected 're:c_proi$' of include to match the path, weight, bias or network of a linear, found no match; the nearest are '/h.0/mlp/c_proj',
// BAD-REGEX: error: slin-factorize: include: expected a regular expression, found '*': repetition-operator operand invalid
// BAD-GLOB: error: slin-factorize: exclude: expected a glob, found '[': invalid glob pattern, unmatched '['
// EMPTY: error: slin-factorize: expected 'a' of include to match the path, weight, bias or network of a linear, found no linear in the module
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w1 = slin.weight "w1" dense<1.0> : tensor<3x2xf32>
  %b1 = slin.weight "b1" dense<1.0> : tensor<3xf32>
  %w2 = slin.weight "w2" dense<1.0> : tensor<2x3xf32>
  %0 = slin.dense %w1 : tensor<3x2xf32> -> !slin.linop<2 -> 3, f32>
  %1 = slin.dense %w2 : tensor<2x3xf32> -> !slin.linop<3 -> 2, f32>
  %y = slin.ffn "/h.0/mlp" (%t = %x : tensor<?x2xf32>) -> tensor<?x2xf32> {
    %h = slin.apply %0, %t bias %b1 : tensor<3xf32> {path = "/h.0/mlp/c_fc"} : !slin.linop<2 -> 3, f32>, tensor<?x2xf32> -> tensor<?x3xf32>
    %a = slin.activation relu(%v = %h : tensor<?x3xf32>) -> tensor<?x3xf32> {
      slin.yield %v : tensor<?x3xf32>
    }
    %o = slin.apply %1, %a {path = "/h.0/mlp/c_proj"} : !slin.linop<3 -> 2, f32>, tensor<?x3xf32> -> tensor<?x2xf32>
    slin.yield %o : tensor<?x2xf32>
  }
  return %y : tensor<?x2xf32>
}
