package dev.engram.data;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.format.Mat5File;
import us.hebi.matlab.mat.types.MatlabType;
import us.hebi.matlab.mat.types.Matrix;
import us.hebi.matlab.mat.types.Struct;

/** Small copies of the layouts in which people download data sets. */
public final class SmallDatasets {
  private SmallDatasets() {}

  /** Two birds with three images each, of which the first is for training. */
  public static Path cub(Path folder) throws IOException {
    Path root = folder.resolve("CUB_200_2011");
    StringBuilder images = new StringBuilder();
    StringBuilder labels = new StringBuilder();
    StringBuilder split = new StringBuilder();
    String[] birds = {"001.Black_footed_Albatross", "002.Chuck_will_Widow"};
    for (int i = 0; i < 6; i++) {
      String name = birds[i / 3] + "/bird_" + i + ".jpg";
      image(root.resolve("images").resolve(name), i * 40);
      images.append(i + 1).append(' ').append(name).append('\n');
      labels.append(i + 1).append(' ').append(i / 3 + 1).append('\n');
      split.append(i + 1).append(' ').append(i % 3 == 0 ? 1 : 0).append('\n');
    }
    write(root.resolve("images.txt"), images.toString());
    write(root.resolve("image_class_labels.txt"), labels.toString());
    write(root.resolve("train_test_split.txt"), split.toString());
    write(root.resolve("classes.txt"), "1 " + birds[0] + "\n2 " + birds[1] + "\n");
    return folder;
  }

  /** Five images of the flowers 1, 1, 2, 102, 102. */
  public static Path flowers(Path folder) throws IOException {
    for (int i = 1; i <= 5; i++) {
      image(folder.resolve("jpg/image_%05d.jpg".formatted(i)), i * 40);
    }
    labels(folder, 1, 1, 2, 102, 102);
    setid(folder, new int[] {1, 4}, new int[] {3}, new int[] {2, 5});
    return folder;
  }

  static void labels(Path folder, int... labels) throws IOException {
    try (Mat5File mat = Mat5.newMatFile()) {
      mat.addArray("labels", row(MatlabType.UInt8, labels));
      Mat5.writeToFile(mat, folder.resolve("imagelabels.mat").toFile());
    }
  }

  static void setid(Path folder, int[] train, int[] val, int[] test) throws IOException {
    try (Mat5File mat = Mat5.newMatFile()) {
      mat.addArray("trnid", row(MatlabType.UInt16, train));
      mat.addArray("valid", row(MatlabType.UInt16, val));
      mat.addArray("tstid", row(MatlabType.UInt16, test));
      Mat5.writeToFile(mat, folder.resolve("setid.mat").toFile());
    }
  }

  private static Matrix row(MatlabType type, int... values) {
    Matrix matrix = Mat5.newMatrix(new int[] {1, values.length}, type);
    for (int i = 0; i < values.length; i++) {
      matrix.setInt(i, values[i]);
    }
    return matrix;
  }

  /** Two images of tench and one of goldfish, sorted into folders. */
  public static Path imageNetFolders(Path folder) throws IOException {
    image(folder.resolve("val/n01440764/ILSVRC2012_val_00000293.JPEG"), 10);
    image(folder.resolve("val/n01440764/ILSVRC2012_val_00002138.JPEG"), 60);
    image(folder.resolve("val/n01443537/ILSVRC2012_val_00000236.JPEG"), 110);
    write(folder.resolve("val/n01443537/.DS_Store"), "");
    return folder;
  }

  /** Goldfish, tench, toilet paper in one folder, with the development kit. */
  public static Path imageNetFlat(Path folder) throws IOException {
    for (int i = 1; i <= 3; i++) {
      image(folder.resolve("val/ILSVRC2012_val_%08d.JPEG".formatted(i)), i * 50);
    }
    Path kit = Files.createDirectories(folder.resolve("ILSVRC2012_devkit_t12/data"));
    write(kit.resolve("ILSVRC2012_validation_ground_truth.txt"), "490\n7\n1000\n");
    String[][] synsets = {
      {"7", "n01440764"}, {"490", "n01443537"}, {"1000", "n15075141"}, {"1001", "n00001740"}
    };
    Struct struct = Mat5.newStruct(synsets.length, 1);
    for (int i = 0; i < synsets.length; i++) {
      struct.set("ILSVRC2012_ID", i, Mat5.newScalar(Integer.parseInt(synsets[i][0])));
      struct.set("WNID", i, Mat5.newString(synsets[i][1]));
    }
    try (Mat5File mat = Mat5.newMatFile()) {
      mat.addArray("synsets", struct);
      Mat5.writeToFile(mat, kit.resolve("meta.mat").toFile());
    }
    return folder;
  }

  static void image(Path file, int shade) throws IOException {
    BufferedImage image = new BufferedImage(8, 6, BufferedImage.TYPE_INT_RGB);
    image.setRGB(3, 3, shade * 0x010101);
    make(file);
    ImageIO.write(image, "jpg", file.toFile());
  }

  static void write(Path file, String text) throws IOException {
    make(file);
    Files.writeString(file, text);
  }

  private static void make(Path file) throws IOException {
    Files.createDirectories(file.resolve("..").normalize());
  }
}
