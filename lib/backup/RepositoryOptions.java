//SOURCES ../Failure.java
package lib.backup;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import lib.Failure;
import picocli.CommandLine.Option;

/**
 * Where pgBackRest keeps its repository: the options that say so, and the lines of pgbackrest.conf that they become.
 * Keys and passphrases are never options: they stand in a file of their own, which the person fills in.
 *
 * <p>Names and defaults: pgBackRest's configuration reference, "Repository Options".
 */
public final class RepositoryOptions {
    /** pgBackRest's own words for repo1-type. */
    public enum Type {
        POSIX, S3, AZURE, GCS, SFTP
    }

    /**
     * A value that belongs into the private file.
     *
     * @param meaning what the person writes there
     */
    record Secret(String name, String meaning) {}

    static final String PASSPHRASE = "repo1-cipher-pass";

    @Option(
        names = "--repo-type",
        paramLabel = "posix|s3|azure|gcs|sftp",
        description = "where pgBackRest keeps its backups (default: posix, a directory)")
    Type type = Type.POSIX;

    @Option(
        names = "--repo-path",
        paramLabel = "PATH",
        description = "the directory there (default: /var/lib/pgbackrest; /STANZA in a bucket)")
    String path;

    @Option(names = "--bucket", paramLabel = "NAME", description = "s3, gcs: the bucket; azure: the container")
    String bucket;

    @Option(
        names = "--endpoint",
        paramLabel = "HOST[:PORT]",
        description = "s3, azure: the server that answers (default: that of Amazon in --region, that of Azure)")
    String endpoint;

    @Option(names = "--region", paramLabel = "NAME", description = "s3: the region (default: ${DEFAULT-VALUE})")
    String region = "us-east-1";

    @Option(names = "--account", paramLabel = "NAME", description = "azure: the storage account")
    String account;

    @Option(names = "--login", paramLabel = "USER@HOST", description = "sftp: the user and the server")
    String login;

    @Option(
        names = "--key-file",
        paramLabel = "FILE",
        description = "gcs: the service account's JSON file; sftp: the private key; where the server runs")
    Path keyFile;

    @Option(
        names = "--ca-file",
        paramLabel = "FILE",
        description = "s3, azure, gcs: PEM file of the authority that signed the certificate of the endpoint")
    Path caFile;

    @Option(names = "--encrypt", description = "let pgBackRest encrypt everything (aes-256-cbc)")
    boolean encrypt;

    private final Map<String, String> lines = new LinkedHashMap<>();
    private final List<Secret> secrets = new ArrayList<>();

    /** @throws Failure when an option is missing that this storage needs */
    void resolve(String stanza) {
        lines.put("repo1-type", type.name().toLowerCase(Locale.ROOT));
        lines.put("repo1-path", path != null ? path : defaultPath(stanza));
        switch (type) {
            case POSIX -> {}
            case S3 -> s3();
            case AZURE -> azure();
            case GCS -> gcs();
            case SFTP -> sftp();
        }
        if (caFile != null) lines.put("repo1-storage-ca-file", caFile.toAbsolutePath().normalize().toString());
        if (encrypt) {
            lines.put("repo1-cipher-type", "aes-256-cbc");
            secrets.add(new Secret(PASSPHRASE, "a long passphrase, for example from: openssl rand -base64 48"));
        }
        lines.forEach(RepositoryOptions::mustBeOneLine);
    }

    private String defaultPath(String stanza) {
        return type == Type.POSIX || type == Type.SFTP ? "/var/lib/pgbackrest" : "/" + stanza;
    }

    private void s3() {
        lines.put("repo1-s3-bucket", needed(bucket, "--bucket NAME"));
        lines.put("repo1-s3-region", region);
        putEndpoint("repo1-s3-endpoint", endpoint != null ? endpoint : "s3." + region + ".amazonaws.com");
        // Other servers than Amazon's hardly have a name for each bucket
        if (endpoint != null && !endpoint.contains("amazonaws.com")) lines.put("repo1-s3-uri-style", "path");
        secrets.add(new Secret("repo1-s3-key", "the access key"));
        secrets.add(new Secret("repo1-s3-key-secret", "its secret"));
    }

    private void azure() {
        lines.put("repo1-azure-account", needed(account, "--account NAME"));
        lines.put("repo1-azure-container", needed(bucket, "--bucket NAME (the container)"));
        if (endpoint != null) putEndpoint("repo1-azure-endpoint", endpoint);
        secrets.add(new Secret("repo1-azure-key", "the key of the storage account"));
    }

    private void gcs() {
        lines.put("repo1-gcs-bucket", needed(bucket, "--bucket NAME"));
        var file = needed(keyFile, "--key-file FILE (the service account's JSON file)");
        lines.put("repo1-gcs-key-type", "service");
        lines.put("repo1-gcs-key", file.toAbsolutePath().normalize().toString());
    }

    private void sftp() {
        var parts = needed(login, "--login USER@HOST").split("@", -1);
        if (parts.length != 2 || parts[0].isEmpty() || parts[1].isEmpty()) {
            throw Failure.usage("'" + login + "' is not USER@HOST", "write it like backup@storage.example.org.");
        }
        var file = needed(keyFile, "--key-file FILE (the private key)").toAbsolutePath().normalize();
        lines.put("repo1-sftp-host", parts[1]);
        lines.put("repo1-sftp-host-user", parts[0]);
        lines.put("repo1-sftp-host-key-hash-type", "sha256");
        lines.put("repo1-sftp-private-key-file", file.toString());
        lines.put("repo1-sftp-public-key-file", file + ".pub");
    }

    private void putEndpoint(String name, String place) {
        int colon = place.lastIndexOf(':');
        if (place.contains("/")) {
            throw Failure.usage(
                "'" + place + "' is not HOST or HOST:PORT",
                "leave https:// out: pgBackRest always speaks TLS.");
        }
        lines.put(name, colon < 0 ? place : place.substring(0, colon));
        if (colon >= 0) lines.put("repo1-storage-port", place.substring(colon + 1));
    }

    private <T> T needed(T value, String option) {
        if (value != null) return value;
        throw Failure.usage("a repository of the type " + type + " needs more", "add " + option + ".");
    }

    private static void mustBeOneLine(String name, String value) {
        if (value.isBlank() || value.chars().anyMatch(Character::isISOControl)) {
            throw Failure.usage("the value for " + name + " is empty or has control characters", "write it plainly.");
        }
    }

    /** The lines of the section [global], in this order. */
    Map<String, String> lines() {
        return lines;
    }

    List<Secret> secrets() {
        return secrets;
    }

    /** The first release of pgBackRest that knows this storage. */
    String since() {
        return type == Type.SFTP ? "2.46" : "2.33";
    }
}
