"""Sentences made by a small grammar, and a BERT of two layers that fills in their masked words."""

import random

import torch
from torch import nn

ANIMALS = {"cat": "mouse", "dog": "bone", "cow": "grass", "bird": "worm", "bear": "honey", "goat": "paper"}
PLACES = {"cat": "house", "dog": "garden", "cow": "meadow", "bird": "tree", "bear": "forest", "goat": "hill"}
TIMES = ["in the morning", "at noon", "in the evening", "at night"]
VERBS = ["eats", "finds", "wants", "hides"]


def sentence(random):
    """What an animal eats, and where, follows from the animal: there is something to learn."""
    animal = random.choice(list(ANIMALS))
    return f"the {animal} {random.choice(VERBS)} the {ANIMALS[animal]} in the {PLACES[animal]} {random.choice(TIMES)}"


WORDS = sorted({*"the in at".split(), *VERBS, *ANIMALS, *ANIMALS.values(), *PLACES.values(), *" ".join(TIMES).split()})
PAD, MASK = len(WORDS), len(WORDS) + 1
LENGTH = 11
IGNORED = -100


def batch(seed, size=32):
    """Sentences with about a quarter of their words masked, and those words as labels."""
    draw = random.Random(seed)
    rows = [[WORDS.index(word) for word in sentence(draw).split()] for _ in range(size)]
    tokens = torch.tensor([row + [PAD] * (LENGTH - len(row)) for row in rows])
    masked = (torch.rand(tokens.shape, generator=torch.Generator().manual_seed(seed)) < 0.25) & (tokens != PAD)
    return tokens.masked_fill(masked, MASK), tokens.masked_fill(~masked, IGNORED)


class Bert(nn.Module):
    def __init__(self, width=64, heads=4, layers=2):
        super().__init__()
        self.words = nn.Embedding(len(WORDS) + 2, width)
        self.places = nn.Embedding(LENGTH, width)
        layer = nn.TransformerEncoderLayer(width, heads, 4 * width, dropout=0.0, batch_first=True, norm_first=True)
        self.encoder = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False)
        self.head = nn.Linear(width, len(WORDS))

    def forward(self, tokens, labels):
        x = self.words(tokens) + self.places(torch.arange(LENGTH))
        x = self.encoder(x, src_key_padding_mask=tokens == PAD)
        return nn.functional.cross_entropy(self.head(x).flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
