import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import lib.Console;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** To a moment with the extension itself: compressed chunks and a continuous aggregate are as they were. */
@Tag("native")
class WalTimescaleTest {
    private static final String STATE = """
        SELECT (SELECT count(*) || ' ' || sum(value) FROM metrics) || ' rows, '
            || (SELECT count(*) || ' ' || round(sum(avg)::numeric, 6) FROM hourly) || ' hours, '
            || (SELECT count(*) FROM timescaledb_information.chunks WHERE is_compressed) || ' compressed'
        """;

    private static Cluster cluster;
    private static Path backups;

    @BeforeAll
    static void a_cluster() throws IOException {
        Cluster.assumeTimescale();
        Console.level(Console.Level.QUIET);
        cluster = Cluster.create("shared_preload_libraries = 'timescaledb'");
        backups = Files.createTempDirectory(cluster.home(), "backups-");
        cluster.sql("CREATE EXTENSION timescaledb");
        cluster.sql("CREATE TABLE metrics (time timestamptz NOT NULL, station int NOT NULL, value float8)");
        cluster.sql("SELECT create_hypertable('metrics', 'time', chunk_time_interval => interval '1 day')");
        insert("2025-06-01", "2025-06-08");
        cluster.sql("ALTER TABLE metrics SET (timescaledb.compress, timescaledb.compress_segmentby = 'station')");
        cluster.sql(
            "CREATE MATERIALIZED VIEW hourly WITH (timescaledb.continuous) AS SELECT time_bucket('1 hour', time) AS "
                + "bucket, station, avg(value) FROM metrics GROUP BY 1, 2");
    }

    @AfterAll
    static void away() {
        if (cluster != null) cluster.close();
    }

    @Test
    void what_was_compressed_refreshed_and_inserted_since_the_backup_is_there() throws IOException {
        try (var receiver = Reception.of(cluster, backups)) {
            var made = Tool.of("backup").with(cluster.environment()).run("-o", backups.toString(), "--no-progress");
            assertEquals(0, made.exit(), made::toString);
            cluster.sql("SELECT count(compress_chunk(c)) FROM show_chunks('metrics') AS c");
            insert("2025-06-09", "2025-06-12");
            cluster.sql("CALL refresh_continuous_aggregate('hourly', NULL, NULL)");
            var before = cluster.sql(STATE);
            cluster.sql("SELECT pg_create_restore_point('before the accident')");
            cluster.sql("SELECT drop_chunks('metrics', older_than => '2025-06-05'::timestamptz)");
            cluster.sql("SELECT decompress_chunk(c) FROM show_chunks('metrics') AS c LIMIT 1");
            var after = cluster.sql(STATE);
            receiver.awaitNow();
            assertEquals(before, restored("--to", "before the accident"));
            assertEquals(after, restored("--at", "latest"));
            var accidents = Tool.of("restore").run("accidents", "-o", backups.toString());
            assertTrue(accidents.out().contains("  dropped "), accidents::toString);
        }
    }

    private static void insert(String from, String to) {
        cluster.sql(
            "INSERT INTO metrics SELECT t, s, s + extract(epoch FROM t)::int % 100 FROM generate_series('" + from
                + "'::timestamptz, '" + to + "', '5 minutes') AS t, generate_series(1, 5) AS s");
    }

    private static String restored(String option, String moment) {
        var answer = Tool.of("restore")
            .run("open", "latest", "-o", backups.toString(), option, moment, "--", "psql", "-XAtc", STATE);
        assertEquals(0, answer.exit(), answer::toString);
        return answer.out().strip();
    }
}
