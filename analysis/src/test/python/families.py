"""Makes the models of FamiliesTest: the public configurations of CLIP's relatives, scaled down.

Each model has the settings that its authors published (heads, widths of heads, FFN ratio, activation,
patches, naming of the tensors), but few layers, a small vocabulary and random weights. The expected
embeddings are those of transformers, open_clip and timm in float64. Run once; the results are in
src/test/resources/families.

    python -m venv v && v/bin/pip install torch transformers open_clip_torch timm safetensors
    v/bin/python families.py ../resources/families ../resources/reference/models/quick_gelu_p8
"""

import json
import shutil
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

OUT = Path(sys.argv[1])
CLIP_TOKENIZER = Path(sys.argv[2]) / "tokenizer.json"
VOCABULARY = 894  # of that tokenizer
OPENAI_MEAN = [0.48145466, 0.4578275, 0.40821073]
OPENAI_STD = [0.26862954, 0.26130258, 0.27577711]


def randomise(module, seed):
    """Every parameter is drawn, layer norms and biases too, and can be stored as float16."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(module.named_parameters()):
            draw = torch.randn(p.shape, generator=generator, dtype=torch.float64)
            is_gain = p.dim() == 1 and name.endswith("weight")
            if name.endswith("logit_scale"):
                draw = torch.full(p.shape, 3.0, dtype=torch.float64)
            elif is_gain:
                draw = 1 + 0.2 * draw
            elif p.dim() == 1:
                draw = 0.2 * draw
            else:
                draw = draw * (p[0].numel() ** -0.5 if p.dim() > 1 else 1)
            p.copy_(draw.half().to(p.dtype))
    return module.double().eval()


def texts(count, length, end):
    """Token ids, start to end, of different lengths; padded with the end token."""
    generator = torch.Generator().manual_seed(7)
    ids = torch.full((count, length), end)
    for i in range(count):
        n = 2 + i * 2
        ids[i, 0] = end - 1
        ids[i, 1 : 1 + n] = torch.randint(2, end - 2, (n,), generator=generator)
    return ids


def images(count, size):
    generator = torch.Generator().manual_seed(11)
    return torch.randn(count, 3, size, size, generator=generator, dtype=torch.float32)


def write(name, state, files, pixels, ids, image_embeds, text_embeds, weights="model.safetensors"):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    state = {k: v.detach().half().contiguous() for k, v in state.items() if v.is_floating_point()}
    save_file(state, folder / weights)
    expected = {
        "pixels": pixels.float(),
        "ids": ids.int(),
        "image": image_embeds.detach().double(),
        "text": text_embeds.detach().double(),
    }
    save_file({k: v.contiguous() for k, v in expected.items()}, folder / "expected.safetensors")
    for file, content in files.items():
        (folder / file).write_text(json.dumps(content, indent=1) + "\n")
    print(name, tuple(image_embeds.shape), sum(v.numel() for v in state.values()))


# ---------------------------------------------------------------- Hugging Face: CLIPModel


def clip(name, seed, act, patch, grid, vision_heads, text_heads, published):
    from transformers import CLIPConfig, CLIPModel

    config = {
        "architectures": ["CLIPModel"],
        "model_type": "clip",
        "projection_dim": 40,
        "vision_config": {
            "hidden_size": 4 * vision_heads,
            "intermediate_size": 16 * vision_heads,
            "num_hidden_layers": 2,
            "num_attention_heads": vision_heads,
            "image_size": patch * grid,
            "patch_size": patch,
            "hidden_act": act,
            "projection_dim": 40,
            **published,
        },
        "text_config": {
            "hidden_size": 4 * text_heads,
            "intermediate_size": 16 * text_heads,
            "num_hidden_layers": 2,
            "num_attention_heads": text_heads,
            "vocab_size": VOCABULARY,
            "max_position_embeddings": 20,
            "hidden_act": act,
            "eos_token_id": 2,
            "projection_dim": 40,
            **published,
        },
    }
    model = CLIPModel._from_config(CLIPConfig(**config), attn_implementation="eager")
    randomise(model, seed)
    pixels, ids = images(2, patch * grid), texts(3, 12, VOCABULARY - 1)
    write(
        name,
        model.state_dict(),
        {"config.json": config},
        pixels,
        ids,
        model.get_image_features(pixels.double()),
        model.get_text_features(ids),
    )


def config_dict(name, source):
    """A configuration whose vision_config_dict and text_config_dict say otherwise (gelu, 3 heads)."""
    from transformers import CLIPModel

    model = CLIPModel.from_pretrained(source, attn_implementation="eager", dtype=torch.float64)
    for p in model.parameters():
        p.copy_(p.half().to(p.dtype))
    pixels, ids = images(2, 32), texts(3, 12, VOCABULARY - 1)
    write(
        name,
        model.state_dict(),
        {"config.json": json.loads((Path(source) / "config.json").read_text())},
        pixels,
        ids,
        features(model.get_image_features(pixels.double())),
        features(model.get_text_features(ids)),
    )


def features(output):
    """The embeddings: transformers 5 returns them inside of an output."""
    return output if isinstance(output, torch.Tensor) else output.pooler_output


# ---------------------------------------------------------------- OpenCLIP


def open_clip_model(name, seed, model_cfg, preprocess):
    import open_clip

    cfg = {k: v for k, v in model_cfg.items() if k != "custom_text"}
    model = randomise(open_clip.model.CLIP(**cfg), seed)
    size = cfg["vision_cfg"]["image_size"]
    context = cfg["text_cfg"]["context_length"]
    pixels, ids = images(2, size), texts(3, context, VOCABULARY - 1)
    write(
        name,
        model.state_dict(),
        {"open_clip_config.json": {"model_cfg": model_cfg, "preprocess_cfg": preprocess}},
        pixels,
        ids,
        model.encode_image(pixels.double()),
        model.encode_text(ids),
        "open_clip_model.safetensors",
    )


def small(layers, width, heads):
    return {
        "context_length": 12,
        "vocab_size": VOCABULARY,
        "width": width,
        "heads": heads,
        "layers": layers,
    }


# ---------------------------------------------------------------- EVA-CLIP: OpenCLIP with timm


def eva(name, seed, timm_name, embed_dim, width, grid):
    """timm's own definition of the model, with another width, depth and image size."""
    import open_clip
    import timm.models.eva as timm_eva

    real = timm_eva._create_eva
    sizes = {}

    def create(variant, pretrained=False, **kwargs):
        patch = kwargs["patch_size"]
        sizes["image"] = patch * grid
        kwargs.update(embed_dim=width, depth=2, img_size=patch * grid)
        return timm_eva.Eva(**kwargs)

    timm_eva._create_eva = create
    try:
        trunk = getattr(timm_eva, timm_name)(num_classes=embed_dim)
    finally:
        timm_eva._create_eva = real
    text_cfg = small(2, 32, 4)
    text = open_clip.model._build_text_tower(embed_dim, text_cfg, quick_gelu=False)
    randomise(trunk, seed)
    randomise(text, seed + 1)
    state = {"visual.trunk." + k: v for k, v in trunk.state_dict().items()}
    state.update({"text." + k: v for k, v in text.state_dict().items()})
    state["logit_scale"] = torch.tensor(3.0)
    state.pop("text.attn_mask", None)
    config = {
        "embed_dim": embed_dim,
        "vision_cfg": {
            "image_size": sizes["image"],
            "timm_model_name": timm_name,
            "timm_model_pretrained": False,
            "timm_pool": "token",
            "timm_proj": None,
        },
        "text_cfg": text_cfg,
        "custom_text": True,
    }
    preprocess = {"mean": OPENAI_MEAN, "std": OPENAI_STD}
    pixels, ids = images(2, sizes["image"]), texts(3, 12, VOCABULARY - 1)
    write(
        name,
        state,
        {
            "open_clip_config.json": {"model_cfg": config, "preprocess_cfg": preprocess},
            # as in timm's repositories, where it describes the image tower alone
            "config.json": {"architecture": timm_name, "num_classes": 0},
        },
        pixels,
        ids,
        trunk(pixels.double()),
        text(ids),
        "open_clip_model.safetensors",
    )


