/**
 * Models of the Hugging Face hub: taken from the cache that Python's {@code huggingface_hub}
 * shares, else downloaded into it. Nothing is sent unless a caller names a model of the hub, and
 * only safetensors, JSON and the text of tokenizers are ever fetched.
 */
@NullMarked
package dev.engram.hub;

import org.jspecify.annotations.NullMarked;
