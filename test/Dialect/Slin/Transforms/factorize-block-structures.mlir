// RUN: slin-opt %s --slin-factorize='structure=block_diagonal blocks=2 weight-only' | FileCheck %s --check-prefix=DIAGONAL
// RUN: slin-opt %s --slin-factorize='structure=block_dense rank=2 weight-only' | FileCheck %s --check-prefix=DENSE
// RUN: slin-opt %s --slin-factorize='structure=block_dense blocks=1 rank=1 weight-only' | FileCheck %s --check-prefix=ONE
// RUN: slin-opt %s --slin-factorize='structure=block_shuffle blocks=2 weight-only' | FileCheck %s --check-prefix=SHUFFLE
// RUN: slin-opt %s --slin-factorize='structure=monarch blocks=2 weight-only' | FileCheck %s --check-prefix=SHUFFLE
// RUN: slin-opt %s --slin-factorize='structure=block_shuffle ratio=0.6 weight-only' | FileCheck %s --check-prefix=RATIO
// RUN: slin-opt %s --slin-factorize='structure=block_diagonal ratio=0.6 weight-only' | FileCheck %s --check-prefix=DRATIO

// The diagonal blocks, as they are: nothing is lost but the 3 outside of them.
// DIAGONAL: %[[D:.*]] = slin.weight "/fc/slin_blocks" dense<{{\[\[\[}}4.000000e+00, 1.000000e+00], [0.000000e+00, 0.000000e+00]],
// DIAGONAL-SAME: {{\[\[}}0.000000e+00, 0.000000e+00], [0.000000e+00, 5.000000e+00]]]> : tensor<2x2x2xf32>
// DIAGONAL: slin.block_diagonal %[[D]] : tensor<2x2x2xf32> -> !slin.linop<4 -> 4, f32>
// DIAGONAL: blocks = 2 : i64, decision = "structured", error_frobenius = 0.420084{{[0-9]*}} : f64, parameters_after = 8 : i64, parameters_before = 16 : i64, structure = "block_diagonal"

// Two column slices of rank one each.
// DENSE: %[[L:.*]] = slin.weight "/fc/slin_left" {{.*}} : tensor<4x2xf32>
// DENSE: %[[D:.*]] = slin.weight "/fc/slin_blocks" {{.*}} : tensor<2x1x2xf32>
// DENSE: slin.block_dense %[[L]], %[[D]] : tensor<4x2xf32>, tensor<2x1x2xf32> -> !slin.linop<4 -> 4, f32>
// DENSE: blocks = 2 : i64, {{.*}} parameters_after = 12 : i64, parameters_before = 16 : i64, rank = 2 : i64, structure = "block_dense"

// ONE: slin.block_dense {{.*}} : tensor<4x1xf32>, tensor<1x1x4xf32>
// ONE: blocks = 1 : i64, {{.*}} parameters_after = 8 : i64, parameters_before = 16 : i64, rank = 1 : i64

// SHUFFLE: %[[A:.*]] = slin.weight "/fc/slin_first" {{.*}} : tensor<2x2x2xf32>
// SHUFFLE: %[[B:.*]] = slin.weight "/fc/slin_second" {{.*}} : tensor<2x2x2xf32>
// SHUFFLE: slin.block_shuffle %[[A]], %[[B]] : tensor<2x2x2xf32>, tensor<2x2x2xf32> -> !slin.linop<4 -> 4, f32>
// SHUFFLE: blocks = 2 : i64, {{.*}} parameters_after = 16 : i64, parameters_before = 16 : i64, structure = "block_shuffle"

// Two blocks would keep as much as there is: only four cannot divide further.
// RATIO: decision = "dense", parameters_after = 16 : i64, parameters_before = 16 : i64, reason = "expected a number of blocks that divides both sides of 4 x 4 and removes 0.6000 of the parameters, found none", structure = "block_shuffle"

// DRATIO: slin.block_diagonal {{.*}} : tensor<4x1x1xf32>
// DRATIO: blocks = 4 : i64
func.func @main(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %w = slin.weight "w" dense<[[4.0, 1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 3.0], [0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 5.0]]> : tensor<4x4xf32>
  %0 = slin.dense %w : tensor<4x4xf32> -> !slin.linop<4 -> 4, f32>
  %1 = slin.apply %0, %x {path = "/fc"} : !slin.linop<4 -> 4, f32>, tensor<?x4xf32> -> tensor<?x4xf32>
  return %1 : tensor<?x4xf32>
}
