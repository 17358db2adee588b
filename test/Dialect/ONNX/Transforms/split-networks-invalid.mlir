// RUN: split-file %s %t
// RUN: not slin-opt %t/m.mlir --onnx-split-networks 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=experts=1 2>&1 | FileCheck %s --check-prefix=ONE
// RUN: not slin-opt %t/m.mlir --onnx-split-networks='partition=%t/twice.json experts=2' 2>&1 | FileCheck %s --check-prefix=BOTH
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/absent.json 2>&1 | FileCheck %s --check-prefix=ABSENT
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/text.json 2>&1 | FileCheck %s --check-prefix=TEXT
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/list.json 2>&1 | FileCheck %s --check-prefix=LIST
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/empty.json 2>&1 | FileCheck %s --check-prefix=EMPTY
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/path.json 2>&1 | FileCheck %s --check-prefix=PATH
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/twice.json 2>&1 | FileCheck %s --check-prefix=TWICE
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/range.json 2>&1 | FileCheck %s --check-prefix=RANGE
// RUN: not slin-opt %t/m.mlir --onnx-split-networks=partition=%t/gap.json 2>&1 | FileCheck %s --check-prefix=GAP

// NONE: error: expected experts of at least 2, or a partition, found experts=0
// ONE: error: expected experts of at least 2, or a partition, found experts=1
// BOTH: error: '{{.*}}twice.json': the partition says how many experts there are: expected no experts option beside it, found experts=2
// ABSENT: error: '{{.*}}absent.json': cannot be read: No such file or directory
// TEXT: error: '{{.*}}text.json': is no JSON: {{.*}}
// LIST: error: '{{.*}}list.json': expected an object of lists by the paths of networks
// EMPTY: error: '{{.*}}empty.json': '/mlp': expected lists of at least one index each
// PATH: error: '{{.*}}path.json': '/ffn': no network has this path, found '/mlp'
// TWICE: error: '{{.*}}twice.json': '/mlp': expected each index once, found 1 twice
// RANGE: error: '{{.*}}range.json': '/mlp': expected indices from 0 to 2, found 3
// GAP: error: '{{.*}}gap.json': '/mlp': expected all 3 hidden features, index 1 is in no list

//--- m.mlir
!t = !onnx.unknown
func.func @main_graph(%x: tensor<?x1xf32> {onnx.name = "x"}) -> (!t {onnx.name = "y"}) attributes {onnx.graph = {}} {
  %u = onnx.initializer "u" dense<[[1.0, 2.0, 3.0]]> : tensor<1x3xf32>
  %d = onnx.initializer "d" dense<[[0.1], [0.2], [0.3]]> : tensor<3x1xf32>
  %h = onnx.MatMul(%x, %u) "/mlp/up" : (tensor<?x1xf32>, tensor<1x3xf32>) -> !t
  %a = onnx.Relu(%h) "/mlp/act"
  %y = onnx.MatMul(%a, %d) "/mlp/down" outputs ["y"] : (!t, tensor<3x1xf32>) -> !t
  return %y : !t
}

//--- text.json
{"/mlp": [[0, 1

//--- list.json
[[0, 1], [2]]

//--- empty.json
{"/mlp": [[0, 1, 2], []]}

//--- path.json
{"/ffn": [[0, 1], [2]]}

//--- twice.json
{"/mlp": [[0, 1], [2, 1]]}

//--- range.json
{"/mlp": [[0, 1], [2, 3]]}

//--- gap.json
{"/mlp": [[0], [2]]}
