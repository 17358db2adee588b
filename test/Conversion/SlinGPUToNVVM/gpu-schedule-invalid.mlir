// RUN: not slin-opt --slin-gpu-schedule='target=sm_12' %s 2>&1 | FileCheck --check-prefix=TARGET %s
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 tokens=4,0' %s 2>&1 | FileCheck --check-prefix=TOKENS %s
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 costs=/none.json' %s 2>&1 | FileCheck --check-prefix=COSTS %s
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 costs=%S/Inputs/no-gpu.json' %s 2>&1 | FileCheck --check-prefix=NOGPU %s
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 table=/none.json' %s 2>&1 | FileCheck --check-prefix=NOTABLE %s
// RUN: not slin-opt --slin-gpu-schedule='target=sm_90a table=%S/Inputs/measured-schedules.json' %s 2>&1 | FileCheck --check-prefix=OTHER %s
// RUN: echo '{"target": "sm_80"}' > %t.json
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 table=%t.json' %s 2>&1 | FileCheck --check-prefix=FORM %s
// RUN: echo '{"target": "sm_80", "measured": [{"kernel": "1x1", "type": "bf16", "tokens": 1, "seconds": 1, "schedule": "#slingpu.schedule<>"}]}' > %t.json
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 table=%t.json' %s 2>&1 | FileCheck --check-prefix=ROW %s
// RUN: echo '{' > %t.json
// RUN: not slin-opt --slin-gpu-schedule='target=sm_80 table=%t.json' %s 2>&1 | FileCheck --check-prefix=JSON %s
// RUN: not slin-opt --slin-gpu-print-schedules='target=sm_12' %s 2>&1 | FileCheck --check-prefix=PRINT %s

// TARGET: error: slin-gpu-schedule: expected a target of sm_80, sm_86, sm_89, sm_90a, sm_100a, sm_120a, found 'sm_12'
// TOKENS: error: slin-gpu-schedule: expected token counts of at least 1, found 0
// COSTS: error: slin-gpu-schedule: cannot read the target '/none.json'
// NOGPU: error: slin-gpu-schedule: expected costs of a GPU, with a throughput of bf16, found 'no-gpu'
// NOTABLE: error: slin-gpu-schedule: cannot read the table '/none.json': No such file or directory
// OTHER: error: slin-gpu-schedule: {{.*}}measured-schedules.json: expected a table of target 'sm_90a', found 'sm_80'
// FORM: error: slin-gpu-schedule: {{.*}}.json: expected an object with 'target' and 'measured'
// ROW: error: slin-gpu-schedule: {{.*}}.json: expected kernel, type, tokens, a schedule and seconds above 0 in row 0, found {{.*}}"1x1"
// JSON: error: slin-gpu-schedule: {{.*}}.json: expected JSON: {{.*}}
// PRINT: error: slin-gpu-print-schedules: expected a target of sm_80,

slingpu.entry "/mlp" bounds [] structure "dense" (tensor<?x64xbf16>) -> (tensor<?x32xbf16>) {
^bb0(%x: tensor<?x64xbf16>):
  %w = slingpu.weight "w" dense<0.5> : tensor<1x32x64xbf16>
  %y = slingpu.block_gemm %x, %w run 32 : tensor<?x64xbf16>, tensor<1x32x64xbf16> -> tensor<?x32xbf16>
  slingpu.yield %y : tensor<?x32xbf16>
}
