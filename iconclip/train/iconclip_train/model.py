"""A CLIP in PyTorch with the parameter names of Hugging Face's CLIPModel.

Written here so that training needs no `transformers`, can leave out patches before they are
embedded, and can look at the class token inside every block.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

HEAD_WIDTH = 64
IMAGE_MEAN = (0.48145466, 0.4578275, 0.40821073)
IMAGE_STD = (0.26862954, 0.26130258, 0.27577711)


@dataclass(frozen=True)
class Sizes:
    """The sizes of both towers."""

    width: int = 192
    hidden: int = 1536
    layers: int = 6
    image: int = 96
    patch: int = 12
    text_width: int = 192
    text_hidden: int = 768
    text_layers: int = 3
    context: int = 32
    vocabulary: int = 8192
    projection: int = 192

    @property
    def patches(self):
        return (self.image // self.patch) ** 2

    @property
    def end(self):
        """The id of the end-of-text token."""
        return self.vocabulary - 1

    def as_dict(self):
        return asdict(self)


def quick_gelu(x):
    return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    """Multi-head self-attention; the value vectors of its neurons are out_proj's columns."""

    def __init__(self, width):
        super().__init__()
        self.k_proj = nn.Linear(width, width)
        self.v_proj = nn.Linear(width, width)
        self.q_proj = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, width)

    def mix(self, x, causal, first_only=False):
        """The coefficients m_A of every token, or of the first alone."""
        b, t, d = x.shape
        queries = x[:, :1] if first_only else x
        if first_only:
            q, k, v = self.q_proj(queries), self.k_proj(x), self.v_proj(x)
        else:
            weight = torch.cat([self.q_proj.weight, self.k_proj.weight, self.v_proj.weight])
            bias = torch.cat([self.q_proj.bias, self.k_proj.bias, self.v_proj.bias])
            q, k, v = F.linear(x, weight, bias).chunk(3, -1)
        heads = lambda z: z.view(b, -1, d // HEAD_WIDTH, HEAD_WIDTH).transpose(1, 2)
        # Written out: for these short sequences PyTorch's fused attention takes ten times as long
        # backwards on a CPU, a third of a training step.
        scores = (heads(q) * HEAD_WIDTH**-0.5) @ heads(k).transpose(-1, -2)
        if causal:
            later = torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1)
            scores = scores.masked_fill(later[: queries.shape[1]], -torch.inf)
        out = scores.softmax(-1) @ heads(v)
        return out.transpose(1, 2).reshape(b, queries.shape[1], d)


class Mlp(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)


class Layer(nn.Module):
    def __init__(self, width, hidden):
        super().__init__()
        self.self_attn = Attention(width)
        self.layer_norm1 = nn.LayerNorm(width)
        self.mlp = Mlp(width, hidden)
        self.layer_norm2 = nn.LayerNorm(width)

    def forward(self, h, causal=False):
        h = h + self.self_attn.out_proj(self.self_attn.mix(self.layer_norm1(h), causal))
        return h + self.mlp.fc2(quick_gelu(self.mlp.fc1(self.layer_norm2(h))))


class Encoder(nn.Module):
    def __init__(self, width, hidden, layers):
        super().__init__()
        self.layers = nn.ModuleList(Layer(width, hidden) for _ in range(layers))


