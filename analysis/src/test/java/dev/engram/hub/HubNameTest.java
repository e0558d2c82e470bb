package dev.engram.hub;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of models, and the variables that say where hub and cache are. */
class HubNameTest {
  private static final Path HOME = Path.of("/home/ada");

  @ParameterizedTest
  @CsvSource({
    "openai/clip-vit-large-patch14, openai, clip-vit-large-patch14, main",
    "hf://openai/clip-vit-large-patch14, openai, clip-vit-large-patch14, main",
    "laion/CLIP-ViT-B-32_x.y@v1.0, laion, CLIP-ViT-B-32_x.y, v1.0",
    "a/b@refs/pr/12, a, b, refs/pr/12",
    "a/b/, a, b, main",
    "https://huggingface.co/a/b, a, b, main",
    "http://huggingface.co/a/b/, a, b, main",
    "HTTPS://HuggingFace.co/a/b-c_d.e, a, b-c_d.e, main",
    "https://www.huggingface.co/a/b?library=transformers#usage, a, b, main",
    "https://huggingface.co/a/b/tree/main, a, b, main",
    "https://huggingface.co/a/b/tree/v1.0/, a, b, v1.0",
    "https://huggingface.co/a/b/tree/refs%2Fpr%2F3, a, b, refs/pr/3",
    "https://huggingface.co/a/b/tree/refs/pr/3, a, b, refs/pr/3",
    "https://hf.co/a/b, a, b, main",
    "hf.co/a/b, a, b, main",
    "huggingface.co/a/b/tree/main, a, b, main"
  })
  void namesHaveOwnerNameAndRevision(String text, String owner, String name, String revision) {
    assertEquals(new HubName(owner, name, revision), HubName.of(text).orElseThrow());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "iconclip",
        "./a/b",
        "../b",
        "a/..",
        "/a/b",
        "~/a",
        "a/b/c",
        "a/",
        "a b/c",
        "a--b/c",
        "a/b\n",
        "a/-b",
        "C:\\a/b",
        "a/b..c",
        "a//b"
      })
  void pathsAreNoNames(String text) {
    assertEquals(Optional.empty(), HubName.of(text));
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/b@", "a/b@../../x", "a/b@-x", "a/b@x//y", "a/b@x y", "a/b@/etc"})
  void revisionsLeadNowhereElse(String text) {
    Refusal.holds(() -> HubName.of(text), "A revision is a branch, a tag or a commit");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://huggingface.co/",
        "https://huggingface.co/a",
        "https://huggingface.co/datasets/a/b",
        "https://huggingface.co/spaces/a",
        "https://huggingface.co/a/b/blob/main/model.safetensors",
        "https://huggingface.co/a/b/tree/main/folder",
        "https://huggingface.co/a/b/discussions/3",
        "https://huggingface.co/a/../b",
        "https://huggingface.co/a/b@v1"
      })
  void otherPagesOfTheHubAreNoModels(String text) {
    Refusal.holds(() -> HubName.of(text), "The page of a model is https://huggingface.co/", text);
  }

  @Test
  void addressesOfOthersAreNoModels() {
    String other = "https://example.org/a/b";
    Refusal.holds(() -> HubName.of(other), "HF_ENDPOINT", other);
    Refusal.holds(
        () -> HubName.of("https://huggingface.co/a/b/tree/..%2F.."),
        "A revision is a branch, a tag or a commit");
    assertTrue(HubName.isAddress(other));
    assertFalse(HubName.isAddress("a/b"));
    assertFalse(HubName.isAddress("hf.co/a/b"));
  }

  @Test
  void thePrefixWantsAName() {
    Refusal.holds(() -> HubName.of("hf://x"), "hf://owner/name", "got 'hf://x'");
  }

  @Test
  void aNameIsShownAsItIsTyped() {
    assertEquals("a/b", HubName.of("a/b@main").orElseThrow().toString());
    assertEquals("a/b@v1", HubName.of("a/b@v1").orElseThrow().toString());
    assertEquals(Optional.empty(), HubName.ofSnapshot(Path.of("/models/clip")));
  }

  private static HubSettings settings(String... pairs) {
    Map<String, String> environment = new java.util.HashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      environment.put(pairs[i], pairs[i + 1]);
    }
    return HubSettings.of(environment, HOME);
  }

  @Test
  void theCacheIsWherePythonHasIt() {
    assertEquals(HOME.resolve(".cache/huggingface/hub"), settings().cache());
    assertEquals(Path.of("/x/huggingface/hub"), settings("XDG_CACHE_HOME", "/x").cache());
    assertEquals(Path.of("/hf/hub"), settings("HF_HOME", "/hf", "XDG_CACHE_HOME", "/x").cache());
    assertEquals(HOME.resolve("hf/hub"), settings("HF_HOME", "~/hf").cache());
    assertEquals(Path.of("/c"), settings("HF_HUB_CACHE", "/c", "HF_HOME", "/hf").cache());
  }

  @Test
  void theEndpointIsAnAddress() {
    assertEquals(URI.create("https://huggingface.co"), settings().endpoint());
    assertEquals(
        URI.create("https://hub.example/x"),
        settings("HF_ENDPOINT", "https://hub.example/x/").endpoint());
    for (String bad : List.of("hub.example", "file:///etc", "https://", "no address")) {
      Refusal.holds(() -> settings("HF_ENDPOINT", bad), "HF_ENDPOINT", bad);
    }
  }

  @Test
  void offlineIsSaidInPythonsWords() {
    for (String yes : List.of("1", "true", "ON", "yes")) {
      assertTrue(settings("HF_HUB_OFFLINE", yes).offline());
    }
    assertFalse(settings("HF_HUB_OFFLINE", "0").offline());
    assertFalse(settings().offline());
  }

  @Test
  void theTokenIsReadAndNeverShown(@TempDir Path folder) throws IOException {
    Files.writeString(folder.resolve("token"), "hf_file\n");
    String hfHome = folder.toString();
    assertEquals("hf_file", settings("HF_HOME", hfHome).token());
    assertEquals("hf_env", settings("HF_HOME", hfHome, "HF_TOKEN", " hf_env ").token());
    assertEquals(null, settings("HF_HOME", hfHome, "HF_HUB_DISABLE_IMPLICIT_TOKEN", "1").token());
    String shown = settings("HF_TOKEN", "hf_env").toString();
    assertFalse(shown.contains("hf_env"), shown);
    String refused = Refusal.of(() -> settings("HF_TOKEN", "hf_a\nX-Evil: 1"));
    assertFalse(refused.contains("Evil"), refused);
  }
}
