//SOURCES ../lib/Program.java Cluster.java

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.TreeMap;
import lib.Program;

/** Backups made by pg_basebackup alone, and ways to look at what a restore made of them. */
final class BareBackup {
    private BareBackup() {}

    /** @param options of pg_basebackup: "-Ft", "-Z", "client-zstd" … @return the directory */
    static Path take(Cluster cluster, Path directory, String... options) {
        var command = new ArrayList<>(
            List.of(
                cluster.programs().program("pg_basebackup").toString(),
                "-c",
                "fast",
                "--no-sync",
                "-D",
                directory.toString()));
        command.addAll(List.of(options));
        var answer = Program.of(command).with(cluster.environment()).capture();
        if (!answer.ok()) throw new AssertionError(answer.stderr());
        return directory;
    }

    /** Everything in the cluster as SQL, without what changes from one dump to the next. */
    static String dumpAll(Cluster cluster) {
        var answer = Program.of(List.of(cluster.programs().program("pg_dumpall").toString()))
            .with(cluster.environment())
            .capture();
        if (!answer.ok()) throw new AssertionError(answer.stderr());
        return answer.stdout()
            .lines()
            .filter(l -> !l.startsWith("--") && !l.startsWith("\\restrict") && !l.startsWith("\\unrestrict"))
            .reduce("", (a, b) -> a + b + "\n");
    }

    /** Every name below a directory with its kind, owner, mode and content. */
    private static String content(Path file) throws IOException {
        if (Files.isSymbolicLink(file)) return Files.readSymbolicLink(file).toString();
        return Files.isRegularFile(file) ? sha256(file) : "";
    }

    static TreeMap<String, String> snapshot(Path tree) {
        var entries = new TreeMap<String, String>();
        try (var files = Files.walk(tree)) {
            for (var file : files.toList()) {
                var facts = Files.readAttributes(file, "unix:mode,uid,gid", LinkOption.NOFOLLOW_LINKS).toString();
                entries.put(tree.relativize(file).toString(), facts + " " + content(file));
            }
            return entries;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Two equal ones mean that nothing was changed. */
    static String hash(Path tree) {
        return sha256(snapshot(tree).toString().getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(Path file) throws IOException {
        return sha256(Files.readAllBytes(file));
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    static void copy(Path from, Path to) {
        var answer = Program.of(List.of("cp", "-a", from.toString(), to.toString())).capture();
        if (!answer.ok()) throw new AssertionError(answer.stderr());
    }
}
