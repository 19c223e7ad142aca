"""With ZeRO each rank writes its own part of a checkpoint, into its own node's directory."""

from pathlib import Path

import torch.distributed as dist


def bring_together(directory):
    """Gives rank 0 the files that other ranks wrote, so that its node has the whole checkpoint."""
    own = {str(path): path.read_bytes() for path in Path(directory).rglob("*") if path.is_file()}
    all_ranks = [None] * dist.get_world_size() if dist.get_rank() == 0 else None
    dist.gather_object(own, all_ranks)
    for files in all_ranks or []:
        for name, content in files.items():
            Path(name).parent.mkdir(parents=True, exist_ok=True)
            Path(name).write_bytes(content)
