"""What transformers makes of a saved model: embeddings of images and texts, as JSON on standard output.

Run by test_transformers.py with a Python that has torch and transformers: DIRECTORY IMAGES TEXTS, the last two in JSON.
"""

import json
import sys

import torch
from PIL import Image
from transformers import CLIPModel, CLIPProcessor

directory, images, texts = sys.argv[1], json.loads(sys.argv[2]), json.loads(sys.argv[3])
model, loading = CLIPModel.from_pretrained(directory, output_loading_info=True)
processor = CLIPProcessor.from_pretrained(directory)
with torch.inference_mode():
    pictures = processor(images=[Image.open(path) for path in images], return_tensors="pt")
    words = processor(text=texts, return_tensors="pt", padding=True)
    result = {
        "loading": {kind: sorted(map(str, names)) for kind, names in loading.items()},
        "type": str(model.dtype),
        "images": model.get_image_features(**pictures).tolist(),
        "texts": model.get_text_features(**words).tolist(),
        "scale": model.logit_scale.exp().item(),
    }
print(json.dumps(result))
