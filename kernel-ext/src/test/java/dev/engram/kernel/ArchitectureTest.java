package dev.engram.kernel;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Dependencies point one way: kernel-ext → magics → analysis → DJL. */
@AnalyzeClasses(packages = "dev.engram", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {
  @ArchTest
  static final ArchRule ANALYSIS_KNOWS_NOTHING_OF_NOTEBOOKS =
      noClasses()
          .that()
          .resideOutsideOfPackages("dev.engram.magic..", "dev.engram.kernel..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.engram.magic..",
              "dev.engram.kernel..",
              "tech.tablesaw..",
              "picocli..",
              "org.dflib..");

  @ArchTest
  static final ArchRule MAGICS_KNOW_NO_KERNEL =
      noClasses()
          .that()
          .resideInAPackage("dev.engram.magic..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.engram.kernel..", "org.dflib..", "jdk.jshell..");

  @ArchTest
  static final ArchRule VIEWS_KNOW_NO_MAGIC =
      noClasses()
          .that()
          .resideInAPackage("dev.engram.magic.view..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.engram.magic");

  @ArchTest
  static final ArchRule ONLY_THE_KERNEL_PACKAGE_KNOWS_THE_KERNELS_API =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.engram.kernel..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("org.dflib..");
}