# ---------------------------------------------------------------- SigLIP


def siglip(name, seed, patch, image_size, heads, ffn, silent, dialect=None):
    from transformers import SiglipConfig, SiglipModel

    dialect = dialect or siglip_1()
    tokenizer = dialect["tokenizer"]

    vision = {
        "hidden_size": 4 * heads,
        "intermediate_size": ffn,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "image_size": image_size,
        "patch_size": patch,
        "model_type": "siglip_vision_model",
    }
    text = {
        "hidden_size": 4 * heads,
        "intermediate_size": ffn,
        "num_hidden_layers": 2,
        "num_attention_heads": heads,
        "vocab_size": max(120, tokenizer.get_vocab_size()),
        "max_position_embeddings": 16,
        "model_type": "siglip_text_model",
        "projection_size": 4 * heads,
    }
    if silent:  # what is the default the published file leaves out
        for tower in (vision, text):
            del tower["num_attention_heads"]
    config = {
        "architectures": ["SiglipModel"],
        "model_type": "siglip",
        "vision_config": vision,
        "text_config": text,
    }
    model = SiglipModel._from_config(SiglipConfig(**config), attn_implementation="eager")
    randomise(model, seed)
    labels = dialect["labels"]
    ids = torch.full((len(labels), 16), dialect["pad"])
    for i, label in enumerate(labels):
        row = torch.tensor(tokenizer.encode(label).ids)
        ids[i, : len(row)] = row
    pixels = images(2, image_size)
    write(
        name,
        model.state_dict(),
        {
            "config.json": config,
            "preprocessor_config.json": {
                "do_normalize": True,
                "do_rescale": True,
                "do_resize": True,
                "image_mean": [0.5, 0.5, 0.5],
                "image_processor_type": "SiglipImageProcessor",
                "image_std": [0.5, 0.5, 0.5],
                "processor_class": "SiglipProcessor",
                "resample": dialect["resample"],
                "rescale_factor": 0.00392156862745098,
                "size": {"height": image_size, "width": image_size},
            },
            "tokenizer_config.json": dialect["tokenizer_config"],
            "labels.json": labels,
        },
        pixels,
        ids,
        features(model.get_image_features(pixels.double())),
        features(model.get_text_features(ids)),
    )
    tokenizer.save(str(OUT / name / "tokenizer.json"))


