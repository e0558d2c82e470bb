package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.attribution.Attributor;
import dev.engram.attribution.Score;
import dev.engram.data.LabelledImage;
import dev.engram.dissect.Heatmapper;
import dev.engram.dissect.Interpreter;
import dev.engram.dissect.ValueReading;
import dev.engram.dissect.WordDictionary;
import dev.engram.iconclip.Iconclip;
import dev.engram.model.ClipConfig.Activation;
import dev.engram.trace.Neuron;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged models: each is refused in one sentence, and leaves nothing behind. */
class CheckpointTest {
  private static final String FC1 = "vision_model.encoder.layers.1.mlp.fc1.weight";

  @TempDir Path temp = Path.of("");

  private static void refused(DamagedModel model, String... parts) {
    refused(model.directory, parts);
  }

  private static void refused(Path directory, String... parts) {
    NDManager root = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    Refusal.holds(() -> Clip.from(directory).device("cpu").into(root).load().close(), parts);
    assertFalse(root.isOpen());
    assertEquals(0, root.getManagedArrays().size());
  }

  private DamagedModel huggingFace() throws IOException {
    return DamagedModel.of("quick_gelu_p8", temp);
  }

  private static ClipConfig config(DamagedModel model) {
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      clip.embedTexts(List.of("a panda"), Progress.NONE);
      return clip.config();
    }
  }

  @Test
  void refusesWhatIsNoModelDirectory() throws IOException {
    refused(temp.resolve("none"), "no folder", "none", "model.safetensors");
    Path file = Files.writeString(temp.resolve("file"), "x");
    refused(file, "file is a file", "give a folder");
    Path empty = Files.createDirectory(temp.resolve("empty"));
    refused(empty, "Expected model.safetensors", "an empty folder");
    Files.writeString(empty.resolve("readme.txt"), "x");
    refused(empty, "Expected model.safetensors", "readme.txt");
    Files.createDirectory(empty.resolve("model.safetensors"));
    refused(empty, "model.safetensors is a folder");
  }

  @ParameterizedTest
  @ValueSource(strings = {"pytorch_model.bin", "model.pt", "ViT-L-14.PT", "x.ckpt"})
  void refusesWhatIsNoCheckpointOfPyTorch(String name) throws IOException {
    DamagedModel model = huggingFace().delete("model.safetensors");
    model.write(name, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n");
    refused(model, name + " is a pointer of Git LFS", "git lfs pull");
    model.write(name, "<html>Sign in</html>");
    refused(model, "checkpoint of PyTorch, " + name, "neither a zip archive nor a pickle");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        FC1,
        "vision_model.encoder.layers.1.layer_norm1.weight",
        "vision_model.encoder.layers.2.layer_norm1.weight",
        "vision_model.embeddings.patch_embedding.weight",
        "vision_model.embeddings.position_embedding.weight",
        "vision_model.pre_layrnorm.bias",
        "visual_projection.weight",
        "text_model.embeddings.token_embedding.weight",
        "text_model.encoder.layers.0.self_attn.k_proj.bias",
        "text_projection.weight"
      })
  void namesAMissingTensor(String name) throws IOException {
    DamagedModel model = huggingFace().weights(w -> w.tensors.remove(name));
    refused(model, "The tensor " + name + " is missing", model.directory.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "vision_model, 0, layers.0.mlp.fc1.weight is missing",
    "vision_model, 1, layers.1.layer_norm1.weight is missing",
    "vision_model, 2, layers of the vision tower is 3 in the one and 2 in the others",
    "text_model, 1, layers of the text tower is 2 in the one and 1 in the others"
  })
  void aWholeLayerThatIsMissingIsMissed(String tower, int layer, String part) throws IOException {
    String prefix = tower + ".encoder.layers." + layer;
    refused(
        huggingFace().weights(w -> w.tensors.keySet().removeIf(n -> n.startsWith(prefix))), part);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        FC1 + " | 192,47 | expected [192, 48], got [192, 47]",
        FC1 + " | 48 | expected [192, 48], got [48]",
        "logit_scale | 3 | expected [1], got [3]",
        "logit_scale | 0 | expected [1], got [0]",
        "vision_model.embeddings.patch_embedding.weight | 48,3,0,0 | 4 dimensions from 1, got [48,"
            + " 3, 0, 0]",
        "vision_model.embeddings.patch_embedding.weight | 48 | 4 dimensions from 1, got [48]",
        "vision_model.embeddings.patch_embedding.weight | 48,1,8,8 | shape [48, 1, 8, 8]",
        "vision_model.embeddings.position_embedding.weight | 18,48 | 18 positions",
        "vision_model.embeddings.position_embedding.weight | 1,48 | 1 positions",
        "vision_model.embeddings.position_embedding.weight | 17 | 2 dimensions from 1, got [17]",
        "text_model.embeddings.position_embedding.weight | 0,32 | 2 dimensions from 1, got [0, 32]",
        "text_model.embeddings.position_embedding.weight | 60000,32 | at most 4096 tokens",
        "text_model.embeddings.token_embedding.weight | 894 | 2 dimensions from 1, got [894]",
        "vision_model.encoder.layers.0.mlp.fc1.weight | 5 | 2 dimensions from 1, got [5]",
        "visual_projection.weight | 7 | 2 dimensions from 1, got [7]",
        "visual_projection.weight | 31,48 | projection width is 32 in the one and 31"
      })
  void namesAWrongShape(String name, String shape, String part) throws IOException {
    long[] dims = Arrays.stream(shape.split(",")).mapToLong(Long::parseLong).toArray();
    refused(huggingFace().weights(w -> w.zeros(name, dims)), part);
  }

  @Test
  void shapesOfOtherNamingsAreToldAsTheyAreStored() throws IOException {
    DamagedModel model = DamagedModel.of("openclip_naming", temp);
    model.weights(w -> w.zeros("visual.transformer.resblocks.1.attn.in_proj_weight", 146, 48));
    refused(model, "in_proj_weight has the wrong shape", "expected [144, 48], got [146, 48]");
    model.weights(w -> w.tensors.remove("visual.transformer.resblocks.1.attn.in_proj_weight"));
    refused(model, "The tensor visual.transformer.resblocks.1.attn.in_proj_weight is missing");
    DamagedModel openAi = DamagedModel.of("openai_naming", temp);
    refused(openAi.weights(w -> w.zeros("text_projection", 32, 31)), "[32, 32], got [32, 31]");
  }

  @Test
  void anIntegerTensorIsNoWeight() throws IOException {
    refused(
        huggingFace()
            .weights(w -> w.with(FC1, "I32", new long[] {192, 48}, new byte[192 * 48 * 4])),
        FC1,
        "I32",
        "a float type");
  }

  @Test
  void refusesShardsThatAreMissingOrElsewhere() throws IOException {
    DamagedModel model = DamagedModel.of("sharded", temp);
    String index = "model.safetensors.index.json";
    String last = "model-00003-of-00003.safetensors";
    Path elsewhere = temp.resolve("elsewhere.safetensors");
    Files.move(model.directory.resolve(last), elsewhere);
    refused(model, "shard " + last, index, "is missing");
    Files.createSymbolicLink(model.directory.resolve(last), elsewhere);
    refused(model, last, "is a link to", "outside of the model's folder");
    Files.delete(model.directory.resolve(last));
    Files.move(elsewhere, model.directory.resolve("moved.safetensors"));
    Files.createSymbolicLink(model.directory.resolve(last), Path.of("moved.safetensors"));
    assertEquals(2, config(model).vision().layers());
    String good = Files.readString(model.directory.resolve(index));
    for (String outside :
        List.of(
            "../elsewhere.safetensors",
            elsewhere.toString(),
            "..",
            "",
            "notes.txt",
            "a\\u0000b.safetensors")) {
      model.write(index, good.replace(last, outside));
      refused(model, index, "as a shard", "beside it, without a path");
    }
    Files.copy(model.directory.resolve(last), model.directory.resolve("twice.safetensors"));
    model.write(index, good.replaceFirst(last, "twice.safetensors"));
    refused(model, "in another shard");
    refused(model.write(index, "{}"), "names no shards");
    refused(model.write(index, "{\"weight_map\": 3}"), "names no shards");
    refused(model.write(index, "{\"weight_map"), "Not valid JSON", index);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "model_type | \"siglip\" | is a SigLIP, but its weights are of another family",
        "model_type | \"siglip2\" | the model is a SigLIP 2, but its weights are of another family",
        "model_type | \"clip_text_model\" | not implemented",
        "architectures | [\"EvaCLIPModel\"] | architectures [\"EvaCLIPModel\"], expected it to be left",
        "auto_map | {\"AutoModel\": \"x.Y\"} | auto_map {",
        "quantization_config | {\"bits\": 4} | quantization_config {",
        "vision_config.use_cls_token | false | vision_config.use_cls_token false",
        "vision_config.layer_scale_init_value | 0.1 | vision_config.layer_scale_init_value 0.1",
        "vision_config.num_register_tokens | 4 | vision_config.num_register_tokens 4",
        "vision_config.rope_theta | 100 | vision_config.rope_theta 100",
        "vision_config.qkv_bias | false | vision_config.qkv_bias false",
        "vision_config.pool_type | \"avg\" | vision_config.pool_type \"avg\"",
        "text_config.hidden_act | \"swish\" | activation 'swish'",
        "text_config.eos_token_id | 49407 | ends a text with the token 49407, but the vocabulary",
        "vision_config.hidden_act | \"relu\" | activation 'relu'",
        "text_config.hidden_act | \"gelu_new\" | activation 'gelu_new'",
        "vision_config.num_attention_heads | 5 | cannot be divided into 5 heads",
        "text_config.num_attention_heads | 5 | cannot be divided into 5 heads",
        "vision_config.num_attention_heads | 0 | num_attention_heads 0, expected a whole number",
        "vision_config.num_attention_heads | -4 | num_attention_heads -4",
        "vision_config.num_attention_heads | 3.5 | num_attention_heads 3.5",
        "vision_config.num_attention_heads | \"four\" | num_attention_heads \"four\"",
        "vision_config.patch_size | 16 | patch_size is 16 in the one and 8 in",
        "vision_config.image_size | 224 | image_size is 224 in the one and 32 in",
        "vision_config.hidden_size | 64 | width of the vision tower is 64 in the one and 48",
        "vision_config.intermediate_size | 64 | FFN width of the vision tower is 64",
        "vision_config.num_hidden_layers | 12 | layers of the vision tower is 12",
        "text_config.num_hidden_layers | 1 | layers of the text tower is 1",
        "text_config.vocab_size | 49408 | vocabulary size is 49408 in the one and 894",
        "text_config.max_position_embeddings | 64 | context length is 64",
        "projection_dim | 512 | projection width is 512",
        "vision_config.layer_norm_eps | -1 | layer_norm_eps -1",
        "vision_config.layer_norm_eps | \"x\" | layer_norm_eps",
        "text_config.eos_token_id | \"x\" | eos_token_id",
        "text_config.eos_token_id | 5 | the end token 5"
      })
  void refusesAConfigurationThatDoesNotFit(String key, String value, String part)
      throws IOException {
    refused(huggingFace().set("config.json", key, value), part);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "nonsense", "[1]", "{\"a\": "})
  void refusesAConfigurationThatIsNoJson(String text) throws IOException {
    refused(huggingFace().write("config.json", text), "JSON", "config.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "quick_gelu | \"yes\" | quick_gelu \"yes\", expected true or false",
        "vision_cfg.head_width | 13 | width of 48 cannot be divided into heads of 13",
        "vision_cfg.head_width | 0 | head_width 0",
        "vision_cfg.layers | [3, 4, 6, 3] | architecture 'ResNet'",
        "vision_cfg.layers | 4 | layers of the vision tower is 4",
        "vision_cfg.timm_model_name | \"vit_base\" | architecture 'vit_base'",
        "text_cfg.hf_model_name | \"roberta\" | architecture 'roberta'",
        "text_cfg.heads | 3 | cannot be divided into 3 heads",
        "vision_cfg.image_size | [32, 64] | image_size [32,64]",
        "multimodal_cfg | {\"layers\": 2} | multimodal_cfg {",
        "anything_new | 3 | anything_new 3",
        "vision_cfg.act_kwargs | {\"approximate\": \"tanh\"} | vision_cfg.act_kwargs {",
        "vision_cfg.norm_kwargs | {\"eps\": 1e-6} | vision_cfg.norm_kwargs {",
        "vision_cfg.pool_type | \"avg\" | vision_cfg.pool_type \"avg\", expected it to be left out",
        "vision_cfg.global_average_pool | true | vision_cfg.global_average_pool true",
        "vision_cfg.attentional_pool | true | vision_cfg.attentional_pool true",
        "vision_cfg.attentional_pool | \"parallel\" | vision_cfg.attentional_pool",
        "vision_cfg.ls_init_value | 0 | vision_cfg.ls_init_value 0",
        "vision_cfg.no_ln_pre | true | vision_cfg.no_ln_pre true",
        "vision_cfg.anything_new | 3 | vision_cfg.anything_new 3",
        "text_cfg.embed_cls | true | text_cfg.embed_cls true",
        "text_cfg.no_causal_mask | true | text_cfg.no_causal_mask true",
        "text_cfg.pool_type | \"last\" | text_cfg.pool_type \"last\"",
        "text_cfg.proj_bias | true | text_cfg.proj_bias true",
        "text_cfg.hf_tokenizer_name | \"bert\" | text_cfg.hf_tokenizer_name"
      })
  void refusesAnOpenClipConfigurationThatDoesNotFit(String key, String value, String part)
      throws IOException {
    refused(
        DamagedModel.of("openclip_naming", temp)
            .set("open_clip_config.json", "model_cfg." + key, value),
        part);
  }

  @Test
  void theActivationIsTheStatedOne() throws IOException {
    DamagedModel openClip = DamagedModel.of("openclip_naming", temp);
    assertEquals(Activation.GELU, config(openClip).vision().activation());
    openClip.set("open_clip_config.json", "model_cfg.quick_gelu", "true");
    openClip.set("open_clip_config.json", "model_cfg.vision_cfg.image_size", "[32, 32]");
    // settings that are off, or what they are anyway, change nothing
    for (String off :
        List.of(
            "vision_cfg.timm_model_name null",
            "vision_cfg.act_kwargs {}",
            "vision_cfg.pool_type \"tok\"",
            "vision_cfg.patch_dropout 0.5",
            "text_cfg.embed_cls false",
            "text_cfg.hf_model_name null",
            "text_cfg.pool_type \"argmax\"")) {
      String[] keyAndValue = off.split(" ");
      openClip.set("open_clip_config.json", "model_cfg." + keyAndValue[0], keyAndValue[1]);
    }
    ClipConfig quick = config(openClip);
    assertEquals(Activation.QUICK_GELU, quick.vision().activation());
    assertEquals(Activation.QUICK_GELU, quick.text().activation());
    assertEquals(List.of(), quick.notes());
  }

  @Test
  void withoutAConfigurationItIsSaidWhatWasAssumed() throws IOException {
    DamagedModel model = DamagedModel.of("openai_naming", temp).delete("openai_config.json");
    String note = config(model).notes().get(0);
    assertTrue(note.contains("No configuration file") && note.contains("quick_gelu"), note);
    // And a config.json, as the note advises, is heard.
    model.write(
        "config.json", "{\"hidden_act\": \"gelu\", \"vision_heads\": 4, \"transformer_heads\": 4}");
    ClipConfig told = config(model);
    assertEquals(Activation.GELU, told.vision().activation());
    assertEquals(4, told.vision().heads());
    assertEquals(List.of(), told.notes());
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theDictsOfOldConfigurationsAreReadAsInTransformers(boolean alone) throws IOException {
    DamagedModel model = DamagedModel.of("gelu_p8", temp);
    ClipConfig plain = config(model);
    model.json(
        "config.json",
        c -> {
          for (String name : List.of("vision_config", "text_config")) {
            ObjectNode old = (ObjectNode) c.get(name);
            c.set(name + "_dict", old.deepCopy());
            old.put("hidden_act", "quick_gelu");
            if (alone) {
              c.remove(name);
            }
          }
          if (alone) {
            c.remove("model_type");
          }
        });
    ClipConfig read = config(model);
    assertEquals(plain.vision(), read.vision());
    assertEquals(plain.text(), read.text());
    assertEquals(plain.endOfTextId(), read.endOfTextId());
    assertEquals(
        alone
            ? List.of()
            : List.of(
                "config.json says otherwise in vision_config and vision_config_dict; as in"
                    + " transformers, the second holds, filled up with its defaults: hidden_act \"gelu\".",
                "config.json says otherwise in text_config and text_config_dict; as in"
                    + " transformers, the second holds, filled up with its defaults: hidden_act"
                    + " \"gelu\"."),
        read.notes());
    // the dict alone counts, filled up with defaults: what only the other says is not heard
    model.json(
        "config.json",
        c -> {
          ((ObjectNode) c.get("vision_config_dict")).remove("num_attention_heads");
          c.putObject("vision_config").put("num_attention_heads", 3);
        });
    ClipConfig filled = config(model);
    assertEquals(12, filled.vision().heads());
    assertTrue(
        filled.notes().get(0).endsWith("with its defaults: num_attention_heads 12."),
        filled.notes().toString());
    // where both agree there is nothing to say, as in openai/clip-vit-large-patch14
    model.json(
        "config.json",
        c -> {
          ((ObjectNode) c.get("vision_config_dict")).remove("layer_norm_eps");
          c.putObject("vision_config").put("num_attention_heads", 12).put("layer_norm_eps", 1e-5);
          c.remove("text_config");
        });
    assertEquals(List.of(), config(model).notes());
  }

  @Test
  void keysThatNobodyKnowsAreTold() throws IOException {
    DamagedModel model = huggingFace();
    model.set("config.json", "vision_config.fresh_idea", "3");
    model.set("config.json", "vision_config.qkv_bias", "true");
    model.set("config.json", "another", "{\"a\": [1]}");
    model.set("config.json", "torchscript", "true");
    assertEquals(
        List.of(
            "config.json says what Engram does not know and did not read: another {\"a\":[1]},"
                + " vision_config.fresh_idea 3."),
        config(model).notes());
  }

  @Test
  void aMissingEndTokenIsSaidToBeMissing() throws IOException {
    DamagedModel model = huggingFace();
    model.json("config.json", c -> ((ObjectNode) c.get("text_config")).remove("eos_token_id"));
    refused(
        model, "has no text_config.eos_token_id", "49407", "beyond the vocabulary of 894 tokens");
    // a configuration that is nested once more states none either
    model.json(
        "config.json",
        c -> {
          ObjectNode inner = c.deepCopy();
          c.removeAll();
          c.set("clip", inner);
        });
    refused(model, "has none of the settings that Engram reads", "its keys: [clip]");
  }

  @Test
  void withoutAConfigurationNoneIsBlamed() throws IOException {
    DamagedModel model = huggingFace().delete("config.json");
    model.weights(w -> w.zeros("vision_model.head.probe", 1, 1, 48));
    refused(model, "There is no configuration in", "add the config.json");
  }

  @Test
  void openClipsConfigurationMayBeBare() throws IOException {
    DamagedModel model = DamagedModel.of("openclip_naming", temp);
    ClipConfig wrapped = config(model);
    model.json(
        "open_clip_config.json",
        c -> {
          ObjectNode inner = (ObjectNode) c.get("model_cfg");
          c.removeAll();
          c.setAll(inner);
        });
    assertEquals(wrapped, config(model));
  }

  @Test
  void defaultsThatAreTakenAreNoted() throws IOException {
    DamagedModel model = DamagedModel.of("gelu_p8", temp);
    assertEquals(List.of(), config(model).notes());
    model.json(
        "config.json",
        c -> {
          ((ObjectNode) c.get("vision_config")).remove("num_attention_heads");
          ((ObjectNode) c.get("vision_config")).remove("layer_norm_eps");
          ((ObjectNode) c.get("text_config")).remove("hidden_act");
        });
    ClipConfig assumed = config(model);
    assertEquals(12, assumed.vision().heads());
    assertEquals(
        List.of(
            "config.json leaves out what follows, so the defaults of Hugging Face are taken:"
                + " vision_config.num_attention_heads 12, vision_config.layer_norm_eps 1e-5,"
                + " text_config.hidden_act quick_gelu."),
        assumed.notes());
  }

  @Test
  void refusesTokenizersThatAreMissingOrForeign() throws IOException {
    DamagedModel model = huggingFace();
    String tokenizer = Files.readString(model.directory.resolve("tokenizer.json"));
    refused(
        model.write("tokenizer.json", "{}"), "The tokenizer in", "is refused", "expected a type");
    refused(model.write("tokenizer.json", "x"), "Not valid JSON", "tokenizer.json");
    model.delete("tokenizer.json").delete("vocab.json");
    refused(model, "no tokenizer", "tokenizer.json");
    model.write("tokenizer.json", tokenizer);
    model.weights(w -> w.zeros("text_model.embeddings.token_embedding.weight", 300, 32));
    model.set("config.json", "text_config.vocab_size", "300");
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      Refusal.holds(
          () -> clip.embedTexts(List.of("a panda"), Progress.NONE), "0 to 299", "another model");
      Refusal.of(() -> clip.embedTokens(List.of(new int[0]), Progress.NONE));
      Refusal.of(() -> clip.embedTokens(List.of(new int[78]), Progress.NONE));
      Refusal.of(() -> clip.embedTokens(List.of(new int[] {-1}), Progress.NONE));
    }
  }

  @Test
  void refusesAnImageProcessorThatDoesNotFit() throws IOException {
    refused(
        huggingFace().write("preprocessor_config.json", "{\"crop_size\": 33, \"size\": 33}"), "33");
  }

  @Test
  void refusesOtherModelsAndDevices() throws IOException {
    refused(
        huggingFace().set("config.json", "model_type", "\"blip\""),
        "architecture 'blip' is not implemented");
    DamagedModel model = DamagedModel.of("fp16", temp);
    Refusal.holds(() -> Clip.from(model.directory).device("tpu").load(), "auto, cpu or gpu", "tpu");
  }

  @Test
  void anInterruptedLoadLeavesNothing() throws IOException {
    Path directory = huggingFace().directory;
    NDManager root = NDManager.newBaseManager(Device.cpu(), "PyTorch");
    int[] before = new int[1];
    org.junit.jupiter.api.Assertions.assertThrows(
        CancellationException.class,
        () ->
            Clip.from(directory)
                .device("cpu")
                .into(root)
                .progress(
                    (what, done, total) -> {
                      if (done == 1) {
                        before[0] = root.getManagedArrays().size();
                        throw new CancellationException();
                      }
                    })
                .load());
    assertTrue(before[0] > 10);
    assertEquals(0, root.getManagedArrays().size());
  }

  @Test
  void aHashCanBeInterrupted() throws IOException {
    try (Clip clip = Clip.from(huggingFace().directory).device("cpu").load()) {
      Thread.currentThread().interrupt();
      org.junit.jupiter.api.Assertions.assertThrows(CancellationException.class, clip::hash);
      assertEquals(64, clip.hash().length());
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vision_model.encoder.layers.0.mlp.fc2.weight",
        "vision_model.encoder.layers.2.self_attn.v_proj.bias",
        "visual_projection.weight",
        "text_projection.weight",
        "text_model.encoder.layers.0.layer_norm2.weight"
      })
  void weightsThatAreNoNumbersGiveNoResult(String name) throws IOException {
    DamagedModel model = huggingFace().weights(w -> w.spoil(name));
    Path file = Iconclip.entities().resolve("landmarks/statue_of_liberty");
    LabelledImage image;
    try (java.util.stream.Stream<Path> s = Files.list(file)) {
      image = new LabelledImage(s.sorted().toList().get(0), "image", "", "", "");
    }
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      int arrays = clip.manager().getManagedArrays().size();
      for (Score by : Score.all()) {
        try (Attributor attributor = new Attributor(clip)) {
          Refusal.holds(
              () -> attributor.attribute(List.of(image), "a panda", by, Progress.NONE),
              "quick_gelu_p8",
              "NaN",
              "damaged");
        }
      }
      if (name.startsWith("vi")) {
        Refusal.holds(() -> new Heatmapper(clip).heatmap(image, Neuron.ffn(1, 3)), "an image");
      } else {
        Refusal.holds(
            () -> WordDictionary.of(clip, "d", List.of("panda"), Progress.NONE), "a text");
      }
      assertEquals(arrays, clip.manager().getManagedArrays().size());
    }
  }

  @Test
  void aNeuronThatSaysNothingIsNamed() throws IOException {
    DamagedModel model =
        huggingFace()
            .weights(w -> w.zeros("vision_model.encoder.layers.1.mlp.fc2.weight", 48, 192));
    try (Clip clip = Clip.from(model.directory).device("cpu").load()) {
      WordDictionary words = WordDictionary.of(clip, "d", List.of("panda", "cat"), Progress.NONE);
      Refusal.holds(
          () ->
              new Interpreter(clip, words)
                  .interpret(
                      List.of(Neuron.ffn(0, 1), Neuron.ffn(1, 7)),
                      new int[] {1, 1},
                      ValueReading.LINEAR,
                      Progress.NONE),
          "L1F7",
          "length 0.0");
    }
  }
}
