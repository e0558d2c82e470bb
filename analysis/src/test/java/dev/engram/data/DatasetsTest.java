package dev.engram.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.Refusal;
import dev.engram.iconclip.Iconclip;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The layouts that people download, and what is wrong with some downloads. */
class DatasetsTest {
  private static final DatasetOptions SKIPPING = new DatasetOptions(true, null);

  private Path temp;

  @BeforeEach
  void keep(@TempDir Path folder) {
    temp = folder;
  }

  private Dataset open() {
    return Datasets.open(temp, DatasetOptions.standard());
  }

  private static List<Integer> indices(Dataset set) {
    return set.images().stream().map(DatasetImage::classIndex).toList();
  }

  private static List<String> titles(Dataset set) {
    return set.classes().stream().map(DatasetClass::title).toList();
  }

  @Test
  void cub() throws IOException {
    SmallDatasets.cub(temp);
    Dataset set = open();
    assertEquals(DatasetLayout.CUB, set.layout());
    assertEquals(List.of("Black footed Albatross", "Chuck will Widow"), titles(set));
    assertEquals(
        "a photo of a Black footed Albatross, a type of bird.", set.classes().get(0).label());
    assertEquals(List.of(0, 0, 0, 1, 1, 1), indices(set));
    assertEquals(Set.of("train", "test"), set.splits());
    assertEquals(List.of(0, 1), indices(set.split("train")));
    assertEquals(4, set.heldOut().images().size());
    assertEquals(
        "images/001.Black_footed_Albatross/bird_1.jpg", set.heldOut().images().get(0).name());
    assertEquals(1, set.classIndex("chuck-will-widow"));
    assertEquals(1, set.classIndex("002.Chuck_will_Widow"));
    Refusal.holds(() -> set.classIndex("Chuck will Window"), "did you mean Chuck will Widow");
    Refusal.holds(() -> set.split("tset"), "train, test", "did you mean test");
    assertEquals(set.listHash(), Datasets.open(temp.resolve("CUB_200_2011"), SKIPPING).listHash());
    assertNotEquals(set.listHash(), set.heldOut().listHash());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "classes.txt|1 001.A\\n2 002.B\\n|2",
        "train_test_split.txt|1 1\\n2 0\\n|train_test_split.txt has 2 ids and ;3 is in one",
        "image_class_labels.txt|1 1\\n1 2\\n|line 2: the id 1 is there twice",
        "image_class_labels.txt|1 1\\n"
            + "second 2\\n"
            + "|line 2: a number and a value are expected, got 'second 2'",
        "image_class_labels.txt|1 1\\n"
            + "2 x\\n"
            + "3 1\\n"
            + "4 2\\n"
            + "5 2\\n"
            + "6 2|a number is expected for the id 2, got 'x'",
        "image_class_labels.txt|1 1\\n"
            + "2 9\\n"
            + "3 0\\n"
            + "4 2\\n"
            + "5 2\\n"
            + "6 2|2 of 6 images are of a class that is none of the 2;bird_1.jpg",
        "classes.txt|1 001.A\\n3 003.B\\n|2 classes, but none with the number 2",
        "images.txt|1 ../../x.jpg\\n"
            + "2 b\\n"
            + "3 c\\n"
            + "4 d\\n"
            + "5 e\\n"
            + "6 f|outside of the folder: 'images/../../x.jpg'",
        "images.txt|1 a\\0.jpg\\n2 b\\n3 c\\n4 d\\n5 e\\n6 f|no system can have",
      })
  void aDamagedListOfCub(String file, String content, String parts) throws IOException {
    SmallDatasets.cub(temp);
    Path list = temp.resolve("CUB_200_2011").resolve(file);
    Files.writeString(list, content.replace("\\n", "\n").replace("\\0", "\0"));
    if (parts.equals("2")) {
      assertEquals(List.of("A", "B"), titles(open()));
    } else {
      Refusal.holds(this::open, parts.split(";"));
    }
  }

  @Test
  void missingImagesAreNamedCountedAndSkippedWhenTold() throws IOException {
    SmallDatasets.cub(temp);
    Path images = temp.resolve("CUB_200_2011/images/001.Black_footed_Albatross");
    Files.delete(images.resolve("bird_0.jpg"));
    Files.delete(images.resolve("bird_2.jpg"));
    Refusal.holds(this::open, "2 of 6 images are missing", "bird_0.jpg", "skip unreadable images");
    Dataset rest = Datasets.open(temp, SKIPPING);
    assertEquals(List.of(0, 1, 1, 1), indices(rest));
    assertTrue(rest.notes().get(0).startsWith("2 of 6 images are missing"), rest.notes().get(0));
    for (String list : List.of("classes.txt", "images.txt")) {
      Files.delete(temp.resolve("CUB_200_2011").resolve(list));
      Refusal.holds(() -> Datasets.open(temp, SKIPPING), "not complete", list);
    }
  }

  @Test
  void imagesListedTwice() throws IOException {
    SmallDatasets.cub(temp);
    Path list = temp.resolve("CUB_200_2011/images.txt");
    Files.writeString(list, Files.readString(list).replace("bird_1", "bird_0"));
    Refusal.holds(this::open, "1 of 6 images are listed twice", "bird_0.jpg");
    assertEquals(5, Datasets.open(temp, SKIPPING).images().size());
  }

  @Test
  void flowers() throws IOException {
    SmallDatasets.flowers(temp);
    Dataset set = open();
    assertEquals(DatasetLayout.FLOWERS, set.layout());
    assertEquals(102, set.classes().size());
    assertEquals("pink primrose", set.classes().get(0).title());
    assertEquals("blackberry lily", set.classes().get(101).title());
    assertEquals("a photo of a pink primrose, a type of flower.", set.classes().get(0).label());
    assertEquals(List.of(0, 0, 1, 101, 101), indices(set));
    assertEquals(List.of(0, 101), indices(set.split("train")));
    assertEquals(List.of(1), indices(set.split("val")));
    assertEquals(
        List.of("jpg/image_00002.jpg", "jpg/image_00005.jpg"),
        set.heldOut().images().stream().map(DatasetImage::name).toList());
    Refusal.holds(() -> set.shots(1, 0), "has 0 images", "1 of each");
  }

  @Test
  void damagedListsOfFlowers() throws IOException {
    SmallDatasets.flowers(temp);
    SmallDatasets.setid(temp, new int[] {1, 4}, new int[] {3}, new int[] {2, 6});
    Refusal.holds(this::open, "tstid names the image 6", "labels for 1 to 5");
    SmallDatasets.setid(temp, new int[] {1, 4}, new int[] {3}, new int[] {2, 4});
    Refusal.holds(this::open, "the image 4 is there twice, in train and in test");
    SmallDatasets.setid(temp, new int[] {1, 4}, new int[] {3}, new int[] {2});
    Refusal.holds(this::open, "the image 5 is in no split");
    SmallDatasets.flowers(temp);
    SmallDatasets.labels(temp, 1, 1, 103, 0, 102);
    Refusal.holds(this::open, "2 of 5 images are of a class that is none of the 102");
    Files.writeString(temp.resolve("imagelabels.mat"), "<html>404</html>");
    Refusal.holds(this::open, "imagelabels.mat is no MATLAB file");
    Files.copy(
        temp.resolve("setid.mat"),
        temp.resolve("imagelabels.mat"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    Refusal.holds(this::open, "no variable 'labels'");
    Files.delete(temp.resolve("imagelabels.mat"));
    Refusal.holds(this::open, "not complete", "imagelabels.mat");
  }

  @Test
  void imageNetInFolders() throws IOException {
    SmallDatasets.imageNetFolders(temp);
    Dataset set = open();
    assertEquals(DatasetLayout.IMAGENET, set.layout());
    assertEquals(List.of("tench", "goldfish"), titles(set));
    assertEquals(List.of(0, 0, 1), indices(set));
    assertEquals("n01440764", set.classes().get(0).name());
    assertEquals("val/n01440764/ILSVRC2012_val_00000293.JPEG", set.images().get(0).name());
    assertEquals(
        List.of("2 of 1,000 classes have a folder; accuracy is among these."), set.notes());
    assertEquals(indices(set), indices(Datasets.open(temp.resolve("val"), SKIPPING)));
    Files.createDirectories(temp.resolve("val/n01440765"));
    Refusal.holds(this::open, "n01440765", "none of the 1000 classes", "did you mean n01440764");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "c.txt|n01443537 the goldfish, Carassius auratus;n01440764 Tinca;|the goldfish, Tinca",
        "c.json|{\"0\":[\"n01443537\",\"gold_fish\"],\"1\":[\"n01440764\",\"tench\"]}|gold fish,"
            + " tench",
      })
  void namesOfClassesFromAFile(String name, String content, String expected) throws IOException {
    SmallDatasets.imageNetFolders(temp);
    Path file = temp.resolve(name);
    Files.writeString(file, content.replace(';', '\n'));
    Dataset set = Datasets.open(temp, new DatasetOptions(false, file));
    assertEquals(expected, String.join(", ", titles(set)));
    assertEquals(List.of(0, 1, 1), indices(set));
    Files.writeString(file, "");
    Refusal.holds(() -> Datasets.open(temp, new DatasetOptions(false, file)), name);
    Files.writeString(file, "n01443537");
    Refusal.holds(() -> Datasets.open(temp, new DatasetOptions(false, file)), name);
    Path cub = SmallDatasets.cub(temp.resolve("birds"));
    Refusal.holds(
        () -> Datasets.open(cub, new DatasetOptions(false, file)), "names its classes itself");
  }

  @Test
  void imageNetInOneFolder() throws IOException {
    SmallDatasets.imageNetFlat(temp);
    Dataset set = open();
    assertEquals(DatasetLayout.IMAGENET, set.layout());
    assertEquals(1000, set.classes().size());
    assertEquals(List.of(1, 0, 999), indices(set));
    assertEquals("toilet paper", set.classes().get(999).title());
    Path truth = temp.resolve("ILSVRC2012_devkit_t12/data/ILSVRC2012_validation_ground_truth.txt");
    Files.writeString(truth, "490\n7\n");
    Refusal.holds(this::open, "has 2 lines", "has 3 images");
    Files.writeString(truth, "490\n7\n1001\n7\n");
    Refusal.holds(this::open, "1 of 4 images are of a class that is none of the 1000");
    assertEquals(List.of(1, 0), indices(Datasets.open(temp, SKIPPING)));
    Files.writeString(truth, "490\nseven\n7\n");
    Refusal.holds(this::open, "line 2: a number is expected, got 'seven'");
    Files.delete(truth);
    Refusal.holds(this::open, "have no labels", "LOC_val_solution.csv");
    Files.writeString(
        temp.resolve("LOC_val_solution.csv"),
        """
        ImageId,PredictionString
        ILSVRC2012_val_00000002,n01440764 1 2 3 4 n01440764 5 6 7 8
        ILSVRC2012_val_00000001,n01443537 1 2 3 4
        ILSVRC2012_val_00000003,n15075141 1 2 3 4
        """);
    assertEquals(List.of(0, 1, 999), indices(open()));
  }

  @Test
  void aListInCsv() throws IOException {
    SmallDatasets.cub(temp);
    Path list = temp.resolve("CUB_200_2011/images/my.csv");
    String albatross = "001.Black_footed_Albatross/bird_";
    Files.writeString(
        list,
        "file,label,split\n%s0.jpg,grey,a\n%s1.jpg,black,b\n%s2.jpg,grey,b\n"
            .formatted(albatross, albatross, albatross));
    Dataset set = Datasets.open(list, DatasetOptions.standard());
    assertEquals(DatasetLayout.LIST, set.layout());
    assertEquals(List.of("grey", "black"), titles(set));
    assertEquals("a photo of a grey.", set.classes().get(0).label());
    assertEquals(List.of(1, 0), indices(set.split("b")));
    assertEquals(3, set.heldOut().images().size());
    Files.writeString(list, "file,label\n../../../etc/passwd,x\n");
    Refusal.holds(() -> Datasets.open(list, SKIPPING), "outside of the folder");
    Files.writeString(list, "file,label\ngone.jpg,x\n");
    Refusal.holds(() -> Datasets.open(list, SKIPPING), "has no images");
    Files.writeString(list, "file,split\nx.jpg,x\n");
    Refusal.holds(() -> Datasets.open(list, SKIPPING), "a column 'label' (or class)");
    Files.writeString(list, "file,label\nx.jpg,\n");
    Refusal.holds(() -> Datasets.open(list, SKIPPING), "line 2", "no label");
    Files.writeString(list, "file,label\n\n,x\n");
    Refusal.holds(() -> Datasets.open(list, SKIPPING), "line 3, names no file");
    // a whole path that leads into the folder is none that leads out of it
    Files.writeString(
        list,
        "file,label\n%s/001.Black_footed_Albatross/bird_0.jpg,x\n%s,y\n"
            .formatted(list.getParent(), list.resolveSibling("own.jpg")));
    SmallDatasets.image(list.resolveSibling("own.jpg"), 5);
    assertEquals("own.jpg", Datasets.open(list, SKIPPING).images().get(1).name());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file,label\na.png,cat\n\n,\nb.png,dog\n",
        "\ufefffile,label\na.png,cat\nb.png,dog\n",
        "File,Label\r\na.png,cat\r\nb.png,dog\r\n\r\n",
        "filename,class\na.png,cat\nb.png,dog",
        "path,label\na.png,cat\nb.png,dog\n",
        "id;IMAGE;CLASS\n1;a.png;cat\n2;b.png;dog\n;;\n",
        "file\tlabel\na.png\tcat\nb.png\tdog\n",
        "file, label\n a.png , cat \nb.png, dog\n",
        "file,label,remark\na.png,cat,\"two\nlines, one cell\"\n\"b.png\",dog,\n",
      })
  void listsAsSpreadsheetsWriteThem(String text) throws IOException {
    SmallDatasets.image(temp.resolve("a.png"), 1);
    SmallDatasets.image(temp.resolve("b.png"), 2);
    Path list = temp.resolve("list.csv");
    for (Charset charset : List.of(StandardCharsets.UTF_8, StandardCharsets.UTF_16)) {
      Files.writeString(list, text, charset);
      Dataset set = Datasets.open(list, DatasetOptions.standard());
      assertEquals(List.of("cat", "dog"), titles(set), text);
      assertEquals(List.of("a.png", "b.png"), set.images().stream().map(i -> i.name()).toList());
    }
    Files.write(list, ("\ufeff" + text).getBytes(StandardCharsets.UTF_16LE));
    assertEquals(2, Datasets.open(list, DatasetOptions.standard()).images().size());
  }

  @Test
  void foldersOfSplitsAreNoClasses() throws IOException {
    for (String role : List.of("train", "Valid", "TEST")) {
      SmallDatasets.image(temp.resolve(role + "/cat/1.jpg"), 1);
      SmallDatasets.image(temp.resolve(role + "/dog/1.jpg"), 2);
    }
    SmallDatasets.image(temp.resolve("train/fox/1.jpg"), 3);
    Dataset set = open();
    assertEquals(DatasetLayout.SPLIT_FOLDERS, set.layout());
    assertEquals(Set.of("cat", "dog", "fox"), Set.copyOf(titles(set)));
    assertEquals("a photo of cat", set.classes().get(set.classIndex("cat")).label());
    assertEquals(Set.of("train", "val", "test"), set.splits());
    Dataset test = set.heldOut();
    assertEquals(
        List.of("TEST/cat/1.jpg", "TEST/dog/1.jpg"),
        test.images().stream().map(DatasetImage::name).toList());
    assertTrue(test.name().endsWith(" test"), test.name());
    String notes = test.notes().toString();
    assertTrue(notes.contains("The folders TEST, train, Valid are splits, not classes."), notes);
    assertTrue(notes.contains("taken: test."), notes);
    assertEquals(3, set.split("train").images().size());
    for (String validation : List.of("val", "valid", "validation", "DEV")) {
      assertEquals("Valid/cat/1.jpg", set.split(validation).images().get(0).name());
    }
    assertEquals(7, set.split("all").images().size());
    Refusal.holds(() -> set.split("tset"), "did you mean test");
    assertEquals(Set.of("cat", "dog"), names(Datasets.imageSet(temp, null)));
    assertEquals(Set.of("cat", "dog", "fox"), names(Datasets.imageSet(temp, "train")));
    Files.move(temp.resolve("TEST"), temp.resolve("elsewhere"));
    assertTrue(!new SplitFoldersLayout().matches(temp), "a folder that is no role holds images");
  }

  private static Set<String> names(ImageSet set) {
    return set.entities().stream().map(Entity::name).collect(java.util.stream.Collectors.toSet());
  }

  @Test
  void withoutATestSplitTheValidationIsTakenAndThenTheTraining() throws IOException {
    SmallDatasets.image(temp.resolve("training/birds/crane/1.jpg"), 1);
    SmallDatasets.image(temp.resolve("training/machines/crane/1.jpg"), 1);
    SmallDatasets.image(temp.resolve("training/machines/crane/2.jpg"), 1);
    assertEquals(3, open().heldOut().images().size());
    SmallDatasets.image(temp.resolve("dev/machines/crane/3.jpg"), 1);
    Files.createDirectories(temp.resolve("test/machines"));
    SmallDatasets.write(temp.resolve("annotations/x.xml"), "");
    Dataset set = open();
    assertEquals(1, set.heldOut().images().size());
    assertEquals(
        Set.of("birds/crane", "machines/crane"),
        set.classes().stream()
            .map(DatasetClass::name)
            .collect(java.util.stream.Collectors.toSet()));
    Refusal.holds(() -> set.classIndex("crane"), "machines/crane or birds/crane");
    assertEquals("crane (machines/crane)", set.uniqueTitle(set.classes().get(0)));
    String notes = set.notes().toString();
    assertTrue(notes.contains("The folder annotations has no images"), notes);
    assertTrue(notes.contains("The folder test has no images"), notes);
  }

  @Test
  void splitsWithinClasses() throws IOException {
    for (String name : List.of("cat/train/1.jpg", "cat/test/2.jpg", "dog/Train/3.jpg")) {
      SmallDatasets.image(temp.resolve(name), 1);
    }
    Dataset set = open();
    assertEquals(List.of("cat", "dog"), titles(set));
    assertEquals(List.of(0), indices(set.heldOut()));
    assertEquals(List.of(0, 1), indices(set.split("train")));
    assertEquals("cat/test/2.jpg", set.heldOut().images().get(0).name());
  }

  @Test
  void aClassThatIsCalledTrainIsAClass() throws IOException {
    for (String vehicle : List.of("train", "car", "bus")) {
      SmallDatasets.image(temp.resolve(vehicle + "/1.jpg"), 1);
    }
    assertEquals(List.of("bus", "car", "train"), titles(open()));
    SmallDatasets.image(temp.resolve("train/steam/1.jpg"), 1);
    assertTrue(titles(open()).contains("train"));
    Path trains = temp.resolve("two");
    SmallDatasets.image(trains.resolve("train/1.jpg"), 1);
    SmallDatasets.image(trains.resolve("test/1.jpg"), 1);
    assertEquals(
        List.of("test", "train"), titles(Datasets.open(trains, DatasetOptions.standard())));
  }

  @Test
  void classesCalledByNumbersAreSaid() throws IOException {
    for (String name : List.of("train/1/1.jpg", "train/102/1.jpg", "valid/1/2.jpg")) {
      SmallDatasets.image(temp.resolve(name), 1);
    }
    Dataset set = open();
    assertEquals(List.of("1", "102"), titles(set));
    assertTrue(set.notes().toString().contains("called by numbers"), set.notes().toString());
  }

  @Test
  void trainingImagesOfImageNetAreListedWhenAskedFor() throws IOException {
    SmallDatasets.imageNetFolders(temp);
    SmallDatasets.image(temp.resolve("train/n01440764/n01440764_18.JPEG"), 7);
    SmallDatasets.image(temp.resolve("train/n01443537/n01443537_2.JPEG"), 7);
    assertEquals(Set.of("val"), open().splits());
    Dataset both = Datasets.open(temp, new DatasetOptions(false, null, "train"));
    assertEquals(List.of(0, 1), indices(both.split("train")));
    assertEquals("train/n01440764/n01440764_18.JPEG", both.split("train").images().get(0).name());
    assertEquals(3, both.heldOut().images().size());
    assertEquals(2, Datasets.imageSet(temp, "train").images().size());
    Dataset only = Datasets.open(temp.resolve("train"), DatasetOptions.standard());
    assertEquals(Set.of("train"), only.splits());
    assertEquals(2, only.heldOut().images().size());
  }

  @Test
  void anImageSetIsADatasetAndTheOtherWayRound() throws IOException {
    Dataset mini = Datasets.open(Iconclip.entities(), DatasetOptions.standard());
    assertEquals(DatasetLayout.ENTITIES, mini.layout());
    assertEquals(60, mini.classes().size());
    assertEquals(576, mini.images().size());
    Refusal.holds(() -> mini.split("test"), "splits train, heldout");
    ImageSet background = ImageSet.read(Iconclip.background());
    Refusal.holds(() -> Dataset.of(background), "has no entities");

    SmallDatasets.cub(temp);
    ImageSet birds = Datasets.imageSet(temp, null);
    assertEquals(2, birds.entity("black footed albatross").images().size());
    assertEquals("bird_5.jpg", birds.image("chuck will widow/1").file().getFileName().toString());
    assertEquals(6, Datasets.imageSet(temp, "all").images().size());
    // the split of a data set says nothing of the training of a model
    assertTrue(birds.images().stream().allMatch(i -> i.split() == Split.UNKNOWN));
    assertEquals(2, Datasets.imageSet(temp, "train").images().size());
    assertEquals(1, Datasets.imageSet(temp, "train").entities().get(0).images().size());
    assertEquals(64, birds.hash().length());
    assertEquals(60, Datasets.imageSet(Iconclip.entities(), null).entities().size());
    Refusal.holds(() -> Datasets.imageSet(temp.resolve("no"), null), "There is no folder");
    Refusal.holds(() -> Datasets.open(temp.resolve("no"), SKIPPING), "There is no folder");
  }

  @Test
  void shotsAreDrawnForEachClassAndTheSameForASeed() {
    Dataset mini = Dataset.of(ImageSet.read(Iconclip.entities()));
    Dataset three = mini.shots(3, 1);
    assertEquals(180, three.images().size());
    for (int c = 0; c < 60; c++) {
      int wanted = c;
      assertEquals(3, indices(three).stream().filter(i -> i == wanted).count());
    }
    assertEquals(180, new HashSet<>(three.images()).size());
    assertEquals(three.images(), mini.shots(3, 1).images());
    assertNotEquals(three.images(), mini.shots(3, 2).images());
    Refusal.holds(() -> mini.shots(1000, 0), "1000 of each");
    Refusal.holds(() -> mini.shots(0, 0), "At least 1");
    Dataset ten = mini.spread(10);
    assertEquals(10, ten.images().size());
    assertEquals(mini.images().get(0), ten.images().get(0));
    assertEquals(mini.images().get(518), ten.images().get(9));
    assertEquals(mini, mini.spread(576));
    Refusal.holds(() -> mini.spread(0), "At least 1");
  }

  @Test
  void fiftyThousandNamesAreReadInSecondsWithoutOpeningAnImage() throws IOException {
    List<String> synsets =
        Resource.lines("imagenet.txt").stream().map(l -> l.split("\t", 2)[0]).toList();
    for (String synset : synsets) {
      Path folder = Files.createDirectories(temp.resolve("val").resolve(synset));
      for (int i = 0; i < 50; i++) {
        Files.createFile(folder.resolve("ILSVRC2012_val_%08d.JPEG".formatted(i)));
      }
    }
    // its own time, because the machine may be busy with other tests
    ThreadMXBean clock = ManagementFactory.getThreadMXBean();
    long before = clock.getCurrentThreadCpuTime();
    Dataset set = open();
    double seconds = (clock.getCurrentThreadCpuTime() - before) / 1e9;
    assertTrue(seconds < 3, "names took " + seconds + " s");
    assertEquals(50_000, set.images().size());
    assertEquals(List.of(), set.notes());
    assertEquals(
        IntStream.range(0, 1000).boxed().toList(), indices(set).stream().distinct().toList());
    Files.delete(set.images().get(7).file());
    assertTrue(open().notes().get(0).contains("the whole validation set has 50,000"));
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, this::open);
  }
}