class VisionEmbeddings(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.class_embedding = nn.Parameter(torch.randn(sizes.width) * sizes.width**-0.5)
        self.patch_embedding = nn.Conv2d(3, sizes.width, sizes.patch, sizes.patch, bias=False)
        self.position_embedding = nn.Embedding(sizes.patches + 1, sizes.width)


class VisionModel(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.embeddings = VisionEmbeddings(sizes)
        self.pre_layrnorm = nn.LayerNorm(sizes.width)
        self.encoder = Encoder(sizes.width, sizes.hidden, sizes.layers)
        self.post_layernorm = nn.LayerNorm(sizes.width)


class TextEmbeddings(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.token_embedding = nn.Embedding(sizes.vocabulary, sizes.text_width)
        self.position_embedding = nn.Embedding(sizes.context, sizes.text_width)


class TextModel(nn.Module):
    def __init__(self, sizes):
        super().__init__()
        self.embeddings = TextEmbeddings(sizes)
        self.encoder = Encoder(sizes.text_width, sizes.text_hidden, sizes.text_layers)
        self.final_layer_norm = nn.LayerNorm(sizes.text_width)


def patches(pixels, patch):
    """Square patches as rows, (B, 3, S, S) to (B, patches, 3 patch²), row-major."""
    b, c, s, _ = pixels.shape
    n = s // patch
    x = pixels.view(b, c, n, patch, n, patch).permute(0, 2, 4, 1, 3, 5)
    return x.reshape(b, n * n, c * patch * patch)


class Clip(nn.Module):
    """Both towers; images and texts come out unnormalised."""

    def __init__(self, sizes):
        super().__init__()
        self.sizes = sizes
        self.logit_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))
        self.text_model = TextModel(sizes)
        self.vision_model = VisionModel(sizes)
        self.visual_projection = nn.Linear(sizes.width, sizes.projection, bias=False)
        self.text_projection = nn.Linear(sizes.text_width, sizes.projection, bias=False)
        self.apply(_initialise)
        for tower in (self.vision_model, self.text_model):
            depth = (2 * len(tower.encoder.layers)) ** -0.5
            for layer in tower.encoder.layers:
                layer.self_attn.out_proj.weight.data.mul_(depth)
                layer.mlp.fc2.weight.data.mul_(depth)

    def embed_patches(self, rows, kept=None):
        """The first residual stream of patch rows; `kept` (B, n) says which patches they are."""
        e = self.vision_model.embeddings
        position = e.position_embedding.weight
        x = F.linear(rows, e.patch_embedding.weight.flatten(1))
        x = x + (position[1:] if kept is None else position[kept + 1])
        first = (e.class_embedding + position[0]).expand(rows.shape[0], 1, -1)
        return self.vision_model.pre_layrnorm(torch.cat([first, x], 1))

    def images(self, rows, kept=None):
        """Embeddings of images given as patch rows (B, D)."""
        h = self.embed_patches(rows, kept)
        for layer in self.vision_model.encoder.layers:
            h = layer(h)
        return self.project(h[:, 0])

    def project(self, stream):
        return self.visual_projection(self.vision_model.post_layernorm(stream))

    def texts(self, ids):
        """Embeddings of texts, ids (B, L) filled up with the end-of-text token (B, D)."""
        e = self.text_model.embeddings
        h = e.token_embedding(ids) + e.position_embedding.weight[: ids.shape[1]]
        for layer in self.text_model.encoder.layers:
            h = layer(h, causal=True)
        end = (ids == self.sizes.end).int().argmax(-1)
        h = h[torch.arange(len(ids), device=h.device), end]
        return self.text_projection(self.text_model.final_layer_norm(h))


def _initialise(module):
    if isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=module.in_features**-0.5 * 0.7)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Embedding):
        nn.init.normal_(module.weight, std=0.02)
    elif isinstance(module, nn.Conv2d):
        nn.init.normal_(module.weight, std=0.03)


def load(path):
    """A model in float32: from a Hugging Face folder, a run's model.pt, or the average of a trunk's state.pt."""
    path = Path(path)
    if not path.is_dir():
        s = torch.load(path, weights_only=False, map_location="cpu")
        model = Clip(Sizes(**s["sizes"]))
        model.load_state_dict(s["trunk"]["average"] if "trunk" in s else s["model"])
        return model.eval()
    from safetensors.torch import load_file

    c = json.loads((path / "config.json").read_text())
    v, t = c["vision_config"], c["text_config"]
    model = Clip(
        Sizes(
            v["hidden_size"], v["intermediate_size"], v["num_hidden_layers"], v["image_size"],
            v["patch_size"], t["hidden_size"], t["intermediate_size"], t["num_hidden_layers"],
            t["max_position_embeddings"], t["vocab_size"], c["projection_dim"],
        )
    )
    model.load_state_dict({k: w.float() for k, w in load_file(path / "model.safetensors").items()})
    return model.eval()
