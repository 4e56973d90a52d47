//SOURCES ../Console.java ../DotEnv.java ../Failure.java ../ForegroundCommand.java ../Program.java ../Units.java
//SOURCES ../archive/RestoreSource.java ../boot/ScratchServer.java ../database/ConnectionSettings.java
package lib.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import lib.Console;
import lib.DotEnv;
import lib.Failure;
import lib.ForegroundCommand;
import lib.Program;
import lib.Units;
import lib.archive.RestoreSource;
import lib.boot.ScratchServer;
import lib.database.ConnectionSettings;

/** A backup as a running database for as long as a command runs. Nothing of it stays. */
public final class OpenBackup implements AutoCloseable {
    private static final String READ_ONLY = "default_transaction_read_only";

    private final RestoreSource backup;
    private final ScratchServer server;
    private final boolean writable;

    private OpenBackup(RestoreSource backup, ScratchServer server, boolean writable) {
        this.backup = backup;
        this.server = server;
        this.writable = writable;
    }

    /** @param writable may transactions write into the copy without asking for it? */
    public static OpenBackup boot(RestoreSource backup, ScratchServer.Options options, boolean writable) {
        Console.say("booting a copy of %s, taken %s", backup.name(), Units.utc(backup.takenAt()));
        var all = writable ? options : options.withSettings(Map.of(READ_ONLY, "on"));
        return new OpenBackup(backup, ScratchServer.of(backup, all), writable);
    }

    /**
     * To one of its databases.
     *
     * @param typed its name; null for PGDATABASE, then that of .env, then the database postgres
     * @throws Failure that names the databases there are
     */
    public ConnectionSettings settings(String typed) {
        var wanted = typed != null ? typed : usualDatabase();
        if (wanted == null) return server.settings();
        var known = server.databases();
        if (!known.contains(wanted)) {
            throw Failure.usage(
                "the backup " + backup.name() + " has no database '" + wanted + "'",
                "choose one of these with -d: " + String.join(", ", known) + ".");
        }
        return server.settings(wanted);
    }

    /**
     * Runs the command with the copy as its database. A JBang script (explore.java) is a command as well. @return its
     * status
     */
    public int run(List<String> command, String database) {
        var all = new ArrayList<>(command);
        if (command.getFirst().endsWith(".java")) all.addFirst(scriptRunner());
        var place = settings(database);
        if (!writable) place = place.withOptions("-c " + READ_ONLY + "=on");   // whatever is set for the database
        return ForegroundCommand.run(all, place.environment(), server.server().commandFile());
    }

    /** The compiled tools of the tools image, else JBang: that of the checkout, or the one that is installed. */
    private static String scriptRunner() {
        if ("yes".equals(System.getenv("IN_TOOLS_IMAGE"))) return "/opt/tools/bin/container/run";
        var checkout = Path.of("bin/jbang");
        return Files.isExecutable(checkout) ? checkout.toAbsolutePath().toString() : "jbang";
    }

    /** How a person connects to it: a command for a shell of whoever runs this. */
    public String howToConnect(String database) {
        var place = settings(database);
        return "psql -h %s -p %d -U %s -d %s".formatted(
            Program.typed(place.host()),
            place.port(),
            Program.typed(place.user()),
            Program.typed(place.database()));
    }

    /** Until Ctrl-C, or the end of standard input. */
    public void waitForTheEnd() {
        Console.say("the copy runs until you press Ctrl-C here");
        try {
            while (System.in.read() >= 0) continue;
        } catch (IOException closed) {
            Console.detail("standard input is closed: %s", closed.getMessage());
        }
    }

    @Override
    public void close() {
        server.close();
    }

    private static String usualDatabase() {
        var variable = System.getenv("PGDATABASE");
        return variable != null && !variable.isEmpty() ? variable : DotEnv.read(Path.of(".env")).get("PGDATABASE");
    }
}
