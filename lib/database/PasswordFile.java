//SOURCES ../Console.java ../ExitCode.java ../Failure.java
package lib.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import lib.Console;
import lib.ExitCode;
import lib.Failure;

/**
 * {@code ~/.pgpass}: lines of host:port:database:user:password, the first that matches counts. Not read by the driver's
 * PgPassParser: that one looks at no file mode, and cannot be given the file that PGPASSFILE of a test or a service
 * names.
 */
record PasswordFile(Path path) {
    /** What a line says in its database field, for pg_basebackup and the like. */
    static final String REPLICATION = "replication";

    /** Where libpq's own default socket is; there a line says localhost. */
    private static final Set<String> SOCKET_DIRECTORIES = Set.of("/tmp", "/var/run/postgresql", "/run/postgresql");
    private static final Set<Path> COMPLAINED_OF = new HashSet<>();

    /** @param host a name, an address, or a socket directory; @return null when no line matches */
    String password(String host, int port, String database, String user) {
        if (!isUsable()) return null;
        var wanted =
            List.of(SOCKET_DIRECTORIES.contains(host) ? "localhost" : host, String.valueOf(port), database, user);
        for (var line : lines()) {
            if (line.startsWith("#")) continue;
            var fields = fields(line);
            if (fields.size() < 5) continue;
            boolean matches = true;
            for (int i = 0; i < 4; i++) {
                matches &= fields.get(i).equals("*") || fields.get(i).equals(wanted.get(i))
                    || i == 0 && host.startsWith("/")
                        && (fields.get(i).equals(host) || fields.get(i).equals("localhost"));
            }
            if (matches) return fields.get(4);
        }
        return null;
    }

    private boolean isUsable() {
        if (!Files.isRegularFile(path)) return false;
        if (!isOpenToOthers()) return true;
        synchronized (COMPLAINED_OF) {
            if (COMPLAINED_OF.add(path)) {
                Console.warn("%s is ignored: others may read it; cure: chmod 0600 %s", path, path);
            }
        }
        return false;
    }

    private boolean isOpenToOthers() {
        try {
            return Files.getPosixFilePermissions(path)
                .stream()
                .anyMatch(
                    m -> m != PosixFilePermission.OWNER_READ && m != PosixFilePermission.OWNER_WRITE
                        && m != PosixFilePermission.OWNER_EXECUTE);
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    private static List<String> fields(String line) {
        var fields = new ArrayList<String>();
        var field = new StringBuilder();
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\\' && i + 1 < line.length()) {
                field.append(line.charAt(++i));
            } else if (c == ':' && fields.size() < 4) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(c);
            }
        }
        fields.add(field.toString());
        return fields;
    }

    private List<String> lines() {
        try {
            return Files.readAllLines(path);
        } catch (IOException e) {
            throw new Failure(
                ExitCode.NOT_READY,
                "cannot read " + path + ": " + e.getMessage(),
                "check its owner and mode.",
                e);
        }
    }
}
