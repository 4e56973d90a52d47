//SOURCES ../Console.java ../archive/Age.java ../archive/Archive.java ../archive/RestorableBackup.java
//SOURCES ../archive/RestoreSource.java ../boot/Owner.java RestorePlan.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import lib.Console;
import lib.archive.Age;
import lib.archive.Archive;
import lib.archive.RestorableBackup;
import lib.archive.RestoreSource;
import lib.boot.Owner;

/**
 * Configuration files that lay outside of the data directory, from {@code conf/} of the backup into a data directory
 * that lacks them.
 */
final class ConfigurationRestore {
    private static final String MAIN = "postgresql.conf";
    private static final String DIRECTORY = "conf/";

    private ConfigurationRestore() {}

    static boolean isInData(RestoreSource source) {
        return !(source instanceof RestorableBackup ours) || ours.manifest().files().find(MAIN) >= 0;
    }

    static boolean hasCopy(RestoreSource source) {
        var print = source.fingerprint();
        return print != null && print.configuration() != null
            && print.configuration().file("config_file").filter(file -> file.stored() != null).isPresent();
    }

    /** Nothing that is there is replaced. */
    static void copyInto(Path data, RestorePlan.Source from, Owner owner) throws IOException {
        var configuration = from.backup().fingerprint().configuration();
        for (var file : configuration.files()) {
            if (file.stored() == null || !file.stored().startsWith(DIRECTORY)) continue;
            var stored = from.directory().resolve(file.stored()).normalize();
            var name = file.stored().substring(DIRECTORY.length());
            if (name.endsWith(Age.SUFFIX)) name = name.substring(0, name.length() - Age.SUFFIX.length());
            var place = data.resolve(name).normalize();
            if (!place.startsWith(data) || !stored.startsWith(from.directory())) continue;
            if (Files.exists(place) || !Files.exists(stored)) continue;
            makeDirectory(place.getParent(), owner);
            try (
                var in =
                    Archive.decoding(Files.newInputStream(stored), stored.getFileName().toString(), from.identity())) {
                Files.copy(in, place, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rw-------"));
            if (owner != null) owner.give(place);
            Console.say("%s comes from %s", name, stored);
        }
        for (var included : configuration.includeDirectories()) {
            var place = data.resolve(included).normalize();
            if (place.startsWith(data)) makeDirectory(place, owner);
        }
    }

    private static void makeDirectory(Path directory, Owner owner) throws IOException {
        if (Files.isDirectory(directory)) return;
        makeDirectory(directory.getParent(), owner);
        Files.createDirectory(
            directory,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (owner != null) owner.give(directory);
    }
}
