package dev.engram.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.engram.EngramException;
import dev.engram.Refusal;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Formats that the reference set does not have, and everything that is no image. */
class ImageReaderTest {
  private static final Path IMAGES = Path.of("src", "test", "resources", "images");

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp", "gif"})
  void losslessFormatsKeepEveryPixel(String format) throws IOException {
    BufferedImage noise = PillowResizeTest.noise(4, 13, 11);
    // GIF has 256 colours; 143 pixels do not need more.
    BufferedImage image = format.equals("gif") ? indexed(noise) : noise;
    assertArrayEquals(Rgb.pixels(noise), Rgb.pixels(ImageReader.read(bytes(image, format), "x")));
  }

  static List<String> images() throws IOException {
    try (Stream<Path> files = Files.list(IMAGES)) {
      return files
          .map(f -> f.getFileName().toString())
          .filter(f -> f.matches("\\w+\\.(webp|tiff?|gif|jpg|png)"))
          .sorted()
          .toList();
    }
  }

  @Test
  void thereIsSomethingToCompareWith() throws IOException {
    assertTrue(images().size() >= 36, images().toString());
  }

  @ParameterizedTest
  @MethodSource("images")
  void decodesAsPillow(String file) throws IOException {
    BufferedImage expected = ImageIO.read(IMAGES.resolve("expected/" + file + ".png").toFile());
    BufferedImage image = ImageReader.read(IMAGES.resolve(file));
    assertEquals(expected.getWidth(), image.getWidth());
    assertEquals(expected.getHeight(), image.getHeight());
    int largest = 0;
    for (int y = 0; y < image.getHeight(); y++) {
      for (int x = 0; x < image.getWidth(); x++) {
        int a = expected.getRGB(x, y);
        int b = image.getRGB(x, y);
        for (int shift = 0; shift < 24; shift += 8) {
          largest = Math.max(largest, Math.abs((a >> shift & 255) - (b >> shift & 255)));
        }
      }
    }
    // uncompressed YCbCr is rounded otherwise
    assertTrue(largest <= (file.equals("ycc.tif") ? 1 : 0), file + " differs by " + largest);
  }

  /** Where Pillow 13 has 0, 255, 255, … */
  @Test
  void grayOf16BitsKeepsItsHighByte() {
    int[] pixels = Rgb.pixels(ImageReader.read(IMAGES.resolve("other/g16.png")));
    for (int x = 0; x < 10; x++) {
      assertEquals((1200 * x >> 8) * 0x010101, pixels[x]);
    }
  }

  @Test
  void samplesThatHaveNoColourAreRefused() {
    Refusal.holds(
        () -> ImageReader.read(IMAGES.resolve("other/f32.tif")), "f32.tif", "samples of 32 bits");
  }

