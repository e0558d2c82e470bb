package dev.engram.hub;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Progress;
import dev.engram.Refusal;
import dev.engram.hub.LoopbackHub.Request;
import dev.engram.model.Clip;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Downloads from a hub on loopback, into a cache of its own. */
class HubTest {
  private static final HubName MODEL = HubName.of(LoopbackHub.NAME).orElseThrow();
  private static final String WEIGHTS = "model.safetensors";

  @TempDir private Path temp = Path.of("");
  private LoopbackHub server;

  HubTest() throws IOException {
    server = new LoopbackHub();
  }

  @BeforeEach
  void serveAModel() {
    byte[] weights = new byte[3_000_000];
    new Random(1).nextBytes(weights);
    server.files.put(WEIGHTS, weights);
    for (String text : List.of("config.json", "preprocessor_config.json", "tokenizer.json")) {
      server.files.put(text, ("{\"" + text + "\": 1}").getBytes(StandardCharsets.UTF_8));
    }
    server.files.put("pytorch_model.bin", new byte[100]);
    server.files.put("README.md", new byte[100]);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private Path cache() {
    return temp.resolve("hub");
  }

  private Hub hub() {
    return hub(server.endpoint(), "", false);
  }

  private Hub hub(URI endpoint, String token, boolean offline) {
    return new Hub(
        new HubSettings(endpoint, cache(), token.isEmpty() ? null : token, offline),
        Map.of(),
        null,
        folder -> Long.MAX_VALUE,
        Duration.ofSeconds(5),
        Duration.ofMillis(5));
  }

  private Path download() {
    return hub().model(MODEL, Progress.NONE);
  }

  private byte[] served(String file) {
    return Objects.requireNonNull(server.files.get(file));
  }

  private List<Request> asked(String serverName, String method) {
    return server.requests.stream()
        .filter(r -> r.server().equals(serverName) && r.method().equals(method))
        .toList();
  }

  private void assertComplete(Path snapshot) throws IOException {
    for (String file :
        List.of(WEIGHTS, "config.json", "preprocessor_config.json", "tokenizer.json")) {
      assertArrayEquals(server.files.get(file), Files.readAllBytes(snapshot.resolve(file)), file);
    }
    try (Stream<Path> all = Files.walk(cache())) {
      List<Path> left = all.filter(p -> p.toString().contains(".engram.")).toList();
      assertEquals(List.of(), left);
    }
  }

  @Test
  void filesLieAsPythonsLibraryPutsThem() throws IOException {
    Path snapshot = download();
    Path folder = cache().resolve("models--acme--tiny-clip");
    assertEquals(folder.resolve("snapshots").resolve(LoopbackHub.COMMIT), snapshot);
    assertComplete(snapshot);
    assertEquals(LoopbackHub.COMMIT, Files.readString(folder.resolve("refs/main")));
    byte[] config = served("config.json");
    assertEquals(
        Path.of("../../blobs/" + LoopbackHub.gitHash(config)),
        Files.readSymbolicLink(snapshot.resolve("config.json")));
    assertEquals(
        Path.of("../../blobs/" + LoopbackHub.sha256(served(WEIGHTS))),
        Files.readSymbolicLink(snapshot.resolve(WEIGHTS)));
    Path noExist = folder.resolve(".no_exist").resolve(LoopbackHub.COMMIT);
    assertTrue(Files.exists(noExist.resolve("vocab.json")));
    assertFalse(Files.exists(noExist.resolve("config.json")));
  }

  @Test
  void onlyWeightsAndTextsAreAskedFor() {
    download();
    assertTrue(
        server.requests.stream().noneMatch(r -> r.path().matches(".*\\.(bin|md)")),
        server.requests.toString());
    assertEquals(1, asked("store", "GET").size());
  }

  @Test
  void whatTheCacheHoldsIsTakenWithoutAWordToAnybody() throws IOException {
    Path first = download();
    server.requests.clear();
    assertEquals(first, download());
    assertEquals(first, hub(server.endpoint(), "", true).model(MODEL, Progress.NONE));
    HubName commit = HubName.of(LoopbackHub.NAME + "@" + LoopbackHub.COMMIT).orElseThrow();
    assertEquals(first, hub().model(commit, Progress.NONE));
    assertEquals(List.of(), server.requests);
    assertEquals(commit, HubName.ofSnapshot(first).orElseThrow());
  }

  @Test
  void revisionsAreBranchesTagsPullRequestsAndCommits() throws IOException {
    HubName pull = HubName.of(LoopbackHub.NAME + "@refs/pr/1").orElseThrow();
    assertComplete(hub().model(pull, Progress.NONE));
    Path refs = cache().resolve("models--acme--tiny-clip/refs");
    assertEquals(LoopbackHub.COMMIT, Files.readString(refs.resolve("refs/pr/1")));
    assertFalse(Files.exists(refs.resolve("main")));
    HubName none = HubName.of(LoopbackHub.NAME + "@v9").orElseThrow();
    Refusal.holds(() -> hub().model(none, Progress.NONE), "no revision 'v9'", LoopbackHub.NAME);
  }

  @Test
  void theTokenGoesToTheHubAlone() throws IOException {
    server.token = "hf_secret";
    Refusal.holds(this::download, "is gated", "accept its terms", "HF_TOKEN");
    assertComplete(hub(server.endpoint(), "hf_secret", false).model(MODEL, Progress.NONE));
    assertTrue(asked("hub", "GET").stream().anyMatch(r -> r.token().equals("Bearer hf_secret")));
    assertEquals(1, asked("store", "GET").size());
    assertTrue(
        server.requests.stream()
            .filter(r -> r.server().equals("store"))
            .allMatch(r -> r.token().isEmpty()),
        server.requests.toString());
    assertTrue(server.requests.stream().allMatch(r -> r.agent().equals("engram")));
  }

  @Test
  void aRepositoryThatMovedIsFollowed() throws IOException {
    server.formerName = "acme/old-name";
    HubName old = HubName.of("acme/old-name").orElseThrow();
    assertComplete(hub(server.endpoint(), "hf_secret", false).model(old, Progress.NONE));
    assertTrue(
        server.requests.stream().allMatch(r -> r.server().equals("store") == r.token().isEmpty()));
  }

  @ParameterizedTest
  @CsvSource({
    "401, RepoNotFound, There is no model acme/tiny-clip on the hub",
    "404, RepoNotFound, There is no model acme/tiny-clip on the hub",
    "403, GatedRepo, is gated",
    "403, '', refuses the token",
    "418, '', the status 418",
    "503, '', is not in the cache",
    "429, '', answers with the status 429"
  })
  void refusalsAreSentences(int status, String code, String said) {
    server.status = status;
    server.errorCode = code;
    Refusal.holds(this::download, said);
    assertFalse(Files.exists(cache().resolve("models--acme--tiny-clip/refs/main")));
  }

  @ParameterizedTest
  @CsvSource({"429, 0", "429, ''", "503, 1", "500, ''", "429, 'Wed, 21 Oct 2015 07:28:00 GMT'"})
  void aBusyHubIsWaitedForAndAskedAgain(int status, String retryAfter) throws IOException {
    server.status = status;
    server.busy = 3;
    server.retryAfter = retryAfter;
    List<String> told = new ArrayList<>();
    assertComplete(hub().model(MODEL, (what, done, total) -> told.add(what)));
    if (!retryAfter.equals("0") && !retryAfter.contains("2015")) {
      String line = "%s is busy (status %d), waiting, s".formatted(server.endpoint(), status);
      assertTrue(told.contains(line), told.toString());
    }
    assertEquals(4, server.requests.stream().filter(r -> r.path().startsWith("/api/")).count());
  }

  @Test
  void nobodyWaitsForLong() {
    server.status = 429;
    server.retryAfter = "3600";
    Refusal.holds(this::download, "status 429", "asked again in 3,600 s", "try again later");
    assertEquals(1, server.requests.size());
    server.retryAfter = "0";
    Refusal.holds(this::download, "status 429, 5 times in a row", "try again later");
    assertEquals(1 + 5, server.requests.size());
  }

  @Test
  void anInterruptEndsTheWaitForABusyHub() {
    server.status = 429;
    server.retryAfter = "100";
    Thread caller = Thread.currentThread();
    Progress interrupting =
        (what, done, total) -> {
          if (what.contains("waiting")) {
            caller.interrupt();
          }
        };
    assertThrows(CancellationException.class, () -> hub().model(MODEL, interrupting));
    assertFalse(Thread.interrupted());
  }

  @Test
  void aTokenThatDoesNotOpenAModelIsNamed() {
    server.token = "another";
    Refusal.holds(
        () -> hub(server.endpoint(), "hf_secret", false).model(MODEL, Progress.NONE),
        "your token does not open it");
    server.errorCode = "other";
    String sentence =
        Refusal.of(() -> hub(server.endpoint(), "hf_secret", false).model(MODEL, Progress.NONE));
    assertTrue(sentence.contains("refuses the token"), sentence);
    assertFalse(sentence.contains("hf_secret"), sentence);
  }

  @Test
  void whatIsNoHubIsNamed() {
    server.babble = "<html>Welcome to the hotel</html>";
    Refusal.holds(this::download, "no JSON", "HF_ENDPOINT");
    server.babble = "{\"sha\": \"../..\"}";
    Refusal.holds(this::download, "names no commit", "HF_ENDPOINT");
  }

  @Test
  void nobodyAnswers() {
    URI endpoint = server.endpoint();
    server.close();
    Refusal.holds(
        () -> hub(endpoint, "", false).model(MODEL, Progress.NONE),
        "is not in the cache",
        "cannot be reached (nobody answers there)");
    Refusal.holds(
        () -> hub(URI.create("http://hub.invalid"), "", false).model(MODEL, Progress.NONE),
        "its name has no address here");
  }

  @Test
  void offlineNothingIsSent() {
    Refusal.holds(
        () -> hub(server.endpoint(), "", true).model(MODEL, Progress.NONE),
        "is not in the cache",
        "HF_HUB_OFFLINE is set");
    assertEquals(List.of(), server.requests);
  }

  @Test
  void aCacheThatHoldsAPartIsCompletedOrNamed() throws IOException {
    Path snapshot = download();
    Files.delete(snapshot.resolve("tokenizer.json"));
    Refusal.holds(
        () -> hub(server.endpoint(), "", true).model(MODEL, Progress.NONE),
        "only in part (without tokenizer.json)");
    server.requests.clear();
    assertComplete(download());
    assertEquals(List.of(), asked("store", "GET")); // its content was still there
    Files.delete(snapshot.resolve(WEIGHTS).toRealPath());
    assertComplete(download());
    assertEquals(1, asked("store", "GET").size());
  }

  @Test
  void aCutConnectionGoesOnWhereItWasCut() throws IOException {
    server.cuts = 3;
    server.cutAfter = 700_000;
    assertComplete(download());
    List<String> ranges = asked("store", "GET").stream().map(Request::range).toList();
    assertEquals(4, ranges.size(), ranges.toString());
    assertEquals("", ranges.get(0));
    for (int i = 1; i < 4; i++) {
      long from = Long.parseLong(ranges.get(i).replaceAll("\\D", ""));
      assertTrue(from > 0 && from <= 700_000L * i, ranges.toString());
    }
  }

  @Test
  void aConnectionThatBringsNothingIsGivenUpAndTakenUpAgain() throws IOException {
    server.cuts = 1;
    server.cutAfter = 1_000_000;
    server.storeStatus = 0;
    Progress stop =
        (what, done, total) -> {
          if (done >= 1) {
            server.storeStatus = 503;
          }
        };
    Refusal.holds(
        () -> hub().model(MODEL, stop), "stopped after", "status 503", "goes on from there");
    server.storeStatus = 0;
    server.requests.clear();
    assertComplete(download());
    List<Request> again = asked("store", "GET");
    assertEquals(1, again.size());
    assertTrue(again.get(0).range().matches("bytes=[1-9]\\d+-"), again.toString());
  }

  @Test
  void anInterruptedDownloadGoesOn() throws IOException {
    Progress stop =
        (what, done, total) -> {
          if (done >= 1) {
            throw new CancellationException();
          }
        };
    assertThrows(CancellationException.class, () -> hub().model(MODEL, stop));
    server.requests.clear();
    assertComplete(download());
    assertTrue(asked("store", "GET").get(0).range().matches("bytes=[1-9]\\d+-"));
  }

  @Test
  void anInterruptEndsTheWaitForASilentServer() throws Exception {
    try (java.net.ServerSocket silent =
        new java.net.ServerSocket(0, 5, java.net.InetAddress.getLoopbackAddress())) {
      URI endpoint = URI.create("http://127.0.0.1:" + silent.getLocalPort());
      Thread caller = Thread.currentThread();
      Thread impatient =
          new Thread(
              () -> {
                try {
                  silent.accept().getInputStream().read();
                } catch (IOException e) {
                  // the test fails below
                }
                caller.interrupt();
              });
      impatient.start();
      assertThrows(
          CancellationException.class, () -> hub(endpoint, "", false).model(MODEL, Progress.NONE));
      assertFalse(Thread.interrupted());
      impatient.join();
    }
  }

  @Test
  void aServerWithoutRangesStartsAgain() throws IOException {
    server.ranges = false;
    server.cuts = 1;
    server.cutAfter = 2_000_000;
    assertComplete(download());
    assertEquals(2, asked("store", "GET").size());
  }

  @Test
  void whatComesWithAnotherHashIsThrownAway() throws IOException {
    server.wrong = true;
    Refusal.holds(this::download, WEIGHTS, "wrong SHA-256", "thrown away");
    assertFalse(
        Files.exists(
            cache()
                .resolve("models--acme--tiny-clip/blobs")
                .resolve(LoopbackHub.sha256(served(WEIGHTS)))));
    server.wrong = false;
    assertComplete(download());
  }

  @Test
  void aDamagedPartIsFetchedAnew() throws IOException {
    Path blobs = Files.createDirectories(cache().resolve("models--acme--tiny-clip/blobs"));
    String part = LoopbackHub.sha256(served(WEIGHTS)) + ".engram.incomplete";
    Files.write(blobs.resolve(part), new byte[1_234_567]);
    assertComplete(download());
    assertEquals(
        List.of("bytes=1234567-", ""), asked("store", "GET").stream().map(Request::range).toList());
    Files.delete(blobs.resolve(LoopbackHub.sha256(served(WEIGHTS))));
    Files.write(blobs.resolve(part), new byte[4_000_000]); // longer than the whole
    assertComplete(download());
  }

  @Test
  void twoAtOnceFetchAFileOnce() throws IOException {
    CompletableFuture<Path> other = CompletableFuture.supplyAsync(this::download);
    assertComplete(download());
    assertComplete(other.join());
    assertEquals(1, asked("store", "GET").size());
  }

  @Test
  void aFullDiskIsToldBeforeAnythingComes() {
    Hub full =
        new Hub(
            new HubSettings(server.endpoint(), cache(), null, false),
            Map.of(),
            null,
            folder -> 2_000_000,
            Duration.ofSeconds(5),
            Duration.ofMillis(5));
    Refusal.holds(
        () -> full.model(MODEL, Progress.NONE), "needs 4 MB more", "has 2 MB free", "HF_HUB_CACHE");
    assertEquals(List.of(), asked("store", "GET"));
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws IOException {
    Files.writeString(temp.resolve("hub"), "a file where the cache should be");
    Refusal.holds(this::download, "cannot be kept in the cache", "HF_HUB_CACHE");
  }

  @Test
  void shardsAreFoundThroughTheirIndex() throws IOException {
    server.files.put("model-1.safetensors", new byte[1000]);
    server.files.put("model-2.safetensors", new byte[2000]);
    server.files.remove(WEIGHTS);
    index("model-1.safetensors", "model-2.safetensors");
    Path snapshot = download();
    assertEquals(2000, Files.size(snapshot.resolve("model-2.safetensors")));
    server.requests.clear();
    download();
    assertEquals(List.of(), server.requests);
    Files.delete(snapshot.resolve("model-2.safetensors"));
    Refusal.holds(
        () -> hub(server.endpoint(), "", true).model(MODEL, Progress.NONE),
        "without model-2.safetensors");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../../etc/passwd", "sub/x.safetensors", "pytorch_model.bin", "none.safetensors"})
  void anIndexLeadsNowhereElse(String shard) {
    server.files.remove(WEIGHTS);
    index(shard);
    Refusal.holds(this::download, "names '" + shard + "'");
  }

  private void index(String... shards) {
    StringBuilder map = new StringBuilder();
    for (int i = 0; i < shards.length; i++) {
      map.append(i == 0 ? "" : ",").append("\"t%d\": \"%s\"".formatted(i, shards[i]));
    }
    server.files.put(
        WEIGHTS + ".index.json",
        ("{\"weight_map\": {" + map + "}}").getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void checkpointsOfPyTorchAreFetchedWhereThereAreNoSafetensors() throws IOException {
    server.files.remove(WEIGHTS);
    server.files.put("training_args.bin", new byte[10]);
    Path snapshot = download();
    assertArrayEquals(
        served("pytorch_model.bin"), Files.readAllBytes(snapshot.resolve("pytorch_model.bin")));
    assertFalse(Files.exists(snapshot.resolve("training_args.bin")));
    server.requests.clear();
    download();
    assertEquals(List.of(), server.requests);
  }

  @Test
  void shardsOfPyTorchAreFetched() throws IOException {
    server.files.remove(WEIGHTS);
    server.files.remove("pytorch_model.bin");
    server.files.put("pytorch_model-1.bin", new byte[1000]);
    server.files.put("model-2.safetensors", new byte[10]);
    server.files.put("x.safetensors", new byte[10]);
    server.files.put(
        "pytorch_model.bin.index.json",
        "{\"weight_map\": {\"a\": \"pytorch_model-1.bin\"}}".getBytes(StandardCharsets.UTF_8));
    Path snapshot = download();
    assertEquals(1000, Files.size(snapshot.resolve("pytorch_model-1.bin")));
    server.requests.clear();
    download();
    assertEquals(List.of(), server.requests);
    Files.delete(snapshot.resolve("pytorch_model-1.bin"));
    Refusal.holds(
        () -> hub(server.endpoint(), "", true).model(MODEL, Progress.NONE),
        "without pytorch_model-1.bin");
    server.files.put(
        "pytorch_model.bin.index.json",
        "{\"weight_map\": {\"a\": \"model-2.safetensors\"}}".getBytes(StandardCharsets.UTF_8));
    Refusal.holds(this::download, "names 'model-2.safetensors'");
  }

  @Test
  void weightsThatAreNotMeantStayWhereTheyAre() {
    server.files.remove(WEIGHTS);
    server.files.remove("pytorch_model.bin");
    Refusal.holds(this::download, "holds no model", "README.md");
    server.files.put("a.safetensors", new byte[10]);
    server.files.put("b.safetensors", new byte[10]);
    server.files.put("ViT-B-32.pt", new byte[10]);
    Refusal.holds(
        this::download, "several files of weights (a.safetensors, b.safetensors, ViT-B-32.pt)");
    assertTrue(server.requests.stream().allMatch(r -> r.path().startsWith("/api/")));
  }

  @Test
  void aRepositoryWithoutTokenizerIsAskedForOnce() throws IOException {
    server.files.remove("tokenizer.json");
    download();
    server.requests.clear();
    download();
    assertEquals(List.of(), server.requests);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "open_clip_model.safetensors",
        "open_clip_pytorch_model.safetensors",
        "pytorch_model.safetensors",
        "anything.safetensors"
      })
  void weightsUnderEveryNameAreFetchedAndRead(String name) throws IOException {
    server.files.clear();
    server.with(Path.of("src/test/resources/reference/models/quick_gelu_p8"));
    server.files.remove("expected.safetensors");
    server.files.remove("inputs.safetensors");
    byte[] weights = Objects.requireNonNull(server.files.remove(WEIGHTS));
    server.files.put(name, weights);
    if (!name.startsWith("any")) {
      server.files.put("another.safetensors", new byte[10]);
    }
    Path snapshot = download();
    assertFalse(Files.exists(snapshot.resolve("another.safetensors")));
    try (Clip clip = Clip.from(snapshot).device("cpu").load()) {
      assertEquals(LoopbackHub.sha256(weights), clip.hash());
    }
  }

  @Test
  void aRepositoryOfTimmHoldsTheWholeModelBesideItsImageTower() throws IOException {
    server.files.clear();
    server.with(Path.of("src/test/resources/families/eva02_b16"));
    server.files.remove("expected.safetensors");
    server.files.put(WEIGHTS, new byte[10]);
    Path snapshot = download();
    assertFalse(Files.exists(snapshot.resolve(WEIGHTS)));
    try (Clip clip = Clip.from(snapshot).device("cpu").load()) {
      assertEquals("EVA-CLIP", clip.config().family().title());
    }
  }

  @Test
  void ofARepositoryOfTimmTheWholeClipIsFetched() throws IOException {
    server.files.put("open_clip_model.safetensors", new byte[100]);
    server.files.put("open_clip_config.json", new byte[10]);
    Path snapshot = download();
    assertTrue(Files.exists(snapshot.resolve("open_clip_model.safetensors")));
    assertFalse(Files.exists(snapshot.resolve(WEIGHTS)));
    server.requests.clear();
    download();
    assertEquals(List.of(), server.requests);
  }

  @Test
  void aModelFromTheHubIsTheSameModel() throws IOException {
    Path folder = Path.of("src/test/resources/reference/models/quick_gelu_p8");
    server.files.clear();
    server.with(folder);
    Path snapshot = download();
    try (Clip local = Clip.from(folder).device("cpu").load();
        Clip remote = Clip.from(snapshot).named(MODEL.toString()).device("cpu").load()) {
      assertEquals(local.hash(), remote.hash());
      assertArrayEquals(
          local.embedTexts(List.of("a panda"), Progress.NONE)[0],
          remote.embedTexts(List.of("a panda"), Progress.NONE)[0]);
      assertEquals(LoopbackHub.NAME, remote.name());
    }
  }
}
