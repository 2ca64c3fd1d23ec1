"""Writes a small llama model with random weights, for servers that need one.

    python random_model.py MODEL.gguf

It speaks lower-case letters and spaces at random and stops at random, but not at
once, so that a server has something to stream, to count and to end. Needs `gguf`
and `numpy`.
"""

import sys

import gguf
import numpy

WIDTH, LAYERS, HEADS, INNER, CONTEXT = 64, 2, 4, 128, 2048
# Of this one, the probe and the first prompts are all answered with a letter at least.
SEED = 13

# How strongly the model prefers one token to another: large enough that a low
# temperature does not make every answer the same letter.
CERTAINTY = 0.6

# The same of the end of an answer, as a share of the other tokens': below 1, so that few
# answers end before their first letter.
ENDING = 0.9


def vocabulary():
    """Texts, kinds and scores: three marks, all bytes, letters, and a space."""
    kinds = gguf.TokenType
    marks = [("<unk>", kinds.UNKNOWN), ("<s>", kinds.CONTROL), ("</s>", kinds.CONTROL)]
    singles = [(f"<0x{byte:02X}>", kinds.BYTE) for byte in range(256)]
    letters = [(chr(ord("a") + place), kinds.NORMAL) for place in range(26)]
    return marks + singles + letters + [("\N{LOWER ONE EIGHTH BLOCK}", kinds.NORMAL)]


def main(path):
    tokens = vocabulary()
    random = numpy.random.default_rng(SEED)

    def weights(*shape):
        return (random.standard_normal(shape) / numpy.sqrt(WIDTH)).astype(numpy.float32)

    # Only letters, the space and the end are ever said.
    said = [kind == gguf.TokenType.NORMAL or text == "</s>" for text, kind in tokens]
    output = weights(len(tokens), WIDTH) * CERTAINTY * 8
    output[~numpy.array(said)] = 0
    output[2] *= ENDING

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("random")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)

    writer.add_tokenizer_model("llama")
    writer.add_token_list([text.encode() for text, _ in tokens])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([int(kind) for _, kind in tokens])
    writer.add_unk_token_id(0)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)

    writer.add_tensor("token_embd.weight", weights(len(tokens), WIDTH))
    for layer in range(LAYERS):
        ones = numpy.ones(WIDTH, dtype=numpy.float32)
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", ones)
        writer.add_tensor(f"blk.{layer}.ffn_norm.weight", ones)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"blk.{layer}.{part}.weight", weights(WIDTH, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_gate.weight", weights(INNER, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_up.weight", weights(INNER, WIDTH))
        writer.add_tensor(f"blk.{layer}.ffn_down.weight", weights(WIDTH, INNER))
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, dtype=numpy.float32))
    writer.add_tensor("output.weight", output)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(sys.argv[1])
