///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION Load the playground's sample data: weather, service health, power.
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7          // command line
//DEPS org.postgresql:postgresql:42.7.14   // talks to the database
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1          // Unix sockets
//DEPS com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1
//DEPS me.tongfei:progressbar:0.10.2       // needed by lib/Console
//SOURCES ../lib/Cli.java ../lib/Console.java ../lib/ExitCode.java ../lib/Failure.java ../lib/Table.java
//SOURCES ../lib/Units.java ../lib/database/ConnectionOptions.java ../lib/database/Database.java
//SOURCES ../lib/database/Server.java
//FILES sample.sql
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.Console;
import lib.ExitCode;
import lib.Failure;
import lib.Table;
import lib.Units;
import lib.database.ConnectionOptions;
import lib.database.Database;
import lib.database.Server;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Start reading at {@link #call}; the data itself is described in sample.sql. */
@Command(
    name = "sample",
    header = "Load the playground's sample data: weather, service health, power.",
    description = {
        "Makes hypertables with a continuous aggregate, compression and policies; on plain PostgreSQL tables and a "
            + "materialized view.",
        "The same settings give the same rows, always. An older sample is replaced; tables that are not the "
            + "sample's are never touched."},
    footer = {
        "Examples:",
        "  jbang example/sample.java                       7 days that end at 2025-07-04 16:53:26 UTC",
        "  jbang example/sample.java --until now --scale 4 28 days that end now"})
class sample implements Callable<Integer> {
    /** The end of every comment in sample.sql: by it we know our own tables. */
    static final String MARK = "Sample data.";
    static final List<String> RELATIONS = List.of(
        "meteo_metrics",
        "health_metrics",
        "health_metrics_1min_cagg",
        "power_metrics",
        "stations",
        "services",
        "channels",
        "maintenance_log");

    @Mixin
    ConnectionOptions connection;

    @Option(
        names = "--until",
        paramLabel = "TIME",
        defaultValue = "2025-07-04T16:53:26Z",
        description = "the newest row: now, or a time like 2025-07-04T16:53:26Z (default: ${DEFAULT-VALUE})")
    String until;

    @Option(
        names = "--scale",
        paramLabel = "N",
        defaultValue = "1",
        description = "how much: 1 is 7 days and 290,000 rows, 0.1 a tenth, 10 ten times as many")
    double scale;

    @Option(
        names = "--seed",
        paramLabel = "N",
        defaultValue = "42",
        description = "another seed gives other noise (default: ${DEFAULT-VALUE})")
    int seed;

    @Mixin
    Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new sample(), args));
    }

    @Override
    public Integer call() throws Exception {
        var end = parseUntil();
        if (!(scale > 0 && scale <= 1000)) {
            throw Failure.usage("a scale of " + scale + " is not possible", "choose more than 0 and at most 1000.");
        }
        try (var database = Database.open(connection.settings(), "sample")) {
            database.requireOwnConnection("loading the sample");
            refuseForeignTables(database);
            var server = Server.of(database);
            Console.say("loading the sample into %s: %s", database.settings(), server.summary());
            configure(database, end);
            var started = Instant.now();
            for (var step : steps()) {
                if (step.appliesTo(server)) run(database, step);
            }
            Console.say("loaded in %s", Units.duration(Duration.between(started, Instant.now())));
            System.out.print(contents(database));
        }
        return ExitCode.OK;
    }

    private Instant parseUntil() {
        if (until.equals("now")) {
            return Instant.now().truncatedTo(ChronoUnit.SECONDS);
        }
        try {
            return OffsetDateTime.parse(until.replace(' ', 'T')).toInstant();
        } catch (DateTimeParseException e) {
            throw Failure.usage(
                "'" + until + "' is not a time",
                "write now, or a time with its zone like 2025-07-04T16:53:26Z.");
        }
    }

    /** The first step drops the sample's tables, so a table of the same name that is somebody's own must stop us. */
    private static void refuseForeignTables(Database database) {
        var foreign = database.list("""
            SELECT c.oid::regclass::text AS name
            FROM unnest(?) AS wanted (name)
            JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(quote_ident(wanted.name))
            WHERE coalesce(obj_description(c.oid, 'pg_class'), '') NOT LIKE '%' || ?
            ORDER BY name
            """, row -> row.getString("name"), RELATIONS.toArray(String[]::new), MARK);
        if (!foreign.isEmpty()) {
            throw Failure.notReady(
                "there is already something of this name that is not the sample's: " + String.join(", ", foreign),
                "load the sample into a database of its own: createdb sample, then jbang "
                    + "example/sample.java -d sample");
        }
    }

    private void configure(Database database, Instant end) {
        database.one(
            """
                SELECT set_config('sample.until', ?, false),
                       set_config('sample.scale', ?, false),
                       set_config('sample.seed', ?, false),
                       set_config('TimeZone', 'UTC', false), set_config('client_min_messages', 'warning', false)
                """,
            row -> row.getString(1),
            end.toString(),
            String.valueOf(scale),
            String.valueOf(seed));
    }

    /** One "-- STEP" of sample.sql: its statements run as one transaction. */
    record Step(String where, String title, String sql) {
        boolean appliesTo(Server server) {
            boolean timescale = server.hasTimescale();
            boolean community = timescale && server.timescale().isCommunity();
            return switch (where) {
                case "" -> true;
                case "timescaledb" -> timescale;
                case "plain" -> !timescale;
                case "community" -> community;
                case "postgres" -> !community;
                default -> throw new IllegalStateException("sample.sql has a step for [" + where + "]");
            };
        }
    }

    private static List<Step> steps() throws IOException {
        var steps = new ArrayList<Step>();
        try (var file = sample.class.getResourceAsStream("/sample.sql")) {
            var parts = new String(file.readAllBytes(), StandardCharsets.UTF_8).split("(?m)^-- STEP ");
            for (var part : List.of(parts).subList(1, parts.length)) {
                var title = part.lines().findFirst().orElseThrow();
                var where = title.startsWith("[") ? title.substring(1, title.indexOf(']')) : "";
                steps.add(new Step(where, title.replaceFirst("^\\[.*] ", ""), part.substring(title.length())));
            }
        }
        return steps;
    }

    private static void run(Database database, Step step) {
        var started = Instant.now();
        try (var statement = database.connection().createStatement()) {
            statement.execute(step.sql());
        } catch (SQLException e) {
            throw Database.failure(e);
        }
        Console.say("  %-60s %s", step.title(), Units.duration(Duration.between(started, Instant.now())));
    }

    record Content(String name, long rows, String from, String to) {}

    private static Table contents(Database database) {
        var table = Table.of("table", "rows", "from", "to");
        for (var name : RELATIONS) {
            var hasTime = !List.of("stations", "services", "channels").contains(name);
            var c = database.one(
                "SELECT count(*) AS rows, "
                    + (hasTime ? "min(time)::text AS first, max(time)::text AS last" : "'' AS first, '' AS last")
                    + " FROM " + Database.identifier(name),
                row -> new Content(name, row.getLong("rows"), row.getString("first"), row.getString("last")));
            table.row(c.name(), Units.count(c.rows()), c.from(), c.to());
        }
        return table;
    }
}
