//SOURCES ../AtomicFile.java ../Cli.java ../Console.java ../ExitCode.java ../Failure.java ../FileMode.java
//SOURCES ../archive/PgBackRest.java ../boot/Owner.java ../database/ConnectionOptions.java ../database/Database.java
//SOURCES RepositoryOptions.java StanzaServer.java StanzaSetup.java
package lib.backup;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import lib.AtomicFile;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.FileMode;
import lib.archive.PgBackRest;
import lib.boot.Owner;
import lib.database.ConnectionOptions;
import lib.database.Database;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code backup.java pgbackrest-config} was asked: the files are printed, or written with -o. */
public final class StanzaOptions {
    private static final int PASSPHRASE_BYTES = 48;

    @Mixin
    ConnectionOptions connection;

    @Mixin
    RepositoryOptions storage;

    @Option(
        names = "--stanza",
        paramLabel = "NAME",
        description = "what pgBackRest calls this cluster (default: ${DEFAULT-VALUE})")
    String stanza = "main";

    @Option(
        names = "--keep",
        paramLabel = "N",
        description = "keep the newest N full backups, and what builds on them (default: ${DEFAULT-VALUE})")
    int keep = 2;

    @Cli.Writes @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "write the files into this directory; that of pgBackRest is /etc/pgbackrest (default: only "
            + "print them)")
    Path output;

    /** @return what is printed: the files, when they are not written, and the steps */
    public String run() {
        PgBackRest.mustBeAName(stanza);
        if (keep < 1) throw Failure.usage("--keep " + keep + " would keep nothing", "give 1 or more.");
        storage.resolve(stanza);
        StanzaServer server;
        try (var database = Database.open(connection.clusterSettings(), "backup pgbackrest-config")) {
            server = StanzaServer.of(database);
        }
        var release = release(server.major());
        var other = server.otherArchiving();
        if (other != null) {
            Console.warn(
                "this server archives already: it has %s, which the steps replace; what reads that archive gets no "
                    + "more WAL then",
                other);
        }
        var directory = output == null ? StanzaSetup.USUAL_DIRECTORY : output.toAbsolutePath().normalize().toString();
        var setup = new StanzaSetup(stanza, server, storage, keep, directory);
        var files = setup.files();
        if (output == null) return printed(setup, files) + setup.steps(release);
        write(setup, files, server);
        return setup.steps(release);
    }

    /** @throws Failure when the release that is here cannot do it */
    private String release(int major) {
        var needed = PgBackRest.firstFor(major)
            .orElseThrow(
                () -> Failure.notReady(
                    "no release of pgBackRest is known here that reads PostgreSQL " + major,
                    "look at https://pgbackrest.org/release.html for the release that can."));
        if (PgBackRest.isOlder(needed, storage.since())) needed = storage.since();
        var installed = PgBackRest.installedVersion();
        if (installed.isPresent() && PgBackRest.isOlder(installed.get(), needed)) {
            throw Failure.notReady(
                "pgBackRest " + installed.get() + " is too old for PostgreSQL " + major
                    + " and a repository of the type "
                    + storage.type,
                "install pgBackRest " + needed + " or newer (apt.postgresql.org has it).");
        }
        return needed;
    }

    private String printed(StanzaSetup setup, Map<String, String> files) {
        var all = new LinkedHashMap<>(files);
        if (!storage.secrets().isEmpty()) all.put(StanzaSetup.SECRETS + " (mode 0600)", setup.secrets(null));
        var text = new StringBuilder();
        all.forEach(
            (name, content) -> text.append("# ---- ")
                .append(StanzaSetup.USUAL_DIRECTORY)
                .append('/')
                .append(name)
                .append('\n')
                .append(content)
                .append('\n'));
        return text.toString();
    }

    /** Nothing that is there is replaced. */
    private void write(StanzaSetup setup, Map<String, String> files, StanzaServer server) {
        var present = files.keySet().stream().filter(name -> Files.exists(output.resolve(name))).toList();
        if (!present.isEmpty()) {
            throw Failure.notReady(
                output.resolve(present.getFirst()) + " is there already",
                "remove it, or choose another directory with -o.");
        }
        var secrets = output.resolve(StanzaSetup.SECRETS);
        try {
            for (var file : files.entrySet()) {
                AtomicFile.write(output.resolve(file.getKey()), file.getValue());
                FileMode.readableByAll(output.resolve(file.getKey()));
            }
            FileMode.readableByAll(output.resolve("systemd"));
            FileMode.readableByAll(output);
            if (!storage.secrets().isEmpty()) {
                if (Files.exists(secrets)) {
                    Console.say("%s stays as it is", secrets);
                } else {
                    writeSecrets(setup, secrets, server);
                }
            }
            Console.say("the files are in %s", output);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot write into " + output + ": " + e.getMessage(),
                "choose another directory with -o, or run this as root.",
                e);
        }
    }

    private void writeSecrets(StanzaSetup setup, Path file, StanzaServer server) throws IOException {
        var text = setup.secrets(passphrase()).getBytes(StandardCharsets.UTF_8);
        Files.createDirectories(file.getParent());
        FileMode.readableByAll(file.getParent());
        AtomicFile.writePrivate(file, out -> out.write(text));
        if (!Owner.weAreRoot()) return;
        var owner = Owner.named(server.systemUser());
        if (owner.isPresent()) owner.get().give(file);
    }

    /** Nobody has to think of it, and it is never printed. */
    private static String passphrase() {
        var bytes = new byte[PASSPHRASE_BYTES];
        new SecureRandom().nextBytes(bytes);
        return Base64.getEncoder().encodeToString(bytes);
    }
}
