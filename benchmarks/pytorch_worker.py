"""PyTorch's half of side_by_side.py: what a competent PyTorch user would write for the same tasks.

Reads the name of a task from standard input, does it once, answers with the seconds it took.
Everything float32, inference mode, fused attention; hooks only keep what the forward pass computes.
After the model's folder may stand the device (cpu if left out), for gpu.py.
"""
import os
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from transformers import CLIPVisionModelWithProjection

torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
torch.set_grad_enabled(False)
DEVICE = sys.argv[2] if len(sys.argv) > 2 else "cpu"
torch.set_default_device(DEVICE)
model = CLIPVisionModelWithProjection.from_pretrained(sys.argv[1], attn_implementation="sdpa").eval().to(DEVICE)
layers = model.vision_model.encoder.layers
L, P = len(layers), model.visual_projection.weight
torch.manual_seed(0)
image = torch.randn(1, 3, model.config.image_size, model.config.image_size)
text = F.normalize(torch.randn(P.shape[0]), dim=0)

kept = {"h": [None] * L, "mid": [None] * L, "mA": [None] * L, "mF": [None] * L}


def keep(name, layer):
    def hook(module, inputs):
        kept[name][layer] = inputs[0][:, 0]
    return hook


def hooks():
    handles = []
    for l, layer in enumerate(layers):
        handles += [layer.layer_norm1.register_forward_pre_hook(keep("h", l)),
                    layer.layer_norm2.register_forward_pre_hook(keep("mid", l)),
                    layer.self_attn.out_proj.register_forward_pre_hook(keep("mA", l)),
                    layer.mlp.fc2.register_forward_pre_hook(keep("mF", l))]
    return handles


def blocks(layer):
    return ((layer.self_attn.out_proj.weight, layer.layer_norm1), (layer.mlp.fc2.weight, layer.layer_norm2))


SQUARED_NORMS = [[(P @ w).square().sum(0) for w, _ in blocks(layer)] for layer in layers]
TEXT_ROW = (text @ P)[None]


def scores():
    """Eq. 11 and 12 as printed, in closed form, for all neurons."""
    out = []
    for l, layer in enumerate(layers):
        for b, (w, norm) in enumerate(blocks(layer)):
            y = norm(kept["mid" if b else "h"][l])
            m = kept["mF" if b else "mA"][l]
            py = y @ P.T
            rows = torch.cat([TEXT_ROW, py @ P]) @ w
            dot, norm2 = (py @ text)[:, None], py.square().sum(1, keepdim=True)
            out.append((dot + m * rows[:1]) * (norm2 + m * (2 * rows[1:] + m * SQUARED_NORMS[l][b])).rsqrt()
                       - dot * norm2.rsqrt())
    return torch.cat(out, 1)


def attribute():
    handles = hooks()
    model(pixel_values=image)
    top = torch.topk(scores()[0], 50)
    for h in handles:
        h.remove()
    return top.values.tolist(), top.indices.tolist()


several = torch.randn(16, *image.shape[1:])


def batch():
    handles = hooks()
    embeddings = model(pixel_values=several).image_embeds
    result = scores()
    for h in handles:
        h.remove()
    return embeddings, result


def read(folder):
    """Images and a text that both sides get."""
    global several, text, TEXT_ROW
    pixels, labels = (np.fromfile(os.path.join(folder, name), dtype="<f4") for name in ("pixels", "text"))
    several = torch.from_numpy(pixels.reshape(-1, *image.shape[1:])).to(DEVICE)
    text = F.normalize(torch.from_numpy(labels).to(DEVICE), dim=0)
    TEXT_ROW = (text @ P)[None]


def write(file):
    embeddings, result = batch()
    with open(file, "wb") as out:
        for each in (embeddings, result):
            out.write(each.float().cpu().numpy().astype("<f4").tobytes())


rng = np.random.default_rng(0)
words = rng.normal(size=(20000, P.shape[0])).astype(np.float32)
words /= np.linalg.norm(words, axis=1, keepdims=True)
targets = rng.normal(size=(50, P.shape[0])).astype(np.float32)
targets /= np.linalg.norm(targets, axis=1, keepdims=True)
D, Y = torch.from_numpy(words).to(DEVICE), torch.from_numpy(targets).to(DEVICE)
FORTRAN = np.asfortranarray(words.T)


def omp():
    """All targets at once: one product of matrices a step, then small solves."""
    residual, chosen = Y, torch.empty(50, 0, dtype=torch.long)
    for _ in range(5):
        correlation = (residual @ D.T).abs_()
        correlation.scatter_(1, chosen, -1.0)
        chosen = torch.cat([chosen, correlation.argmax(1, keepdim=True)], 1)
        atoms = D[chosen]
        weights = torch.linalg.solve(atoms @ atoms.transpose(1, 2), atoms @ Y[:, :, None])
        residual = Y - (weights.transpose(1, 2) @ atoms)[:, 0]
    return chosen, weights


def sklearn_omp():
    from sklearn.linear_model import orthogonal_mp
    return orthogonal_mp(FORTRAN, targets.T, n_nonzero_coefs=5)


FC2 = layers[L - 2].mlp.fc2.weight
KEYS = torch.randn(1000, FC2.shape[1])
KEY, VALUE = torch.randn(FC2.shape[1]), torch.randn(FC2.shape[0])


def rome_of(u):
    return torch.addr(FC2, (VALUE - FC2 @ KEY) / (u @ KEY), u)


def rome_cholesky():
    """C of the keys' width, and its decomposition."""
    c = KEYS.T @ KEYS
    c.diagonal().add_(1e-2 * c.diagonal().mean())
    return rome_of(torch.cholesky_solve(KEY[:, None], torch.linalg.cholesky(c))[:, 0])


def rome_woodbury(dtype=torch.float32):
    """A system of the number of keys instead."""
    k, key = KEYS.to(dtype), KEY.to(dtype)
    ridge = 1e-2 * k.square().sum() / k.shape[1]
    s = k @ k.T
    s.diagonal().add_(ridge)
    u = (key - k.T @ torch.cholesky_solve((k @ key)[:, None], torch.linalg.cholesky(s))[:, 0]) / ridge
    return rome_of(u.to(torch.float32))


GUIDE = torch.randn_like(image)


def tracing():
    """The output of each block in turn becomes the guide's: a whole pass for each, as the paper describes it."""
    modules = [module for layer in layers for module in (layer.self_attn, layer.mlp)]
    outputs = {}

    def note(module, inputs, output):
        outputs[module] = output

    handles = [module.register_forward_hook(note) for module in modules]
    model(pixel_values=GUIDE)
    for handle in handles:
        handle.remove()

    def cosine():
        return F.cosine_similarity(model(pixel_values=image).image_embeds[0], text, dim=0).item()

    original, rises = cosine(), []
    for module in modules:
        handle = module.register_forward_hook(lambda module, inputs, output: outputs[module])
        rises.append(cosine() - original)
        handle.remove()
    return rises


TASKS = {"tracing": tracing, "rome_cholesky": rome_cholesky, "rome_woodbury": rome_woodbury,
         "rome_woodbury64": lambda: rome_woodbury(torch.float64),
         "batch": batch, "several": lambda: model(pixel_values=several).image_embeds.cpu(), "read": read, "write": write,
         "forward": lambda: model(pixel_values=image).image_embeds, "attribute": attribute,
         "omp": omp, "sklearn": sklearn_omp}

print("ready", flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    name, *words_of_line = line.strip().split(" ", 1)
    TASKS[name](*words_of_line)
    if DEVICE != "cpu":
        torch.cuda.synchronize()
    print(time.perf_counter() - start, flush=True)
