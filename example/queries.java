///usr/bin/env jbang "$0" "$@" ; exit $?
//DESCRIPTION The classic questions to time-series data, asked of the sample. Copy this file to start a tool of your own.
//JAVA 25+
//DEPS info.picocli:picocli:4.7.7          // command line
//DEPS org.postgresql:postgresql:42.7.14   // talks to the database
//DEPS com.kohlschutter.junixsocket:junixsocket-common:2.10.1 com.kohlschutter.junixsocket:junixsocket-native-common:2.10.1 // sockets
//DEPS me.tongfei:progressbar:0.10.2       // needed by lib/Console
//SOURCES ../lib/Cli.java ../lib/ExitCode.java ../lib/Failure.java ../lib/Table.java ../lib/Units.java
//SOURCES ../lib/database/ConnectionOptions.java ../lib/database/Database.java ../lib/database/Server.java
//JAVA_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1

import java.util.Map;
import java.util.concurrent.Callable;
import lib.Cli;
import lib.ExitCode;
import lib.Failure;
import lib.Table;
import lib.Units;
import lib.database.ConnectionOptions;
import lib.database.Database;
import lib.database.Server;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

@Command(
    name = "queries",
    header = "The classic questions to time-series data, asked of the sample.",
    description = "Load it first: make sample. Each answer is printed as a table.",
    footer = {"Examples:", "  jbang example/queries.java",
        "  jbang example/queries.java -p 5433 --verbose    shows the SQL too"})
class queries implements Callable<Integer> {
    @Mixin
    ConnectionOptions connection;
    @Mixin
    Cli.CommonOptions common;

    public static void main(String... args) {
        System.exit(Cli.run(new queries(), args));
    }

    @Override
    public Integer call() {
        try (
            var database =
                Database.open(connection.settings(), "queries").readOnlyQuestions(Map.of("statement_timeout", "0"))) {
            if (database
                .one("SELECT to_regclass('meteo_metrics') IS NULL AS missing", row -> row.getBoolean("missing"))) {
                throw Failure.notReady("there is no sample in " + database.settings(), "load it with: make sample");
            }
            System.out.println("Newest temperature of each station\n" + newest(database));
            System.out.println("Days, coldest and warmest: the city\n" + days(database, bucket(Server.of(database))));
            System.out.println("Energy of the last 24 hours\n" + energy(database));
            System.out.println("Worst minutes of the last 24 hours\n" + worstMinutes(database));
            System.out.println("Where data is missing for more than an hour\n" + gaps(database));
        }
        return ExitCode.OK;
    }

    /** TimescaleDB's time_bucket also knows months and time zones; PostgreSQL's own date_bin does for days. */
    private static String bucket(Server server) {
        return server.hasTimescale() ? server.timescale().function("time_bucket") + "('1 day', time)"
            : "date_bin('1 day', time, '2000-01-01Z')";
    }

    /** DISTINCT ON keeps the first row of each station, in the order that ORDER BY gives. */
    private static Table newest(Database database) {
        var table = Table.of("station", "place", "°C", "at (UTC)");
        database.list(
            """
                SELECT DISTINCT ON (m.station) m.station, s.place, m.temperature, m.time AT TIME ZONE 'UTC' AS at
                FROM meteo_metrics AS m
                JOIN stations AS s ON s.name = m.station
                ORDER BY m.station, m.time DESC
                """,
            row -> table.row(
                row.getString("station"),
                row.getString("place"),
                row.getString("temperature"),
                row.getString("at")));
        return table;
    }

    private static Table days(Database database, String bucket) {
        var table = Table.of("day", "coldest", "mean", "warmest", "rows");
        database.list(
            """
                SELECT (%s AT TIME ZONE 'UTC')::date AS day,
                       min(temperature) AS coldest,
                       round(avg(temperature)::numeric, 2) AS mean,
                       max(temperature) AS warmest, count(*) AS rows
                FROM meteo_metrics
                WHERE station = ?
                GROUP BY 1
                ORDER BY 1
                """
                .formatted(bucket),
            row -> table.row(
                row.getString("day"),
                row.getString("coldest"),
                row.getString("mean"),
                row.getString("warmest"),
                Units.count(row.getLong("rows"))),
            "city");
        return table;
    }

    /** A row stands for one minute, so watts / 60 is watt hours. */
    private static Table energy(Database database) {
        var table = Table.of("service", "feed", "kWh", "peak W", "load of the feed %");
        database.list(
            """
                SELECT p.service_name,
                       p.channel,
                       round((sum(p.power) / 60 / 1000)::numeric, 2) AS kwh,
                       max(p.power) AS peak,
                       round((100 * max(p.current) / max(c.rated_ampere))::numeric, 1) AS load
                FROM power_metrics AS p
                JOIN channels AS c USING (service_name, channel)
                WHERE p.time > (SELECT max(time) - interval '24 hours' FROM power_metrics)
                GROUP BY p.service_name, p.channel
                ORDER BY kwh DESC
                """,
            row -> table.row(
                row.getString(1),
                row.getString(2),
                row.getString("kwh"),
                row.getString("peak"),
                row.getString("load")));
        return table;
    }

    private static Table worstMinutes(Database database) {
        var table = Table.of("minute (UTC)", "service", "category", "health %");
        database.list(
            """
                SELECT time AT TIME ZONE 'UTC' AS minute, service, category, round(avg_health::numeric, 1) AS health
                FROM health_metrics_1min_cagg
                WHERE time > (SELECT max(time) - interval '24 hours' FROM health_metrics_1min_cagg)
                ORDER BY avg_health, time
                LIMIT 5
                """,
            row -> table.row(
                row.getString("minute"),
                row.getString("service"),
                row.getString("category"),
                row.getString("health")));
        return table;
    }

    /** lead() puts the next row's time beside each row's own. */
    private static Table gaps(Database database) {
        var table = Table.of("station", "last row before (UTC)", "missing");
        database.list(
            """
                SELECT station, time AT TIME ZONE 'UTC' AS last, next - time AS missing
                FROM (SELECT station, time, lead(time) OVER (PARTITION BY station ORDER BY time) AS next
                      FROM meteo_metrics) AS pairs
                WHERE next - time > interval '1 hour'
                ORDER BY time
                """,
            row -> table.row(row.getString("station"), row.getString("last"), row.getString("missing")));
        return table;
    }
}
