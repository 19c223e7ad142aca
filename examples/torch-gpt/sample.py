"""Loads model.pt and writes characters, the likeliest each time."""

import torch

from gpt import BLOCK, GPT, decode, encode

model = GPT()
model.load_state_dict(torch.load("model.pt"))
model.eval()
tokens = encode("five green bottles")
with torch.no_grad():
    for _ in range(80):
        logits = model(tokens[-BLOCK:].unsqueeze(0))[0, -1]
        tokens = torch.cat([tokens, logits.argmax().unsqueeze(0)])
print(decode(tokens))
