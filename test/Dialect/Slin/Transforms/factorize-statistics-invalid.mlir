// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.absent' 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: %python -c "import sys; open(sys.argv[1], 'wb').write(b'abc')" %t.short
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.short' 2>&1 | FileCheck %s --check-prefix=SHORT
// RUN: %python -c "import sys; open(sys.argv[1], 'wb').write(bytes([255] * 8) + b'{}')" %t.length
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.length' 2>&1 | FileCheck %s --check-prefix=LENGTH
// RUN: %python -c "import sys; open(sys.argv[1], 'wb').write(bytes([2] + [0] * 7) + b'{:')" %t.json
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.json' 2>&1 | FileCheck %s --check-prefix=JSON
// RUN: %python -c "import sys; open(sys.argv[1], 'wb').write(bytes([2] + [0] * 7) + b'[]')" %t.array
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.array' 2>&1 | FileCheck %s --check-prefix=ARRAY
// RUN: %python %S/Inputs/header.py %t.entry 8 '{"x/mean": {"dtype": "F64", "shape": [1]}}'
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.entry' 2>&1 | FileCheck %s --check-prefix=ENTRY
// RUN: %python %S/Inputs/header.py %t.range 8 '{"x/mean": {"dtype": "F64", "shape": [2], "data_offsets": [0, 16]}}'
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.range' 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: %python %S/Inputs/header.py %t.bytes 16 '{"x/mean": {"dtype": "F64", "shape": [3], "data_offsets": [0, 16]}}'
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.bytes' 2>&1 | FileCheck %s --check-prefix=BYTES
// RUN: %python %S/Inputs/header.py %t.huge 16 '{"x/mean": {"dtype": "F64", "shape": [4611686018427387904, 4], "data_offsets": [0, 16]}}'
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.huge' 2>&1 | FileCheck %s --check-prefix=HUGE
// RUN: %python %S/Inputs/statistics.py %t.shape x:5:1,2,3:1,1,1
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.shape' 2>&1 | FileCheck %s --check-prefix=SHAPE
// RUN: %python %S/Inputs/header.py %t.type 12 '{"x/count": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "x/mean": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}, "x/second_moment": {"dtype": "F32", "shape": [0], "data_offsets": [12, 12]}}'
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.type' 2>&1 | FileCheck %s --check-prefix=TYPE
// RUN: %python %S/Inputs/statistics.py %t.count x:0:1,2:1,1
// RUN: not slin-opt %s --slin-factorize='rank=1 statistics=%t.count' 2>&1 | FileCheck %s --check-prefix=COUNT

// ABSENT: error: slin-factorize: cannot read '{{.*}}.absent': No such file or directory
// SHORT: error: slin-factorize: '{{.*}}.short': expected a safetensors file of 8 bytes or more, found 3
// LENGTH: error: slin-factorize: '{{.*}}.length': expected a header of at most 2 bytes, found 18446744073709551615
// JSON: error: slin-factorize: '{{.*}}.json': expected a header in JSON:
// ARRAY: error: slin-factorize: '{{.*}}.array': expected an object as header, found another JSON value
// ENTRY: error: slin-factorize: '{{.*}}.entry': 'x/mean': expected dtype, shape and two data_offsets, found an entry without
// RANGE: error: slin-factorize: '{{.*}}.range': 'x/mean': expected a range within 8 bytes of data, found 0 to 16
// BYTES: error: slin-factorize: '{{.*}}.bytes': 'x/mean': expected 24 bytes for F64 [3], found 16
// HUGE: error: slin-factorize: '{{.*}}.huge': 'x/mean': expected too many bytes for F64 [4611686018427387904, 4], found 16
// SHAPE: error: slin-factorize: '{{.*}}.shape': 'x/mean': expected F64 [2], found F64 [3]
// TYPE: error: slin-factorize: '{{.*}}.type': 'x/count': expected F64 [1], found F32 [1]
// COUNT: error: slin-factorize: '{{.*}}.count': 'x/count': expected a positive count, found 0
func.func @main(%x: tensor<?x2xf32>) -> tensor<?x2xf32> {
  %w = slin.weight "w" dense<[[4.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf32>
  %0 = slin.dense %w : tensor<2x2xf32> -> !slin.linop<2 -> 2, f32>
  %1 = slin.apply %0, %x {path = "/fc", input_name = "x"} : !slin.linop<2 -> 2, f32>, tensor<?x2xf32> -> tensor<?x2xf32>
  return %1 : tensor<?x2xf32>
}
