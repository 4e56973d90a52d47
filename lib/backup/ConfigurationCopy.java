//SOURCES ../Console.java ../archive/Age.java ../archive/Fingerprint.java ../archive/Manifest.java
//SOURCES ../boot/CopiedConfiguration.java ConfigurationFiles.java Preflight.java Recoding.java
package lib.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.archive.Age;
import lib.archive.Fingerprint;
import lib.archive.Manifest;
import lib.boot.CopiedConfiguration;

/**
 * Copies into {@code conf/} what configures the server and is not in the data directory of the backup: files outside of
 * it, and those behind links in it, which pg_basebackup leaves out. postgresql.conf may hold passwords
 * (primary_conninfo): mode 0600, and encrypted where the backup is.
 */
final class ConfigurationCopy {
    private static final String DIRECTORY = "conf";

    private final Path backup;
    private final Age.Recipients recipients;
    private final Map<String, String> sums;
    private final List<String> includeDirectories = new ArrayList<>();

    /** @param recipients null without encryption. @param sums of the stored files; null when none are kept */
    ConfigurationCopy(Path backup, Age.Recipients recipients, Map<String, String> sums) {
        this.backup = backup;
        this.recipients = recipients;
        this.sums = sums;
    }

    /** @param contents of all configuration files, read before */
    Fingerprint.Configuration of(
        Preflight.Result ready,
        Map<ConfigurationFiles.Named, ConfigurationFiles.Content> contents,
        Manifest manifest) throws IOException {
        var configuration = ready.configuration();
        var missing = configuration.missing(name -> manifest.files().find(name) >= 0);
        var copies = new ArrayList<Fingerprint.ConfigurationFile>();
        for (var place : ConfigurationFiles.places(missing).entrySet()) {
            copies.add(copy(place.getKey(), contents.get(place.getKey()), DIRECTORY + "/" + place.getValue()));
        }
        return new Fingerprint.Configuration(
            configuration.isKnown(),
            ready.cluster().dataDirectoryMode(),
            configuration.walDirectory(),
            copies,
            includeDirectories);
    }

    private Fingerprint.ConfigurationFile
        copy(ConfigurationFiles.Named file, ConfigurationFiles.Content content, String name) throws IOException {
        if (!file.isCopied()) return notCopied(file, "keys and certificates are not copied");
        if (content.bytes() == null) {
            Console.warn("%s is not in the backup: %s", file.path(), content.why());
            return notCopied(file, content.why());
        }
        includeDirectories.addAll(CopiedConfiguration.values(content.bytes(), "include_dir"));
        Recoding.write(backup, name, content.bytes(), sums);
        if (recipients != null) Recoding.encrypt(backup, name, recipients, sums);
        var stored = recipients == null ? name : name + Age.SUFFIX;
        return new Fingerprint.ConfigurationFile(file.setting(), file.path(), stored, null);
    }

    private static Fingerprint.ConfigurationFile notCopied(ConfigurationFiles.Named file, String why) {
        return new Fingerprint.ConfigurationFile(file.setting(), file.path(), null, why);
    }
}
