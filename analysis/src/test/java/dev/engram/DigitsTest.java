package dev.engram;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No digit below the noise of a quantity, and no minus before nothing. */
class DigitsTest {
  @ParameterizedTest
  @CsvSource({
    "7.156e-05, 7.2e-05",
    "7.159e-05, 7.2e-05",
    "-7.159e-05, -7.2e-05",
    "3.2e-7, 0",
    "-1e-9, 0",
    "0.0001234567, 0.000123",
    "0.0421749, 0.04217",
    "0.527123456, 0.5271",
    "12.345678, 12.35",
    "97.404, 97.40",
    "12345.678, 12345.7",
    "23456789.5, 2.346e+07",
    "NaN, NaN"
  })
  void cosinesOfATowerInFloat32(double value, String written) {
    assertEquals(written, Digits.of(value));
  }

  @Test
  void nothingHasNoSign() {
    assertEquals("0.000", Digits.fixed(-0.0004, 3));
    assertEquals("-0.001", Digits.fixed(-0.0006, 3));
    assertEquals("0.000", Digits.signed(0.0001, 3));
    assertEquals("0.000", Digits.signed(-0.0001, 3));
    assertEquals("+1.250", Digits.signed(1.25, 3));
    assertEquals("-1.250", Digits.signed(-1.25, 3));
    assertEquals("1.2", Digits.of(1.23456, 0.1));
  }

  @Test
  void twoDigitsOfAHalfWidth() {
    assertEquals(4, Digits.decimalsFor(0.0025));
    assertEquals(0, Digits.decimalsFor(72));
    assertEquals(6, Digits.decimalsFor(1e-9));
    assertEquals(4, Digits.decimalsFor(Double.NaN));
  }
}
