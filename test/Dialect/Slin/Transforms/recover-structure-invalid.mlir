// RUN: not slin-opt %s --slin-recover-structure=structures=sparse 2>&1 | FileCheck %s --check-prefix=STRUCTURE
// RUN: not slin-opt %s --slin-recover-structure=tolerance=1 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not slin-opt %s --slin-recover-structure=tolerance=-0.5 2>&1 | FileCheck %s --check-prefix=NEGATIVE
// RUN: not slin-opt %s --slin-recover-structure=tolerance=nan 2>&1 | FileCheck %s --check-prefix=NAN
// RUN: not slin-opt %s --slin-recover-structure=greatest-blocks=0 2>&1 | FileCheck %s --check-prefix=BLOCKS
// RUN: not slin-opt %s --slin-recover-structure=include=/none 2>&1 | FileCheck %s --check-prefix=NONE

// STRUCTURE: error: slin-recover-structure: expected a structure of low_rank, block_diagonal, block_dense, block_shuffle, found 'sparse'
// ONE: error: slin-recover-structure: expected a tolerance from 0 to below 1, found 1.00
// NEGATIVE: error: slin-recover-structure: expected a tolerance from 0 to below 1, found -0.50
// NAN: error: slin-recover-structure: expected a tolerance from 0 to below 1, found nan
// BLOCKS: error: slin-recover-structure: expected a positive greatest number of blocks, found 0
// NONE: error: slin-recover-structure: expected '/none' of include to match the path, weight, bias or network of a linear, found no linear in the module
module {
}
