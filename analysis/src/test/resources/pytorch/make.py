"""Makes the files of this folder with PyTorch itself (2.7.1): python make.py

The same few tensors in every format that torch.save and torch.jit.save have; tensors.safetensors holds their values.
hostile-*.pt are what torch.load(weights_only=True) refuses as well.
"""
import collections, os, pickle, warnings
from pathlib import Path

import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
warnings.simplefilter("ignore")


def tensors():
    torch.manual_seed(0)
    base = torch.randn(4, 6)
    return collections.OrderedDict(
        weight=base,
        transposed=base.t(),                       # another view of the same storage
        rows=base[1:3],                            # with an offset
        columns=base[:, 2:5],                      # with a gap between rows
        half=torch.randn(3, 2, 4).half(),
        bf16=torch.randn(5).bfloat16(),
        double=torch.randn(2, 2, dtype=torch.float64),
        ids=torch.arange(7),
        short=torch.tensor([-3, 4], dtype=torch.int16),
        small=torch.tensor([-3, 4], dtype=torch.int8),
        byte=torch.tensor([200, 4], dtype=torch.uint8),
        flags=torch.tensor([True, False]),
        scalar=torch.tensor(2.5),
        empty=torch.zeros(0, 3),
    )


class Block(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.attn = torch.nn.Linear(4, 4).half()
        self.size = 7
        self.register_buffer("ids", torch.arange(3))

    def forward(self, x):
        return self.attn(x.half())


class Script(torch.nn.Module):
    """Nested modules, a tied weight and settings of every kind, as in OpenAI's archives."""

    def __init__(self):
        super().__init__()
        self.visual = torch.nn.Sequential(Block(), Block())
        self.proj = torch.nn.Parameter(torch.randn(4, 3))
        self.tied = self.proj
        self.names: list[str] = ["a", "b"]
        self.sizes: list[int] = [1, 2]
        self.scale: float = 0.5

    def forward(self, x):
        return self.visual(x) @ self.proj.half()


class Os:
    def __reduce__(self):
        return os.system, ("touch /tmp/engram-was-here",)


class Getattr:
    def __reduce__(self):
        return getattr, ("x", "upper")


class Holder:
    pass


def main():
    torch.manual_seed(0)
    plain = tensors()
    save_file({k: v.clone().contiguous() for k, v in plain.items()}, HERE / "tensors.safetensors")
    torch.save(plain, HERE / "zip.bin")
    torch.save(plain, HERE / "legacy.bin", _use_new_zipfile_serialization=False)
    torch.save(dict(plain), HERE / "protocol4.bin", pickle_protocol=4)
    parameters = {k: torch.nn.Parameter(v) if v.is_floating_point() else v for k, v in plain.items()}
    torch.save({"epoch": 3, "state_dict": parameters, "name": "x", "args": {"lr": 1e-3, "sizes": torch.Size([2])},
                "dtype": torch.float16, "device": torch.device("cpu")}, HERE / "training.pt")
    torch.manual_seed(1)
    script = torch.jit.script(Script())
    torch.jit.save(script, HERE / "script.pt")
    save_file({k: v.clone().contiguous() for k, v in script.state_dict().items()}, HERE / "script.safetensors")

    for name, value in {
        "system": {"weight": Os()},
        "getattr": {"weight": Getattr()},
        "class": Holder(),
        "module": Script(),
    }.items():
        torch.save(value, HERE / f"hostile-{name}.pt")
    torch.save({"weight": Os()}, HERE / "hostile-legacy.pt", _use_new_zipfile_serialization=False)
    (HERE / "hostile-bare.pt").write_bytes(pickle.dumps(Os(), 2))


main()
