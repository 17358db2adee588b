// RUN: slin-opt %s --onnx-drop-unread --remarks-filter=onnx-drop-unread 2>&1 | FileCheck %s
// RUN: slin-opt %S/../../Slin/Transforms/Inputs/papers/factorllm-teacher-output-torchscript-opset17.onnx --onnx-drop-unread --remarks-filter=onnx-drop-unread -o /dev/null 2>&1 | FileCheck %s --check-prefix=TEACHER
// RUN: slin-opt %s --onnx-drop-unread -o %t.executed.mlir && slin-run %t.executed.mlir --dim=2,3 --check=%s | FileCheck %s --check-prefix=EXECUTED

// EXECUTED-COUNT-1: checked: max relative error

// CHECK-DAG: [Passed] Dropped | Category:onnx-drop-unread | {{.*}}"'teacher.weight': nothing reads it"
// CHECK-DAG: [Passed] Dropped {{.*}}"'/teacher/MatMul': nothing reads it"
// CHECK-DAG: [Passed] Dropped {{.*}}"'/teacher/act': nothing reads it"
// CHECK-DAG: [Passed] Dropped {{.*}}"'unused': nothing reads it"

// TEACHER: [Missed] TeacherKept | Category:onnx-drop-unread | {{.*}}"'/teacher': output '127' reads its matrices, which are as large as those of the experts of '/Add_2'"
// TEACHER-NOT: [Passed]

!t = !onnx.unknown

// A default value of an input is part of the interface; a custom node may do anything, a random one
// takes its numbers from a generator that others share, and a subgraph reads values around it.
// CHECK-LABEL: func.func @main_graph
// CHECK-NEXT: onnx.initializer "x" default
// CHECK-NEXT: onnx.initializer "w"
// CHECK-NEXT: onnx.initializer "read.below"
// CHECK-NEXT: onnx.node "Log" domain "com.example"
// CHECK-NEXT: onnx.node "RandomNormal"
// CHECK-NEXT: onnx.MatMul(%arg0, %w) "/student"
// CHECK-NEXT: onnx.node "If"
// CHECK: onnx.yield %read.below
// CHECK: return
func.func @main_graph(%x: tensor<?x2xf32> {onnx.name = "x"}, %c: tensor<i1> {onnx.name = "c"}) -> (!t {onnx.name = "y"}, !t {onnx.name = "z"}) attributes {onnx.graph = {}} {
  %default = onnx.initializer "x" default dense<1.0> : tensor<1x2xf32>
  %teacher = onnx.initializer "teacher.weight" #onnx.synthetic<normal, seed = 1> : tensor<2x8xf32>
  %unused = onnx.initializer "unused" dense<1.0> : tensor<2xf32>
  %w = onnx.initializer "w" #onnx.synthetic<normal, seed = 2> : tensor<2x2xf32>
  %below = onnx.initializer "read.below" dense<2.0> : tensor<2xf32>
  %h = onnx.MatMul(%x, %teacher) "/teacher/MatMul" : (tensor<?x2xf32>, tensor<2x8xf32>) -> !t
  %a = onnx.Relu(%h) "/teacher/act"
  %log = onnx.node "Log" domain "com.example" (%x) "/log" : (tensor<?x2xf32>) -> !t
  %random = onnx.node "RandomNormal" "/random" : () -> !t
  %y = onnx.MatMul(%x, %w) "/student" outputs ["y"] : (tensor<?x2xf32>, tensor<2x2xf32>) -> !t
  %z = onnx.node "If" (%c) "/if" outputs ["z"] graphs [{attribute = "then_branch", outputs = [{onnx.name = "r"}]}, {attribute = "else_branch", outputs = [{onnx.name = "s"}]}] ({
    onnx.yield %below : tensor<2xf32>
  }, {
    onnx.yield %below : tensor<2xf32>
  }) : (tensor<i1>) -> !t
  return %y, %z : !t, !t
}