def siglip_1():
    return {
        "tokenizer": sentence_piece(),
        "labels": ["a photo of a panda", "Santa Claus, with a red hat!", "two cats"],
        "pad": 1,
        "resample": 3,
        "tokenizer_config": {"pad_token": "</s>", "tokenizer_class": "SiglipTokenizer"},
    }


def siglip_2():
    """As google/siglip2-base-patch16-224 has it, which calls itself siglip too."""
    return {
        "tokenizer": gemma(),
        "labels": ["a photo of a panda", "santa claus with red hat", "Two cats é"],
        "pad": 0,
        "resample": 2,
        "tokenizer_config": {
            "add_bos_token": False,
            "add_eos_token": True,
            "bos_token": "<bos>",
            "eos_token": "<eos>",
            "model_max_length": 64,
            "pad_token": "<pad>",
            "padding_side": "right",
            "processor_class": "SiglipProcessor",
            "tokenizer_class": "GemmaTokenizer",
            "unk_token": "<unk>",
        },
    }


def gemma():
    """A tokenizer of Gemma's kind: byte pairs on whole words, bytes for what it does not know."""
    import string

    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers
    from tokenizers import pre_tokenizers, processors

    special = ["<pad>", "<eos>", "<bos>", "<unk>"]
    others = ["<mask>", "<2mass>", "[@BOS@]", "\n\n", "▁▁"]
    pieces = special + others + [f"<0x{b:02X}>" for b in range(256)]
    pieces += list(string.ascii_letters + "▁,.!")
    merges = []
    for word in ("a", "photo", "of", "panda", "santa", "claus", "with", "red", "hat", "two", "cats"):
        for text in (word, word + "▁"):  # a word keeps the space behind it
            left = text[0]
            for right in text[1:]:
                if left + right not in pieces:
                    pieces.append(left + right)
                    merges.append((left, right))
                left += right
    tokenizer = Tokenizer(
        models.BPE(
            {p: i for i, p in enumerate(pieces)},
            merges,
            unk_token="<unk>",
            fuse_unk=True,
            byte_fallback=True,
        )
    )
    tokenizer.add_special_tokens([AddedToken(t, normalized=False) for t in special + others[:1]])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in others[1:]])
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A <eos>", pair="$A <eos> $B:1 <eos>:1", special_tokens=[("<eos>", 1)]
    )
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    )
    return tokenizer


