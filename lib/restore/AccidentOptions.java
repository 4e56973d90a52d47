//SOURCES ../Console.java ../Failure.java ../Json.java ../Window.java ../archive/Age.java AccidentReport.java
//SOURCES PointInTime.java ScratchOptions.java
package lib.restore;

import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import lib.Console;
import lib.Failure;
import lib.Json;
import lib.Window;
import lib.archive.Age;
import picocli.CommandLine.Option;

/** What {@code restore.java accidents} was asked. */
public final class AccidentOptions {
    @Option(
        names = {"-o", "--backups"},
        paramLabel = "DIR",
        description = "the directory of the backups and the received WAL, default ${DEFAULT-VALUE}")
    Path backups = Path.of("backups");

    @Option(
        names = "--since",
        paramLabel = "TIME|WINDOW",
        description = "only what happened since then: '2025-07-04 15:30:00+02', or 24h, 7d; default: all that "
            + "was received")
    String since;

    @Option(
        names = "--min-rows",
        paramLabel = "N",
        description = "list DELETE and UPDATE of a transaction from so many rows on, default ${DEFAULT-VALUE}")
    long fewestRows = 1000;

    @Option(names = "--identity", paramLabel = "FILE", description = "age secret key, where backups are encrypted")
    Path identity;

    @Option(names = "--json", description = "print the result as JSON")
    boolean json;

    public String text(AccidentReport report) {
        if (json) return Json.write(report.rows());
        return report.isEmpty() ? "" : report.toString();
    }

    /** What to do with it, after it was printed. */
    public void tell(AccidentReport report) {
        if (!report.isEmpty()) {
            Console.hint("to go back to just before the last one: %s", report.wayBack());
        } else if (!json) {
            Console.say("nothing of that kind is in the received WAL");
        }
    }

    /** @param scratch where the newest backup is booted to learn the names of tables */
    public AccidentReport report(ScratchOptions scratch) {
        var key = identity == null ? null : Age.identity(identity);
        return AccidentReport.of(backups, start(), fewestRows, scratch.with(key));
    }

    private Instant start() {
        if (since == null) return null;
        if (fewestRows < 1) throw Failure.usage("--min-rows " + fewestRows + " is too few", "give 1 or more.");
        var zone = ZoneId.systemDefault();
        return since.matches("[\\dsmhdw]+") ? Window.parse(since).before(ZonedDateTime.now(zone)).toInstant()
            : PointInTime.time(since, zone);
    }
}