  @ParameterizedTest
  @ValueSource(strings = {"png", "bmp", "gif", "jpg", "tiff"})
  void anInterruptEndsADecoder(String format) throws Exception {
    BufferedImage large = new BufferedImage(5000, 5000, BufferedImage.TYPE_BYTE_GRAY);
    byte[] file = bytes(large, format);
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> ImageReader.read(file, "large"));
    assertFalse(Thread.interrupted(), "the flag is used up");
    AtomicReference<Throwable> end = new AtomicReference<>();
    Thread reader =
        new Thread(
            () -> {
              try {
                while (true) {
                  ImageReader.read(file, "large"); // however fast this machine is
                }
              } catch (CancellationException | EngramException e) {
                end.set(e);
              }
            });
    reader.start();
    Thread.sleep(250);
    reader.interrupt();
    reader.join(8000); // a second is promised, on a machine that has nothing else to do
    assertFalse(reader.isAlive(), format + " goes on");
    assertInstanceOf(CancellationException.class, end.get());
  }

  @ParameterizedTest
  @ValueSource(strings = {"big.webp", "lossless.webp"})
  void anInterruptEndsWebp(String file) throws IOException {
    byte[] bytes = Files.readAllBytes(IMAGES.resolve(file));
    Thread.currentThread().interrupt();
    assertThrows(CancellationException.class, () -> ImageReader.read(bytes, file));
  }

  @Test
  void anInterruptEndsTheResize() {
    BufferedImage image = new BufferedImage(900, 900, BufferedImage.TYPE_INT_RGB);
    Thread.currentThread().interrupt();
    assertThrows(
        CancellationException.class,
        () -> PillowResize.resize(image, 224, 224, ResizeFilter.BICUBIC));
  }

  @Test
  void transparentColoursOfAPaletteKeepTheirColour() throws IOException {
    byte[] r = {10, 20};
    byte[] g = {30, 40};
    byte[] b = {50, 60};
    IndexColorModel palette = new IndexColorModel(1, 2, r, g, b, new byte[] {0, 127});
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_INDEXED, palette);
    image.getRaster().setSample(1, 0, 0, 1);
    assertArrayEquals(
        new int[] {0x0a1e32, 0x14283c}, Rgb.pixels(ImageReader.read(bytes(image, "png"), "x")));
  }

  @Test
  void pathStreamAndBytesAreTheSame(@TempDir Path temp) throws IOException {
    byte[] png = bytes(PillowResizeTest.noise(9, 30, 20), "png");
    Path file = Files.write(temp.resolve("really a png.jpg"), png);
    int[] expected = Rgb.pixels(ImageReader.read(png, "x"));
    assertArrayEquals(expected, Rgb.pixels(ImageReader.read(file)));
    assertArrayEquals(
        expected, Rgb.pixels(ImageReader.read(new ByteArrayInputStream(png), "stream")));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1 2 3 4 5 6", "2, 3 2 1 6 5 4", "3, 6 5 4 3 2 1", "4, 4 5 6 1 2 3",
    "5, 1 4 2 5 3 6", "6, 4 1 5 2 6 3", "7, 6 3 5 2 4 1", "8, 3 6 2 5 1 4",
    "9, 1 2 3 4 5 6", "0, 1 2 3 4 5 6"
  })
  void turnsPicturesUpright(int orientation, String expected) throws IOException {
    BufferedImage image = new BufferedImage(3, 2, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 6; i++) {
      image.setRGB(i % 3, i / 3, i + 1);
    }
    BufferedImage upright =
        ImageReader.read(withOrientation(bytes(image, "png"), orientation), "x");
    String pixels =
        Arrays.stream(Rgb.pixels(upright))
            .mapToObj(Integer::toString)
            .collect(java.util.stream.Collectors.joining(" "));
    assertEquals(expected, pixels);
    assertEquals(orientation >= 5 && orientation <= 8 ? 2 : 3, upright.getWidth());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''|it is empty",
        "hello, I am a picture|looks like text, beginning with 'hello, I am a picture'",
        "<!DOCTYPE html><html>|web page",
        "version https://git-lfs.github.com/spec/v1|Git LFS",
        "%PDF-1.7|PDF",
        "RIFF1234AVI LIST|looks like text, beginning with 'RIFF1234AVI LIST'",
        "MM\0+aaaa|BigTIFF",
        "sizeftypavif|an AVIF image; convert it to PNG",
        "sizeftypheic|a HEIC image; convert it to PNG",
        "z\1\2z|7a 01 02 7a"
      })
  void whatIsNoImageIsNamed(String content, String part) {
    byte[] bytes = content.getBytes(StandardCharsets.ISO_8859_1);
    Refusal.holds(
        () -> ImageReader.read(bytes, "some.png"),
        "some.png",
        "PNG, JPEG, GIF, BMP, WebP or TIFF",
        part);
  }

  @Test
  void missingFilesAndFoldersAreNamed(@TempDir Path temp) {
    Refusal.holds(() -> ImageReader.read(temp.resolve("x.png")), "There is no file", "x.png");
    Refusal.holds(() -> ImageReader.read(temp), temp.toString(), "is a folder");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "rgb_large.png",
        "palette.png",
        "gray16.png",
        "rgb_q95.jpg",
        "cmyk.jpg",
        "rgb_progressive.jpg",
        "gray.jpg",
        "lossy75.webp",
        "lossless.webp",
        "anim.webp",
        "g_canvas.gif",
        "rgb_tiff_lzw.tif",
        "x.tiff"
      })
  void truncatedFilesAreRefusedWhereverTheyEnd(String name) throws IOException {
    Path folder = Files.exists(IMAGES.resolve(name)) ? IMAGES : ReferenceImages.FOLDER;
    byte[] whole = Files.readAllBytes(folder.resolve(name));
    for (int tenth = 1; tenth <= 9; tenth++) {
      byte[] part = Arrays.copyOf(whole, Math.max(8, whole.length * tenth / 10));
      String sentence = Refusal.of(() -> ImageReader.read(part, name));
      assertTrue(sentence.contains("truncated or damaged"), sentence);
    }
  }

  @Test
  void damageGivesASentenceOrAPicture() throws IOException {
    Random random = new Random(7);
    for (String name : new String[] {"rgb_square.png", "palette.png", "rgb_q95.jpg", "cmyk.jpg"}) {
      byte[] whole = Files.readAllBytes(ReferenceImages.FOLDER.resolve(name));
      for (int trial = 0; trial < 150; trial++) {
        byte[] bytes = whole.clone();
        for (int i = 0; i < 3; i++) {
          bytes[3 + random.nextInt(trial % 2 == 0 ? 60 : bytes.length - 3)] =
              (byte) random.nextInt(256);
        }
        try {
          ImageReader.read(bytes, name);
        } catch (EngramException e) {
          assertEquals(1, String.valueOf(e.getMessage()).lines().count());
        }
      }
    }
  }

  @Test
  void hugeDeclaredSizesAreRefusedBeforeDecoding() throws IOException {
    byte[] png = bytes(PillowResizeTest.noise(1, 8, 8), "png");
    ByteBuffer.wrap(png).putInt(16, 60_000).putInt(20, 60_000);
    fixCrc(png, 12, 17);
    Refusal.holds(
        () -> ImageReader.read(png, "bomb.png"), "bomb.png", "60,000 × 60,000", "178,956,970");
    byte[] jpeg = Files.readAllBytes(ReferenceImages.FOLDER.resolve("rgb_q95.jpg"));
    for (int i = 2; i < jpeg.length; i++) {
      if (jpeg[i] == (byte) 0xff && jpeg[i + 1] == (byte) 0xc0) {
        ByteBuffer.wrap(jpeg).putShort(i + 5, (short) 65_000).putShort(i + 7, (short) 65_000);
        break;
      }
    }
    Refusal.holds(() -> ImageReader.read(jpeg, "bomb.jpg"), "65,000 × 65,000");
    byte[] gif = Files.readAllBytes(IMAGES.resolve("g_canvas.gif"));
    Arrays.fill(gif, 6, 10, (byte) 0xff);
    Refusal.holds(() -> ImageReader.read(gif, "bomb.gif"), "65,535 × 65,535");
    byte[] webp = Files.readAllBytes(IMAGES.resolve("anim_offset_lossy.webp"));
    Arrays.fill(webp, 24, 30, (byte) 0xff);
    Refusal.holds(() -> ImageReader.read(webp, "bomb.webp"), "16,777,216 × 16,777,216");
  }

  @Test
  void aJpegWithoutJfifAndSubsamplingIsStillYcc() throws IOException {
    // The JDK alone would take these for RGB.
    byte[] jpeg = Files.readAllBytes(ReferenceImages.FOLDER.resolve("rgb_q95.jpg"));
    int length = 2 + ((jpeg[4] & 255) << 8 | jpeg[5] & 255);
    assertEquals("JFIF", new String(jpeg, 6, 4, StandardCharsets.ISO_8859_1));
    byte[] bare = new byte[jpeg.length - length];
    bare[0] = jpeg[0];
    bare[1] = jpeg[1];
    System.arraycopy(jpeg, 2 + length, bare, 2, bare.length - 2);
    assertArrayEquals(
        Rgb.pixels(ImageReader.read(jpeg, "jfif")), Rgb.pixels(ImageReader.read(bare, "bare")));
  }

  private static BufferedImage indexed(BufferedImage rgb) {
    int[] colours = Rgb.pixels(rgb);
    IndexColorModel palette =
        new IndexColorModel(
            8, colours.length, colours, 0, false, -1, java.awt.image.DataBuffer.TYPE_BYTE);
    BufferedImage image =
        new BufferedImage(
            rgb.getWidth(), rgb.getHeight(), BufferedImage.TYPE_BYTE_INDEXED, palette);
    for (int i = 0; i < colours.length; i++) {
      image.getRaster().setSample(i % rgb.getWidth(), i / rgb.getWidth(), 0, i);
    }
    return image;
  }

  private static byte[] bytes(BufferedImage image, String format) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertTrue(ImageIO.write(image, format, out), format);
    return out.toByteArray();
  }

  /** Inserts a chunk eXIf behind the header. */
  private static byte[] withOrientation(byte[] png, int orientation) {
    ByteBuffer chunk = ByteBuffer.allocate(12 + 26);
    chunk.putInt(26).put("eXIfMM\0*".getBytes(StandardCharsets.ISO_8859_1)).putInt(8);
    chunk.putShort((short) 1).putShort((short) 0x112).putShort((short) 3).putInt(1);
    chunk.putShort((short) orientation).putShort((short) 0).putInt(0);
    byte[] result = new byte[png.length + 38];
    System.arraycopy(png, 0, result, 0, 33);
    System.arraycopy(chunk.array(), 0, result, 33, 38);
    fixCrc(result, 37, 30);
    System.arraycopy(png, 33, result, 71, png.length - 33);
    return result;
  }

  private static void fixCrc(byte[] png, int type, int length) {
    CRC32 crc = new CRC32();
    crc.update(png, type, length);
    ByteBuffer.wrap(png).putInt(type + length, (int) crc.getValue());
  }
}
