//SOURCES ../Cli.java ../Failure.java ConfigFile.java ExploreConfig.java RuleBook.java
package lib.explore;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import lib.Cli;
import lib.Failure;
import picocli.CommandLine.Option;

/** What explore.java was asked for; what is not typed comes from the config file. */
public final class ExploreOptions {
    private static final Path USUAL_CONFIG = Path.of("explore.yaml");

    @Cli.Writes(byDefault = "reports") @Option(
        names = {"-o", "--output"},
        paramLabel = "DIR",
        description = "where the report's directory is made (default reports)")
    String output;

    @Option(
        names = "--format",
        split = ",",
        paramLabel = "FORMAT",
        description = "md, html, json, comma separated (default all three)")
    List<String> format;

    @Option(
        names = "--schema",
        paramLabel = "PATTERN",
        description = "only these schemas or schema.table, with * and ?; may be repeated")
    List<String> schemas;

    @Option(names = "--exclude", paramLabel = "PATTERN", description = "not these; may be repeated")
    List<String> exclude;

    @Option(
        names = "--chunks",
        paramLabel = "N",
        description = "list the N biggest chunks of each hypertable (default none)")
    Integer chunks;

    @Option(
        names = "--diff",
        paramLabel = "OLD.json",
        description = "say what changed since an older report (its report.json or directory)")
    Path older;

    @Option(names = "--fail-under", paramLabel = "N", description = "exit 11 when the score is below N")
    Integer failUnder;

    @Option(
        names = "--fail-on",
        split = ",",
        paramLabel = "RULE",
        description = "exit 11 when one of these rules fails")
    List<String> failOn;

    @Option(
        names = "--min-coverage",
        paramLabel = "N",
        description = "exit 11 when less than N %% of the rules could be judged")
    Integer minCoverage;

    @Option(
        names = "--timeout",
        paramLabel = "SECONDS",
        description = "the longest that one question may take (default 60)")
    Integer timeout;

    @Option(
        names = "--config",
        paramLabel = "FILE",
        description = "YAML or JSON (default explore.yaml, where there is one)")
    Path config;

    @Option(names = "--print-config", description = "print what is in force, as a config file, and stop")
    boolean printConfig;

    @Option(names = "--sql", description = "print every query that would run, and stop")
    boolean sql;

    @Option(names = "--all-databases", description = "a report of every database of the server, and an index page")
    boolean allDatabases;

    @Option(
        names = "--targets",
        paramLabel = "FILE",
        description = "a report of every database that a YAML file names, on several servers, and an index page")
    Path targets;

    @Option(
        names = "--history",
        paramLabel = "DIR",
        description = "keep score and sizes of each run there; the report shows how they went, and when the disk "
            + "would be full")
    Path history;

    @Option(
        names = "--metrics",
        paramLabel = "FILE.prom",
        description = "write score, findings, sizes and jobs for Prometheus (node_exporter's textfile collector)")
    Path metrics;

    @Option(
        names = "--ddl",
        description = "also show what makes each object, as pg_dump on this machine gives it")
    boolean ddl;

    @Option(names = "--open", description = "open the report in the browser")
    boolean open;

    /** The config file with what was typed laid over it. */
    public ExploreConfig settings() {
        var base = configFile() == null ? ExploreConfig.defaults() : ConfigFile.read(configFile());
        if (format != null && !List.of("md", "html", "json").containsAll(format)) {
            throw Failure.usage("unknown format '" + String.join(",", format) + "'", "known: md, html, json.");
        }
        if (failOn != null) failOn.forEach(RuleBook::require);
        if (failUnder != null && (failUnder < 0 || failUnder > 100)) {
            throw Failure.usage("--fail-under is a score from 0 to 100", null);
        }
        var typed = new HashMap<String, Object>();
        typed.put("schemas", schemas);
        typed.put("exclude", exclude);
        typed.put("output", output);
        typed.put("format", format);
        typed.put("chunks", chunks);
        typed.put("timeoutSeconds", timeout);
        typed.put("failUnder", failUnder);
        typed.put("failOn", failOn);
        typed.put("minCoverage", minCoverage);
        return base.over(typed);
    }

    private Path configFile() {
        if (config != null) return config;
        return Files.exists(USUAL_CONFIG) ? USUAL_CONFIG : null;
    }

    public boolean printsConfig() {
        return printConfig;
    }

    public boolean printsQueries() {
        return sql;
    }

    public boolean opens() {
        return open;
    }

    /** A report of several databases is wanted. */
    public boolean isFleet() {
        return allDatabases || targets != null;
    }
}
