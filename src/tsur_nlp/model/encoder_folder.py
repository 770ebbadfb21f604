"""A folder with an encoder, as sentence-transformers exports it to ONNX.

`model.onnx` or `onnx/model.onnx`, `tokenizer.json`, and perhaps `1_Pooling/config.json` (which tokens make the vector),
`sentence_bert_config.json` (how many tokens are read), `config_sentence_transformers.json` (words put before a text).
Layers after the pooling are left out: whoever learns from the vectors has a linear layer of his own.

Files are read once, and nothing in them is executed: ONNX is a graph of known operations, no library of further ones is
ever registered, and there is no pickle.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsur_nlp.errors import MissingExtraError, ModelError
from tsur_nlp.model.features import Floats

WEIGHTS = ("model.onnx", "onnx/model.onnx")
"""Where the graph may stand; the first there is."""
TOKENIZER = "tokenizer.json"
POOLING, LIMITS, PROMPTS = "1_Pooling/config.json", "sentence_bert_config.json", "config_sentence_transformers.json"
MAX_WEIGHTS = 2 * 2**30
"""Bytes; an ONNX file can't be larger."""
MAX_TOKENIZER, MAX_CONFIG = 128 * 2**20, 2**20
MOST_TOKENS = 512
MAX_PROMPT = 1000
ELSEWHERE = b"\n\x08location\x12"
"""How a graph says, in the bytes of ONNX, that some of its numbers lie in another file: nobody would take its sum."""
SENTENCE = "sentence_embedding"
"""What exporters call an output that is pooled already."""
POOLINGS: Mapping[str, Callable[[Floats], Floats]] = {
    "mean": lambda tokens: np.asarray(tokens.mean(axis=0)),
    "cls": lambda tokens: tokens[0],
    "max": lambda tokens: np.asarray(tokens.max(axis=0)),
    "lasttoken": lambda tokens: tokens[-1],
}


def read_folder(folder: Path) -> dict[str, bytes]:
    """Contents of the files an encoder is made of, by their places in the folder. Raises ModelError."""
    weights = next((name for name in WEIGHTS if (folder / name).is_file()), None)
    if weights is None:
        raise ModelError(
            f"{folder}: нет model.onnx; сохраните кодировщик в ONNX: "
            'SentenceTransformer(…, backend="onnx").save_pretrained(…)'
        )
    if not (folder / TOKENIZER).is_file():
        raise ModelError(f"{folder}: нет {TOKENIZER}; возьмите папку кодировщика целиком")
    limits = {weights: MAX_WEIGHTS, TOKENIZER: MAX_TOKENIZER}
    optional = [name for name in (POOLING, LIMITS, PROMPTS) if (folder / name).is_file()]
    contents: dict[str, bytes] = {}
    for name in (weights, TOKENIZER, *optional):
        try:
            with (folder / name).open("rb") as stream:
                most = limits.get(name, MAX_CONFIG)
                contents[name] = stream.read(most + 1)
        except OSError as reason:
            raise ModelError(f"{folder / name}: файл не прочитать ({reason.strerror})") from None
        if len(contents[name]) > most:
            raise ModelError(f"{folder / name}: файл больше {most // 2**20} МБ; это не файл кодировщика")
    return contents


def folder_encoder(folder: Path, contents: Mapping[str, bytes]) -> Callable[[str], Floats]:
    """What makes the vector of a text, from the contents of a folder. Raises ModelError, MissingExtraError."""
    try:
        import onnxruntime
        from tokenizers import Tokenizer
    except ImportError:
        raise MissingExtraError(f"кодировщика {folder}", "onnxruntime и tokenizers", "encoder") from None
    pool = POOLINGS[_pooling(folder, contents)]
    prompt, most_tokens = _prompt(folder, contents), _most_tokens(folder, contents)
    try:
        tokenizer = Tokenizer.from_str(contents[TOKENIZER].decode())
        tokenizer.no_padding()
        tokenizer.enable_truncation(most_tokens)
    # The libraries raise bare exceptions of their own.
    except Exception:
        raise ModelError(f"{folder / TOKENIZER}: не читается; возьмите папку кодировщика заново") from None
    options = onnxruntime.SessionOptions()
    # More threads would share a text out between them; texts themselves are shared out, and rounding stays the same.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    weights = next(name for name in WEIGHTS if name in contents)
    try:
        if ELSEWHERE in contents[weights]:
            raise ValueError("numbers in another file")
        session = onnxruntime.InferenceSession(contents[weights], options, providers=["CPUExecutionProvider"])
    except Exception:
        raise ModelError(
            f"{folder / weights}: onnxruntime его не открывает; нужен один файл ONNX без приложений и своих операций"
        ) from None
    wanted = {one.name: np.int32 if one.type == "tensor(int32)" else np.int64 for one in session.get_inputs()}
    outputs = [one.name for one in session.get_outputs()]
    if unknown := set(wanted) - {"input_ids", "attention_mask", "token_type_ids"}:
        raise ModelError(f"{folder / weights}: непонятный вход {', '.join(sorted(unknown))}; нужен кодировщик текста")

    def vector(text: str) -> Floats:
        found = tokenizer.encode(prompt + text)
        given = {"input_ids": found.ids, "attention_mask": found.attention_mask, "token_type_ids": found.type_ids}
        fed = {name: np.array([given[name]], kind) for name, kind in wanted.items()}
        named = [SENTENCE] if SENTENCE in outputs else outputs[:1]
        values: NDArray[Any] = np.asarray(session.run(named, fed)[0], np.float32)[0]
        return pool(values) if values.ndim == 2 else values

    return vector


def _config(folder: Path, contents: Mapping[str, bytes], name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(contents.get(name, b"{}"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ModelError(f"{folder / name}: не настройки кодировщика; возьмите папку заново")
    return found


def _pooling(folder: Path, contents: Mapping[str, bytes]) -> str:
    """How the vectors of tokens become one: `pooling_mode`, or a flag for each mode as it was written for long."""
    config = _config(folder, contents, POOLING)
    modes = {"cls_token": "cls", "mean_tokens": "mean", "max_tokens": "max"}
    flagged = [key.removeprefix("pooling_mode_") for key, on in config.items() if on is True and "pooling_mode_" in key]
    named: Sequence[Any] = [config["pooling_mode"]] if "pooling_mode" in config else flagged or ["mean"]
    found = [modes.get(str(mode), str(mode)) for mode in named]
    if len(found) != 1 or found[0] not in POOLINGS:
        raise ModelError(f"{folder / POOLING}: такого сложения слов в вектор здесь нет; есть {', '.join(POOLINGS)}")
    return found[0]


def _most_tokens(folder: Path, contents: Mapping[str, bytes]) -> int:
    declared = _config(folder, contents, LIMITS).get("max_seq_length")
    return min(declared, MOST_TOKENS) if isinstance(declared, int) and declared > 2 else MOST_TOKENS


def _prompt(folder: Path, contents: Mapping[str, bytes]) -> str:
    """What the encoder was taught to see before a text («query: »); most have nothing."""
    config = _config(folder, contents, PROMPTS)
    prompts, name = config.get("prompts"), config.get("default_prompt_name")
    found = prompts.get(name) if isinstance(prompts, dict) and isinstance(name, str) else None
    return found[:MAX_PROMPT] if isinstance(found, str) else ""