def sentence_piece():
    """A unigram tokenizer that treats a text as SigLIP's does: lower case, no punctuation."""
    import string

    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    words = "a photo of panda santa claus with red hat two cat s dog the in and".split()
    pieces = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0)]
    pieces += [("▁" + w, -3.0 - 0.01 * i) for i, w in enumerate(words)]
    pieces += [(c, -9.0 - 0.01 * i) for i, c in enumerate(string.ascii_lowercase + "▁")]
    tokenizer = Tokenizer(models.Unigram(pieces, unk_id=2))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]"), ""),
            normalizers.Replace(Regex(r"\s+"), " "),
            normalizers.Strip(),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    tokenizer.enable_truncation(16)
    tokenizer.enable_padding(length=16, pad_id=1, pad_token="</s>")
    full = tokenizer.to_str()
    plain = Tokenizer.from_str(full)
    plain.no_padding()
    plain.no_truncation()
    return plain


if __name__ == "__main__":
    torch.set_grad_enabled(False)
    torch.set_default_dtype(torch.float64)
    # openai/clip-vit-large-patch14-336: 16 heads, patches of 14, quick_gelu
    clip("openai_l14_336", 1, "quick_gelu", 14, 4, 16, 12, {"layer_norm_eps": 1e-05})
    # facebook/metaclip-b32-400m: its own configuration says quick_gelu
    clip("metaclip_b32", 2, "quick_gelu", 32, 2, 12, 8, {"layer_norm_eps": 1e-05})
    # laion/CLIP-ViT-bigG-14-laion2B-39B-b160k: heads of 104 channels, an FFN of 4.9231 widths, gelu
    open_clip_model(
        "laion_bigg14",
        3,
        {
            "embed_dim": 40,
            "vision_cfg": {
                "image_size": 42,
                "layers": 1,
                "width": 208,
                "head_width": 104,
                "mlp_ratio": 4.9231,
                "patch_size": 14,
            },
            "text_cfg": small(2, 40, 20),
        },
        {"mean": OPENAI_MEAN, "std": OPENAI_STD},
    )
    # apple/DFN5B-CLIP-ViT-H-14-378: quick_gelu, heads of 80 channels, images squashed
    open_clip_model(
        "dfn5b_h14_378",
        4,
        {
            "embed_dim": 40,
            "quick_gelu": True,
            "vision_cfg": {
                "image_size": 56,
                "layers": 1,
                "width": 160,
                "head_width": 80,
                "patch_size": 14,
            },
            "text_cfg": small(2, 32, 16),
        },
        {
            "mean": OPENAI_MEAN,
            "std": OPENAI_STD,
            "interpolation": "bicubic",
            "resize_mode": "squash",
        },
    )
    # TinyCLIP-ViT-8M-16-Text-3M: heads of 64 channels, three layers of text, gelu
    open_clip_model(
        "tinyclip_8m16",
        5,
        {
            "embed_dim": 40,
            "vision_cfg": {"image_size": 48, "layers": 2, "width": 128, "patch_size": 16},
            "text_cfg": small(3, 32, 4),
        },
        {"mean": OPENAI_MEAN, "std": OPENAI_STD},
    )
    # EVA02-B-16 and EVA02-L-14-336 of OpenCLIP: rotary positions, SwiGLU, inner norms
    eva("eva02_b16", 6, "eva02_base_patch16_clip_224", 40, 96, 4)
    eva("eva02_l14_336", 8, "eva02_large_patch14_clip_336", 40, 64, 5)
    # EVA01-g-14 of OpenCLIP: plain layers, no LN_pre, one matrix for W_q, W_k, W_v
    eva("eva01_g14", 10, "eva_giant_patch14_clip_224", 40, 64, 3)
    # google/siglip-base-patch16-224, whose configuration is silent about what is the default
    siglip("siglip_b16", 12, 16, 48, 12, 96, True)
    # google/siglip-so400m-patch14-384: 384 pixels are no whole number of patches
    siglip("siglip_so400m", 13, 14, 62, 16, 120, False)
    # google/siglip2-base-patch16-224: bilinear, Gemma's tokens, sizes of SigLIP
    siglip("siglip2_b16", 14, 16, 48, 12, 96, True, siglip_2())
    if len(sys.argv) > 3:  # a folder with a config.json of that kind
        config_dict("clip_config_dict", sys.argv[3])
    for folder in OUT.iterdir():
        if folder.is_dir() and not (folder / "tokenizer.json").exists():
            shutil.copy(CLIP_TOKENIZER, folder / "tokenizer.json")
