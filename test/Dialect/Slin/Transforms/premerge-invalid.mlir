// RUN: not slin-opt %s --slin-premerge='tokens=0' 2>&1 | FileCheck %s --check-prefix=TOKENS
// RUN: not slin-opt %s --slin-premerge='target=sm_12' 2>&1 | FileCheck %s --check-prefix=TARGET
// RUN: not slin-opt %s --slin-premerge='target=%t/none.json' 2>&1 | FileCheck %s --check-prefix=FILE
// RUN: echo '{"target": "t", "constants": {"cache_size": {"value": 0}}}' > %t.json
// RUN: not slin-opt %s --slin-premerge='target=%t.json' 2>&1 | FileCheck %s --check-prefix=CONSTANT
// RUN: not slin-opt %s --slin-premerge='include=/none' 2>&1 | FileCheck %s --check-prefix=PATTERN
// RUN: not slin-opt %s --slin-densify='include=/none' 2>&1 | FileCheck %s --check-prefix=DENSIFY

// TOKENS: error: slin-premerge: expected token counts of at least 1, found 0
// TARGET: error: slin-premerge: expected a target of cpu, sm_100, sm_120, sm_80, sm_86, sm_89, sm_90 or the path of a .json file, found 'sm_12'
// FILE: error: slin-premerge: cannot read the target '{{.*}}/none.json': No such file or directory
// CONSTANT: error: slin-premerge: {{.*}}.json: expected
// PATTERN: error: slin-premerge: expected '/none' of include to match the path, weight, bias or network of a linear, found no linear in the module
// DENSIFY: error: slin-densify: expected '/none' of include to match
