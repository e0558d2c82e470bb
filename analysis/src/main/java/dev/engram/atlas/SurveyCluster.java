package dev.engram.atlas;

import dev.engram.EngramException;
import dev.engram.Progress;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/** A cluster that passes images of a survey, and can list those that lie where only it reads. */
public interface SurveyCluster extends SurveyEngine, AutoCloseable {
  /**
   * Lists images at an address: a folder, tar shards or a pattern of them.
   *
   * @param address with a scheme, as {@code hdfs://…}
   * @throws EngramException if there is nothing, or whoever has it does not answer
   */
  SurveySet list(String address, Progress progress);

  /** Gives back what it holds. */
  @Override
  void close();

  /** What can start a cluster; found as a service, so that no cluster is part of this library. */
  interface Provider {
    /** As a user calls it. */
    String name();

    /**
     * @param master where the cluster is; null for what the environment says, else this machine
     * @param settings of the cluster's own, by name
     * @throws EngramException if it does not start
     */
    SurveyCluster start(@Nullable String master, Map<String, String> settings);
  }

  /**
   * @param name as a user calls it
   * @return empty where its jars are not on the class path
   */
  static Optional<Provider> provider(String name) {
    return ServiceLoader.load(Provider.class, SurveyCluster.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(p -> p.name().equals(name))
        .findFirst();
  }

  /** Whether a name is an address with a scheme, and no path of this system. */
  static boolean isAddress(String name) {
    return name.matches("[A-Za-z][A-Za-z0-9+.-]+:/.*");
  }
}
