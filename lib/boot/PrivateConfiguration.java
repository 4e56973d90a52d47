//SOURCES ../Console.java ControlFile.java Owner.java ServerLog.java ServerProgram.java ServerSettings.java
package lib.boot;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import lib.Console;

/**
 * The whole configuration of a booted copy, written by us: the one place through which every boot of a copy goes.
 *
 * <p>Of the copied postgresql.conf and what it includes the server reads nothing, because {@code config_file} is ours.
 * The copied postgresql.auto.conf, which every server reads from its data directory, is set aside. What must not be
 * wrong (whose data, which socket, who is let in) stands on the command line as well, which beats every file.
 *
 * @param directory holds postgresql.conf, pg_hba.conf, pg_ident.conf and the socket
 * @param arguments of the program postgres
 */
record PrivateConfiguration(Path directory, List<String> arguments) {
    /** Only names the socket file, which lies in a directory of our own. */
    static final int PORT = 5432;

    static final String SET_ASIDE = ".of-the-backup";
    static final String FIRST_LINE =
        "# written by TimescaleDB Tools: a copy of a backup runs under this, and under nothing else";
    private static final String PRELOAD = "shared_preload_libraries";
    private static final List<String> ON_THE_COMMAND_LINE = List.of(
        "config_file",
        "data_directory",
        "hba_file",
        "ident_file",
        "external_pid_file",
        "unix_socket_directories",
        "listen_addresses",
        "port",
        "archive_mode",
        PRELOAD);
    private static final Map<String, String> FILES = Map.of(
        "config_file",
        "postgresql.conf",
        "hba_file",
        "pg_hba.conf",
        "ident_file",
        "pg_ident.conf",
        "external_pid_file",
        "pid");
    private static final Map<String, String> WHEN_UNKNOWN = Map.of(
        "max_connections setting",
        "100",
        "max_worker_processes setting",
        "8",
        "max_prepared_xacts setting",
        "1000",
        "max_locks_per_xact setting",
        "64",
        "track_commit_timestamp setting",
        "off");

    /**
     * Writes it.
     *
     * @param directory to write into: the server's run directory, or the data directory itself for a copy that is to
     *        stay
     * @param owner whom to give the files when we are root
     * @param more settings of ours on top, by name: recovery of a moment, for example
     */
    static PrivateConfiguration write(
        ServerProgram program,
        Path dataDirectory,
        Path directory,
        Owner owner,
        Map<String, String> more)
        throws IOException {
        var settings = settings(program, dataDirectory, directory);
        more.forEach((name, value) -> {
            // Where it runs and who comes in is not for anybody else to say.
            if (!ON_THE_COMMAND_LINE.contains(name) || name.equals(PRELOAD)) settings.put(name, value);
        });
        setAside(dataDirectory, "postgresql.auto.conf", owner);
        for (var name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
            if (directory.equals(dataDirectory)) setAside(dataDirectory, name, owner);
        }
        file(directory.resolve("postgresql.conf"), lines(settings), owner);
        file(directory.resolve("pg_hba.conf"), "local all all trust\n", owner);
        file(directory.resolve("pg_ident.conf"), "", owner);
        var arguments = new ArrayList<>(List.of("-D", dataDirectory.toString()));
        for (var name : ON_THE_COMMAND_LINE) arguments.addAll(List.of("-c", name + "=" + settings.get(name)));
        return new PrivateConfiguration(directory, List.copyOf(arguments));
    }

    private static LinkedHashMap<String, String>
        settings(ServerProgram program, Path dataDirectory, Path directory) {
        var facts = ControlFile.facts(program, dataDirectory);
        var settings = new LinkedHashMap<String, String>();
        for (var setting : ServerSettings.forMajor(program.installation().major())) {
            settings.put(setting.name(), switch (setting.value()) {
                case "@data" -> dataDirectory.toString();
                case "@run" -> FILES.containsKey(setting.name())
                    ? directory.resolve(FILES.get(setting.name())).toString()
                    : quoted(directory);
                case "@prefix" -> ServerLog.PREFIX;
                case "@timescale" -> "";
                case "@memory" -> Files.isWritable(Path.of("/dev/shm")) ? "posix" : "mmap";
                default -> setting.decision() == ServerSettings.Decision.KEPT
                    ? facts.getOrDefault(setting.value(), WHEN_UNKNOWN.get(setting.value()))
                    : setting.value();
            });
        }
        return settings;
    }

    /** One element of a list of directories. */
    private static String quoted(Path directory) {
        return '"' + directory.toString().replace("\"", "\"\"") + '"';
    }

    private static String lines(Map<String, String> settings) {
        var text = new StringBuilder(FIRST_LINE).append('\n');
        settings.forEach((name, value) -> text.append(line(name, value)));
        return text.toString();
    }

    /** As in postgresql.conf. */
    static String line(String name, String value) {
        return name + " = '" + value.replace("\\", "\\\\").replace("'", "''") + "'\n";
    }

    /** An empty file takes its place: a server wants to find it, and to say nothing about it. */
    private static void setAside(Path dataDirectory, String name, Owner owner) throws IOException {
        var file = dataDirectory.resolve(name);
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) return;
        var aside = dataDirectory.resolve(name + SET_ASIDE);
        if (Files.exists(aside)) Files.delete(file);
        else Files.move(file, aside, StandardCopyOption.ATOMIC_MOVE);
        file(file, "", owner);
        Console.detail("%s is set aside", file);
    }

    private static void file(Path file, String text, Owner owner) throws IOException {
        Files.writeString(file, text);
        if (Owner.weAreRoot()) owner.give(file);
    }
}
