"""The text, its characters, and a GPT of two blocks."""

import torch
from torch import nn

NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
# Verses of a counting rhyme: enough order for a small model to find.
TEXT = "".join(
    f"{a} green bottles hanging on the wall, and if {b} should fall there will be {c} bottles left.\n"
    for c, (b, a) in enumerate(zip(NUMBERS, NUMBERS[1:]))
    for _ in range(4)
)
CHARACTERS = sorted(set(TEXT))
BLOCK = 32


def encode(text):
    return torch.tensor([CHARACTERS.index(character) for character in text])


def decode(tokens):
    return "".join(CHARACTERS[token] for token in tokens)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.before_attention = nn.LayerNorm(width)
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True)
        self.before_mlp = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.register_buffer("mask", torch.triu(torch.ones(BLOCK, BLOCK, dtype=torch.bool), 1))

    def forward(self, x):
        size = x.shape[1]
        y = self.before_attention(x)
        x = x + self.attention(y, y, y, attn_mask=self.mask[:size, :size], need_weights=False)[0]
        return x + self.mlp(self.before_mlp(x))


class GPT(nn.Module):
    def __init__(self, width=64, heads=4, blocks=2):
        super().__init__()
        self.tokens = nn.Embedding(len(CHARACTERS), width)
        self.places = nn.Embedding(BLOCK, width)
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(blocks)))
        self.last = nn.Sequential(nn.LayerNorm(width), nn.Linear(width, len(CHARACTERS)))

    def forward(self, tokens):
        x = self.tokens(tokens) + self.places(torch.arange(tokens.shape[1]))
        return self.last(self.blocks(x))
