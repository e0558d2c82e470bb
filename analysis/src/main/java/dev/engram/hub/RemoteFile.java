package dev.engram.hub;

/**
 * A file of the hub.
 *
 * @param name within its repository
 * @param hash of its content, in hexadecimal: SHA-256 (64 digits), or git's (40) for small texts
 * @param size in bytes
 */
record RemoteFile(String name, String hash, long size) {}
