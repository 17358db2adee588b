// RUN: slin-opt %s | slin-opt | FileCheck %s

// CHECK-LABEL: func.func private @square_f32(!slin.linop<768 -> 768, f32>)
func.func private @square_f32(!slin.linop<768 -> 768, f32>)

// CHECK-LABEL: func.func private @wide_f16(!slin.linop<768 -> 3072, f16>)
func.func private @wide_f16(!slin.linop<768->3072, f16>)

// CHECK-LABEL: func.func private @one_bf16(!slin.linop<1 -> 1, bf16>)
func.func private @one_bf16(!slin.linop<1 -> 1, bf16>)

// CHECK-LABEL: func.func private @narrow_f64(!slin.linop<11008 -> 4096, f64>)
func.func private @narrow_f64(!slin.linop<11008 -> 4096, f64>)
