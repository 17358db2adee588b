"""Checks a report of make_network.py's model: check_report.py REPORT inspect|compress MODEL."""
import hashlib
import json
import pathlib
import sys

report = json.loads(pathlib.Path(sys.argv[1]).read_text())
compressed = sys.argv[2] == "compress"
contents = pathlib.Path(sys.argv[3]).read_bytes()

assert {"model", "ffns", "declined", "totals", "warnings"} <= set(report), sorted(report)
assert set(report["model"]) == {"path", "sha256", "parameters", "bytes"}
assert report["model"]["sha256"] == hashlib.sha256(contents).hexdigest()
assert report["model"]["parameters"] == 32 * 64 + 64 + 64 * 32 + 32 * 8

(ffn,) = report["ffns"]
assert set(ffn) == {"path", "graph", "kind", "activation", "rewritable", "reason", "linears"}, sorted(ffn)
assert (ffn["kind"], ffn["activation"], ffn["rewritable"]) == ("plain", "relu", True)
keys = {"node", "weight", "bias", "role", "in", "out", "dtype", "uses", "structure", "parameters",
        "macs_per_token", "bytes", "error", "forms", "decision", "reason"}
for row in ffn["linears"]:
    assert set(row) == keys, sorted(row)
    assert set(row["error"]) == {"frobenius", "activation"} and row["error"]["activation"] is None
    assert row["macs_per_token"] == row["parameters"] and row["uses"] == 1
    assert all(row["bytes"][side] == 4 * row["parameters"][side] for side in ("before", "after"))
up, down = ffn["linears"]
assert (up["node"], up["weight"], up["bias"], up["role"]) == ("/mlp/up/MatMul", "up", "up_bias", "up")
assert (up["in"], up["out"], down["in"], down["out"]) == (32, 64, 64, 32)
assert down["bias"] is None and down["role"] == "down"

(other,) = report["declined"]
assert set(other) == {"node", "reason", "hint"} and other["node"] == "/head/MatMul" and other["reason"]

matched = report["totals"]["matched"]["parameters"]
assert matched["before"] == 2 * 32 * 64
assert matched["after"] == sum(row["parameters"]["after"] for row in ffn["linears"])
if compressed:
    assert matched["after"] <= 0.6 * matched["before"]
    for row in ffn["linears"]:
        assert row["decision"] == "structured" and row["structure"]["kind"] == "low_rank"
        assert row["structure"]["rank"] % 8 == 0
        assert row["parameters"]["after"] == row["structure"]["rank"] * (32 + 64)
        assert 0 < row["error"]["frobenius"] < 1
else:
    assert matched["after"] == matched["before"]
model = report["totals"]["model"]["parameters"]
assert model["before"] - model["after"] == matched["before"] - matched["after"]
