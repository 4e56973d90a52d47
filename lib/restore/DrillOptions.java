//SOURCES ../Cli.java ../Console.java ../Hook.java ../Json.java ../boot/ScratchServer.java Drill.java DrillMetrics.java
//SOURCES DrillSubject.java
package lib.restore;

import java.nio.file.Path;
import lib.Cli;
import lib.Console;
import lib.Hook;
import lib.Json;
import lib.boot.ScratchServer;
import picocli.CommandLine.Option;

/** What {@code restore.java drill} was asked, beside the backup and the moment. */
public final class DrillOptions {
    @Option(names = "--no-amcheck", description = "do not let amcheck check tables and indexes")
    boolean noAmcheck;

    @Option(
        names = "--on-done",
        paramLabel = "CMD",
        description = "run this at the end, good or bad, with the result as JSON on its standard input")
    String onDone;

    @Cli.Writes @Option(
        names = "--metrics",
        paramLabel = "FILE",
        description = "write numbers for Prometheus (textfile collector) into this file, good or bad")
    Path metrics;

    @Option(names = "--json", description = "print the result as JSON")
    boolean json;

    /** Runs the drill, and keeps what it found: beside the backup, and for a monitor. */
    public Drill.Receipt run(DrillSubject subject, ScratchServer.Options scratch) {
        var receipt = Drill.run(subject, scratch, !noAmcheck);
        Drill.keep(receipt, subject);
        if (metrics != null) DrillMetrics.write(metrics, receipt, subject);
        return receipt;
    }

    public String text(Drill.Receipt receipt) {
        return json ? Json.write(receipt) : Drill.sentence(receipt) + "\n";
    }

    /** Whoever waits for the result hears of it, after it was printed. */
    public void tell(Drill.Receipt receipt) {
        if (onDone != null) Hook.run(onDone, receipt);
        if (receipt.hint() != null) Console.hint("%s", receipt.hint());
    }
}
