package dev.engram.kernel;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import dev.engram.attribution.Attributed;
import dev.engram.attribution.Score;
import dev.engram.edit.EditFile;
import dev.engram.edit.EditHistory;
import dev.engram.magic.view.Viewable;

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
              "org.dflib..",
              "io.github.spencerpark..");

  /** A model uses traces; a trace knows nothing of the model that it is of. */
  @ArchTest
  static final ArchRule TRACES_KNOW_NO_MODEL =
      noClasses()
          .that()
          .resideInAPackage("dev.engram.trace..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.engram.model..");

  private static final DescribedPredicate<JavaClass> ONE_FAMILY =
      DescribedPredicate.describe(
          "classes of one family",
          c ->
              c.getPackageName().equals("dev.engram.model")
                  && c.getSimpleName().matches("\\w+Family"));

  /** Everything but the families and their list asks for features and never for a name. */
  @ArchTest
  static final ArchRule ONLY_THEIR_LIST_KNOWS_THE_FAMILIES =
      noClasses()
          .that()
          .resideInAPackage("dev.engram..")
          .and()
          .areNotAssignableTo("dev.engram.model.Family")
          .and()
          .doNotHaveFullyQualifiedName("dev.engram.model.Families")
          .and(
              DescribedPredicate.describe(
                  "are no part of a family", c -> !c.getName().matches(".*Family\\$\\w+")))
          .should()
          .dependOnClassesThat(ONE_FAMILY);

  @ArchTest
  static final ArchRule MAGICS_KNOW_NO_KERNEL =
      noClasses()
          .that()
          .resideInAPackage("dev.engram.magic..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "dev.engram.kernel..", "org.dflib..", "io.github.spencerpark..", "jdk.jshell..");

  @ArchTest
  static final ArchRule VIEWS_KNOW_NO_MAGIC =
      noClasses()
          .that()
          .resideInAPackage("dev.engram.magic.view..")
          .should()
          .dependOnClassesThat()
          .resideInAPackage("dev.engram.magic");

  /** A result is a plain value; a presenter beside it knows how it is shown. */
  @ArchTest
  static final ArchRule NO_RESULT_SHOWS_ITSELF =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.engram.magic.view..")
          .should()
          .implement(Viewable.class);

  /**
   * What is computed stands in the library: a command names requests, their enums and the records
   * that come back. The list of edits is the one thing behind the door that has no request.
   */
  @ArchTest
  static final ArchRule COMMANDS_ASK_THE_LAB =
      noClasses()
          .that()
          .resideInAPackage("dev.engram.magic")
          .and()
          .haveSimpleNameEndingWith("Command")
          .should()
          .dependOnClassesThat(
              resideInAnyPackage(
                      "dev.engram.edit..", "dev.engram.attribution..", "dev.engram.dissect..")
                  .and(
                      describe(
                          "are neither enums nor records nor Score and Attributed, which are one of two of them",
                          (JavaClass c) ->
                              !c.isEnum()
                                  && !c.isRecord()
                                  && !c.isEquivalentTo(Score.class)
                                  && !c.isEquivalentTo(Attributed.class)
                                  && !c.isEquivalentTo(EditHistory.class)
                                  && !c.isEquivalentTo(EditFile.class))));

  @ArchTest
  static final ArchRule ONLY_THE_ADAPTER_OF_JJAVA_KNOWS_JJAVA =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.engram.kernel.jjava..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.engram.kernel.jjava..", "org.dflib..");

  @ArchTest
  static final ArchRule ONLY_THE_ADAPTER_OF_IJAVA_KNOWS_IJAVA =
      noClasses()
          .that()
          .resideOutsideOfPackage("dev.engram.kernel.ijava..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dev.engram.kernel.ijava..", "io.github.spencerpark..");
}
